//! Alerts that others raise: what their senders say of them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{AlertId, Labels, Name, Timestamp, Who};

/// What one request brought, as [`crate::Input::Received`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The door that it came in by.
    pub source: Name,
    pub alerts: Vec<ReceivedAlert>,
    /// Alerts that are known and go on as they are, each with its new end: a sender repeats its alerts every minute,
    /// and only this much of it is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heard: Vec<(AlertId, Timestamp)>,
    /// What the sender said, as it came, where something of it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Payload>,
    /// Who sent it, where they had to say who they are: whoever has signed in, or the source whose secret they know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Who>,
}

/// The body of a request in its sender's own words, without the keys in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    pub body: Arc<str>,
    /// How long it came; the rest of what is longer than is kept is not there.
    pub bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedAlert {
    pub labels: Labels,
    #[serde(default)]
    pub annotations: Labels,
    pub starts_at: Timestamp,
    /// Not later than now: it has ended. Later: it ends then, unless its sender says otherwise meanwhile.
    pub ends_at: Timestamp,
    /// The sender named no end: it is ours, and passes when nothing more is heard.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open_ended: bool,
    /// A link to where it was raised; may be empty.
    #[serde(default)]
    pub generator: Arc<str>,
}

/// What is known of a firing alert beside its labels, where others raised it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedFrom {
    pub source: Name,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open_ended: bool,
    #[serde(default)]
    pub generator: Arc<str>,
}
