//! One step of an answer: what was decided, how the path went on from it, and what decided it.

use andon_vocabulary::Timestamp;
use serde::Serialize;

use super::past::Fact;

/// An answer, to be read from above.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Why {
    /// What was asked about.
    pub of: String,
    /// As of when.
    pub at: Timestamp,
    /// What happened before is not told of.
    pub since: Timestamp,
    /// The answer in a sentence.
    pub short: String,
    pub steps: Vec<Step>,
    /// What keeps the answer from being whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    pub stage: Stage,
    pub sign: Sign,
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The record of the journal that it is quoted from; without one it was evaluated on the state of that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// The line that decided it, as `FILE:LINE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
}

/// Where on the way from an alert to somebody's phone a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Alert,
    Urgency,
    Suppression,
    Incident,
    Team,
    Schedule,
    Escalation,
    Page,
    Acknowledgement,
    Route,
    Group,
    Notification,
    Attempt,
}

/// How the path went on from a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// On, towards somebody.
    Led,
    /// It ended here.
    Stopped,
    /// It has not come to its end yet.
    Waits,
    /// It only says something.
    Said,
}

impl Step {
    pub(super) fn new(stage: Stage, sign: Sign, text: impl Into<String>) -> Step {
        let text = text.into();
        Step { stage, sign, text, at: None, record: None, definition: None, steps: Vec::new() }
    }

    pub(super) fn said(stage: Stage, text: impl Into<String>) -> Step {
        Step::new(stage, Sign::Said, text)
    }

    pub(super) fn led(stage: Stage, text: impl Into<String>) -> Step {
        Step::new(stage, Sign::Led, text)
    }

    pub(super) fn stopped(stage: Stage, text: impl Into<String>) -> Step {
        Step::new(stage, Sign::Stopped, text)
    }

    pub(super) fn waits(stage: Stage, text: impl Into<String>) -> Step {
        Step::new(stage, Sign::Waits, text)
    }

    /// Quoted from the journal.
    pub(super) fn quoting(stage: Stage, sign: Sign, fact: &Fact<'_>) -> Step {
        let text = crate::words::say(fact.event);
        Step { at: Some(fact.at), record: Some(fact.seq), ..Step::new(stage, sign, text) }
    }

    pub(super) fn at(self, at: Timestamp) -> Step {
        Step { at: Some(at), ..self }
    }

    pub(super) fn by(self, definition: Option<impl ToString>) -> Step {
        Step { definition: definition.map(|place| place.to_string()), ..self }
    }

    pub(super) fn with(self, steps: impl IntoIterator<Item = Step>) -> Step {
        let mut step = self;
        step.steps.extend(steps);
        step
    }
}
