//! One mail to one server, and what the server says.

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use andon_respond::receiver::{Mail, email};
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Mailboxes, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use tokio::net::TcpStream;

use super::Failed;
use crate::http::reach;

/// Where to, with every secret resolved.
pub struct Server {
    pub host: String,
    pub port: u16,
    pub hello: ClientId,
    pub tls: Tls,
    pub login: Option<(String, String)>,
}

/// Whom a mail server has to prove to be.
#[derive(Clone, Copy, Debug)]
pub struct Trust<'a> {
    pub name: &'a str,
    /// Trusted beside the system's certificates, in PEM.
    pub authority: Option<&'a str>,
    /// It need not prove anything.
    pub anybody: bool,
}

/// The server's answer to the message is the receipt.
pub async fn send(server: Server, mail: &Mail, key: &str, patience: Duration) -> Result<String, Failed> {
    let message = message(mail, key).map_err(Failed::lasting)?;
    let envelope = envelope(mail).map_err(Failed::lasting)?;
    let places = reach::places(&server.host).await.map_err(Failed::for_now)?;
    let place = answering(&places, server.port, patience).await.map_err(|error| {
        Failed::for_now(format!("no address of {}:{} can be connected to: {error}", server.host, server.port))
    })?;
    // Once, and to one server: what broke off may have been taken.
    let error = match transport(&server, place, patience).send_raw(&envelope, &message.formatted()).await {
        Ok(response) => {
            let said = response.message().collect::<Vec<_>>().join(" ");
            return Ok(format!("{} {said}", response.code()));
        }
        Err(error) => error,
    };
    Err(Failed {
        lasting: error.is_permanent(),
        error: match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        },
        retry_after: None,
    })
}

/// The first address that can be connected to, where there are several. What was looked at is what is connected to; whom
/// the server has to prove to be stays the name.
async fn answering(places: &[IpAddr], port: u16, patience: Duration) -> Result<IpAddr, String> {
    if let [only] = places {
        return Ok(*only);
    }
    let each = patience / places.len().max(1) as u32;
    let mut failed = "it has none".to_owned();
    for place in places {
        match tokio::time::timeout(each, TcpStream::connect((*place, port))).await {
            Ok(Ok(_)) => return Ok(*place),
            Ok(Err(error)) => failed = format!("{place}: {error}"),
            Err(_) => failed = format!("{place}: no answer within {} ms", each.as_millis()),
        }
    }
    Err(failed)
}

fn mailbox(address: &email::Address) -> Result<Mailbox, String> {
    let wrong = |error| format!("{:?} is not a mail address: {error}", address.mailbox);
    let name = Some(address.name.clone()).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, address.mailbox.parse().map_err(wrong)?))
}

fn envelope(mail: &Mail) -> Result<Envelope, String> {
    let to = mail.to.iter().map(|address| Ok(mailbox(address)?.email)).collect::<Result<_, String>>()?;
    Envelope::new(Some(mailbox(&mail.from)?.email), to).map_err(|error| error.to_string())
}

fn message(mail: &Mail, key: &str) -> Result<Message, String> {
    let to = mail.to.iter().map(mailbox).collect::<Result<Mailboxes, String>>()?;
    let mut message = Message::builder()
        .from(mailbox(&mail.from)?)
        .mailbox(lettre::message::header::To::from(to))
        .subject(&mail.subject)
        .message_id(Some(format!("<{key}@andon>")))
        .date_now();
    for (name, value) in mail.headers.iter().filter(|(name, _)| !matches!(&**name, "From" | "To")) {
        let name = HeaderName::new_from_ascii(name.clone())
            .map_err(|_| format!("{name:?} is not the name of a header"))?;
        message = message.raw_header(HeaderValue::new(name, value.clone()));
    }
    let part = |kind: ContentType, body: &str| SinglePart::builder().header(kind).body(body.to_owned());
    let plain = mail.text.as_deref().map(|text| part(ContentType::TEXT_PLAIN, text));
    let page = mail.html.as_deref().map(|html| part(ContentType::TEXT_HTML, html));
    let said = match (plain, page) {
        (Some(plain), Some(page)) => {
            message.multipart(MultiPart::alternative().singlepart(plain).singlepart(page))
        }
        (Some(only), None) | (None, Some(only)) => message.singlepart(only),
        (None, None) => message.body(String::new()),
    };
    said.map_err(|error| format!("cannot write the mail: {error}"))
}

fn transport(server: &Server, place: IpAddr, patience: Duration) -> AsyncSmtpTransport<Tokio1Executor> {
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(place.to_string())
        .port(server.port)
        .timeout(Some(patience))
        .hello_name(server.hello.clone())
        .tls(server.tls.clone());
    if let Some((user, password)) = server.login.clone() {
        builder = builder.credentials(Credentials::new(user, password));
    }
    builder.build()
}

impl Trust<'_> {
    pub fn parameters(self) -> Result<TlsParameters, String> {
        let mut builder = TlsParameters::builder(self.name.to_owned())
            .dangerous_accept_invalid_certs(self.anybody)
            .dangerous_accept_invalid_hostnames(self.anybody);
        if let Some(pem) = self.authority {
            let certificate = Certificate::from_pem(pem.as_bytes());
            let certificate = certificate.map_err(|error| format!("`ca` is no certificate: {error}"))?;
            builder = builder.add_root_certificate(certificate);
        }
        builder.build().map_err(|error| format!("cannot use TLS: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On loopback another address is another server.
    #[tokio::test]
    async fn the_first_address_that_answers_is_sent_to() {
        let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = server.local_addr().unwrap().port();
        let place = |last| IpAddr::from([127, 0, 0, last]);
        let patience = Duration::from_secs(5);
        assert_eq!(answering(&[place(2), place(1)], port, patience).await, Ok(place(1)));
        assert_eq!(answering(&[place(2)], port, patience).await, Ok(place(2)), "the mail itself finds out");
        let none = answering(&[place(2), place(3)], port, patience).await.unwrap_err();
        assert!(none.starts_with("127.0.0.3: "), "{none}");
        assert_eq!(answering(&[], port, patience).await, Err("it has none".to_owned()));
    }
}
