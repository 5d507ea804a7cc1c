//! What a message tells of: some alerts of one group, as the receivers of an `alertmanager.yml` are told of them.
//!
//! Its words are Alertmanager's, since templates and webhooks name them.

mod json;

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_vocabulary::{Labels, Timestamp};

pub(crate) use json::object;

/// Names and values, sorted by name.
pub type Pairs = BTreeMap<String, String>;

/// Whether an alert fires, or any of a group does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    Firing,
    Resolved,
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Status::Firing => "firing",
            Status::Resolved => "resolved",
        }
    }
}

/// Why a group is told of now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    First,
    NewAlerts,
    SomeResolved,
    AllResolved,
    Repeated,
}

impl Reason {
    pub fn words(self) -> &'static str {
        match self {
            Reason::First => "first notification",
            Reason::NewAlerts => "new alerts added",
            Reason::SomeResolved => "some alerts resolved",
            Reason::AllResolved => "all alerts resolved",
            Reason::Repeated => "repeat interval elapsed",
        }
    }
}

/// One alert of a notification.
#[derive(Clone, PartialEq, Debug)]
pub struct NotifiedAlert {
    pub labels: Arc<Pairs>,
    pub annotations: Arc<Pairs>,
    pub starts_at: Timestamp,
    /// Since when it no longer fires; none while it does.
    pub ended_at: Option<Timestamp>,
    pub generator_url: String,
    /// Of its labels, as [`Labels::fingerprint`] makes it.
    pub fingerprint: u64,
}

impl NotifiedAlert {
    pub fn new(labels: &Labels, annotations: &Labels, starts_at: Timestamp) -> Self {
        NotifiedAlert {
            labels: Arc::new(pairs(labels)),
            annotations: Arc::new(pairs(annotations)),
            starts_at,
            ended_at: None,
            generator_url: String::new(),
            fingerprint: labels.fingerprint(),
        }
    }

    pub fn status(&self) -> Status {
        if self.ended_at.is_some() { Status::Resolved } else { Status::Firing }
    }
}

/// What one message tells.
#[derive(Clone, PartialEq, Debug)]
pub struct Notification {
    /// The receiver's name.
    pub receiver: String,
    pub reason: Reason,
    pub alerts: Vec<Arc<NotifiedAlert>>,
    /// What makes the alerts a group.
    pub group_labels: Arc<Pairs>,
    /// What all alerts have alike.
    pub common_labels: Arc<Pairs>,
    pub common_annotations: Arc<Pairs>,
    /// Where Andon is reached, without a slash at its end.
    pub external_url: String,
}

impl Notification {
    pub fn new(
        receiver: &str,
        group_labels: &Labels,
        reason: Reason,
        external_url: &str,
        alerts: Vec<Arc<NotifiedAlert>>,
    ) -> Self {
        Notification {
            receiver: receiver.to_owned(),
            reason,
            group_labels: Arc::new(pairs(group_labels)),
            common_labels: Arc::new(common(alerts.iter().map(|alert| &*alert.labels))),
            common_annotations: Arc::new(common(alerts.iter().map(|alert| &*alert.annotations))),
            external_url: external_url.to_owned(),
            alerts,
        }
    }

    /// The same with no more than the first so many alerts, and how many those are fewer.
    pub fn first(&self, most: usize) -> (Self, usize) {
        let alerts = self.alerts[..most.min(self.alerts.len())].to_vec();
        let fewer = self.alerts.len() - alerts.len();
        let common_labels = Arc::new(common(alerts.iter().map(|alert| &*alert.labels)));
        let common_annotations = Arc::new(common(alerts.iter().map(|alert| &*alert.annotations)));
        (Notification { alerts, common_labels, common_annotations, ..self.clone() }, fewer)
    }

    pub fn status(&self) -> Status {
        let fires = self.alerts.iter().any(|alert| alert.status() == Status::Firing);
        if fires { Status::Firing } else { Status::Resolved }
    }

    /// The receiver's name as Alertmanager gives it away: a pattern that matches it.
    pub fn receiver_pattern(&self) -> String {
        let mut pattern = String::with_capacity(self.receiver.len());
        for c in self.receiver.chars() {
            if r"\.+*?()|[]{}^$".contains(c) {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern
    }
}

fn pairs(labels: &Labels) -> Pairs {
    labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn common<'a>(mut all: impl Iterator<Item = &'a Pairs>) -> Pairs {
    let mut common = all.next().cloned().unwrap_or_default();
    for other in all {
        if common.is_empty() {
            break;
        }
        common.retain(|name, value| other.get(name) == Some(value));
    }
    common
}
