//! Why people were told, what came of runs, and in which words each is said.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{IntentId, Name, RunId, Span, Timestamp, duration_ms};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeverityReason {
    Computed { tier: u8, urgency: crate::Urgency },
    NoHealthyInstance,
    SeveralTier1Services,
    Person { who: Name, reason: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentResolvedReason {
    AlertsResolved,
    Person { who: Name, reason: String },
}

/// Why somebody is told now: the decision names it, the journal remembers it, the page and `why` explain it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageReason {
    IncidentOpened,
    /// Nobody acknowledged within the time of this step of the escalation.
    AckTimedOut {
        #[serde(with = "duration_ms")]
        after: Duration,
    },
    /// The acknowledgement went without activity for too long.
    AckLapsed {
        by: Name,
    },
    /// The whole escalation starts again.
    Repeated {
        round: u32,
    },
    /// The channel before failed; this is the same person's next.
    ChannelFailed {
        channel: Name,
    },
    /// Nobody of the step before could be reached.
    Unreachable,
    /// The step before pages rotations that nobody is on call in.
    NobodyOnCall,
    /// The team that it had is gone, or it had none.
    Assigned,
    Reopened,
    /// One more alert joined it, and everybody had been paged before.
    AlertJoined,
    /// It was acknowledged as a ticket, and is worth a page now.
    Raised,
    /// Its alerts were suppressed, and one no longer is.
    Released,
    ApprovalNeeded,
    ApprovalExpired,
    OutcomeUnknown,
    RunFailed,
    /// A runbook that should have launched could not.
    RunRefused,
    AlertLost,
    /// A runbook's `notify` step.
    RunbookSays,
    /// A provider holds something open, and somebody acknowledged the incident.
    SomebodyAcknowledged,
    /// A provider holds something open, and the incident is over.
    IncidentOver,
    /// A silence of theirs ends soon.
    SilenceEnds,
    /// Somebody else now has, or again has, time on call that was theirs.
    ShiftChanged,
    /// Somebody asks them to swap time on call.
    SwapOffered,
    /// Whose turn it is was paged at night not long ago; this is the next person.
    Rests {
        person: Name,
        until: Timestamp,
        why: Box<PageReason>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeNext {
    Retry {
        at: Timestamp,
        attempt: u32,
    },
    NextChannel {
        channel: Name,
        /// The notice that goes on from here; none in journals from before this was said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        follows: Option<IntentId>,
        /// This one failed only for the moment: when it may be asked again, should the others fail too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        back_at: Option<Timestamp>,
    },
    /// Every channel was tried: back to the one that failed for the moment and whose pause is over first.
    EarlierChannel {
        channel: Name,
        /// The notice that is owed again.
        intent: IntentId,
        at: Timestamp,
        attempt: u32,
        /// As in `NextChannel`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        back_at: Option<Timestamp>,
    },
    /// Every channel of this person refused for good.
    GiveUp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunRefusedReason {
    Halted,
    /// This Andon is in shadow mode: it would have begun.
    Shadow,
    LockHeld {
        lock: String,
        by: RunId,
    },
    Cooldown {
        until: Timestamp,
    },
    Rate {
        runs: u32,
    },
    BadInput {
        input: String,
        why: String,
    },
    AlreadyRan {
        run: RunId,
    },
    BlastRadius {
        wanted: u32,
        allowed: u32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalExpiredThen {
    Escalate,
    Abort,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownReason {
    /// Andon stopped between asking and hearing.
    Restarted,
    TimedOut,
    Reported {
        why: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// Everything was carried out, and what was to be verified was.
    Verified,
    /// Everything was carried out; there was nothing to verify.
    Done,
    /// It did not help and was taken back.
    RolledBack,
    Failed,
    Rejected,
    Expired,
    Aborted,
    /// A guardrail stopped it.
    Stopped,
}

macro_rules! words {
    ($type:ty, $self:ident, $f:ident, $body:expr) => {
        impl fmt::Display for $type {
            fn fmt(&$self, $f: &mut fmt::Formatter<'_>) -> fmt::Result {
                $body
            }
        }
    };
}

words!(
    SeverityReason,
    self,
    f,
    match self {
        SeverityReason::Computed { tier, urgency } => write!(f, "tier {tier}, {urgency}"),
        SeverityReason::NoHealthyInstance => f.write_str("no instance is healthy"),
        SeverityReason::SeveralTier1Services => f.write_str("two or more services of tier 1 are affected"),
        SeverityReason::Person { who, reason } => write!(f, "{who}: {reason}"),
    }
);

words!(
    IncidentResolvedReason,
    self,
    f,
    match self {
        IncidentResolvedReason::AlertsResolved => f.write_str("every alert is resolved"),
        IncidentResolvedReason::Person { who, reason } => write!(f, "{who}: {reason}"),
    }
);

words!(
    PageReason,
    self,
    f,
    match self {
        PageReason::IncidentOpened => f.write_str("an incident opened"),
        PageReason::AckTimedOut { after } => write!(f, "nobody acknowledged within {}", Span(*after)),
        PageReason::AckLapsed { by } => write!(f, "{by}'s acknowledgement lapsed without activity"),
        PageReason::Repeated { round } =>
            write!(f, "nobody acknowledged; round {} of the escalation", round + 1),
        PageReason::ChannelFailed { channel } => write!(f, "{channel} failed"),
        PageReason::Unreachable => f.write_str("nobody before could be reached"),
        PageReason::NobodyOnCall => f.write_str("nobody is on call whom the step before pages"),
        PageReason::Assigned => f.write_str("other definitions gave it to this team"),
        PageReason::Reopened => f.write_str("the incident reopened"),
        PageReason::AlertJoined => f.write_str("one more alert joined it"),
        PageReason::Raised => f.write_str("what was a ticket is worth a page"),
        PageReason::Released => f.write_str("its alerts are no longer suppressed"),
        PageReason::ApprovalNeeded => f.write_str("a run needs approval"),
        PageReason::ApprovalExpired => f.write_str("the approval asked for was not given in time"),
        PageReason::OutcomeUnknown => f.write_str("the outcome of a step is unknown"),
        PageReason::RunRefused => f.write_str("a runbook could not be launched"),
        PageReason::RunFailed => f.write_str("a run did not help"),
        PageReason::AlertLost => f.write_str("an alert was lost: its source is silent"),
        PageReason::RunbookSays => f.write_str("the runbook says so"),
        PageReason::SomebodyAcknowledged => f.write_str("somebody acknowledged the incident"),
        PageReason::IncidentOver => f.write_str("the incident is over"),
        PageReason::SilenceEnds => f.write_str("a silence of theirs ends soon"),
        PageReason::ShiftChanged => f.write_str("who is on call changed"),
        PageReason::SwapOffered => f.write_str("a swap is offered"),
        PageReason::Rests { person, until, why } => {
            write!(f, "{why}; {person} rests until {} after a page at night", until.second())
        }
    }
);

words!(
    RunRefusedReason,
    self,
    f,
    match self {
        RunRefusedReason::Halted => f.write_str("all automation is halted"),
        RunRefusedReason::Shadow => f.write_str("in shadow mode nothing is changed; it would have begun"),
        RunRefusedReason::LockHeld { lock, by } => write!(f, "{by} holds the lock {lock}"),
        RunRefusedReason::Cooldown { until } =>
            write!(f, "it ran not long ago; cooling down until {}", until.second()),
        RunRefusedReason::Rate { runs } => write!(f, "it ran {runs} times already, which is its limit"),
        RunRefusedReason::BadInput { input, why } => write!(f, "input {input}: {why}"),
        RunRefusedReason::AlreadyRan { run } => write!(f, "{run} already ran for this"),
        RunRefusedReason::BlastRadius { wanted, allowed } => {
            write!(f, "it would touch {wanted} targets; {allowed} are allowed")
        }
    }
);

words!(
    UnknownReason,
    self,
    f,
    match self {
        UnknownReason::Restarted => f.write_str("Andon stopped before it heard the answer"),
        UnknownReason::TimedOut => f.write_str("no answer came in time"),
        UnknownReason::Reported { why } => f.write_str(why),
    }
);

words!(
    RunOutcome,
    self,
    f,
    f.write_str(match self {
        RunOutcome::Verified => "verified",
        RunOutcome::Done => "done",
        RunOutcome::RolledBack => "rolled back",
        RunOutcome::Failed => "failed",
        RunOutcome::Rejected => "rejected",
        RunOutcome::Expired => "expired",
        RunOutcome::Aborted => "aborted",
        RunOutcome::Stopped => "stopped",
    })
);

impl RunOutcome {
    /// Whether the run left the disturbance as it was, so that people must go on.
    pub fn needs_people(self) -> bool {
        !matches!(self, RunOutcome::Verified | RunOutcome::Done)
    }
}
