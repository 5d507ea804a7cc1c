//! `Maintenance`: while it lasts nobody is told of the alerts of some services, and everybody sees why.

use andon_vocabulary::{Timestamp, Weekly};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::instance::Calendar;
use crate::origin::Origin;
use crate::reference::{ServiceRef, TeamRef};
use crate::scalar::{Moment, Period};

/// Hours in which nobody is told of the alerts of these services: once, or every week.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("oneOf" = [{ "required": ["once"] }, { "required": ["weekly"] }]))]
pub struct Maintenance {
    #[serde(default)]
    #[schemars(skip)]
    pub name: String,
    #[serde(default)]
    #[schemars(skip)]
    pub origin: Origin,
    #[schemars(length(min = 1))]
    pub services: Vec<ServiceRef>,
    #[serde(default)]
    pub once: Option<Once>,
    /// The hours of every week; one whose end is before its beginning runs over midnight.
    #[serde(default)]
    pub weekly: Option<Calendar>,
    /// The first moment that counts of a weekly one.
    #[serde(default)]
    pub from: Option<Moment>,
    /// A weekly one ends then for good.
    #[serde(default)]
    pub until: Option<Moment>,
    pub owner: TeamRef,
    pub reason: String,
}

/// A stretch of time that does not come again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Once {
    /// When it begins.
    pub at: Moment,
    /// How long it lasts.
    #[serde(rename = "for")]
    pub lasts: Period,
}

impl Maintenance {
    /// From when until when it may silence anything; a weekly one without an end goes on.
    pub fn bounds(&self) -> Option<(Timestamp, Timestamp)> {
        let time = |moment: &Option<Moment>| moment.as_ref().and_then(Moment::timestamp);
        match (&self.weekly, &self.once) {
            (Some(_), _) => {
                Some((time(&self.from).unwrap_or_default(), time(&self.until).unwrap_or(Timestamp::MAX)))
            }
            (None, Some(once)) => once.at.timestamp().map(|at| (at, at + *once.lasts)),
            (None, None) => None,
        }
    }

    /// The hours that it keeps to.
    pub fn hours(&self) -> Option<Weekly> {
        self.weekly.as_ref().map(Calendar::weekly)
    }
}
