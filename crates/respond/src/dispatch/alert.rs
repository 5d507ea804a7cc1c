//! The alerts that may be told of: what is said of each, and why nobody is told of it.

use std::sync::Arc;

use andon_vocabulary::{AlertFired, AlertId, Labels, ReceivedFrom, SuppressedBy, Timestamp};

use super::group::GroupNo;

/// What a message says of an alert. It is shared by all groups and all that is owed of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    pub alert: AlertId,
    pub labels: Labels,
    pub annotations: Labels,
    pub starts_at: Timestamp,
    /// None: it fires.
    pub ended_at: Option<Timestamp>,
    /// A link to where it was raised; may be empty.
    pub generator: Arc<str>,
}

/// An alert that fires, or has ended and is still to be told of.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Routed {
    pub member: Arc<Member>,
    pub suppressed: Vec<SuppressedBy>,
    pub groups: Vec<GroupNo>,
    /// Nobody can say whether it still fires.
    pub is_lost: bool,
}

impl Member {
    pub(super) fn fired(fired: &AlertFired, at: Timestamp) -> Member {
        let from = fired.received.as_ref();
        Member {
            alert: fired.alert,
            labels: fired.labels.clone(),
            annotations: fired.annotations.clone(),
            starts_at: from.map_or(at, |from| from.starts_at),
            ended_at: None,
            generator: from.map_or_else(|| "".into(), |from| from.generator.clone()),
        }
    }

    pub(super) fn changed(&self, annotations: &Labels, from: &ReceivedFrom) -> Member {
        Member {
            annotations: annotations.clone(),
            starts_at: from.starts_at,
            generator: from.generator.clone(),
            ..self.clone()
        }
    }
}
