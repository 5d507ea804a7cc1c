//! Telling people: one notification through one channel, and what became of it.

pub(crate) mod secret;
mod smtp;
mod webhook;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use andon_definitions::Channel;
use andon_definitions::instance::{Smtp, SmtpTls};
use andon_vocabulary::{Delivery, Outcome};
use reqwest::Client;
use tokio::sync::broadcast;

use crate::http::{far_client, in_words, read_body};

/// How many notifications a page may lag behind before it has to load itself anew.
const PAGE_BACKLOG: usize = 64;

/// A receiver that takes longer than this is tried again later.
const PATIENCE: Duration = Duration::from_secs(10);

/// Certificates are a few kilobytes.
const FETCHED_BYTES_MAX: usize = 64 * 1024;

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
    pub fn prepare(&self, channels: &BTreeMap<String, Channel>) {
        if channels.values().any(|channel| matches!(channel, Channel::Webhook { .. })) {
            // What is wrong is told by the first delivery, where somebody hears it.
            let _ = self.client();
        }
    }

    /// What is told through web channels, as it is told.
    pub fn page(&self) -> broadcast::Receiver<Delivery> {
        self.page.subscribe()
    }

    /// `channels` are those of the definitions in force. Ends within the channel's time limit.
    pub async fn deliver(&self, delivery: &Delivery, channels: &BTreeMap<String, Channel>) -> Outcome {
        let outcome = match channels.get(&*delivery.channel) {
            None => Err(format!("there is no channel {} any more", delivery.channel)),
            Some(Channel::Web {}) => Ok(self.show(delivery)),
            Some(Channel::Webhook { url, headers }) => {
                let receiver = self.receiver(delivery.to.as_deref().unwrap_or(url), headers);
                match receiver.and_then(|receiver| Ok((receiver, self.client()?))) {
                    Ok((receiver, client)) => {
                        Ok(webhook::deliver(client, &receiver, delivery, self.patience).await)
                    }
                    Err(error) => Err(error),
                }
            }
            Some(Channel::Smtp(smtp)) => match self.mail(smtp, delivery.to.as_deref()) {
                Ok((server, to)) => Ok(smtp::deliver(&server, &to, delivery, self.patience).await),
                Err(error) => Err(error),
            },
        };
        outcome.unwrap_or_else(|error| Outcome::NotDelivered { error, lasting: true })
    }

    /// It stands in the state already, so every page shows it; open pages are told at once.
    fn show(&self, delivery: &Delivery) -> Outcome {
        let open = self.page.send(delivery.clone()).unwrap_or(0);
        Outcome::Delivered {
            receipt: match open {
                0 => "on the page".to_owned(),
                open => format!("on the page, {open} open"),
            },
        }
    }

    fn receiver(
        &self,
        url: &str,
        headers: &BTreeMap<String, andon_definitions::scalar::Sensitive>,
    ) -> Result<webhook::Receiver, String> {
        Ok(webhook::Receiver {
            url: self.secret(url)?,
            headers: headers
                .iter()
                .map(|(name, value)| Ok((name.clone(), self.secret(value)?)))
                .collect::<Result<_, String>>()?,
        })
    }

    fn mail(&self, smtp: &Smtp, to: Option<&str>) -> Result<(smtp::Server, String), String> {
        let to = to.ok_or("the person's contact names no mail address; add `to:` to it")?;
        let login = match (&smtp.username, &smtp.password) {
            (Some(user), Some(password)) => Some((self.secret(user)?, self.secret(password)?)),
            _ => None,
        };
        let server = smtp::Server {
            address: smtp.server.clone(),
            from: smtp.from.clone(),
            protection: match smtp.tls {
                SmtpTls::None => smtp::Protection::None,
                SmtpTls::Starttls => smtp::Protection::Starttls,
                SmtpTls::Tls => smtp::Protection::Tls,
            },
            login,
        };
        Ok((server, self.secret(to)?))
    }

    pub fn secret(&self, text: &str) -> Result<String, String> {
        secret::resolve(text, &self.base)
    }

    /// What is at an https address, at most 64 KiB.
    pub async fn fetch(&self, url: &str) -> Result<Vec<u8>, String> {
        if !url.starts_with("https://") {
            return Err("only https is asked".to_owned());
        }
        let asked = self.client()?.get(url).timeout(self.patience).send().await;
        let mut response = asked.map_err(|error| in_words(&error))?;
        if !response.status().is_success() {
            return Err(format!("it answered {}", response.status()));
        }
        let mut body = Vec::new();
        read_body(&mut response, FETCHED_BYTES_MAX, &mut body).await?;
        Ok(body)
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
