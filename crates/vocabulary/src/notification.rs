//! Notifications: what the receivers of an `alertmanager.yml` are told, a group of alerts at a time.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{AlertId, IntentId, Labels, Name, Timestamp};

/// Alerts that are told of together: those that one route leads to its receiver, with the same values of the labels
/// that it groups by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GroupId {
    /// From the first route down: which of the routes below it, counted from 0. Empty: the first route itself.
    pub route: Arc<[u32]>,
    pub labels: Labels,
}

/// Why a receiver is told of a group now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationReason {
    First,
    NewAlerts,
    SomeResolved,
    AllResolved,
    Repeated,
}

/// The intent to tell one integration of a receiver of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationOwed {
    pub intent: IntentId,
    /// The same for every attempt, so that a receiver can drop repetitions.
    pub key: String,
    pub group: GroupId,
    pub receiver: Name,
    /// Which of the receiver's, counted from 0.
    pub integration: u32,
    pub reason: NotificationReason,
    /// Sorted.
    pub firing: Vec<AlertId>,
    /// Sorted.
    pub resolved: Vec<AlertId>,
}

/// A group whose time had come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupFlushed {
    pub group: GroupId,
    /// Integrations that want to hear of nothing resolved: that all has ended they are not told, and what fires next
    /// is news to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cleared: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationNext {
    Retry {
        at: Timestamp,
        attempt: u32,
    },
    /// The same will not be tried again; the group's next notification will.
    GiveUp,
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.labels)
    }
}

impl fmt::Display for NotificationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotificationReason::First => "its first alerts",
            NotificationReason::NewAlerts => "new alerts",
            NotificationReason::SomeResolved => "some alerts are resolved",
            NotificationReason::AllResolved => "all alerts are resolved",
            NotificationReason::Repeated => "it still fires",
        })
    }
}
