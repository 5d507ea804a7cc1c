//! One run of a runbook: where it stands, and what it remembers of the steps behind it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use andon_definitions::{Does, Runbook, Step};
use andon_vocabulary::{
    Action, AlertId, IncidentId, IntentId, LookUp, Name, Order, Preview, Purpose, Requester, RunId,
    RunOutcome, RunStarted, Says, Timestamp, UnknownReason, Value, Who,
};

use super::known::Alert;

/// How far the clocks of two machines may differ: nobody looks before an order has died on the slower one.
const SKEW: Duration = Duration::from_secs(5);

#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub id: RunId,
    /// The definition that the run pins, whatever the files say by now.
    pub runbook: Arc<Runbook>,
    pub hash: String,
    pub incident: Option<IncidentId>,
    pub alert: Option<AlertId>,
    /// The alert as it was when it launched the run.
    pub(super) trigger: Option<Alert>,
    pub requested_by: Requester,
    pub inputs: BTreeMap<String, String>,
    pub lock: Option<String>,
    pub started: Timestamp,
    pub phase: Phase,
    /// Of the steps that are behind it.
    pub steps: BTreeMap<Name, StepRecord>,
    pub approval: Option<Approval>,
    /// What `stop_if` said when the run began.
    pub baseline: Option<Value>,
    /// Since when `stop_if` has no data: nothing is changed meanwhile, and after a while the run stops.
    pub blind_since: Option<Timestamp>,
    /// Something of it is known to have taken effect.
    pub changed: bool,
    pub verified: bool,
    /// What it set out to change so far; guardrails count it.
    pub touched: Vec<Action>,
    /// How the run will end; from here on only steps with `always()` or `failure()` run.
    pub ending: Option<Ending>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    pub outcome: RunOutcome,
    pub why: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// It has not begun: its lock comes first. `behind` holds it.
    Queued {
        behind: Option<RunId>,
    },
    /// Between two steps; `next` counts in the definition's order.
    Between {
        next: usize,
    },
    At {
        step: usize,
        doing: Doing,
    },
    Finished {
        ending: Ending,
        at: Timestamp,
    },
}

/// What a step is at.
#[derive(Clone, Debug, PartialEq)]
pub enum Doing {
    Began {
        at: Timestamp,
    },
    Measured {
        says: Says,
    },
    Asking(Ask),
    /// Nobody decided in time; others are asked.
    AskingNext {
        round: u32,
    },
    Approved {
        who: Who,
    },
    Notified,
    /// The hands have it, or will get it.
    InFlight(Attempt),
    /// It may or may not have happened.
    Unknown {
        attempt: Attempt,
        why: UnknownReason,
        look_after: Timestamp,
    },
    LookingUp {
        attempt: Attempt,
        intent: IntentId,
        lookup: Box<LookUp>,
        since: Timestamp,
    },
    /// Nothing could say what became of it.
    Unanswered {
        attempt: Attempt,
        why: String,
    },
    /// Only a person can.
    AskingPerson {
        attempt: Attempt,
        look_after: Timestamp,
        question: String,
    },
    /// A person wants it once more.
    Again(Attempt),
    /// It is known to have failed.
    Failed {
        attempt: Attempt,
        error: String,
    },
    /// It is known not to have happened, and will be tried again.
    Retrying {
        attempt: Attempt,
        at: Timestamp,
    },
    Carried {
        attempt: Attempt,
        at: Timestamp,
        detail: String,
    },
    Verifying {
        attempt: Attempt,
        since: Timestamp,
        until: Timestamp,
        /// Since when the bound holds without a break.
        held_since: Option<Timestamp>,
        /// Since when the data that was there is gone.
        blank_since: Option<Timestamp>,
        says: Option<Says>,
    },
    Unverified {
        attempt: Attempt,
        why: String,
    },
}

/// One intent of a step; the next attempt has another intent and the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub order: Box<Order>,
    pub number: u32,
    pub purpose: Purpose,
    pub before: BTreeMap<String, String>,
}

impl Attempt {
    /// From here on it has been answered or will never be.
    pub fn expires(&self) -> Timestamp {
        self.order.not_after + self.order.timeout
    }

