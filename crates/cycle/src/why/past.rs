//! What an answer is made from: the state as it was at a time, and the records before it.

use andon_definitions::Catalog;
use andon_vocabulary::{Event, InstanceEvent, IntentId, Record, RespondEvent, Timestamp};

use crate::State;

#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    /// As it was at `at`.
    pub state: &'a State,
    pub at: Timestamp,
    /// In their order, each with its number; later ones are not looked at.
    pub records: &'a [(u64, Record)],
    /// From when on the records are all there.
    pub since: Timestamp,
    /// How many records between `since` and the first of `records` were left out.
    pub left_out: u64,
}

/// An event and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fact<'a> {
    pub seq: u64,
    pub at: Timestamp,
    pub event: &'a Event,
}

impl<'a> Past<'a> {
    pub(super) fn catalog(&self) -> &'a Catalog {
        self.state.catalog()
    }

    /// The definitions that a fact follows from; None where others came after it, which explain nothing of it.
    pub(super) fn catalog_of(&self, fact: &Fact<'_>) -> Option<&'a Catalog> {
        let later = self.facts().rev().take_while(|later| later.seq > fact.seq);
        let changes =
            |later: Fact<'_>| matches!(later.event, Event::Instance(InstanceEvent::CatalogChanged { .. }));
        (!later.into_iter().any(changes)).then(|| self.catalog())
    }

    pub(super) fn facts(&self) -> impl DoubleEndedIterator<Item = Fact<'a>> + use<'a> {
        let end = self.records.partition_point(|(_, record)| record.at <= self.at);
        self.records[..end].iter().flat_map(|(seq, record)| {
            record.events.iter().map(|event| Fact { seq: *seq, at: record.at, event })
        })
    }

    /// What became of a notice or a notification, after it was owed.
    pub(super) fn of_intent(&self, intent: IntentId, since: u64) -> impl Iterator<Item = Fact<'a>> + use<'a> {
        let facts = self.facts().skip_while(move |fact| fact.seq < since);
        facts.filter(move |fact| match fact.event {
            Event::Respond(event) => event.outcome_of() == Some(intent),
            _ => false,
        })
    }

    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.left_out > 0 {
            notes.push(format!(
                "{} older records since {} were not looked at",
                self.left_out,
                self.since.second()
            ));
        }
        if self.catalog().instance.is_shadow() {
            notes.push("this is shadow mode: everything is decided, nobody is told anything".to_owned());
        }
        if let Some(halt) = &self.state.instance.halt
            && halt.stops_paging()
        {
            notes.push(format!("nobody is told anything since {}: {}", halt.at.second(), halt.reason));
        }
        notes
    }
}

/// The same for one event: whether it is about an incident.
pub(super) fn concerns(event: &RespondEvent, incident: andon_vocabulary::IncidentId) -> bool {
    event.incident() == Some(incident)
}
