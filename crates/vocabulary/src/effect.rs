//! What the state owes the world. Effects are derived from state, never queued beside it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Answer, IncidentId, IntentId, Name, Order, OrderResult, RunId, Timestamp, duration_ms};

/// An effect and its identity: the driver carries out each (intent, attempt) once per process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    pub intent: IntentId,
    pub attempt: u32,
    pub effect: Effect,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Tell a person through a channel.
    Deliver(Delivery),
    /// Tell a receiver of a group of alerts.
    Notify(Notify),
    /// Have the hands carry out a step.
    Carry(Box<Order>),
    /// Have the hands look whether an order happened.
    LookUp(Box<LookUp>),
}

/// Look whether `order` happened; by its own lookup where the runbook gives one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookUp {
    pub order: Order,
    /// None: ask the platform.
    pub http: Option<HttpLookUp>,
}

/// A GET that tells whether an order happened: it did where the answer has this status, it did not where the answer
/// is a 404, and anything else tells nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpLookUp {
    pub url: String,
    pub status: u16,
    #[serde(with = "duration_ms")]
    pub timeout: Duration,
}

/// One notification to one person over one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The same for every attempt, so that a receiver can drop repetitions.
    pub key: String,
    pub kind: NoticeKind,
    pub person: Name,
    pub channel: Name,
    /// The address at that channel; a `secret:` reference is resolved at delivery.
    pub to: Option<String>,
    pub incident: Option<IncidentId>,
    pub run: Option<RunId>,
    pub subject: String,
    pub body: String,
    pub at: Timestamp,
}

/// One notification to one integration of a receiver. What it says is asked of the state when it leaves: it may be of
/// thousands of alerts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notify {
    /// The same for every attempt, so that a receiver can drop repetitions.
    pub key: Name,
    pub receiver: Name,
    /// Which of the receiver's, counted from 0.
    pub integration: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Wake somebody: answered by acknowledging.
    Page,
    /// Ask for an approval: answered by approving or rejecting.
    Approval,
    /// Ask what became of a step with an unknown outcome.
    Question,
    /// Only to inform.
    Tell,
    /// Close what a provider holds open: somebody looks after the incident.
    Acknowledged,
    /// Close what a provider holds open: the incident is over.
    Resolved,
}

impl NoticeKind {
    /// Whether somebody is to answer it; else it only informs, and is given up where it cannot be delivered for long.
    pub fn wants_an_answer(self) -> bool {
        matches!(self, NoticeKind::Page | NoticeKind::Approval | NoticeKind::Question)
    }

    /// Whether somebody hears of it; else it only closes what a provider holds open.
    pub fn reaches_somebody(self) -> bool {
        !matches!(self, NoticeKind::Acknowledged | NoticeKind::Resolved)
    }
}

/// What a provider says later of a notice that it took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    pub intent: IntentId,
    /// The channel that it went through.
    pub channel: Name,
    pub fate: Fate,
}

/// What became of a notice after its provider took it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    Arrived { receipt: String },
    Failed { error: String },
}

/// The outcome of an effect, as it comes back into the loop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The provider took it: its receipt.
    Delivered {
        receipt: String,
    },
    /// The provider refused or did not answer. `lasting`: trying again cannot help.
    NotDelivered {
        error: String,
        lasting: bool,
        /// In how many seconds the provider will take it, where it says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_s: Option<u64>,
    },
    Carried(OrderResult),
    LookedUp(Answer),
}
