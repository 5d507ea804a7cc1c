//! The incumbent: the pager that is still in charge beside this Andon, and what it says that it did.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Labels, Name, Payload, Timestamp, Who};

/// What one request of an incumbent brought, as [`crate::Input::Incumbent`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncumbentSaid {
    /// The door that it came in by.
    pub source: Name,
    pub deeds: Vec<IncumbentDeed>,
    /// What the sender said, as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Payload>,
    /// Who sent it, where they had to say who they are: the source whose secret they know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Who>,
}

/// One thing that the incumbent did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncumbentDeed {
    /// Its own name for it: the same name again is the same deed, told again.
    pub id: String,
    /// When it did so, as it says itself; where it does not say, when we heard.
    pub at: Timestamp,
    pub case: IncumbentCase,
    pub did: IncumbentDid,
}

/// What it was done about: an incident of PagerDuty, an alert that a receiver of Alertmanager is told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncumbentCase {
    /// By which the incumbent knows it, from its first page to its end.
    pub id: String,
    pub title: String,
    /// What whoever raised it knows it by, where the incumbent tells that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// As the incumbent calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncumbentDid {
    Paged { whom: Vec<IncumbentParty> },
    Acknowledged { by: Option<IncumbentParty> },
    Resolved,
}

/// Somebody, or a receiver, as the incumbent knows them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IncumbentParty {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// What a day beside the incumbent came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShadowCounts {
    /// Both paged the same person, or told the same receiver.
    pub same: u32,
    /// Both paged, and nobody was paged by both.
    pub different: u32,
    /// Both paged, and whom the incumbent means is not known here.
    pub unknown: u32,
    pub only_incumbent: u32,
    pub only_andon: u32,
}

impl ShadowCounts {
    pub fn both(&self) -> u32 {
        self.same + self.different + self.unknown
    }

    pub fn all(&self) -> u32 {
        self.both() + self.only_incumbent + self.only_andon
    }
}

impl fmt::Display for ShadowCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "both paged: {}", self.both())?;
        if self.both() > 0 {
            let ShadowCounts { same, different, unknown, .. } = self;
            write!(f, " (the same {same}, another {different}, somebody unknown {unknown})")?;
        }
        write!(f, "; only the incumbent: {}; only Andon: {}", self.only_incumbent, self.only_andon)
    }
}

impl fmt::Display for IncumbentParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
