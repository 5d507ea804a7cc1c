//! One line of a comparison: what the incumbent did, what Andon did, and what that says.

use std::fmt;

use andon_vocabulary::{AlertId, IncidentId, Name, Timestamp};
use serde::Serialize;

use super::party::Whom;
use super::reason::Reason;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub verdict: Verdict,
    /// When the incumbent paged; when Andon did, where the incumbent did not.
    pub at: Timestamp,
    pub title: String,
    /// What the incumbent did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incumbent: Option<Side>,
    /// What Andon did, or would have done but for shadow mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub andon: Option<Side>,
    /// How much later Andon paged; negative: earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub later_ms: Option<i64>,
    /// Why Andon did not page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// In words.
    pub why: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<AlertId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
}

/// What one of the two did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    pub at: Timestamp,
    /// Who was paged first.
    pub whom: Vec<Whom>,
    /// Who was paged after that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<Whom>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged_by: Option<Whom>,
    /// The source that the incumbent speaks through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Name>,
    /// Where the incumbent shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    OnlyIncumbent,
    OnlyAndon,
    Different,
    Unknown,
    Same,
}

impl Verdict {
    pub const ALL: [Verdict; 5] =
        [Verdict::OnlyIncumbent, Verdict::OnlyAndon, Verdict::Different, Verdict::Unknown, Verdict::Same];

    pub fn word(self) -> &'static str {
        match self {
            Verdict::OnlyIncumbent => "only_incumbent",
            Verdict::OnlyAndon => "only_andon",
            Verdict::Different => "different",
            Verdict::Unknown => "unknown",
            Verdict::Same => "same",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::OnlyIncumbent => "only the incumbent paged",
            Verdict::OnlyAndon => "only Andon would have paged",
            Verdict::Different => "both paged, another person",
            Verdict::Unknown => "both paged, somebody unknown",
            Verdict::Same => "both paged the same person",
        })
    }
}
