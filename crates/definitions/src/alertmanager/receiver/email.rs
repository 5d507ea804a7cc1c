//! Mail, through a server that takes it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::rest::{or_own, own};
use super::{Kept, Rest, yes};
use crate::prometheus::{Secret, Tls};
use crate::template::Words;

/// The port on which TLS comes first.
const IMPLICIT_TLS: u16 = 465;

/// Mail as it is written.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
pub(crate) struct WrittenEmail {
    #[serde(default)]
    pub send_resolved: bool,
    #[serde(default)]
    to: Option<Words>,
    #[serde(default)]
    from: Option<Words>,
    #[serde(default)]
    hello: Option<String>,
    /// HOST:PORT.
    #[serde(default)]
    #[schemars(extend("format" = "andon-smarthost"))]
    smarthost: Option<String>,
    #[serde(default)]
    auth_username: Option<String>,
    #[serde(default)]
    auth_password: Option<Secret>,
    #[serde(default)]
    auth_password_file: Option<String>,
    #[serde(default)]
    auth_secret: Option<Secret>,
    #[serde(default)]
    auth_secret_file: Option<String>,
    #[serde(default)]
    auth_identity: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, Words>,
    #[serde(default)]
    html: Option<Words>,
    #[serde(default)]
    text: Words,
    #[serde(default)]
    require_tls: Option<bool>,
    #[serde(default)]
    tls_config: Option<Tls>,
    #[serde(default)]
    force_implicit_tls: Option<bool>,
    #[serde(default)]
    threading: WrittenThreading,
}

/// Whether the mails of a group hang together.
#[derive(Clone, PartialEq, Debug, Default, Deserialize, JsonSchema)]
struct WrittenThreading {
    #[serde(default)]
    enabled: bool,
    #[serde(default)]
    thread_by_date: String,
}

/// Mail.
#[derive(Clone, PartialEq, Debug)]
pub struct Email {
    pub to: Words,
    pub from: Words,
    /// By their names as they are usually written; `Subject`, `To` and `From` are among them.
    pub headers: BTreeMap<String, Words>,
    /// A page; empty: the mail has none.
    pub html: Words,
    /// Empty: the mail has none.
    pub text: Words,
    pub threading: Option<Threading>,
    pub smtp: Smtp,
}

/// The mails of a group hang together, in the reader's program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Threading {
    /// All of them.
    Always,
    /// Those of a day.
    Daily,
}

/// The server that takes the mail.
#[derive(Clone, PartialEq, Debug)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    /// What Andon calls itself.
    pub hello: String,
    /// None: nobody signs in.
    pub username: Option<String>,
    /// For PLAIN and LOGIN.
    pub password: Option<Kept<Secret>>,
    /// For CRAM-MD5.
    pub secret: Option<Kept<Secret>>,
    pub identity: String,
    /// Nothing is sent before STARTTLS.
    pub require_tls: bool,
    /// TLS comes first, before a word is said.
    pub implicit_tls: bool,
    pub tls: Tls,
}

impl WrittenEmail {
    pub fn complete(&self, at: &str, rest: &mut Rest) -> Option<Email> {
        let to = rest.said(at, "to", self.to.as_ref());
        let from =
            self.from.as_ref().or(rest.global.smtp_from.as_ref()).filter(|from| !from.is_empty()).cloned();
        if from.is_none() {
            rest.add(at.to_owned(), "missing-key", "`from` is missing, and `global` has no `smtp_from`");
        }
        let smtp = self.server(at, rest);
        let mut headers = BTreeMap::new();
        for (name, words) in &self.headers {
            let pointer = format!("{at}/headers/{}", crate::book::escape(name));
            if !is_header(name) {
                rest.add(pointer, "wrong-value", "this is not the name of a header");
            } else if headers.insert(usual(name), words.clone()).is_some() {
                rest.add(pointer, "duplicate", format!("the header `{}` is here twice", usual(name)));
            }
        }
        let threading = self.threading(at, rest, &headers);
        let (to, from) = (to?, from?);
        headers.entry("Subject".to_owned()).or_insert_with(|| own("email.default.subject"));
        headers.entry("To".to_owned()).or_insert_with(|| to.clone());
        headers.entry("From".to_owned()).or_insert_with(|| from.clone());
        Some(Email {
            to,
            from,
            headers,
            html: or_own(self.html.as_ref(), "email.default.html"),
            text: self.text.clone(),
            threading,
            smtp: smtp?,
        })
    }

