//! `Source`: a door for what others send, and who may send it.

mod mapping;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::origin::Origin;
use crate::reference::ServiceRef;
use crate::scalar::{Period, Sensitive};
pub use mapping::Mapping;

/// A door for alerts and changes that others send: their format, what they prove themselves by, what is added.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    #[serde(default)]
    #[schemars(skip)]
    pub name: String,
    #[serde(default)]
    #[schemars(skip)]
    pub origin: Origin,
    pub format: Format,
    /// What comes in here is what the pager that is still in charge does: it is compared with what this Andon does, and
    /// nobody is paged because of it. Of `alertmanager`: its notifications; of `pagerduty`: webhooks version 3.
    #[serde(default)]
    pub incumbent: bool,
    /// Of an incumbent: whom it means, by the name or id that it has for somebody or for a receiver, where that is not
    /// a person's handle nor holds it.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// What a sender proves itself by. A source of format sns needs none: SNS signs.
    #[serde(default)]
    pub secret: Option<Proof>,
    /// The topics of SNS that may send here; any account of AWS can have one.
    #[serde(default)]
    pub topics: Vec<Topic>,
    /// How an alert is made from a payload of a shape of its own.
    #[serde(default)]
    pub mapping: Option<Mapping>,
    /// Set on every alert, whatever its sender says.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Whose the alerts and changes are that name no service.
    #[serde(default)]
    pub service: Option<ServiceRef>,
    /// The person whose acknowledgement it is where a sender names nobody whom a team knows. Without it the paging
    /// goes on then.
    #[serde(default)]
    pub acknowledged_by: Option<String>,
    /// Requests a minute; more are answered with 429, for their sender to repeat.
    #[serde(default = "rate")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub rate: u32,
    /// An alert of which nothing more is heard for so long has ended. Without it only its sender or a person ends it.
    #[serde(default)]
    #[schemars(extend("format" = "andon-interval"))]
    pub expires: Option<Period>,
}

fn rate() -> u32 {
    6000
}

/// Whose words a source's senders speak.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// The webhook of Alertmanager.
    Alertmanager,
    /// The webhook of Grafana's alerting.
    Grafana,
    /// Events API v2; the secret is the routing key.
    Pagerduty,
    /// Alert API; the secret is the GenieKey.
    Opsgenie,
    /// CloudWatch alarms through a topic of SNS.
    Sns,
    /// CloudWatch alarms through EventBridge.
    Eventbridge,
    /// GoAlert's generic API.
    Goalert,
    /// The formatted webhook of Grafana OnCall.
    Oncall,
    /// CloudEvents 1.0, mapped.
    Cloudevents,
    /// JSON of any shape, mapped.
    Generic,
    /// Deployments, workflows and pushes: changes.
    Github,
    /// Deployments, pipelines and pushes: changes.
    Gitlab,
}

impl Format {
    /// As it is written in a file.
    pub fn word(self) -> &'static str {
        match self {
            Format::Alertmanager => "alertmanager",
            Format::Grafana => "grafana",
            Format::Pagerduty => "pagerduty",
            Format::Opsgenie => "opsgenie",
            Format::Sns => "sns",
            Format::Eventbridge => "eventbridge",
            Format::Goalert => "goalert",
            Format::Oncall => "oncall",
            Format::Cloudevents => "cloudevents",
            Format::Generic => "generic",
            Format::Github => "github",
            Format::Gitlab => "gitlab",
        }
    }

    /// Whether its payloads have a shape of their own.
    pub fn is_mapped(self) -> bool {
        matches!(self, Format::Cloudevents | Format::Generic)
    }

    /// Whether a pager speaks so of what it does.
    pub fn is_of_pagers(self) -> bool {
        matches!(self, Format::Alertmanager | Format::Pagerduty)
    }

    /// The header that its senders sign a payload in, where they do so unasked.
    pub fn signature_header(self) -> Option<&'static str> {
        match self {
            Format::Grafana => Some("X-Grafana-Alerting-Signature"),
            Format::Github => Some("X-Hub-Signature-256"),
            _ => None,
        }
    }
}

/// A token that the sender gives, or how it signs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Proof {
    /// As `Authorization: Bearer`, or as the sender's own clients give it.
    Token(Sensitive),
    Signed(Signed),
}

/// HMAC-SHA256 over the payload, in hex.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Signed {
    /// The key.
    pub hmac: Sensitive,
    /// Where the signature stands; formats that sign have a header of their own.
    #[serde(default)]
    #[schemars(extend("format" = "andon-header"))]
    pub header: Option<String>,
    /// Where the time stands that is signed with the payload, as `TIME:PAYLOAD`; what is older than five minutes is
    /// refused.
    #[serde(default)]
    #[schemars(extend("format" = "andon-header"))]
    pub timestamp_header: Option<String>,
}

/// A topic of SNS, by its ARN.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Topic(#[schemars(extend("format" = "andon-topic"))] pub String);
