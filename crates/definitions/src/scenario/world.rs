//! What happens in a scenario's world: by the clock, or because Andon did something.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::instance::Calendar;
use crate::scalar::{OneOrMany, Period};

/// Something that happens, at a time or when Andon has done something.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("not" = { "required": ["at", "when"] }))]
pub struct WorldEntry {
    /// At this offset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Period>,
    /// Whenever Andon does this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// How long after `when`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Period>,
    /// Repeats the entry with a variable: `{ i: 1..40 }` and `${{ i }}`. The loader writes the entries out.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub repeated: Option<BTreeMap<String, String>>,
    #[serde(flatten)]
    pub what: What,
}

/// What begins an entry.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Start<'a> {
    At(Period),
    When(&'a When, Period),
}

impl WorldEntry {
    pub fn start(&self) -> Start<'_> {
        match &self.when {
            Some(when) => Start::When(when, self.after.unwrap_or_default()),
            None => Start::At(self.at.unwrap_or_default()),
        }
    }
}

/// What Andon does that the world reacts to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum When {
    Asked(WhenAsked),
    Paged(WhenPaged),
    Sent(WhenSent),
    Done(WhenDone),
    Lookup(WhenLookup),
    Delivered(WhenDelivered),
}

/// A person is asked to decide.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WhenAsked {
    pub asked: String,
    #[serde(default, rename = "for")]
    pub what: AskedFor,
}

/// What a person is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AskedFor {
    /// To approve a step.
    #[default]
    Approval,
    /// To say whether a step happened.
    Outcome,
}

/// A person is paged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WhenPaged {
    pub paged: String,
    #[serde(default)]
    pub via: Option<String>,
}

/// A step is sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WhenSent {
    pub sent: String,
}

/// A step is known to have happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WhenDone {
    pub done: String,
}

/// It is looked up whether a step happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WhenLookup {
    pub lookup: String,
}

/// A message is delivered over a channel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WhenDelivered {
    pub delivered: String,
}

/// What happens in the world.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum What {
    Series(SeriesWritten),
    Deploy(Deployed),
    Does(Deed),
    Crash(Crashed),
    Reply(Replied),
    Partition(Partitioned),
    Delivery(Deliveries),
    Clock(ClockSet),
    Disk(DiskSet),
    Receive(ReceiveAlert),
    Silence(SetSilence),
    Incumbent(IncumbentActs),
}

/// Samples of one series, in promtool's notation, from the entry's start.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SeriesWritten {
    /// A metric name with its labels.
    #[schemars(extend("format" = "andon-series"))]
    pub series: String,
    #[schemars(extend("format" = "andon-values"))]
    pub values: String,
}

/// A new version runs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Deployed {
    pub deploy: Deploy,
}

/// Which version of which service.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Deploy {
    pub service: String,
    pub version: String,
}

/// The person who was asked or paged does this.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Deed {
    pub does: Does,
}

/// What a person does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Does {
    Acknowledge,
    Approve,
    Reject,
    Resolve,
    /// Of a step whose outcome is unknown: it happened.
    MarkDone,
    /// Of a step whose outcome is unknown: do it again.
    Repeat,
    /// Of a step whose outcome is unknown: stop the run.
    Abort,
    Nothing,
}

/// Andon dies.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Crashed {
    pub crash: Crash,
}

/// How long it stays dead.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Crash {
    pub back_after: Period,
}

/// The world answers a step or a lookup.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Replied {
    pub reply: Reply,
}

/// What the world answers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// It happened, or it did not.
    Done(bool),
    /// It failed, with this reason.
    Failed(String),
    /// Nothing is heard.
    Lost(bool),
    /// An HTTP status.
    Status(u16),
}

/// Targets cannot be reached.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Partitioned {
    pub partition: Partition,
}

/// Which targets, how long.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Partition {
    /// Services.
    #[schemars(length(min = 1))]
    pub targets: Vec<String>,
    #[serde(rename = "for")]
    pub lasts: Period,
}

/// What a channel or a receiver does to messages from now on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Deliveries {
    pub delivery: Delivery,
}

/// Which channel or receiver, and what it does wrong; nothing where nothing is said.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Delivery {
    /// Of the instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Of the `alertmanager.yml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiver: Option<String>,
    /// How much of what it is given it loses, from 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub lost: f64,
    /// Its answers take so much longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<Period>,
    /// It answers everything twice.
    #[serde(default)]
    pub twice: bool,
    /// It refuses everything for good.
    #[serde(default)]
    pub refuses: bool,
    /// It takes nothing for so long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down: Option<Period>,
}

/// The wall clock is set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ClockSet {
    pub clock: Clock,
}

/// By how much, such as `-90s`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Clock {
    #[schemars(extend("format" = "andon-jump"))]
    pub jump: String,
}

impl Clock {
    /// In milliseconds, negative for backwards.
    pub fn jump_ms(&self) -> i64 {
        let (sign, text) = match self.jump.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, self.jump.as_str()),
        };
        let ms = Period::parse(text).map_or(0, |span| i64::try_from(span.as_millis()).unwrap_or(i64::MAX));
        sign * ms
    }
}

/// The disk changes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DiskSet {
    pub disk: Disk,
}

/// What the disk is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Disk {
    Full,
    Freed,
}

/// Somebody else's rules raise an alert, and Andon is sent it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReceiveAlert {
    pub receive: Sent,
}

/// What the sender says of the alert.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Sent {
    #[schemars(length(min = 1))]
    pub labels: BTreeMap<String, String>,
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// When it ends unless it is sent again; without it, after the `resolve_timeout`.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Period>,
    /// It no longer fires.
    #[serde(default)]
    pub ended: bool,
}

/// Somebody sets a silence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SetSilence {
    pub silence: Silenced,
}

/// Which alerts nobody is told of, and how long.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Silenced {
    /// Such as `alertname="TargetDown", service=~"shop|checkout"`.
    #[schemars(extend("format" = "andon-matchers"))]
    pub matchers: String,
    #[serde(rename = "for")]
    pub lasts: Period,
    /// The hours of the week in which it silences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weekly: Option<Calendar>,
    /// A person, or `team:NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// The pager that is still in charge does something; nobody here is paged because of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct IncumbentActs {
    pub incumbent: Incumbent,
}

/// What the incumbent does, and about what.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Incumbent {
    /// The title that it has for it; the same title is the same case.
    pub about: String,
    /// Whom it pages, as it calls them.
    #[serde(default)]
    pub pages: OneOrMany<String>,
    /// Who acknowledges there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged_by: Option<String>,
    /// The key that whoever raised it gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Of an Alertmanager's notification.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}
