//! What will happen, in order of time; at the same time, in the order in which it was put down.

use std::collections::BTreeMap;

use andon_vocabulary::Timestamp;

#[derive(Debug)]
pub struct Agenda<T> {
    entries: BTreeMap<(Timestamp, u64), T>,
    written: u64,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Agenda { entries: BTreeMap::new(), written: 0 }
    }
}

impl<T> Agenda<T> {
    pub fn put(&mut self, at: Timestamp, what: T) {
        self.written += 1;
        self.entries.insert((at, self.written), what);
    }

    pub fn next_at(&self) -> Option<Timestamp> {
        self.entries.keys().next().map(|(at, _)| *at)
    }

    /// The next entry, if it is due.
    pub fn pop_due(&mut self, now: Timestamp) -> Option<T> {
        let key = *self.entries.keys().next().filter(|(at, _)| *at <= now)?;
        self.entries.remove(&key)
    }
}
