//! Notices that were under way when they ceased to matter: a provider may still say that it took them, and then they
//! were sent.

use std::time::Duration;

use andon_vocabulary::{IntentId, Timestamp};
use imbl::OrdMap;

use super::Notice;

/// No channel waits longer for an answer.
const ANSWERED_WITHIN: Duration = Duration::from_secs(120);

/// Each with when it was withdrawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Withdrawn(OrdMap<IntentId, (Timestamp, Notice)>);

impl Withdrawn {
    pub fn get(&self, intent: IntentId) -> Option<&Notice> {
        self.0.get(&intent).map(|(_, notice)| notice)
    }

    pub fn put(&mut self, intent: IntentId, notice: Notice, at: Timestamp) {
        while let Some((oldest, _)) = self.0.get_min().filter(|(_, (then, _))| *then + ANSWERED_WITHIN <= at)
        {
            let oldest = *oldest;
            self.0.remove(&oldest);
        }
        self.0.insert(intent, (at, notice));
    }

    pub fn remove(&mut self, intent: IntentId) {
        self.0.remove(&intent);
    }
}
