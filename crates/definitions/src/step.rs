//! One step of a runbook: it asks a person, or does something and says how that is checked and undone.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

use crate::action::Action;
use crate::guardrails::Bound;
use crate::reference::Whom;
use crate::scalar::{Condition, OneOrMany, Period, Query, Text};

/// One step.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(try_from = "StepFile", into = "StepFile")]
pub struct Step {
    pub id: String,
    /// `if`; without it: nothing has failed so far.
    pub condition: Option<Condition>,
    pub does: Does,
}

/// A step asks, or acts.
#[derive(Clone, PartialEq, Debug)]
#[expect(clippy::large_enum_variant, reason = "a runbook has few steps, and most of them act")]
pub enum Does {
    Approve(Approve),
    Act(Act),
}

/// Something is done.
#[derive(Clone, PartialEq, Debug)]
pub struct Act {
    pub action: Action,
    pub retry: Option<Retry>,
    /// What may follow when Andon dies between asking and hearing.
    pub repeat: Repeat,
    /// Answers "did it happen?".
    pub lookup: Option<Lookup>,
    /// Answers "did it help?".
    pub verify: Option<Verify>,
    pub rollback: Option<Action>,
    /// Why there is no way back.
    pub irreversible: Option<String>,
}

/// What may follow when nobody knows whether a step happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// Do it again.
    Harmless,
    /// Again with the same idempotency key.
    WithKey,
    /// Its `lookup` says whether it happened.
    AfterLookup,
    /// A person says what follows.
    AskPerson,
}

/// Try again when it fails and is known to have failed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Retry {
    #[schemars(range(min = 1, max = 100))]
    pub max: u32,
    #[serde(default = "backoff")]
    pub backoff: Period,
}

fn backoff() -> Period {
    Period::seconds(10)
}

/// A question whose answer says whether a step happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lookup {
    /// It happened if the bound holds.
    Promql(LookupQuery),
    /// It happened if the status is this.
    Http(LookupHttp),
}

/// It happened if the bound holds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LookupQuery {
    pub query: Query,
    #[serde(flatten)]
    pub bound: Bound,
}

/// A GET: the step happened if the answer has this status, did not if it is a 404, and a person is asked otherwise.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LookupHttp {
    pub url: Text,
    #[serde(default = "ok")]
    #[schemars(range(min = 100, max = 599))]
    pub status: u16,
    #[serde(default = "timeout")]
    pub timeout: Period,
}

fn ok() -> u16 {
    200
}

fn timeout() -> Period {
    Period::seconds(10)
}

/// What must hold after a step, on samples newer than it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Verify {
    pub query: Query,
    #[serde(flatten)]
    pub bound: Bound,
    /// How long it must hold.
    #[serde(default, rename = "for")]
    pub held_for: Period,
    /// By when.
    pub within: Period,
    #[serde(default)]
    pub no_data: NoData,
}

/// What no data means for a verification.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoData {
    /// It did not help.
    #[default]
    Fail,
    /// Wait for data until `within` is over.
    Wait,
}

/// Wait for a person's decision.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Approve {
    pub from: OneOrMany<Whom>,
    /// Who may not.
    #[serde(default)]
    pub not: Option<NotBy>,
    /// What holds where only the requester is there.
    #[serde(default)]
    pub alone: Option<Alone>,
    #[serde(default = "expires")]
    pub expires: Period,
    #[serde(default)]
    pub on_expire: OnExpire,
}

fn expires() -> Period {
    Period::minutes(15)
}

/// Who may not approve.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotBy {
    Requester,
}

/// Approving one's own request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Alone {
    #[serde(default)]
    pub reason: Reason,
    /// The incident's review lists it, always: `false` is refused.
    #[serde(default = "always")]
    pub review: bool,
}

fn always() -> bool {
    true
}

/// Whether a reason must be given.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    #[default]
    Required,
    Optional,
}

/// What happens when nobody decides in time.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnExpire {
    #[default]
    Escalate,
    Abort,
}

/// A step as it is written: flat.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Step", extend("oneOf" = [{ "required": ["uses"] }, { "required": ["approve"] }]))]
struct StepFile {
    /// Its name, for `steps.ID` and the timeline.
    #[schemars(extend("format" = "andon-id"))]
    id: String,
    #[serde(default, rename = "if", skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    action: Option<Action>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    approve: Option<Approve>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry: Option<Retry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repeat: Option<Repeat>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lookup: Option<Lookup>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verify: Option<Verify>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rollback: Option<Action>,
    /// Why there is no way back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    irreversible: Option<String>,
}

impl JsonSchema for Step {
    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        StepFile::json_schema(generator)
    }
}

impl TryFrom<StepFile> for Step {
    type Error = String;

    fn try_from(file: StepFile) -> Result<Self, String> {
        let does = match (file.action, file.approve) {
            (Some(action), None) => Does::Act(Act {
                repeat: file.repeat.or_else(|| action.repeat()).unwrap_or(Repeat::AskPerson),
                action,
                retry: file.retry,
                lookup: file.lookup,
                verify: file.verify,
                rollback: file.rollback,
                irreversible: file.irreversible,
            }),
            (None, Some(approve)) => Does::Approve(approve),
            _ => return Err("a step has either `uses` or `approve`".to_owned()),
        };
        Ok(Step { id: file.id, condition: file.condition, does })
    }
}

impl From<Step> for StepFile {
    fn from(step: Step) -> Self {
        let file = StepFile { id: step.id, condition: step.condition, ..StepFile::default() };
        match step.does {
            Does::Approve(approve) => StepFile { approve: Some(approve), ..file },
            Does::Act(act) => StepFile {
                action: Some(act.action),
                retry: act.retry,
                repeat: Some(act.repeat),
                lookup: act.lookup,
                verify: act.verify,
                rollback: act.rollback,
                irreversible: act.irreversible,
                ..file
            },
        }
    }
}