    fn server(&self, at: &str, rest: &mut Rest) -> Option<Smtp> {
        let global = rest.global;
        let mut password =
            rest.kept(at, "auth_password", self.auth_password.as_ref(), self.auth_password_file.as_ref());
        if password.is_none() {
            let file = global.smtp_auth_password_file.as_ref();
            password = rest.kept("/global", "smtp_auth_password", global.smtp_auth_password.as_ref(), file);
        }
        let mut secret =
            rest.kept(at, "auth_secret", self.auth_secret.as_ref(), self.auth_secret_file.as_ref());
        if secret.is_none() {
            let file = global.smtp_auth_secret_file.as_ref();
            secret = rest.kept("/global", "smtp_auth_secret", global.smtp_auth_secret.as_ref(), file);
        }
        let said = |own: &Option<String>, global: &Option<String>| {
            own.clone()
                .filter(|own| !own.is_empty())
                .or_else(|| global.clone())
                .filter(|said| !said.is_empty())
        };
        let Some(smarthost) = said(&self.smarthost, &global.smtp_smarthost) else {
            let message = "`smarthost` is missing, and `global` has no `smtp_smarthost`";
            rest.add(at.to_owned(), "missing-key", message);
            return None;
        };
        let (host, port) = super::smarthost(&smarthost)?;
        let username = said(&self.auth_username, &global.smtp_auth_username);
        if username.is_some() && password.is_none() && secret.is_some() {
            let message = "CRAM-MD5 is not spoken: give an `auth_password`, which is sent over TLS";
            rest.add(at.to_owned(), "not-there", message);
        }
        let tls = self.tls_config.clone().or_else(|| global.smtp_tls_config.clone()).unwrap_or_default();
        if tls.cert.is_some() || tls.cert_file.is_some() {
            let message = "no certificate is shown to a mail server: sign in with an `auth_password`";
            rest.add(at.to_owned(), "not-there", message);
        }
        let implicit = self.force_implicit_tls.or(global.smtp_force_implicit_tls);
        Some(Smtp {
            host: host.to_owned(),
            port,
            hello: said(&self.hello, &global.smtp_hello).unwrap_or_else(|| "localhost".to_owned()),
            username,
            password,
            secret,
            identity: said(&self.auth_identity, &global.smtp_auth_identity).unwrap_or_default(),
            require_tls: self.require_tls.or(global.smtp_require_tls).unwrap_or_else(yes),
            implicit_tls: implicit.unwrap_or(port == IMPLICIT_TLS),
            tls,
        })
    }

    fn threading(&self, at: &str, rest: &mut Rest, headers: &BTreeMap<String, Words>) -> Option<Threading> {
        if !self.threading.enabled {
            return None;
        }
        for name in ["References", "In-Reply-To"] {
            if headers.contains_key(name) {
                let message = format!("the header `{name}` is what `threading` writes");
                rest.add(format!("{at}/headers/{name}"), "conflict", message);
            }
        }
        match self.threading.thread_by_date.as_str() {
            "none" => Some(Threading::Always),
            "daily" => Some(Threading::Daily),
            _ => {
                let message = "`thread_by_date` is `none` or `daily`";
                rest.add(format!("{at}/threading/thread_by_date"), "wrong-value", message);
                None
            }
        }
    }
}

/// Host and port, which may have its usual name; without a host it is this machine.
pub(crate) fn smarthost(text: &str) -> Option<(&str, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let port = match port {
        "smtp" => 25,
        "submission" => 587,
        number => number.parse().ok()?,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Some((if host.is_empty() { "localhost" } else { host }, port))
}

fn is_header(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b':')
}

/// `reply-to` as `Reply-To`.
fn usual(name: &str) -> String {
    let mut begins = true;
    let letter = |c: char| {
        let usual = if begins { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        begins = c == '-';
        usual
    };
    name.chars().map(letter).collect()
}