    /// Before this nobody, a person included, may look or repeat: it may still be under way.
    pub fn look_after(&self) -> Timestamp {
        self.expires() + SKEW
    }
}

/// A question that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    pub from: Vec<Name>,
    pub preview: Preview,
    pub asked_at: Timestamp,
    pub expires: Timestamp,
    /// How often others were asked before.
    pub round: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    pub by: Name,
    pub hash: String,
    pub preview: Preview,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRecord {
    pub outcome: StepOutcome,
    /// What was there before it.
    pub before: BTreeMap<String, String>,
    /// What it measured or verified.
    pub value: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    Success,
    Failure,
    Skipped,
}

impl StepOutcome {
    pub fn as_str(self) -> &'static str {
        match self {
            StepOutcome::Success => "success",
            StepOutcome::Failure => "failure",
            StepOutcome::Skipped => "skipped",
        }
    }
}

impl Run {
    pub(super) fn new(
        started: &RunStarted,
        runbook: Arc<Runbook>,
        trigger: Option<Alert>,
        at: Timestamp,
    ) -> Self {
        Run {
            id: started.run,
            runbook,
            hash: started.hash.clone(),
            incident: started.incident,
            alert: started.alert,
            trigger,
            requested_by: started.requested_by.clone(),
            inputs: started.inputs.clone(),
            lock: started.lock.clone(),
            started: at,
            phase: Phase::Queued { behind: None },
            steps: BTreeMap::new(),
            approval: None,
            baseline: None,
            blind_since: None,
            changed: false,
            verified: false,
            touched: Vec::new(),
            ending: None,
        }
    }

    pub fn name(&self) -> Name {
        self.runbook.name.as_str().into()
    }

    pub fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Finished { .. })
    }

    /// What the run came to, or will come to if nothing more goes wrong.
    pub fn outcome(&self) -> RunOutcome {
        match (&self.phase, &self.ending) {
            (Phase::Finished { ending, .. }, _) | (_, Some(ending)) => ending.outcome,
            _ if self.verified => RunOutcome::Verified,
            _ => RunOutcome::Done,
        }
    }

    /// The step it is at, and what that step is at.
    pub fn at(&self) -> Option<(&Step, &Doing)> {
        match &self.phase {
            Phase::At { step, doing } => Some((self.runbook.steps.get(*step)?, doing)),
            _ => None,
        }
    }

    /// The order whose outcome the run waits for, known or not.
    pub fn attempt(&self) -> Option<&Attempt> {
        match self.at()?.1 {
            Doing::InFlight(attempt) | Doing::Again(attempt) => Some(attempt),
            Doing::Unknown { attempt, .. }
            | Doing::LookingUp { attempt, .. }
            | Doing::Unanswered { attempt, .. }
            | Doing::AskingPerson { attempt, .. }
            | Doing::Failed { attempt, .. }
            | Doing::Retrying { attempt, .. }
            | Doing::Carried { attempt, .. }
            | Doing::Verifying { attempt, .. }
            | Doing::Unverified { attempt, .. } => Some(attempt),
            _ => None,
        }
    }

    pub fn ask(&self) -> Option<(Name, &Ask)> {
        match self.at()? {
            (step, Doing::Asking(ask)) => Some((step.id.as_str().into(), ask)),
            _ => None,
        }
    }

    /// Whether something that changes the world is under way, or may be.
    pub fn is_in_flight(&self) -> bool {
        self.is_unsure() || matches!(self.at(), Some((_, Doing::InFlight(_))))
    }

    /// Whether nobody knows what became of a step that was to change the world.
    pub fn is_unsure(&self) -> bool {
        let Some((_, doing)) = self.at() else { return false };
        matches!(doing, Doing::Unknown { .. } | Doing::LookingUp { .. })
            || matches!(doing, Doing::Unanswered { .. } | Doing::AskingPerson { .. })
    }

    pub(super) fn act(&self, step: &str) -> Option<&andon_definitions::Act> {
        match &self.runbook.step(step)?.does {
            Does::Act(act) => Some(act),
            Does::Approve(_) => None,
        }
    }
}
