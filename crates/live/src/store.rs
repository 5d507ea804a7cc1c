//! The samples that every part of a live Andon writes to and reads from, and which metrics have news.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use andon_blocks::{Appender, OpenError, Reading, Settings, Status};
use andon_promql::{LOOKBACK, Number};
use andon_timeseries::{Found, HistogramSample, Limits, Matcher, Sample, Select, SelectError, Stats, Wanted};
use andon_vocabulary::{Labels, METRIC_NAME, Name, Timestamp};
use tokio::sync::Notify;

/// Writers wait for each other for the microseconds of one scrape; readers hardly at all.
#[derive(Debug)]
pub struct Store {
    kept: andon_blocks::Store,
    /// Metric names with samples that the loop has not yet looked at.
    news: Mutex<BTreeSet<Name>>,
    arrived: Notify,
}

impl Default for Store {
    /// In memory, an hour of it.
    fn default() -> Self {
        Store::new(Limits::default())
    }
}

impl Store {
    fn of(kept: andon_blocks::Store) -> Store {
        Store { kept, news: Mutex::default(), arrived: Notify::new() }
    }

    /// In memory.
    pub fn new(limits: Limits) -> Store {
        Store::of(andon_blocks::Store::in_memory(Settings { limits, ..Settings::default() }))
    }

    /// What is in the directory, or a new one there.
    pub fn open(dir: &Path, settings: Settings) -> Result<Store, OpenError> {
        andon_blocks::Store::open(dir, settings).map(Store::of)
    }

    /// The store at one moment. Hold it no longer than a query takes: scrapes wait for it.
    pub fn read(&self) -> Reading<'_> {
        self.kept.reading()
    }

    /// Everything that `fill` writes is seen at once or not at all. The names it returns are the metrics that got
    /// samples: what reads them is evaluated now, not at the next tick of some clock.
    pub fn write(&self, fill: impl FnOnce(&mut Appender<'_>) -> BTreeSet<Name>) {
        let written = self.kept.write(fill);
        if !written.is_empty() {
            self.news.lock().unwrap_or_else(PoisonError::into_inner).extend(written);
            self.arrived.notify_one();
        }
    }

    /// Returns when what was written is as safe as the fsync policy promises. May wait for the disk.
    pub fn sync(&self) -> Result<(), String> {
        self.kept.sync()
    }

    /// Makes everything durable and lets another process open the directory; nothing more is taken.
    pub fn close(&self) {
        self.kept.close();
    }

    /// The metrics with news since the last call.
    pub fn take_news(&self) -> BTreeSet<Name> {
        std::mem::take(&mut self.news.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Until there is news. Cancel safe.
    pub async fn news(&self) {
        self.arrived.notified().await;
    }

    /// Writes without being news: the one reader has them already.
    pub(crate) fn add(&self, at: Timestamp, samples: Vec<(Labels, Number)>) {
        self.kept.write(|appender| {
            for (labels, number) in samples {
                let taken = match number {
                    Number::Float(value) => appender.append(&labels, Sample { at, value }).map(drop),
                    Number::Histogram(histogram) => {
                        let sample = HistogramSample { at, histogram };
                        appender.series(&labels).and_then(|series| appender.append_histogram(series, sample))
                    }
                };
                if let Err(error) = taken {
                    tracing::debug!(series = %labels, %error, "sample refused");
                }
            }
        });
    }

    /// Cuts blocks, merges them, forgets what is too old. To be called every few seconds; may take seconds.
    pub fn keep(&self, now: Timestamp) {
        self.kept.keep(now);
    }

    /// Of what is in memory.
    pub fn stats(&self) -> Stats {
        self.read().head().stats()
    }

    pub fn status(&self) -> Status {
        self.kept.status()
    }

    /// Since when there have been samples without a gap that matters, if there was none before `now`.
    pub fn filled_since(&self, now: Timestamp) -> Option<Timestamp> {
        let (first, last) = self.kept.span()?;
        (now.since(last) <= LOOKBACK).then_some(first)
    }

    pub fn metric_names(&self) -> BTreeSet<String> {
        self.kept.metric_names()
    }

    pub fn label_names(&self) -> BTreeSet<String> {
        self.kept.label_names()
    }

    pub fn label_values(&self, name: &str) -> BTreeSet<String> {
        self.kept.label_values(name)
    }

    /// Forgets samples for good.
    pub fn delete(&self, matchers: &[Matcher], from: Timestamp, to: Timestamp) -> io::Result<()> {
        self.kept.delete(matchers, from, to)
    }

    /// Does all that is to be done to what is on the disk, now: what was deleted gives its room back.
    pub fn compact(&self) -> io::Result<()> {
        self.kept.compact_all()
    }
}

/// Queries of people lock the store only while they take over what is sealed, never while they calculate.
impl Select for Store {
    fn find<'a>(&'a self, wanted: Wanted<'_>) -> Result<Box<dyn Found + 'a>, SelectError> {
        self.kept.find(wanted)
    }
}

/// Labels of `name` with these pairs beside it.
pub(crate) fn series(name: &str, pairs: &[(&str, &str)]) -> Labels {
    let named = [(METRIC_NAME, name)];
    Labels::new(named.into_iter().chain(pairs.iter().copied()))
}

/// The store, shared by scrapes, probes, the loop and queries.
pub type SharedStore = Arc<Store>;

#[cfg(test)]
mod tests {
    use super::*;

    use crate::source::Source;

    #[tokio::test]
    async fn news_names_what_was_written_and_wakes_whoever_waits() {
        let store = Store::default();
        let samples = vec![(series("up", &[("instance", "a")]), 1.0), (series("node_load1", &[]), 0.5)];
        Source::default().write(&store, Timestamp::from_ms(5), samples);
        store.news().await;
        let names: Vec<Name> = store.take_news().into_iter().collect();
        assert_eq!(names, ["node_load1".into(), "up".into()] as [Name; 2]);
        assert!(store.take_news().is_empty());
        assert_eq!(store.stats().series, 2);
    }
}
