//! Who stands in for whom: what people agree on about their time on call, over what the files say.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Name, OverrideId, SwapId, Timestamp};

/// A stretch of time; its end is no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stretch {
    pub from: Timestamp,
    pub until: Timestamp,
}

/// Somebody has a rotation for a while, whoever's turn it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftOverride {
    pub id: OverrideId,
    pub team: Name,
    pub rotation: Name,
    pub person: Name,
    #[serde(flatten)]
    pub during: Stretch,
    /// For people to read; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// One person asks another to have a stretch of theirs, for one of the other's or for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwapOffer {
    pub id: SwapId,
    pub team: Name,
    pub rotation: Name,
    pub by: Name,
    pub to: Name,
    /// What the other is to have.
    pub gives: Stretch,
    /// What the asker has in return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes: Option<Stretch>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// What a calendar elsewhere says of one rotation, as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarShift {
    pub person: Name,
    #[serde(flatten)]
    pub during: Stretch,
}

/// A calendar that a rotation subscribes to was read, or could not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarRead {
    pub team: Name,
    pub rotation: Name,
    pub says: CalendarSays,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalendarSays {
    /// In order of time. Nothing is said of what lies outside of `known`.
    Shifts {
        known: Stretch,
        shifts: Vec<CalendarShift>,
    },
    Failed {
        error: String,
    },
}

impl Stretch {
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    pub fn overlaps(&self, other: &Stretch) -> bool {
        self.from < other.until && other.from < self.until
    }
}

impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from {} to {}", self.from.second(), self.until.second())
    }
}
