//! What the loop sees when it evaluates rules: the samples as of one moment, and how far they can be trusted.

use std::time::{Duration, Instant};

use andon_blocks::Reading;
use andon_monitor::{Answers, Reads, Rule, Silent};
use andon_promql::Number;
use andon_timeseries::Select;
use andon_vocabulary::{Labels, Timestamp};

use crate::sources::Sources;
use crate::store::Store;

/// Scrapes that arrive meanwhile wait, so that a rule never sees one half of a scrape.
pub struct Samples<'a> {
    store: &'a Store,
    /// None only inside `record`.
    seen: Option<Reading<'a>>,
    /// Where another store is asked: what it said.
    answers: Option<&'a Answers>,
    began: Instant,
}

impl<'a> Samples<'a> {
    pub fn of(store: &'a Store, answers: Option<&'a Answers>) -> Samples<'a> {
        Samples { store, seen: Some(store.read()), answers, began: Instant::now() }
    }
}

impl andon_cycle::Store for Samples<'_> {
    fn select(&self) -> &dyn Select {
        match &self.seen {
            Some(reading) => reading,
            None => self.store,
        }
    }

    fn record(&mut self, at: Timestamp, samples: Vec<(Labels, Number)>) {
        self.seen = None;
        self.store.add(at, samples);
        self.seen = Some(self.store.read());
    }

    fn reads(&self) -> Reads<'_> {
        self.answers.map_or_else(|| Reads::Samples(self.select()), Reads::Answers)
    }

    fn stopwatch(&self) -> Duration {
        self.began.elapsed()
    }
}

/// What is known of the targets at this moment.
pub struct Trust<'a> {
    sources: &'a Sources,
    silent: Vec<Silent>,
    /// For how long there have been samples.
    observed: Duration,
    /// Another store has the past, and knows its own targets.
    elsewhere: bool,
}

impl<'a> Trust<'a> {
    pub fn at(now: Timestamp, started: Timestamp, sources: &'a Sources, elsewhere: bool) -> Trust<'a> {
        Trust { sources, silent: sources.silent(), observed: now.since(started), elsewhere }
    }
}

impl andon_cycle::Sources for Trust<'_> {
    /// After a start a rule is warm once all it may read has been asked and its longest range is filled again: until
    /// then a restart of Andon must not look like the end of a disturbance.
    fn is_warm(&self, rule: &Rule) -> bool {
        self.elsewhere
            || self.observed >= rule.longest_range() && !self.sources.unsettled(rule.reads().as_ref())
    }

    fn silent(&self) -> &[Silent] {
        &self.silent
    }
}
