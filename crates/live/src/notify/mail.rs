//! A notification as a mail.

use std::error::Error;
use std::time::Duration;

use andon_definitions::alertmanager::receiver::{Kept, Smtp};
use andon_definitions::prometheus::{Secret, Tls as Config};
use andon_respond::receiver::{Mail, email};
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Mailboxes, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::Failed;

type Read<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

/// The server's answer to the message is the receipt.
pub async fn send(
    smtp: &Smtp,
    mail: &Mail,
    key: &str,
    read: &(dyn Fn(&str) -> Result<String, String> + Sync),
    patience: Duration,
) -> Result<String, Failed> {
    let message = message(mail, key).map_err(Failed::lasting)?;
    let envelope = envelope(mail).map_err(Failed::lasting)?;
    let transport = transport(smtp, read, patience).map_err(Failed::lasting)?;
    match transport.send_raw(&envelope, &message.formatted()).await {
        Ok(response) => {
            let said = response.message().collect::<Vec<_>>().join(" ");
            Ok(format!("{} {said}", response.code()))
        }
        Err(error) => Err(Failed {
            lasting: error.is_permanent(),
            error: match error.source() {
                Some(cause) => format!("{error}: {cause}"),
                None => error.to_string(),
            },
        }),
    }
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

fn transport(
    smtp: &Smtp,
    read: &Read<'_>,
    patience: Duration,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let tls = || parameters(&smtp.host, &smtp.tls, read);
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
        .port(smtp.port)
        .timeout(Some(patience))
        .hello_name(ClientId::Domain(smtp.hello.clone()))
        .tls(match (smtp.implicit_tls, smtp.require_tls) {
            (true, _) => Tls::Wrapper(tls()?),
            (false, true) => Tls::Required(tls()?),
            (false, false) => Tls::Opportunistic(tls()?),
        });
    if let (Some(user), Some(password)) = (&smtp.username, &smtp.password) {
        let password = match password {
            Kept::Here(Secret(password)) => password.clone(),
            Kept::File(path) => read(path)?.trim_end_matches(['\r', '\n']).to_owned(),
        };
        builder = builder.credentials(Credentials::new(user.clone(), password));
    } else if smtp.username.is_some() && smtp.secret.is_some() {
        return Err("the mail server is to be signed in to by CRAM-MD5 alone, which Andon does not speak; \
            give an `auth_password`"
            .to_owned());
    }
    Ok(builder.build())
}

fn parameters(host: &str, config: &Config, read: &Read<'_>) -> Result<TlsParameters, String> {
    let name = config.server_name.as_deref().unwrap_or(host);
    let mut builder = TlsParameters::builder(name.to_owned())
        .dangerous_accept_invalid_certs(config.insecure_skip_verify)
        .dangerous_accept_invalid_hostnames(config.insecure_skip_verify);
    let authority = match (&config.ca, &config.ca_file) {
        (Some(pem), _) => Some(pem.clone()),
        (None, Some(path)) => Some(read(path)?),
        (None, None) => None,
    };
    if let Some(pem) = authority {
        let certificate = Certificate::from_pem(pem.as_bytes());
        let certificate = certificate.map_err(|error| format!("`ca` is no certificate: {error}"))?;
        builder = builder.add_root_certificate(certificate);
    }
    if config.cert.is_some() || config.cert_file.is_some() {
        return Err("the mail server is to be shown a certificate, which Andon does not do".to_owned());
    }
    builder.build().map_err(|error| format!("cannot use TLS: {error}"))
}
