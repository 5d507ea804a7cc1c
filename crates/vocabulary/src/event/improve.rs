//! Reviews: what an incident taught, and what changed because of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Closing, IncidentId, Name, ReviewId, Timestamp, Who};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImproveEvent {
    #[serde(rename = "review_drafted@1")]
    ReviewDrafted(Box<ReviewDrafted>),
    /// The incident of an open review came back and went again.
    #[serde(rename = "review_redrafted@1")]
    ReviewRedrafted(Box<ReviewDrafted>),
    #[serde(rename = "review_edited@1")]
    ReviewEdited { review: ReviewId, who: Who, conditions: String, surprised: String, helped: String },
    #[serde(rename = "action_added@1")]
    ActionAdded { review: ReviewId, who: Who, text: String, owner: Name, due: Timestamp },
    #[serde(rename = "review_closed@1")]
    ReviewClosed { review: ReviewId, who: Who, closing: Closing },
}

/// The facts of a review; the timeline itself is read from the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewDrafted {
    pub review: ReviewId,
    pub incident: IncidentId,
    pub service: Name,
    pub title: String,
    pub severity: u8,
    pub times: Times,
    /// `deploy:checkout@v42` → why it is suspected.
    pub suspects: BTreeMap<String, String>,
    /// Each run, in words: "RUN-3 db-pool-exhausted: verified".
    pub runs: Vec<String>,
    pub paged: Vec<Name>,
    /// Approvals that were given alone, each with its reason: to be looked at.
    pub alone: Vec<String>,
}

/// The seven times of an incident, those that are known (Google's and Amazon's reviews name the same).
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Times {
    pub deployment_change: Option<Timestamp>,
    pub configuration_change: Option<Timestamp>,
    /// When the condition began to hold.
    pub incident_start: Option<Timestamp>,
    pub alarm: Option<Timestamp>,
    /// When a person first did something about it: acknowledged, noted, approved, rejected.
    pub engagement: Option<Timestamp>,
    /// When the first step that changes something was sent.
    pub mitigation_start: Option<Timestamp>,
    pub resolved: Option<Timestamp>,
}
