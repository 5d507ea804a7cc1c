//! Telling people: one notification through one channel, and what became of it.

pub(crate) mod secret;

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use andon_definitions::instance::{ChannelKind, Instance, Smtp, SmtpTls};
use andon_respond::channel::{Notice, compose};
use andon_respond::receiver::Content;
use andon_vocabulary::{Delivery, IntentId, Outcome, Timestamp};
use lettre::transport::smtp::client::Tls;
use lettre::transport::smtp::extension::ClientId;
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use tokio::sync::broadcast;

use crate::http::{far_client, in_words, reach, read_body};
use crate::send::mail::{Server, Trust};
use crate::send::{Failed, Sending, mail, outcome, send};

/// How many notifications a page may lag behind before it has to load itself anew.
const PAGE_BACKLOG: usize = 64;

/// A receiver that takes longer than this is tried again later.
const PATIENCE: Duration = Duration::from_secs(10);

/// Certificates are a few kilobytes.
const FETCHED_BYTES_MAX: usize = 64 * 1024;

/// A notice that is owed, and what its state says of it.
#[derive(Clone, Debug)]
pub struct Owing {
    pub intent: IntentId,
    pub attempt: u32,
    /// Nobody knows whether this attempt was made before this process began.
    pub restarted: bool,
    pub delivery: Delivery,
    /// The hash of what it asks to approve.
    pub preview: Option<String>,
    /// Whether an answer of this person is taken.
    pub can_answer: bool,
    /// Where people reach this Andon's pages.
    pub url: String,
    pub now: Timestamp,
}

/// Knows the ways to people; holds no secret.
#[derive(Debug)]
pub struct Desk {
    /// Secrets in files are named relative to it.
    base: PathBuf,
    /// Made when first needed: it reads this machine's certificates.
    client: OnceLock<Client>,
    page: broadcast::Sender<Delivery>,
    patience: Duration,
}

impl Desk {
    pub fn new(base: PathBuf) -> Desk {
        Desk { base, client: OnceLock::new(), page: broadcast::channel(PAGE_BACKLOG).0, patience: PATIENCE }
    }

    /// Reads this machine's certificates before anybody waits for it, if a channel will need them.
    pub fn prepare(&self, instance: &Instance) {
        let goes_out = |kind: &ChannelKind| !matches!(kind, ChannelKind::Web {} | ChannelKind::Smtp(_));
        if instance.channels.values().any(|channel| goes_out(&channel.kind)) {
            // What is wrong is told by the first delivery, where somebody hears it.
            let _ = self.client();
        }
    }

    /// What is told through web channels, as it is told.
    pub fn page(&self) -> broadcast::Receiver<Delivery> {
        self.page.subscribe()
    }

    /// `instance` is that of the definitions in force. Ends within the channel's time limit.
    pub async fn deliver(&self, owing: &Owing, instance: &Instance) -> Outcome {
        outcome(self.try_to(owing, instance).await)
    }

