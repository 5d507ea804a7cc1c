//! `Scenario`: a test; a world that also reacts, and what must follow.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::origin::Origin;
use crate::scalar::{Moment, OneOrMany, Period};

/// A test: a world that also reacts, and what must follow. Offsets count from `at`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Scenario {
    #[serde(default)]
    #[schemars(skip)]
    pub name: String,
    #[serde(default)]
    #[schemars(skip)]
    pub origin: Origin,
    /// What it shows, for people.
    #[serde(default)]
    pub doc: String,
    /// When the clock starts.
    pub at: Moment,
    /// The step of `values`.
    #[serde(default = "every")]
    #[schemars(extend("format" = "andon-interval"))]
    pub every: Period,
    #[serde(default)]
    pub world: Vec<WorldEntry>,
    #[schemars(length(min = 1))]
    pub expect: Vec<Expectation>,
}

fn every() -> Period {
    Period::seconds(15)
}

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

/// A channel loses messages.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Deliveries {
    pub delivery: Delivery,
}

/// Which channel, and how much of what it is given it loses.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Delivery {
    pub channel: String,
    /// From 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub lost: f64,
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

/// What must follow.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Expectation {
    Alert(ExpectAlert),
    Page(ExpectPage),
    Never(ExpectNever),
    Run(ExpectRun),
    Sent(ExpectSent),
    Incident(ExpectIncident),
    Review(ExpectReview),
}

impl Expectation {
    pub fn within(&self) -> Option<Period> {
        match self {
            Expectation::Alert(expect) => expect.within,
            Expectation::Page(expect) => expect.within,
            Expectation::Run(expect) => expect.within,
            Expectation::Incident(expect) => expect.within,
            Expectation::Review(expect) => expect.within,
            Expectation::Never(_) | Expectation::Sent(_) => None,
        }
    }
}

/// An alert gets into a state.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExpectAlert {
    pub alert: String,
    pub is: AlertIs,
    #[serde(default)]
    pub within: Option<Period>,
    #[serde(default)]
    pub of: Option<Of>,
}

/// A state of an alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertIs {
    Pending,
    Firing,
    Lost,
    Resolved,
}

/// A person is paged.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExpectPage {
    pub page: String,
    /// Over this channel.
    #[serde(default)]
    pub via: Option<String>,
    #[serde(default)]
    pub within: Option<Period>,
    #[serde(default)]
    pub of: Option<Of>,
    /// Exactly so often in the whole scenario.
    #[serde(default)]
    pub times: Option<u32>,
}

/// What `within` counts from; without it: the start.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// The alert's firing.
    Alert(String),
    /// The page to this person.
    Page(String),
    /// The start of this runbook's run.
    Run(String),
    /// The sending of this step.
    Sent(String),
    /// The opening of this service's incident.
    Incident(String),
}

/// Something that must not happen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExpectNever {
    pub never: Never,
}

/// What must not happen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Never {
    /// This person is paged.
    Page(String),
    /// This alert fires.
    Alert(String),
    /// This runbook runs.
    Run(String),
    /// This step is sent.
    Sent(String),
    /// An incident of this service is opened.
    Incident(String),
    /// This alert is resolved.
    Resolved(String),
}

/// A runbook's run ends in a way.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExpectRun {
    pub run: String,
    pub outcome: Outcome,
    #[serde(default)]
    pub within: Option<Period>,
    #[serde(default)]
    pub of: Option<Of>,
}

/// How a run ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every step that changed something helped.
    Verified,
    /// It is over and nothing had to be verified.
    Succeeded,
    /// It did not help and was undone.
    RolledBack,
    Failed,
    Rejected,
    Expired,
    Stopped,
    Skipped,
}

/// How often a step is sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExpectSent {
    pub sent: String,
    pub times: u32,
}

/// A service's incident gets into a state.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExpectIncident {
    /// The service.
    pub incident: String,
    pub is: IncidentIs,
    /// Each of these is among its suspects, as `deploy:SERVICE@VERSION`.
    #[serde(default)]
    pub suspects: OneOrMany<String>,
    #[serde(default)]
    pub within: Option<Period>,
    #[serde(default)]
    pub of: Option<Of>,
}

/// A state of an incident.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncidentIs {
    Open,
    Acknowledged,
    Resolved,
}

/// A review gets into a state.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExpectReview {
    pub review: ReviewIs,
    #[serde(default)]
    pub within: Option<Period>,
    #[serde(default)]
    pub of: Option<Of>,
}

/// A state of a review.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewIs {
    Drafted,
}
