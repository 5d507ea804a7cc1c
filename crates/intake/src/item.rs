//! What a payload says, whichever sender it came from.

use std::fmt;
use std::time::Duration;

use andon_vocabulary::{Labels, ReceivedAlert, Timestamp};

use crate::fields::Fields;
use crate::limits;

/// The label that holds an alert's key: what its sender names it by when it ends or is acknowledged.
pub const KEY: &str = "dedup_key";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// It fires, or it has ended. Without a key its labels alone say which alert is meant.
    Alert { key: Option<String>, alert: ReceivedAlert },
    /// What fires under this key has ended; its labels are not said again.
    End { key: String },
    /// Somebody looks after what fires under this key.
    Acknowledge { key: String, by: Option<String> },
    /// Something was changed.
    Change(Change),
    /// Well formed, and nothing follows from it.
    Nothing { why: String },
    /// This part cannot be taken; the other items can.
    Refused { why: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What was changed, where the sender names it.
    pub service: Option<String>,
    pub version: String,
    pub summary: String,
    pub link: Option<String>,
}

/// When a payload came, and how long what it says holds.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub now: Timestamp,
    /// An alert of which nothing more is heard ends then; without it only its sender or a person ends it.
    pub expires: Option<Duration>,
}

/// Why nothing of a payload was taken: each thing that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub Vec<String>);

impl Refused {
    pub fn new(why: impl Into<String>) -> Self {
        Refused(vec![why.into()])
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

/// An alert while it is read.
#[derive(Default)]
pub(crate) struct Draft {
    labels: Vec<(String, String)>,
    annotations: Vec<(String, String)>,
    pub key: Option<String>,
    pub starts_at: Option<Timestamp>,
    /// It has ended, then.
    pub ended: Option<Timestamp>,
    pub generator: String,
}

impl Draft {
    pub fn keyed(key: String) -> Self {
        Draft { key: Some(key), ..Draft::default() }
    }

    pub fn label(&mut self, name: &str, value: Option<impl AsRef<str>>) {
        push(&mut self.labels, name, value);
    }

    pub fn annotation(&mut self, name: &str, value: Option<impl AsRef<str>>) {
        push(&mut self.annotations, name, value);
    }

    /// An annotation that the sender has not set by this name.
    pub fn annotation_beside(&mut self, name: &str, value: Option<impl AsRef<str>>) {
        if !self.annotations.iter().any(|(set, _)| set == name) {
            self.annotation(name, value);
        }
    }

    /// Every field whose value is a text, a number or a truth.
    pub fn labels_of(&mut self, fields: Fields<'_>) {
        fields.scalars().for_each(|(name, value)| self.label(name, Some(value)));
    }

    pub fn annotations_of(&mut self, fields: Fields<'_>) {
        fields.scalars().for_each(|(name, value)| self.annotation_beside(name, Some(value)));
    }

    /// Refused where it is beyond the limits or has no labels.
    pub fn item(mut self, moment: Moment) -> Item {
        if let Some(key) = self.key.clone() {
            self.label(KEY, Some(key));
        }
        if let Some(why) = limits::flaw(&self.labels, &self.annotations) {
            return Item::Refused { why };
        }
        for (_, text) in &mut self.annotations {
            limits::cut(text, limits::ANNOTATION_BYTES_MAX);
        }
        let Moment { now, expires } = moment;
        let ends_at = match (self.ended, expires) {
            (Some(at), _) => at.min(now),
            (None, Some(span)) => now + span,
            (None, None) => Timestamp::MAX,
        };
        let starts_at = self.starts_at.unwrap_or(ends_at).min(ends_at).min(now);
        limits::cut(&mut self.generator, limits::LABEL_BYTES_MAX);
        let alert = ReceivedAlert {
            labels: Labels::new(self.labels),
            annotations: Labels::new(self.annotations),
            starts_at,
            ends_at,
            open_ended: self.ended.is_none() && expires.is_some(),
            generator: self.generator.into(),
        };
        Item::Alert { key: self.key, alert }
    }
}

fn push(pairs: &mut Vec<(String, String)>, name: &str, value: Option<impl AsRef<str>>) {
    if let Some(value) = value.as_ref().map(AsRef::as_ref).filter(|value| !value.is_empty()) {
        pairs.push((name.to_owned(), value.to_owned()));
    }
}