    async fn try_to(&self, owing: &Owing, instance: &Instance) -> Result<String, Failed> {
        let delivery = &owing.delivery;
        let channel = instance.channels.get(&*delivery.channel);
        let gone = || Failed::lasting(format!("there is no channel {} any more", delivery.channel));
        let kind = &channel.ok_or_else(gone)?.kind;
        let key = instance.answers.as_ref().map(|answers| self.secret(&answers.secret)).transpose();
        // Without it nobody could answer from there, but all could be told.
        let key = key.unwrap_or_else(|why| {
            tracing::error!(%why, "the secret of `answers` cannot be read; what is sent holds no links and no codes");
            None
        });
        let notice = Notice {
            intent: owing.intent,
            delivery,
            attempt: owing.attempt,
            restarted: owing.restarted,
            preview: owing.preview.as_deref(),
            can_answer: owing.can_answer,
            instance: &instance.name,
            url: &owing.url,
            doors: &instance.answers_url(),
            key: key.as_deref().filter(|key| !key.is_empty()).map(str::as_bytes),
            now: owing.now,
        };
        let composed = compose(kind, &notice, &|text| self.secret(text));
        match (composed.map_err(|unsendable| Failed::lasting(unsendable.to_string()))?, kind) {
            (None, _) => Ok(self.show(delivery)),
            (Some((Content::Requests(requests), provider)), _) => {
                let client = self.client().map_err(Failed::lasting)?;
                let sending =
                    Sending { provider, key: &delivery.key, patience: self.patience, now: owing.now };
                let mut receipt = String::new();
                for request in requests {
                    let ask = |method, url: &str| Ok(client.request(method, url));
                    receipt = send(ask, request, sending).await?;
                }
                Ok(receipt)
            }
            (Some((Content::Mail(mail), _)), ChannelKind::Smtp(smtp)) => {
                let server = self.server(smtp).map_err(Failed::lasting)?;
                mail::send(server, &mail, &delivery.key, self.patience).await
            }
            (Some((Content::Mail(_), _)), _) => Err(gone()),
        }
    }

    /// It stands in the state already, so every page shows it; open pages are told at once.
    fn show(&self, delivery: &Delivery) -> String {
        match self.page.send(delivery.clone()).unwrap_or(0) {
            0 => "on the page".to_owned(),
            open => format!("on the page, {open} open"),
        }
    }

    fn server(&self, smtp: &Smtp) -> Result<Server, String> {
        let (host, port) = smtp
            .server
            .rsplit_once(':')
            .and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)))
            .ok_or_else(|| format!("{:?} is not host:port", smtp.server))?;
        let login = match (&smtp.username, &smtp.password) {
            (Some(user), Some(password)) => Some((self.secret(user)?, self.secret(password)?)),
            _ => None,
        };
        let tls = || {
            let ca = smtp.ca.as_ref().map(|ca| {
                let path = self.base.join(ca);
                std::fs::read_to_string(&path)
                    .map_err(|error| format!("cannot read {}: {error}", path.display()))
            });
            Trust { name: host, authority: ca.transpose()?.as_deref(), anybody: false }.parameters()
        };
        Ok(Server {
            host: host.to_owned(),
            port,
            hello: ClientId::default(),
            tls: match smtp.tls {
                SmtpTls::None => Tls::None,
                SmtpTls::Starttls => Tls::Required(tls()?),
                SmtpTls::Tls => Tls::Wrapper(tls()?),
            },
            login,
        })
    }

    pub fn secret(&self, text: &str) -> Result<String, String> {
        secret::resolve(text, &self.base)
    }

    /// What is at an https address, at most 64 KiB.
    pub async fn fetch(&self, url: &str) -> Result<Vec<u8>, String> {
        if !url.starts_with("https://") {
            return Err("only https is asked".to_owned());
        }
        let asked = self.client()?.get(reach::may_be_asked(url)?).timeout(self.patience).send().await;
        let mut response = asked.map_err(|error| in_words(&error))?;
        if !response.status().is_success() {
            return Err(format!("it answered {}", response.status()));
        }
        let mut body = Vec::new();
        read_body(&mut response, FETCHED_BYTES_MAX, &mut body).await?;
        Ok(body)
    }

    /// Says this JSON at an https address; what is answered is of no interest.
    pub async fn post(&self, url: &str, body: String) -> Result<(), String> {
        if !url.starts_with("https://") {
            return Err("only https is spoken to".to_owned());
        }
        let posting = self
            .client()?
            .post(reach::may_be_asked(url)?)
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let answered = posting.timeout(self.patience).send().await.map_err(|error| in_words(&error))?;
        match answered.status().is_success() {
            true => Ok(()),
            false => Err(format!("it answered {}", answered.status())),
        }
    }

    fn client(&self) -> Result<&Client, String> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = far_client().map_err(|error| format!("cannot send anything: {}", in_words(&error)))?;
        Ok(self.client.get_or_init(|| client))
    }
}

#[cfg(test)]
mod tests;
