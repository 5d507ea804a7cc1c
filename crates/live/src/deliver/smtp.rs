//! A notification as a mail.

use std::error::Error;
use std::time::Duration;

use andon_vocabulary::{Delivery, Outcome};
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

/// Where to, with every secret resolved.
pub struct Server {
    /// `host:port`.
    pub address: String,
    pub from: String,
    pub protection: Protection,
    pub login: Option<(String, String)>,
}

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    None,
    Starttls,
    Tls,
}

/// The server's answer to the message is the receipt.
pub async fn deliver(server: &Server, to: &str, delivery: &Delivery, patience: Duration) -> Outcome {
    let (message, transport) = match prepare(server, to, delivery, patience) {
        Ok(prepared) => prepared,
        Err(error) => return Outcome::NotDelivered { error, lasting: true },
    };
    match transport.send(message).await {
        Ok(response) => Outcome::Delivered {
            receipt: format!("{} {}", response.code(), response.message().collect::<Vec<_>>().join(" ")),
        },
        Err(error) => Outcome::NotDelivered {
            error: match error.source() {
                Some(cause) => format!("{error}: {cause}"),
                None => error.to_string(),
            },
            lasting: error.is_permanent(),
        },
    }
}

fn prepare(
    server: &Server,
    to: &str,
    delivery: &Delivery,
    patience: Duration,
) -> Result<(Message, AsyncSmtpTransport<Tokio1Executor>), String> {
    Ok((message(server, to, delivery)?, transport(server, patience)?))
}

fn message(server: &Server, to: &str, delivery: &Delivery) -> Result<Message, String> {
    let mailbox = |address: &str| {
        address.parse::<Mailbox>().map_err(|error| format!("{address:?} is not a mail address: {error}"))
    };
    let message = Message::builder()
        .from(mailbox(&server.from)?)
        .to(mailbox(to)?)
        .subject(one_line(&delivery.subject))
        .message_id(Some(format!("<{}@andon>", one_line(&delivery.key))))
        .header(ContentType::TEXT_PLAIN)
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Idempotency-Key"),
            one_line(&delivery.key),
        ));
    message.body(delivery.body.clone()).map_err(|error| format!("cannot write the mail: {error}"))
}

/// Subjects hold what alerts say, and alerts hold what strangers say: no line break may begin another header.
fn one_line(text: &str) -> String {
    text.split(char::is_control).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn transport(server: &Server, patience: Duration) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let (host, port) = server
        .address
        .rsplit_once(':')
        .and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)))
        .ok_or_else(|| format!("{:?} is not host:port", server.address))?;
    let tls = || TlsParameters::new(host.to_owned()).map_err(|error| format!("cannot use TLS: {error}"));
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
        .port(port)
        .timeout(Some(patience))
        .hello_name(ClientId::default())
        .tls(match server.protection {
            Protection::None => Tls::None,
            Protection::Starttls => Tls::Required(tls()?),
            Protection::Tls => Tls::Wrapper(tls()?),
        });
    if let Some((user, password)) = &server.login {
        builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
    }
    Ok(builder.build())
}
