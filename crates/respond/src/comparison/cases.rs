//! The incumbent's cases: what each is about, whom it paged and who acknowledged it. The order in which its deeds come in
//! makes no difference to what is kept of them.

use std::sync::Arc;

use andon_vocabulary::{IncumbentCase, IncumbentDeed, IncumbentDid, IncumbentParty, Name, Timestamp};
use imbl::OrdMap;

use super::book::keep;

/// Beyond these nothing new is taken in, and the comparison says so.
const CASES_MAX: usize = 50_000;
const DEEDS_MAX: usize = 400_000;
/// Of one case: the first of them.
const PAGES_MAX: usize = 64;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cases {
    /// Deeds of the incumbent, so that none is taken twice.
    heard: OrdMap<(Name, String), Timestamp>,
    cases: OrdMap<(Name, String), Arc<Case>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    pub is: IncumbentCase,
    /// Of the deed that describes it.
    described: (Timestamp, String),
    /// Sorted.
    pub paged: Vec<(Timestamp, IncumbentParty)>,
    pub acknowledged: Option<(Timestamp, Option<IncumbentParty>)>,
    last: Timestamp,
}

impl Cases {
    pub fn has_heard(&self, source: &Name, deed: &str) -> bool {
        self.heard.contains_key(&(source.clone(), deed.to_owned()))
    }

    /// Whether an incumbent said nothing lately.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    pub fn all(&self) -> impl Iterator<Item = (&Name, &Case)> {
        self.cases.iter().map(|((source, _), case)| (source, &**case))
    }

    /// False: there is no room for it.
    pub fn hear(&mut self, source: &Name, deed: &IncumbentDeed) -> bool {
        let key = (source.clone(), deed.case.id.clone());
        let is_new = !self.cases.contains_key(&key);
        if self.heard.len() >= DEEDS_MAX || is_new && self.cases.len() >= CASES_MAX {
            return false;
        }
        self.heard.insert((source.clone(), deed.id.clone()), deed.at);
        let case = self.cases.entry(key).or_insert_with(|| Arc::new(Case::of(deed)));
        Arc::make_mut(case).hear(deed);
        true
    }

    /// What was last heard of before `kept` goes.
    pub fn tidy(&mut self, kept: Timestamp) {
        keep(&mut self.heard, |_, heard| *heard >= kept);
        keep(&mut self.cases, |_, case| case.last >= kept);
    }
}

impl Case {
    fn of(deed: &IncumbentDeed) -> Case {
        Case {
            is: deed.case.clone(),
            described: (deed.at, deed.id.clone()),
            paged: Vec::new(),
            acknowledged: None,
            last: deed.at,
        }
    }

    fn hear(&mut self, deed: &IncumbentDeed) {
        let described = (deed.at, deed.id.clone());
        if described < self.described {
            self.is = deed.case.clone();
            self.described = described;
        }
        self.last = self.last.max(deed.at);
        match &deed.did {
            IncumbentDid::Paged { whom } => {
                for party in whom {
                    let page = (deed.at, party.clone());
                    if let Err(place) = self.paged.binary_search(&page) {
                        self.paged.insert(place, page);
                    }
                }
                self.paged.truncate(PAGES_MAX);
            }
            IncumbentDid::Acknowledged { by } => {
                let first = (deed.at, by.clone());
                if self.acknowledged.as_ref().is_none_or(|known| first < *known) {
                    self.acknowledged = Some(first);
                }
            }
            IncumbentDid::Resolved => {}
        }
    }
}
