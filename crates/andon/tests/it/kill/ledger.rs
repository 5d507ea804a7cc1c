//! What must hold afterwards: the journal against what people were told, what the pager heard and what the shops did.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use andon_journal::{Reader, Seq};
use andon_vocabulary::{Event, Input, NoticeKind, Record, RespondEvent};

use super::people::Commanded;
use super::shops::{Repeat, Shop, repeat_of};
use crate::real::Pager;

const PAGE: usize = 1000;

/// The facts of the journal that the others are held against.
#[derive(Default)]
pub struct Ledger {
    pub records: usize,
    /// How often each command was carried out.
    told: BTreeMap<String, u32>,
    pub opened: BTreeSet<String>,
    resolved: BTreeSet<String>,
    /// The keys of pages, by incident.
    pages_owed: BTreeMap<String, BTreeSet<String>>,
    /// Of steps that were asked of the hands, and where nobody knew afterwards whether they happened.
    pub unknown: u32,
    pub looked_up: u32,
    pub people_asked: u32,
    started: BTreeSet<String>,
    finished: BTreeMap<String, String>,
}

impl Ledger {
    pub fn read(journal: &Path) -> Ledger {
        let reader = Reader::open(journal).expect("the journal can be read");
        let mut ledger = Ledger::default();
        loop {
            let page = reader.read(Seq(ledger.records as u64 + 1), PAGE).expect("the journal is whole");
            for stored in &page {
                ledger.take(&Record::decode(&stored.body).expect("a record"));
            }
            ledger.records += page.len();
            if page.len() < PAGE {
                return ledger;
            }
        }
    }

    fn take(&mut self, record: &Record) {
        if let Input::Told(told) = &record.input {
            *self.told.entry(told.key.clone()).or_default() += 1;
        }
        for event in &record.events {
            if let Event::Respond(event) = event {
                self.take_respond(event);
            }
        }
    }

    fn take_respond(&mut self, event: &RespondEvent) {
        match event {
            RespondEvent::IncidentOpened { incident, .. } => {
                self.opened.insert(incident.to_string());
            }
            RespondEvent::IncidentResolved { incident, .. } => {
                self.resolved.insert(incident.to_string());
            }
            RespondEvent::NoticeOwed { delivery, .. } if delivery.kind == NoticeKind::Page => {
                let incident = delivery.incident.map(|incident| incident.to_string()).unwrap_or_default();
                self.pages_owed.entry(incident).or_default().insert(delivery.key.clone());
            }
            RespondEvent::StepUnknown { .. } => self.unknown += 1,
            RespondEvent::LookedUp { .. } => self.looked_up += 1,
            RespondEvent::PersonAsked { .. } => self.people_asked += 1,
            RespondEvent::RunStarted(run) => {
                self.started.insert(run.run.to_string());
            }
            RespondEvent::RunFinished { run, outcome, why, .. } => {
                self.finished.insert(run.to_string(), format!("{outcome}: {why}"));
            }
            _ => {}
        }
    }

    /// Everything that is not as it must be.
    pub fn violations(&self, commanded: &Commanded, pager: &Pager, shops: &[Shop]) -> Vec<String> {
        let mut found = commanded.violations.clone();
        self.commands(commanded, &mut found);
        self.pages(pager, &mut found);
        steps(shops, &mut found);
        self.ends(&mut found);
        found
    }

    fn commands(&self, commanded: &Commanded, found: &mut Vec<String>) {
        for told in &commanded.acknowledged {
            if !self.told.contains_key(&told.key) {
                found.push(format!("{} was acknowledged and is not in the journal", told.key));
            }
        }
        for (key, times) in self.told.iter().filter(|(_, times)| **times > 1) {
            found.push(format!("{key} was carried out {times} times"));
        }
    }

    fn pages(&self, pager: &Pager, found: &mut Vec<String>) {
        let mut heard: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for page in pager.pages() {
            let incident = page.delivery["incident"].as_str().unwrap_or("").to_owned();
            if page.delivery["key"] != page.key.as_str() {
                found.push(format!("{incident}: the header says the key {}, the body another", page.key));
            }
            heard.entry(incident).or_default().insert(page.key);
        }
        for incident in &self.opened {
            let Some(keys) = heard.get(incident) else {
                found.push(format!("{incident} was opened and nobody was paged"));
                continue;
            };
            let owed = self.pages_owed.get(incident).cloned().unwrap_or_default();
            for key in keys.difference(&owed) {
                found.push(format!(
                    "{incident}: a page went out under {key}, which the journal does not know"
                ));
            }
        }
    }

    fn ends(&self, found: &mut Vec<String>) {
        for incident in self.opened.difference(&self.resolved) {
            found.push(format!("{incident} did not reach its end"));
        }
        for run in &self.started {
            match self.finished.get(run) {
                Some(ending) if ending.starts_with("verified") => {}
                Some(ending) => found.push(format!("{run} ended otherwise than verified: {ending}")),
                None => found.push(format!("{run} did not reach its end")),
            }
        }
    }
}

/// A step that must not be repeated was asked for once; one that may be came under one key.
fn steps(shops: &[Shop], found: &mut Vec<String>) {
    for (number, shop) in shops.iter().enumerate() {
        for (run, mended) in &shop.mended {
            let (requests, keys) = (mended.requests, mended.keys.len());
            match repeat_of(number) {
                Repeat::AfterLookup | Repeat::AskPerson if requests > 1 => {
                    found.push(format!("shop-{number}: {run} was carried out {requests} times"));
                }
                _ if keys != 1 => found.push(format!("shop-{number}: {run} came under {keys} keys")),
                _ => {}
            }
        }
        if shop.broken {
            found.push(format!("shop-{number} is still broken"));
        }
    }
}

/// Whoever finds nothing must be able to find something.
#[test]
fn what_is_done_twice_or_lost_is_noticed() {
    let mut shop = Shop::default();
    shop.mended.entry("RUN-1".to_owned()).or_default().requests = 2;
    let mut found = Vec::new();
    steps(&[shop], &mut found);
    assert_eq!(found, ["shop-0: RUN-1 was carried out 2 times"]);

    let mut ledger = Ledger::default();
    ledger.opened.insert("INC-1".to_owned());
    ledger.told.insert("command-1".to_owned(), 2);
    let told = |key: &str| super::people::Acknowledged { key: key.to_owned(), ..Default::default() };
    let commanded =
        Commanded { acknowledged: vec![told("command-1"), told("command-2")], ..Default::default() };
    let found = ledger.violations(&commanded, &Pager::start(), &[]);
    assert_eq!(
        found,
        [
            "command-2 was acknowledged and is not in the journal",
            "command-1 was carried out 2 times",
            "INC-1 was opened and nobody was paged",
            "INC-1 did not reach its end",
        ]
    );
}
