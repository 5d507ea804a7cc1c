//! The mail server of an `alertmanager.yml`, with every file read.

use andon_definitions::alertmanager::receiver::{Kept, Smtp};
use andon_definitions::prometheus::{Secret, Tls as Config};
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use crate::send::mail::{Server, Trust};

type Read<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

pub fn server(smtp: &Smtp, read: &Read<'_>) -> Result<Server, String> {
    let tls = || parameters(&smtp.host, &smtp.tls, read);
    let login = if let (Some(user), Some(password)) = (&smtp.username, &smtp.password) {
        let password = match password {
            Kept::Here(Secret(password)) => password.clone(),
            Kept::File(path) => read(path)?.trim_end_matches(['\r', '\n']).to_owned(),
        };
        Some((user.clone(), password))
    } else if smtp.username.is_some() && smtp.secret.is_some() {
        return Err("the mail server is to be signed in to by CRAM-MD5 alone, which Andon does not speak; \
            give an `auth_password`"
            .to_owned());
    } else {
        None
    };
    Ok(Server {
        host: smtp.host.clone(),
        port: smtp.port,
        hello: ClientId::Domain(smtp.hello.clone()),
        tls: match (smtp.implicit_tls, smtp.require_tls) {
            (true, _) => Tls::Wrapper(tls()?),
            (false, true) => Tls::Required(tls()?),
            (false, false) => Tls::Opportunistic(tls()?),
        },
        login,
    })
}

fn parameters(host: &str, config: &Config, read: &Read<'_>) -> Result<TlsParameters, String> {
    let authority = match (&config.ca, &config.ca_file) {
        (Some(pem), _) => Some(pem.clone()),
        (None, Some(path)) => Some(read(path)?),
        (None, None) => None,
    };
    if config.cert.is_some() || config.cert_file.is_some() {
        return Err("the mail server is to be shown a certificate, which Andon does not do".to_owned());
    }
    Trust {
        name: config.server_name.as_deref().unwrap_or(host),
        authority: authority.as_deref(),
        anybody: config.insecure_skip_verify,
    }
    .parameters()
}
