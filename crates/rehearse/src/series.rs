//! The scripted series of a world, and the store that Andon reads them from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use andon_cycle::{Sources, Store};
use andon_monitor::{Rule, Silent};
use andon_promql::Number;
use andon_timeseries::{Head, HistogramSample, Limits, STALE, Sample, Select};
use andon_vocabulary::{Labels, Name, Timestamp};

/// One series from a moment on; a later script of the same series takes over from it.
#[derive(Clone, Debug)]
struct Script {
    from: Timestamp,
    values: Vec<Option<f64>>,
}

#[derive(Debug)]
pub struct SeriesWorld {
    every: Duration,
    scripts: BTreeMap<Labels, Script>,
    /// What Andon keeps in memory: gone when it dies.
    pub head: Head,
    /// Services that cannot be reached.
    silent: Vec<Silent>,
    /// Series that had a sample at the last tick.
    live: BTreeSet<Labels>,
}

impl SeriesWorld {
    pub fn new(every: Duration) -> SeriesWorld {
        SeriesWorld {
            every,
            scripts: BTreeMap::new(),
            head: Head::new(Limits::default()),
            silent: Vec::new(),
            live: BTreeSet::new(),
        }
    }

    pub fn script(&mut self, labels: Labels, values: Vec<Option<f64>>, from: Timestamp) {
        self.scripts.insert(labels, Script { from, values });
    }

    pub fn known(&self, remembered: Duration) -> Known {
        Known { remembered, silent: self.silent.clone() }
    }

    /// When the last script ends.
    pub fn ends(&self) -> Option<Timestamp> {
        self.scripts.values().map(|script| script.from + self.every * script.values.len() as u32).max()
    }

    pub fn partition(&mut self, service: Name, now: Timestamp) {
        let labels = Labels::new([("service", Arc::clone(&service))]);
        self.silent.push(Silent { target: service, labels, answered: Some(now) });
    }

    pub fn heal(&mut self, service: &str) {
        self.silent.retain(|silent| *silent.target != *service);
    }

    /// Andon died: what it held in memory is gone.
    pub fn forget(&mut self) {
        self.head = Head::new(Limits::default());
        self.live.clear();
    }

    /// Writes what every reachable series shows at `now`, stamped by Andon's clock. Gives back the names of the
    /// metrics that changed.
    pub fn sample(
        &mut self,
        now: Timestamp,
        stamp: Timestamp,
        service_of: impl Fn(&Labels) -> Option<Name>,
    ) -> BTreeSet<String> {
        let mut changed = BTreeSet::new();
        let mut live = BTreeSet::new();
        for (labels, script) in &self.scripts {
            if service_of(labels)
                .is_some_and(|service| self.silent.iter().any(|silent| silent.target == service))
            {
                continue;
            }
            let step = now.since(script.from).as_millis() / self.every.as_millis();
            let value =
                (now >= script.from).then(|| script.values.get(step as usize).copied().flatten()).flatten();
            let Some(value) = value else { continue };
            // The in-memory store refuses only what a script cannot bring: disorder, or millions of series.
            if self.head.append(labels, Sample { at: stamp, value }).is_ok() {
                changed.insert(labels.name().to_owned());
                live.insert(labels.clone());
            }
        }
        for gone in self.live.difference(&live) {
            if self.head.append(gone, Sample { at: stamp, value: STALE }).is_ok() {
                changed.insert(gone.name().to_owned());
            }
        }
        self.live = live;
        self.head.gc(stamp);
        changed
    }
}

/// The store and what is known of its sources, as the loop's observer wants them.
impl Store for SeriesWorld {
    fn select(&self) -> &dyn Select {
        &self.head
    }

    fn record(&mut self, at: Timestamp, samples: Vec<(Labels, Number)>) {
        for (labels, number) in samples {
            // A second evaluation at the same moment brings the same sample, which is refused as a duplicate.
            let _ = match number {
                Number::Float(value) => self.head.append(&labels, Sample { at, value }).map(drop),
                Number::Histogram(histogram) => {
                    let series = self.head.series(&labels);
                    series.and_then(|series| {
                        self.head.append_histogram(series, HistogramSample { at, histogram })
                    })
                }
            };
        }
    }
}

/// What a driver knows beside the samples, at one moment.
pub struct Known {
    /// How long this Andon has been remembering samples.
    pub remembered: Duration,
    pub silent: Vec<Silent>,
}

impl Sources for Known {
    fn is_warm(&self, rule: &Rule) -> bool {
        self.remembered >= rule.longest_range()
    }

    fn silent(&self) -> &[Silent] {
        &self.silent
    }
}
