//! What came of each rule when it was last evaluated: written by the loop, read by pages.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use andon_monitor::{Entry, Evaluated};
use andon_vocabulary::Name;

#[derive(Debug, Default)]
pub struct Evaluations(Mutex<BTreeMap<Name, Evaluated>>);

impl Evaluations {
    pub fn hear<'a>(&self, entries: impl Iterator<Item = &'a Entry>) {
        let mut known = self.lock();
        for entry in entries {
            known.extend(entry.last.clone().map(|last| (entry.rule.name().clone(), last)));
        }
    }

    /// The rules are others now.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// By the rule's full name; a rule that is missing has not been evaluated since the start.
    pub fn list(&self) -> BTreeMap<Name, Evaluated> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Name, Evaluated>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
