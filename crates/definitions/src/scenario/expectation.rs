//! What must follow in a scenario, and what must not.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scalar::{Date, Moment, OneOrMany, Period};

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
    Notified(ExpectNotified),
    Route(ExpectRoute),
    OnCall(ExpectOnCall),
    Compared(ExpectCompared),
    Reported(ExpectReported),
}

impl Expectation {
    pub fn within(&self) -> Option<Period> {
        match self {
            Expectation::Alert(expect) => expect.within,
            Expectation::Page(expect) => expect.within,
            Expectation::Run(expect) => expect.within,
            Expectation::Incident(expect) => expect.within,
            Expectation::Review(expect) => expect.within,
            Expectation::Notified(expect) => expect.within,
            Expectation::Reported(expect) => expect.within,
            Expectation::Never(_)
            | Expectation::Sent(_)
            | Expectation::Route(_)
            | Expectation::OnCall(_)
            | Expectation::Compared(_) => None,
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
    /// It fires, and nobody is told of it.
    Suppressed,
    /// It fires still, and one of the reasons why nobody was told is gone.
    Released,
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
    /// The first notification that this receiver took.
    Notified(String),
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
    /// This receiver takes a notification.
    Notified(String),
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
    /// It was over, and came back.
    Reopened,
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

/// A receiver of an `alertmanager.yml` takes a notification.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExpectNotified {
    pub notified: String,
    /// One that tells of this alert.
    #[serde(default)]
    pub alert: Option<String>,
    #[serde(default)]
    pub within: Option<Period>,
    #[serde(default)]
    pub of: Option<Of>,
    /// Exactly so often in the whole scenario.
    #[serde(default)]
    pub times: Option<u32>,
}

/// Where the routes of an `alertmanager.yml` lead an alert with these labels.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExpectRoute {
    pub route: BTreeMap<String, String>,
    /// In this order.
    #[schemars(length(min = 1))]
    pub receivers: Vec<String>,
}

/// Who has a rotation, as the files say.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExpectOnCall {
    /// As `TEAM/ROTATION`.
    pub oncall: String,
    /// Without it: at the scenario's start.
    #[serde(default)]
    pub at: Option<Moment>,
    /// A person, or `nobody`.
    pub is: String,
}

/// What a case of the incumbent, or a page of Andon's own, comes to at the scenario's end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExpectCompared {
    /// Its title.
    pub compared: String,
    pub is: ComparedIs,
    /// Why Andon paged nobody.
    #[serde(default)]
    pub because: Option<ComparedWhy>,
}

/// Who of the two paged whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ComparedIs {
    Same,
    Different,
    Unknown,
    OnlyIncumbent,
    OnlyAndon,
}

/// Why Andon paged nobody for what the incumbent paged somebody for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ComparedWhy {
    NoSuchAlert,
    Silenced,
    Inhibited,
    Explained,
    OutOfHours,
    Joined,
    Flaps,
    NobodyToPage,
    NotUrgent,
    NotRouted,
    NotYet,
    EndedFirst,
}

/// A day beside the incumbent is reported; what is not said of it is not looked at.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExpectReported {
    /// The day, as the instance's zone counts it.
    pub reported: Date,
    #[serde(default)]
    pub same: Option<u32>,
    #[serde(default)]
    pub different: Option<u32>,
    #[serde(default)]
    pub unknown: Option<u32>,
    #[serde(default)]
    pub only_incumbent: Option<u32>,
    #[serde(default)]
    pub only_andon: Option<u32>,
    #[serde(default)]
    pub within: Option<Period>,
}

impl ComparedIs {
    pub fn word(self) -> &'static str {
        match self {
            ComparedIs::Same => "same",
            ComparedIs::Different => "different",
            ComparedIs::Unknown => "unknown",
            ComparedIs::OnlyIncumbent => "only_incumbent",
            ComparedIs::OnlyAndon => "only_andon",
        }
    }
}

impl ComparedWhy {
    pub fn word(self) -> &'static str {
        match self {
            ComparedWhy::NoSuchAlert => "no_such_alert",
            ComparedWhy::Silenced => "silenced",
            ComparedWhy::Inhibited => "inhibited",
            ComparedWhy::Explained => "explained",
            ComparedWhy::OutOfHours => "out_of_hours",
            ComparedWhy::Joined => "joined",
            ComparedWhy::Flaps => "flaps",
            ComparedWhy::NobodyToPage => "nobody_to_page",
            ComparedWhy::NotUrgent => "not_urgent",
            ComparedWhy::NotRouted => "not_routed",
            ComparedWhy::NotYet => "not_yet",
            ComparedWhy::EndedFirst => "ended_first",
        }
    }
}
