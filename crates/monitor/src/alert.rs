//! One alert, from the first time its condition holds until it is resolved.

use andon_vocabulary::{
    AlertId, Labels, LostReason, Name, ReceivedFrom, SuppressedBy, Timestamp, Urgency, Value,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// `group/alertname`; `source/alertname` where others raised it.
    pub rule: Name,
    /// Complete: the series' own, the rule's and `alertname`.
    pub labels: Labels,
    /// Filled in when it fires; empty before.
    pub annotations: Labels,
    /// What the condition had when it last began to hold or fired.
    pub value: Value,
    pub phase: Phase,
    /// None: no service claims it.
    pub service: Option<Name>,
    pub urgency: Urgency,
    /// When something was last said of it: it began, or its sender repeated or changed it.
    pub heard: Timestamp,
    /// Where others raised it; none of the own rules.
    pub received: Option<ReceivedFrom>,
    /// Why nobody is told of it; empty: people are.
    pub suppressed: Vec<SuppressedBy>,
    /// Since when people are told of it, where they are: when it fired, or was last suppressed no longer.
    pub told_since: Timestamp,
    /// A person ended its incident while it goes on firing: nobody hears more of it, unless that reopens.
    pub dismissed: bool,
}

/// `since` is always the time since when the condition holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The condition holds, but not yet for as long as the rule's `for`.
    Pending { since: Timestamp, fires_at: Timestamp },
    Firing {
        since: Timestamp,
        fired_at: Timestamp,
        /// The condition was false, but `keep_firing_for` keeps the alert until then.
        held_until: Option<Timestamp>,
    },
    /// Nobody can say whether the condition holds.
    Lost { since: Timestamp, fired_at: Timestamp, lost_at: Timestamp, why: LostReason },
}

impl Alert {
    pub fn since(&self) -> Timestamp {
        match self.phase {
            Phase::Pending { since, .. } | Phase::Firing { since, .. } | Phase::Lost { since, .. } => since,
        }
    }

    /// The alert that inhibits it, as a rule says.
    pub fn inhibited_by(&self) -> Option<AlertId> {
        self.suppressed.iter().find_map(|by| match by {
            SuppressedBy::Alert(alert) => Some(*alert),
            SuppressedBy::Silence(_) | SuppressedBy::Cause(_) => None,
        })
    }

    /// The alert that explains it: one of what its service depends on.
    pub fn cause(&self) -> Option<AlertId> {
        self.suppressed.iter().find_map(|by| match by {
            SuppressedBy::Cause(alert) => Some(*alert),
            SuppressedBy::Silence(_) | SuppressedBy::Alert(_) => None,
        })
    }

    /// All that inhibit it, for whichever reason.
    pub fn inhibitors(&self) -> impl Iterator<Item = AlertId> {
        self.suppressed.iter().filter_map(|by| match by {
            SuppressedBy::Alert(alert) | SuppressedBy::Cause(alert) => Some(*alert),
            SuppressedBy::Silence(_) => None,
        })
    }

    /// Whether people were told of it before this moment, and are.
    pub(crate) fn is_told_before(&self, now: Timestamp) -> bool {
        self.suppressed.is_empty() && self.told_since < now
    }

    /// None while it is pending.
    pub fn fired_at(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Pending { .. } => None,
            Phase::Firing { fired_at, .. } | Phase::Lost { fired_at, .. } => Some(fired_at),
        }
    }

    /// When the passing of time alone may change what it is; a fresh verdict must say so.
    pub fn deadline(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Pending { fires_at, .. } => Some(fires_at),
            Phase::Firing { held_until, .. } => held_until,
            Phase::Lost { .. } => None,
        }
    }
}
