//! What the state owes the world. Effects are derived from state, never queued beside it.

use serde::{Deserialize, Serialize};

use crate::{Answer, IncidentId, IntentId, Name, Order, OrderResult, RunId, Timestamp};

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
    /// Have the hands carry out a step.
    Carry(Box<Order>),
    /// Have the hands look whether an order happened.
    LookUp(Box<LookUp>),
}

/// Look whether `order` happened; by its own lookup where the runbook gives one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookUp {
    pub order: Order,
    /// An HTTP GET whose 2xx means that it happened and whose 404 means that it did not. None: ask the platform.
    pub url: Option<String>,
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
    },
    Carried(OrderResult),
    LookedUp(Answer),
}
