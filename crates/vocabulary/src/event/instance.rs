//! Facts about this Andon itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Name, Who};

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
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HaltedBy {
    Person(Name),
    /// The journal was copied or restored: what it owes may have been done elsewhere.
    JournalMoved,
}
