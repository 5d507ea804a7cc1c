//! `channels` of an Instance: the ways to people, and how much may go through each.
//!
//! An address of a person stands in their contact, or better behind it (`to: secret:file/phones/ana`), never here.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scalar::{Period, Sensitive};

/// A way to reach people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Channel {
    #[serde(flatten)]
    pub kind: ChannelKind,
    /// No more than this goes through it; what is more waits, and pages wait least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
}

impl From<ChannelKind> for Channel {
    fn from(kind: ChannelKind) -> Channel {
        Channel { kind, rate: None }
    }
}

/// So many notices in such a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Rate {
    #[schemars(range(min = 1, max = 1000))]
    pub max: u32,
    #[schemars(extend("format" = "andon-interval"))]
    pub per: Period,
}

/// Whose words a channel speaks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// Andon's own pages.
    Web {},
    /// A POST of the notice as JSON: person, kind, subject, body, incident; the key stands in `Idempotency-Key`.
    Webhook(Webhook),
    /// Mail.
    Smtp(Smtp),
    /// Slack, with buttons where the channel has a `signing_secret`.
    Slack(Slack),
    /// A workflow of Microsoft Teams that posts what its webhook is given.
    Teams(Teams),
    /// Events of version 2. What was told of an incident is acknowledged and resolved there with it.
    Pagerduty(Pagerduty),
    /// Alerts, acknowledged and closed with their incident.
    Opsgenie(Opsgenie),
    /// ntfy; a contact's `to` is the topic.
    Ntfy(Ntfy),
    /// A bot of Telegram; a contact's `to` is the chat with it.
    Telegram(Telegram),
    /// Text messages through Twilio, or what answers as it does.
    Sms(Twilio),
    /// Calls through Twilio, or what answers as it does.
    Voice(Twilio),
}

impl ChannelKind {
    /// As the file writes it.
    pub fn word(&self) -> &'static str {
        match self {
            ChannelKind::Web {} => "web",
            ChannelKind::Webhook(_) => "webhook",
            ChannelKind::Smtp(_) => "smtp",
            ChannelKind::Slack(_) => "slack",
            ChannelKind::Teams(_) => "teams",
            ChannelKind::Pagerduty(_) => "pagerduty",
            ChannelKind::Opsgenie(_) => "opsgenie",
            ChannelKind::Ntfy(_) => "ntfy",
            ChannelKind::Telegram(_) => "telegram",
            ChannelKind::Sms(_) => "sms",
            ChannelKind::Voice(_) => "voice",
        }
    }

    /// What a contact's `to` is, where nobody is reached without one.
    pub fn needs(&self) -> Option<&'static str> {
        match self {
            ChannelKind::Smtp(_) => Some("mail needs an address"),
            ChannelKind::Slack(slack) if slack.token.is_some() => {
                Some("Slack needs a member such as U012AB3CD")
            }
            ChannelKind::Pagerduty(pagerduty) if pagerduty.routing_key.is_none() => {
                Some("the channel has no routing_key, so each contact needs one")
            }
            ChannelKind::Ntfy(_) => Some("ntfy needs a topic"),
            ChannelKind::Telegram(_) => Some("Telegram needs the number of a chat"),
            ChannelKind::Sms(_) | ChannelKind::Voice(_) => Some("a telephone needs a number"),
            _ => None,
        }
    }

    /// Whether the provider holds something open until it hears that the incident is looked after, or over.
    pub fn holds_open(&self) -> bool {
        matches!(self, ChannelKind::Pagerduty(_) | ChannelKind::Opsgenie(_))
    }

    /// Whether the provider says later whether what it took has arrived.
    pub fn says_what_arrived(&self) -> bool {
        matches!(self, ChannelKind::Sms(_) | ChannelKind::Voice(_))
    }
}

/// A receiver of JSON.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Webhook {
    pub url: Sensitive,
    #[serde(default)]
    pub headers: BTreeMap<String, Sensitive>,
    /// By which the receiver knows that it comes from here, and when it was said.
    #[serde(default)]
    pub sign: Option<Sign>,
}

