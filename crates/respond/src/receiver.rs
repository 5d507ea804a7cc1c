//! What the receivers of an `alertmanager.yml` are sent: from an integration and a notification to the finished
//! message, and from the answer to what it means.
//!
//! Nothing is sent here. Files with keys in them are read by whoever sends, who gives a function for it. A text of the
//! file that cannot be filled in is replaced by one that says so and what fires; where there can be none, such as in
//! an address, the message cannot be sent, and the reason is given.

pub mod email;
mod fill;
mod opsgenie;
mod pagerduty;
mod slack;
mod verdict;
mod webhook;

use std::borrow::Cow;
use std::fmt;

use andon_definitions::alertmanager::receiver::{Integration, Kind};
use andon_definitions::{Notification, Templates};
use andon_vocabulary::Timestamp;
use sha2::{Digest, Sha256};

pub use email::Mail;
pub use verdict::{Answer, Provider, Verdict, verdict};

use fill::Filling;

/// Gives what a file holds.
pub type ReadFile<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

/// What a message is made with.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    pub templates: &'a Templates,
    pub now: Timestamp,
    pub read: &'a ReadFile<'a>,
}

/// A message that is ready to go.
#[derive(Clone, PartialEq, Debug)]
pub struct Message {
    pub content: Content,
    /// What could not be filled in and was said in other words.
    pub flaws: Vec<String>,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Content {
    /// In this order; each is sent when the one before it has arrived.
    Requests(Vec<Request>),
    Mail(Box<Mail>),
}

/// An HTTP request. What a file's `http_config` says of it comes on top, as does who sends it.
#[derive(Clone, PartialEq)]
pub struct Request {
    pub method: Method,
    /// It may have a key in it.
    pub url: String,
    /// Names and values, none with a line break in it.
    pub headers: Vec<(Cow<'static, str>, String)>,
    pub body: String,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).field("body_bytes", &self.body.len()).finish()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    Post,
    Put,
}

/// Why there is no message. It names no secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsendable(pub String);

impl fmt::Display for Unsendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a notification is to an integration. `group_key` names the group, the same each time.
pub fn compose(
    integration: &Integration,
    notification: &Notification,
    group_key: &str,
    desk: Desk,
) -> Result<Message, Unsendable> {
    let mut filling = Filling::new(notification, desk);
    let content = match &integration.kind {
        Kind::Webhook(webhook) => webhook::compose(webhook, notification, group_key, desk, &mut filling)
            .map(|request| Content::Requests(vec![request])),
        Kind::Email(email) => {
            email::compose(email, group_key, &mut filling).map(|mail| Content::Mail(Box::new(mail)))
        }
        Kind::PagerDuty(pagerduty) => pagerduty::compose(pagerduty, group_key, &mut filling)
            .map(|request| Content::Requests(vec![request])),
        Kind::OpsGenie(opsgenie) => {
            opsgenie::compose(opsgenie, group_key, &mut filling).map(Content::Requests)
        }
        Kind::Slack(slack) => {
            slack::compose(slack, &mut filling).map(|request| Content::Requests(vec![request]))
        }
    }?;
    Ok(Message { content, flaws: filling.flaws })
}

/// What a group is called where its key is too long: SHA-256 in hexadecimal, as Alertmanager has it.
fn hashed(group_key: &str) -> String {
    Sha256::digest(group_key).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn post_json(url: String, body: &serde_json::Value) -> Result<Request, Unsendable> {
    json(Method::Post, url, body)
}

fn json(method: Method, url: String, body: &serde_json::Value) -> Result<Request, Unsendable> {
    request(method, url, "application/json", body.to_string())
}

pub(crate) fn request(
    method: Method,
    url: String,
    content_type: &str,
    body: String,
) -> Result<Request, Unsendable> {
    // An address that was filled in is checked once more: it may come from a label.
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    if host.is_empty() || url.contains(|c: char| c.is_control() || c == ' ') {
        return Err(Unsendable(
            "its address is none: it begins with http:// or https://, and a host follows".to_owned(),
        ));
    }
    let headers = vec![("Content-Type".into(), content_type.to_owned())];
    Ok(Request { method, url, headers, body })
}

/// At most so many characters, the last a mark where some are left out.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests;
