//! A mail server for one mail after the other: the part of RFC 5321 that a message needs, RFC 3207 and AUTH PLAIN.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use super::install_tls;

/// A running mail server.
pub struct Mailbox {
    /// `localhost:port`, which its certificate is for.
    pub address: String,
    /// The certificate of whoever signed its own, in PEM.
    pub ca: String,
    /// Each mail with the commands before it, a line each.
    pub mails: mpsc::UnboundedReceiver<String>,
}

/// Answers every message with `verdict`. With `protected` it offers STARTTLS, and takes no mail before it.
pub async fn mailbox(verdict: &'static str, protected: bool) -> Mailbox {
    install_tls();
    let (acceptor, ca) = acceptor();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("localhost:{}", listener.local_addr().unwrap().port());
    let (heard, mails) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut said = String::new();
            let offers: &[&str] = if protected { &["STARTTLS"] } else { &[] };
            connection.write_all(b"220 mail.example.org\r\n").await.unwrap();
            let wants_tls = converse(&mut connection, offers, verdict, &mut said).await.unwrap_or(false);
            if wants_tls && let Ok(mut connection) = acceptor.accept(connection).await {
                said.push_str("(protected)\n");
                let _ = converse(&mut connection, &["AUTH PLAIN"], verdict, &mut said).await;
            }
            let _ = heard.send(said);
        }
    });
    Mailbox { address, ca, mails }
}

/// Whether the client wants to go on protected.
async fn converse(
    connection: &mut (impl AsyncRead + AsyncWrite + Unpin),
    offers: &[&str],
    verdict: &str,
    said: &mut String,
) -> std::io::Result<bool> {
    let mut stream = BufReader::new(connection);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(false);
        }
        said.push_str(&line.replace('\r', ""));
        let answer = match line.split([' ', ':', '\r']).next().unwrap_or("") {
            "EHLO" => {
                let offers = offers.iter().map(|offer| format!("250-{offer}\r\n")).collect::<String>();
                format!("250-mail.example.org\r\n{offers}250 8BITMIME")
            }
            "STARTTLS" => {
                stream.write_all(b"220 go ahead\r\n").await?;
                return Ok(true);
            }
            "MAIL" if offers.contains(&"STARTTLS") => {
                "530 5.7.0 must issue a STARTTLS command first".to_owned()
            }
            "AUTH" => "235 2.7.0 welcome".to_owned(),
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                loop {
                    let mut line = String::new();
                    stream.read_line(&mut line).await?;
                    if line == ".\r\n" || line.is_empty() {
                        break verdict.to_owned();
                    }
                    said.push_str(&line.replace('\r', ""));
                }
            }
            "QUIT" => "221 bye".to_owned(),
            _ => "250 ok".to_owned(),
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

fn acceptor() -> (TlsAcceptor, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), authority.pem())
}