/// `X-Andon-Signature: sha256=` with the HMAC-SHA256 of `X-Andon-Timestamp`, a colon and the body, in hex.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Sign {
    pub secret: Sensitive,
}

/// An app of Slack: either a bot that writes to members, or a webhook that writes to one channel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Slack {
    /// A bot's token (`xoxb-…`) with the scope chat:write.
    #[serde(default)]
    pub token: Option<Sensitive>,
    /// The address of an incoming webhook; a contact's `to` is the member who is mentioned.
    #[serde(default)]
    pub webhook: Option<Sensitive>,
    /// The app's signing secret: with it there are buttons, and their presses are taken at
    /// `/answers/slack/CHANNEL`.
    #[serde(default)]
    pub signing_secret: Option<Sensitive>,
    #[serde(default = "slack_api")]
    #[schemars(extend("format" = "andon-http-url"))]
    pub api_url: String,
}

fn slack_api() -> String {
    "https://slack.com/api/".to_owned()
}

/// A workflow "When a Teams webhook request is received".
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Teams {
    pub webhook: Sensitive,
}

/// A service of PagerDuty.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Pagerduty {
    /// The integration key of Events API v2; a contact's `to` takes its place.
    #[serde(default)]
    pub routing_key: Option<Sensitive>,
    #[serde(default = "pagerduty_url")]
    #[schemars(extend("format" = "andon-http-url"))]
    pub url: String,
}

fn pagerduty_url() -> String {
    "https://events.pagerduty.com/v2/enqueue".to_owned()
}

/// An API integration of Opsgenie.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Opsgenie {
    pub api_key: Sensitive,
    #[serde(default = "opsgenie_url")]
    #[schemars(extend("format" = "andon-http-url"))]
    pub url: String,
}

fn opsgenie_url() -> String {
    "https://api.opsgenie.com/".to_owned()
}

/// A server of ntfy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Ntfy {
    #[serde(default = "ntfy_url")]
    #[schemars(extend("format" = "andon-http-url"))]
    pub url: String,
    /// An access token (`tk_…`).
    #[serde(default)]
    pub token: Option<Sensitive>,
}

fn ntfy_url() -> String {
    "https://ntfy.sh/".to_owned()
}

/// A bot of Telegram.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Telegram {
    /// What BotFather gave.
    pub token: Sensitive,
    /// The `secret_token` of setWebhook: with it there are buttons, and their presses are taken at
    /// `/answers/telegram/CHANNEL`.
    #[serde(default)]
    pub webhook_secret: Option<Sensitive>,
    #[serde(default = "telegram_api")]
    #[schemars(extend("format" = "andon-http-url"))]
    pub api_url: String,
}

fn telegram_api() -> String {
    "https://api.telegram.org/".to_owned()
}

/// An account of Twilio.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Twilio {
    /// `AC…`
    pub account: Sensitive,
    /// The account's auth token: it signs in, and proves what Twilio calls back with.
    pub token: Sensitive,
    /// The number that it comes from, or the SID of a messaging service (`MG…`).
    pub from: Sensitive,
    #[serde(default = "twilio_url")]
    #[schemars(extend("format" = "andon-http-url"))]
    pub url: String,
}

fn twilio_url() -> String {
    "https://api.twilio.com/".to_owned()
}

/// A mail server.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Smtp {
    /// `host:port`.
    #[schemars(extend("format" = "andon-host-port"))]
    pub server: String,
    /// The sender's address.
    #[schemars(extend("format" = "andon-mail"))]
    pub from: String,
    #[serde(default)]
    pub tls: SmtpTls,
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default)]
    pub password: Option<Sensitive>,
    /// A file with the certificates to trust beside the system's, relative to the definitions' directory.
    #[serde(default)]
    pub ca: Option<String>,
}

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SmtpTls {
    None,
    #[default]
    Starttls,
    Tls,
}
