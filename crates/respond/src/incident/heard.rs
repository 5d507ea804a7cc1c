//! Who has heard of an incident: those for whom a provider took something of it, and has not said since that it failed.

use andon_vocabulary::{Delivery, IntentId, Name, NoticeKind, Timestamp};
use imbl::{OrdMap, OrdSet};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Heard {
    /// Each person with what was taken for them last.
    by: OrdMap<Name, IntentId>,
    /// When the escalation last began at its first step.
    began: Timestamp,
    /// The pages that were owed since then and taken.
    pages: OrdSet<IntentId>,
    /// Those whom the newest step pages, each with the page that reached them or may yet: none where no channel does.
    called: OrdMap<Name, Option<IntentId>>,
}

impl Heard {
    pub fn new(at: Timestamp) -> Heard {
        Heard { by: OrdMap::new(), began: at, pages: OrdSet::new(), called: OrdMap::new() }
    }

    pub fn has(&self, person: &Name) -> bool {
        self.by.contains_key(person)
    }

    /// When the escalation last began at its first step, and before that when the incident was opened.
    pub fn began(&self) -> Timestamp {
        self.began
    }

    /// Whether anybody has heard of what the escalation last began for.
    pub fn is_known(&self) -> bool {
        !self.pages.is_empty()
    }

    pub fn begins(&mut self, at: Timestamp) {
        (self.began, self.pages) = (at, OrdSet::new());
    }

    /// Another step is taken.
    pub fn steps(&mut self) {
        self.called = OrdMap::new();
    }

    pub fn calls(&mut self, intent: IntentId, delivery: &Delivery) {
        if delivery.kind == NoticeKind::Page && delivery.run.is_none() {
            self.called.insert(delivery.person.clone(), Some(intent));
        }
    }

    /// No channel of theirs took the page. What an earlier step sent them says nothing of what this one did.
    pub fn misses(&mut self, intent: IntentId, person: &Name) {
        if let Some(page) = self.called.get_mut(person).filter(|page| **page == Some(intent)) {
            *page = None;
        }
    }

    /// Whether somebody whom the newest step pages was reached by it, or may yet be.
    pub fn is_anybody_called(&self) -> bool {
        self.called.values().any(Option::is_some)
    }

    /// Those whom the newest step pages.
    pub fn called(&self) -> impl Iterator<Item = &Name> {
        self.called.keys()
    }

    pub fn taken(&mut self, intent: IntentId, delivery: &Delivery) {
        if delivery.kind.reaches_somebody() {
            self.by.insert(delivery.person.clone(), intent);
        }
        self.withheld(intent, delivery);
    }

    /// Shadow mode decides as though it had been taken, and says of nobody that they were told.
    pub fn withheld(&mut self, intent: IntentId, delivery: &Delivery) {
        if delivery.kind == NoticeKind::Page && delivery.at >= self.began {
            self.pages.insert(intent);
        }
    }

    /// A provider may say so of what it took before.
    pub fn failed(&mut self, intent: IntentId, person: &Name) {
        self.pages.remove(&intent);
        if self.by.get(person) == Some(&intent) {
            self.by.remove(person);
        }
    }
}
