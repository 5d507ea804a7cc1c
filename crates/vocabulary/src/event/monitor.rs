//! Alerts and the sources they rest on.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    AlertId, Labels, Name, ReceivedFrom, Silence, SilenceId, Span, SuppressedBy, Timestamp, Value, Who,
    duration_ms,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MonitorEvent {
    /// The condition holds; its `for` has not passed.
    #[serde(rename = "alert_pending@1")]
    AlertPending { alert: AlertId, rule: Name, labels: Labels, value: Value },
    /// It stopped holding before its `for` had passed.
    #[serde(rename = "alert_dropped@1")]
    AlertDropped { alert: AlertId, rule: Name },
    #[serde(rename = "alert_fired@1")]
    AlertFired(AlertFired),
    /// The series or its source went away: this resolves nothing.
    #[serde(rename = "alert_lost@1")]
    AlertLost { alert: AlertId, rule: Name, why: LostReason },
    /// A lost alert's condition was seen to hold again.
    #[serde(rename = "alert_found@1")]
    AlertFound { alert: AlertId, rule: Name, value: Value },
    /// The condition is false, but `keep_firing_for` has not passed.
    #[serde(rename = "alert_held@1")]
    AlertHeld { alert: AlertId, rule: Name, until: Timestamp },
    #[serde(rename = "alert_resolved@1")]
    AlertResolved { alert: AlertId, rule: Name, why: ResolvedReason },
    /// Those who raised them repeated them: they end then, not earlier.
    #[serde(rename = "alerts_heard@1")]
    AlertsHeard { alerts: Vec<AlertId>, ends_at: Timestamp },
    /// Its sender describes it otherwise than before.
    #[serde(rename = "alert_changed@1")]
    AlertChanged { alert: AlertId, annotations: Labels, received: ReceivedFrom },
    /// From now on nobody is told of them, for this reason beside any other.
    #[serde(rename = "alerts_suppressed@1")]
    AlertsSuppressed { by: SuppressedBy, alerts: Vec<AlertId> },
    /// This no longer stands between them and people.
    #[serde(rename = "alerts_released@1")]
    AlertsReleased { by: SuppressedBy, alerts: Vec<AlertId> },
    #[serde(rename = "silence_set@1")]
    SilenceSet { silence: Silence },
    #[serde(rename = "silence_began@1")]
    SilenceBegan { silence: SilenceId },
    /// Its hours are over for now; until then people are told of what it matches.
    #[serde(rename = "silence_rests@1")]
    SilenceRests { silence: SilenceId, until: Timestamp },
    /// Its owner is to know that it ends.
    #[serde(rename = "silence_ends_soon@1")]
    SilenceEndsSoon { silence: SilenceId, owner: Name, what: String, ends_at: Timestamp },
    #[serde(rename = "silence_ended@1")]
    SilenceEnded { silence: SilenceId, why: SilenceEndedReason },
    /// It ended so long ago that it is only history.
    #[serde(rename = "silence_forgotten@1")]
    SilenceForgotten { silence: SilenceId },
    #[serde(rename = "rule_failed@1")]
    RuleFailed { rule: Name, error: String },
    #[serde(rename = "rule_recovered@1")]
    RuleRecovered { rule: Name },
    #[serde(rename = "source_silent@1")]
    SourceSilent { target: Name, error: String },
    #[serde(rename = "source_back@1")]
    SourceBack { target: Name },
}

/// Everything that the other stages need to know of a firing alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertFired {
    pub alert: AlertId,
    /// `group/alertname`; `source/alertname` of an alert that others raised.
    pub rule: Name,
    pub labels: Labels,
    pub annotations: Labels,
    /// What the condition had; 1 of an alert that others raised.
    pub value: Value,
    /// The service that claims it, or none: then it is `unassigned`.
    pub service: Option<Name>,
    pub urgency: Urgency,
    /// Since when the condition holds.
    pub since: Timestamp,
    pub reason: FiredReason,
    /// Where others raised it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<ReceivedFrom>,
    /// Why nobody is told of it, from its beginning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppressed: Vec<SuppressedBy>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    Log,
    Ticket,
    Page,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FiredReason {
    /// The rule has no `for`.
    AtOnce,
    HeldFor {
        #[serde(with = "duration_ms")]
        span: Duration,
    },
    /// Its sender says so.
    Received,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LostReason {
    SeriesGone,
    SourceSilent { target: Name },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResolvedReason {
    /// Evaluated on fresh samples, and false.
    ConditionFalse { value: Option<Value> },
    /// The rule no longer exists in the definitions.
    RuleRemoved,
    /// Its sender says so.
    Ended,
    /// Its sender has not repeated it.
    NotHeardAgain,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SilenceEndedReason {
    Expired,
    Lifted {
        who: Who,
    },
    Replaced {
        by: SilenceId,
    },
    /// It was of a maintenance that the files no longer define.
    Undefined,
}

impl fmt::Display for Urgency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Urgency::Log => "for the log",
            Urgency::Ticket => "a ticket",
            Urgency::Page => "worth a page",
        })
    }
}

impl fmt::Display for FiredReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FiredReason::AtOnce => f.write_str("the condition holds"),
            FiredReason::Received => f.write_str("its sender says so"),
            FiredReason::HeldFor { span } => write!(f, "the condition held for {}", Span(*span)),
        }
    }
}

impl fmt::Display for LostReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LostReason::SeriesGone => f.write_str("its series is no longer exposed"),
            LostReason::SourceSilent { target } => write!(f, "{target} does not answer"),
        }
    }
}

impl fmt::Display for ResolvedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResolvedReason::ConditionFalse { value: Some(value) } => {
                write!(f, "the condition is false on fresh samples (value {value})")
            }
            ResolvedReason::ConditionFalse { value: None } => {
                f.write_str("the condition is false on fresh samples")
            }
            ResolvedReason::Ended => f.write_str("its sender says so"),
            ResolvedReason::NotHeardAgain => f.write_str("its sender has not repeated it"),
            ResolvedReason::RuleRemoved => f.write_str("its rule was removed"),
        }
    }
}

impl fmt::Display for SilenceEndedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SilenceEndedReason::Expired => f.write_str("its time is over"),
            SilenceEndedReason::Lifted { who } => write!(f, "lifted by {}", who.person),
            SilenceEndedReason::Replaced { by } => write!(f, "{by} takes its place"),
            SilenceEndedReason::Undefined => f.write_str("the files no longer define it"),
        }
    }
}
