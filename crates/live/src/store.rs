//! The samples that every part of a live Andon writes to and reads from, and which metrics have news.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use andon_timeseries::{Found, Head, Held, Limits, Sample, Select, SelectError, Stats, Wanted};
use andon_vocabulary::{Labels, METRIC_NAME, Name, Timestamp};
use tokio::sync::Notify;

/// Writers take the lock for the microseconds of one scrape; readers for those of one query.
#[derive(Debug)]
pub struct Store {
    head: RwLock<Head>,
    /// Metric names with samples that the loop has not yet looked at.
    news: Mutex<BTreeSet<Name>>,
    arrived: Notify,
}

impl Default for Store {
    fn default() -> Self {
        Store::new(Limits::default())
    }
}

impl Store {
    pub fn new(limits: Limits) -> Store {
        Store { head: RwLock::new(Head::new(limits)), news: Mutex::default(), arrived: Notify::new() }
    }

    /// For queries. Hold it no longer than a query takes: scrapes wait for it.
    pub fn read(&self) -> RwLockReadGuard<'_, Head> {
        self.head.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that `fill` writes is seen at once or not at all. The names it returns are the metrics that got
    /// samples: what reads them is evaluated now, not at the next tick of some clock.
    pub fn write(&self, fill: impl FnOnce(&mut Head) -> BTreeSet<Name>) {
        let written = fill(&mut self.head.write().unwrap_or_else(PoisonError::into_inner));
        if !written.is_empty() {
            self.news.lock().unwrap_or_else(PoisonError::into_inner).extend(written);
            self.arrived.notify_one();
        }
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
    pub(crate) fn add(&self, at: Timestamp, samples: Vec<(Labels, f64)>) {
        let mut head = self.head.write().unwrap_or_else(PoisonError::into_inner);
        for (labels, value) in samples {
            if let Err(error) = head.append(&labels, Sample { at, value }) {
                tracing::debug!(series = %labels, %error, "sample refused");
            }
        }
    }

    pub fn forget_old(&self, now: Timestamp) {
        self.head.write().unwrap_or_else(PoisonError::into_inner).gc(now);
    }

    pub fn stats(&self) -> Stats {
        self.read().stats()
    }
}

/// Queries of people lock the store only while they copy samples out, never while they calculate.
impl Select for Store {
    fn find<'a>(&'a self, wanted: Wanted<'_>) -> Result<Box<dyn Found + 'a>, SelectError> {
        let series = self.read().select(wanted.matchers, wanted.from, wanted.to)?;
        Ok(Box::new(Held::new(series)))
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
