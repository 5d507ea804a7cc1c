//! An incident that happened, as it stands in the journal: what an export tells again.

mod deeds;
mod expectations;
mod lost;
mod scenario;
#[cfg(test)]
mod tests;
mod values;

use std::sync::Arc;

use andon_cycle::{State, words};
use andon_definitions::{Catalog, SourceFile};
use andon_vocabulary::{
    AlertFired, ChangeEvent, Event, IncidentId, InstanceEvent, MonitorEvent, Record, RespondEvent, Timestamp,
    What,
};

pub use lost::fill;
pub use scenario::{Sampled, quoted, scenario, series_name};
pub use values::notation;

/// How long before the first alert something can have begun that belongs to it.
const LOOKS_BACK_MS: i64 = 20 * 60_000;

/// One incident: its facts in order, and the definitions that were in force.
pub struct Outage {
    pub id: IncidentId,
    pub service: String,
    pub title: String,
    /// What the journal says about it, each fact with its time.
    pub facts: Vec<(Timestamp, Event)>,
    /// When Andon itself was started.
    pub starts: Vec<Timestamp>,
    pub opened: Timestamp,
    pub catalog: Arc<Catalog>,
    pub files: Vec<SourceFile>,
}

impl Outage {
    /// `records` is the whole journal. None: it knows no such incident.
    pub fn find(records: &[Record], id: IncidentId) -> Option<Outage> {
        let mut state = State::default();
        let mut files = Vec::new();
        let mut starts = Vec::new();
        let mut found: Option<Outage> = None;
        for record in records {
            state.apply(record);
            for event in &record.events {
                match event {
                    Event::Instance(InstanceEvent::CatalogChanged { files: texts, .. }) => {
                        files = sources(texts);
                    }
                    Event::Instance(InstanceEvent::Started { .. }) => starts.push(record.at),
                    _ => {}
                }
                if let Event::Respond(RespondEvent::IncidentOpened { incident, service, title, .. }) = event
                    && *incident == id
                {
                    found = Some(Outage {
                        id,
                        service: service.to_string(),
                        title: title.clone(),
                        facts: fired_just_now(record),
                        starts: Vec::new(),
                        opened: record.at,
                        catalog: Arc::clone(state.catalog()),
                        files: files.clone(),
                    });
                }
                if let Some(outage) = &mut found
                    && words::subject(event, &state).incident == Some(id)
                    && !outage.facts.iter().any(|(at, known)| *at == record.at && known == event)
                {
                    outage.facts.push((record.at, event.clone()));
                }
            }
        }
        found.map(|outage| Outage { starts, ..outage })
    }

    /// The alerts, each with when it fired, the one that opened it first.
    pub fn alerts(&self) -> impl Iterator<Item = (Timestamp, &AlertFired)> {
        self.facts.iter().filter_map(|(at, event)| match event {
            Event::Monitor(MonitorEvent::AlertFired(fired)) => Some((*at, fired)),
            _ => None,
        })
    }

    /// What people and Andon did, in order.
    pub fn responses(&self) -> impl Iterator<Item = (Timestamp, &RespondEvent)> {
        self.facts.iter().filter_map(|(at, event)| match event {
            Event::Respond(event) => Some((*at, event)),
            _ => None,
        })
    }

    /// From a little before anything of it began, on a whole second.
    pub fn begin(&self) -> Timestamp {
        let suspects = self.suspects().map(|(at, _)| at);
        let held = self.alerts().map(|(_, fired)| fired.since);
        let first = suspects.chain(held).min().unwrap_or(self.opened).min(self.opened);
        let earliest = self.opened.as_ms() - LOOKS_BACK_MS;
        let begin = (first.as_ms() - 30_000).max(earliest);
        Timestamp::from_ms(begin - begin.rem_euclid(1000))
    }

    /// The last fact; resolution, if there was one, is among them.
    pub fn end(&self) -> Timestamp {
        self.facts.iter().map(|(at, _)| *at).max().unwrap_or(self.opened)
    }

    pub fn suspects(&self) -> impl Iterator<Item = (Timestamp, &What)> {
        self.facts.iter().filter_map(|(_, event)| match event {
            Event::Change(ChangeEvent::ChangeSuspected { what, at, .. }) => Some((*at, what)),
            _ => None,
        })
    }
}

fn sources(texts: &std::collections::BTreeMap<String, String>) -> Vec<SourceFile> {
    texts.iter().map(|(path, text)| SourceFile { path: path.clone(), text: text.clone() }).collect()
}

/// The alert that opens an incident fires before there is one to hold it.
fn fired_just_now(record: &Record) -> Vec<(Timestamp, Event)> {
    let fired =
        record.events.iter().filter(|event| matches!(event, Event::Monitor(MonitorEvent::AlertFired(_))));
    fired.map(|event| (record.at, event.clone())).collect()
}
