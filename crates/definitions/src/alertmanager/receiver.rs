//! Whom a route sends to, and through what: each integration with everything that it has from `global`.
//!
//! Keys, passwords and addresses with keys in them are kept as they are written, here or as the name of a file that
//! whoever sends reads each time; they are never printed.

mod email;
mod inline;
mod opsgenie;
mod pagerduty;
mod rest;
mod slack;
mod tree;
mod webhook;

use std::collections::BTreeMap;

pub use email::{Email, Smtp, Threading};
pub(crate) use email::{WrittenEmail, smarthost};
pub use inline::inline;
pub(crate) use opsgenie::WrittenOpsGenie;
pub use opsgenie::{OpsGenie, Responder};
pub(crate) use pagerduty::WrittenPagerDuty;
pub use pagerduty::{Image, Key, Link, PagerDuty};
pub(crate) use rest::Rest;
pub(crate) use slack::{APP_URL as SLACK_APP_URL, WrittenSlack};
pub use slack::{Action, Confirm, Field, Slack};
pub use tree::Tree;
pub use webhook::Webhook;
pub(crate) use webhook::WrittenWebhook;

use super::file::WrittenReceiver;
use crate::origin::Origin;
use crate::prometheus::HttpClient;
use crate::scalar::Period;

/// A receiver, and what is sent for it in this order.
#[derive(Clone, PartialEq, Debug)]
pub struct Receiver {
    pub origin: Origin,
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub integrations: Vec<Integration>,
}

/// One way in which a receiver is reached.
#[derive(Clone, PartialEq, Debug)]
pub struct Integration {
    pub origin: Origin,
    /// Which of its kind in this receiver, from 0.
    pub index: usize,
    /// Whether it is told when all is well again, and which alerts no longer fire.
    pub send_resolved: bool,
    pub kind: Kind,
}

/// What is sent.
#[derive(Clone, PartialEq, Debug)]
pub enum Kind {
    Webhook(Box<Webhook>),
    Email(Box<Email>),
    PagerDuty(Box<PagerDuty>),
    OpsGenie(Box<OpsGenie>),
    Slack(Box<Slack>),
}

/// Something that stands here, or alone in a file.
#[derive(Clone, PartialEq, Debug)]
pub enum Kept<T> {
    Here(T),
    File(String),
}

impl Integration {
    /// What Alertmanager calls it: `webhook[0]`.
    pub fn id(&self) -> String {
        format!("{}[{}]", self.kind.name(), self.index)
    }
}

impl Kind {
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Webhook(_) => "webhook",
            Kind::Email(_) => "email",
            Kind::PagerDuty(_) => "pagerduty",
            Kind::OpsGenie(_) => "opsgenie",
            Kind::Slack(_) => "slack",
        }
    }

    /// How its requests are made; mails are not requests.
    pub fn http(&self) -> Option<&HttpClient> {
        match self {
            Kind::Webhook(webhook) => Some(&webhook.http),
            Kind::Email(_) => None,
            Kind::PagerDuty(pagerduty) => Some(&pagerduty.http),
            Kind::OpsGenie(opsgenie) => Some(&opsgenie.http),
            Kind::Slack(slack) => Some(&slack.http),
        }
    }

    /// How long an answer may take, where the file says so.
    pub fn timeout(&self) -> Option<Period> {
        let timeout = match self {
            Kind::Webhook(webhook) => webhook.timeout,
            Kind::PagerDuty(pagerduty) => pagerduty.timeout,
            Kind::Slack(slack) => slack.timeout,
            Kind::Email(_) | Kind::OpsGenie(_) => Period::ZERO,
        };
        (timeout != Period::ZERO).then_some(timeout)
    }
}

impl Receiver {
    /// `at` is where it stands, `origin` says where the part of a pointer does.
    pub(super) fn complete(
        written: &WrittenReceiver,
        at: &str,
        rest: &mut Rest,
        origin: impl Fn(&str) -> Origin,
    ) -> Receiver {
        let mut integrations = Vec::new();
        let mut add = |key: &str, index: usize, made: Option<(bool, Kind)>| {
            let origin = origin(&format!("{at}/{key}/{index}"));
            let integration =
                made.map(|(send_resolved, kind)| Integration { origin, index, send_resolved, kind });
            integrations.extend(integration);
        };
        for (index, webhook) in written.webhook_configs.iter().enumerate() {
            let at = format!("{at}/webhook_configs/{index}");
            let made = webhook.complete(&at, rest).map(|made| Kind::Webhook(Box::new(made)));
            add("webhook_configs", index, made.map(|kind| (webhook.send_resolved, kind)));
        }
        for (index, email) in written.email_configs.iter().enumerate() {
            let at = format!("{at}/email_configs/{index}");
            let made = email.complete(&at, rest).map(|made| Kind::Email(Box::new(made)));
            add("email_configs", index, made.map(|kind| (email.send_resolved, kind)));
        }
        for (index, pagerduty) in written.pagerduty_configs.iter().enumerate() {
            let at = format!("{at}/pagerduty_configs/{index}");
            let made = pagerduty.complete(&at, rest).map(|made| Kind::PagerDuty(Box::new(made)));
            add("pagerduty_configs", index, made.map(|kind| (pagerduty.send_resolved, kind)));
        }
        for (index, opsgenie) in written.opsgenie_configs.iter().enumerate() {
            let at = format!("{at}/opsgenie_configs/{index}");
            let made = opsgenie.complete(&at, rest).map(|made| Kind::OpsGenie(Box::new(made)));
            add("opsgenie_configs", index, made.map(|kind| (opsgenie.send_resolved, kind)));
        }
        for (index, slack) in written.slack_configs.iter().enumerate() {
            let at = format!("{at}/slack_configs/{index}");
            let made = slack.complete(&at, rest).map(|made| Kind::Slack(Box::new(made)));
            add("slack_configs", index, made.map(|kind| (slack.send_resolved, kind)));
        }
        Receiver {
            origin: origin(at),
            name: written.name.clone(),
            labels: written.labels.clone(),
            integrations,
        }
    }
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests;
