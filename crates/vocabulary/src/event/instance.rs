//! Facts about this Andon itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Deed, GlassId, Name, Timestamp, Who};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InstanceEvent {
    #[serde(rename = "started@1")]
    Started {
        term: u64,
        version: String,
        /// Where people reach it; left out where nobody can, and in journals of before it was known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// The definitions in force. The texts stand here once per hash; the input of the record holds only the hash.
    #[serde(rename = "catalog_changed@1")]
    CatalogChanged { hash: String, files: BTreeMap<String, String> },
    #[serde(rename = "catalog_broken@1")]
    CatalogBroken { findings: Vec<String> },
    /// All automation stops: what is in flight finishes or becomes unknown, nothing new starts.
    #[serde(rename = "halted@1")]
    Halted { by: HaltedBy, reason: String },
    #[serde(rename = "released@1")]
    Released { who: Who, reason: String },
    /// A command was carried out: its key and its receipt, so that the same key is answered the same way.
    #[serde(rename = "answered@1")]
    Answered { key: String, receipt: crate::Receipt },
    /// Somebody signed in or out, or who may do so was changed.
    #[serde(rename = "access@1")]
    Access { who: Who, deed: Deed },
    /// Somebody takes an admin's authority until then, in an emergency.
    #[serde(rename = "glass_broken@1")]
    GlassBroken { glass: GlassId, who: Who, reason: String, until: Timestamp },
    /// What was done behind it was looked at; it ends, where it still lasted.
    #[serde(rename = "glass_reviewed@1")]
    GlassReviewed { glass: GlassId, who: Who, note: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HaltedBy {
    Person(Name),
    /// The journal was copied or restored: what it owes may have been done elsewhere.
    JournalMoved,
}
