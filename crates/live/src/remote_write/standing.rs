//! How each receiver stands, for people.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use andon_vocabulary::Timestamp;

/// One receiver of remote write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outgoing {
    /// Without what may be a secret in it.
    pub url: String,
    /// Samples acknowledged since the start.
    pub sent: u64,
    /// Samples that the receiver will never take, since the start.
    pub dropped: u64,
    /// Requests that had to be sent again.
    pub retried: u64,
    /// All samples up to here are acknowledged or dropped.
    pub done: Option<Timestamp>,
    /// What is wrong at the moment, in words.
    pub trouble: Option<String>,
    /// Why samples were dropped the last time.
    pub refused: Option<String>,
}

/// All receivers, by name. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Standings(Arc<Mutex<BTreeMap<String, Outgoing>>>);

impl Standings {
    pub fn list(&self) -> BTreeMap<String, Outgoing> {
        self.lock().clone()
    }

    pub(super) fn change(&self, name: &str, change: impl FnOnce(&mut Outgoing)) {
        change(self.lock().entry(name.to_owned()).or_default());
    }

    pub(super) fn forget(&self, name: &str) {
        self.lock().remove(name);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Outgoing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
