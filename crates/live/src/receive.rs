//! Remote write in: what other servers send goes into the store.
//!
//! A series is looked up by its labels once; after that the bytes of its labels lead to it, so that a request like the
//! last one builds none. What the store refuses costs that sample alone, and the sender hears of it.

mod names;
mod refusals;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use andon_blocks::Appender;
use andon_exposition::SeriesCache;
use andon_remote::{Answer, Item, Limits, Room, Series, Take, Trouble, Version, Written, read_to};
use andon_timeseries::{AppendError, Metadata, Sample, SeriesRef};
use andon_vocabulary::{Name, Timestamp};

use crate::clock::Clock;
use crate::store::SharedStore;
use names::Names;
use refusals::Refusals;

/// A series that nobody sent for this long is forgotten by the receiver; the store has its own opinion.
const KNOWN_FOR: Duration = Duration::from_secs(900);

/// Takes in requests, one at a time, as the store does.
#[derive(Debug)]
pub struct Receiver {
    store: SharedStore,
    clock: Arc<Clock>,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    series: SeriesCache<(SeriesRef, Name)>,
    names: Names,
    room: Room,
    since: Timestamp,
}

impl Receiver {
    /// The seed is any number that senders do not know.
    pub fn new(store: SharedStore, clock: Arc<Clock>, seed: u64) -> Receiver {
        let mut series = SeriesCache::new(seed);
        series.begin();
        let since = clock.now();
        let known = Known { series, names: Names::default(), room: Room::default(), since };
        Receiver { store, clock, known: Mutex::new(known) }
    }

    /// Writes what an unpacked request brings. Blocking.
    pub fn write(&self, version: Version, body: &[u8]) -> Answer {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.forget_old(self.clock.now());
        let Known { series, names, room, .. } = &mut *known;
        let (mut written, mut refusals, mut malformed) = (Written::default(), Refusals::default(), None);
        self.store.write(|head| {
            let mut intake = Intake {
                head,
                series,
                names,
                written: Written::default(),
                refusals: Refusals::default(),
                refused: None,
                metric: None,
                news: BTreeSet::new(),
            };
            malformed = read_to(version, body, &Limits::default(), room, &mut intake).err();
            (written, refusals) = (intake.written, intake.refusals);
            intake.news
        });
        // Others may write while this one waits for the disk.
        drop(known);
        let trouble = match (self.store.sync(), malformed) {
            (Err(why), _) => Some(Trouble::Unavailable(why)),
            (Ok(()), Some(malformed)) => Some(Trouble::Refused(malformed.0)),
            (Ok(()), None) => refusals.trouble(),
        };
        Answer { written, trouble }
    }
}

impl Known {
    fn forget_old(&mut self, now: Timestamp) {
        if now.since(self.since) >= KNOWN_FOR {
            self.since = now;
            self.series.end();
            self.series.begin();
            self.names.keep(self.series.values().map(|(_, name)| name));
        }
    }
}

struct Intake<'a, 'h> {
    head: &'a mut Appender<'h>,
    series: &'a mut SeriesCache<(SeriesRef, Name)>,
    names: &'a mut Names,
    written: Written,
    refusals: Refusals,
    /// What the store said of the sample that comes next.
    refused: Option<AppendError>,
    /// Of the series that was last looked up: senders keep the series of one metric together.
    metric: Option<Metric>,
    news: BTreeSet<Name>,
}

struct Metric {
    name: Name,
    is_news: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lookup {
    /// What is known of the series will do.
    Known,
    /// The store has forgotten what is known.
    Anew,
}

impl Take for Intake<'_, '_> {
    fn item(&mut self, item: Item<'_>) {
        match item {
            Item::Series(series) => self.series(&series),
            Item::Metadata(metadata) => self.describe(metadata.metric, &metadata),
        }
    }

    #[inline]
    fn next_key_bytes(&self) -> Option<usize> {
        self.series.next_bytes()
    }

    #[inline]
    fn next(&mut self, key: &[u8], sample: Sample) -> bool {
        let Some((handle, name)) = self.series.get_next(key) else { return false };
        match self.head.append_ref(*handle, sample) {
            Ok(()) => {
                self.written.samples += 1;
                Metric::has_news(&mut self.metric, name, &mut self.news);
                true
            }
            Err(error) => {
                self.refused = Some(error);
                false
            }
        }
    }
}

impl Intake<'_, '_> {
    fn series(&mut self, series: &Series<'_>) {
        let refused = self.refused.take();
        let Some(mut handle) = self.handle(series, Lookup::Known) else { return };
        let before = self.written;
        for (nth, sample) in series.samples.iter().enumerate() {
            let mut taken = match refused {
                Some(error) if nth == 0 => Err(error),
                _ => self.head.append_ref(handle, *sample),
            };
            if taken == Err(AppendError::Gone) {
                let Some(new) = self.handle(series, Lookup::Anew) else { return };
                handle = new;
                taken = self.head.append_ref(handle, *sample);
            }
            match taken {
                Ok(()) => self.written.samples += 1,
                Err(error) => self.refusals.sample(error, series),
            }
        }
        for sample in series.histograms {
            let mut taken = self.head.append_histogram(handle, sample.clone());
            if taken == Err(AppendError::Gone) {
                let Some(new) = self.handle(series, Lookup::Anew) else { return };
                handle = new;
                taken = self.head.append_histogram(handle, sample.clone());
            }
            match taken {
                Ok(()) => self.written.histograms += 1,
                Err(error) => self.refusals.sample(error, series),
            }
        }
        series.refused.iter().for_each(|bad| self.refusals.histogram(bad, series));
        for exemplar in series.exemplars {
            match self.head.exemplar(handle, exemplar.clone()) {
                Ok(()) => self.written.exemplars += 1,
                Err(error) => self.refusals.exemplar(error, series),
            }
        }
        if self.written != before
            && let Some(metric) = &mut self.metric
        {
            metric.tell(&mut self.news);
        }
    }

    /// The store's handle of a series, found by its key or made. None: it was refused.
    fn handle(&mut self, series: &Series<'_>, lookup: Lookup) -> Option<SeriesRef> {
        if lookup == Lookup::Known
            && let Some(key) = series.key
            && let Some((handle, name)) = self.series.get(key)
        {
            let handle = *handle;
            Metric::is_now(&mut self.metric, name);
            return Some(handle);
        }
        let labels = match series.labels() {
            Ok(labels) => labels,
            Err(malformed) => {
                self.refusals.series(&malformed, series);
                return None;
            }
        };
        let handle = match self.head.series(&labels) {
            Ok(handle) => handle,
            Err(error) => {
                self.refusals.whole(error, &labels, series);
                return None;
            }
        };
        let name = self.names.of(labels.name());
        Metric::is_now(&mut self.metric, &name);
        if let Some(metadata) = &series.metadata {
            self.describe(labels.name(), metadata);
        }
        if let Some(key) = series.key {
            self.series.insert(key, (handle, name));
        }
        Some(handle)
    }

    /// A description that is not kept costs nobody a sample.
    fn describe(&mut self, metric: &str, metadata: &andon_remote::Metadata<'_>) {
        let said = Metadata { kind: metadata.kind, help: metadata.help.into(), unit: metadata.unit.into() };
        if let Err(error) = self.head.describe(metric, said) {
            tracing::debug!(metric, %error, "a description was not kept");
        }
    }
}

impl Metric {
    /// A sample of this metric was taken.
    fn has_news(metric: &mut Option<Metric>, name: &Name, news: &mut BTreeSet<Name>) {
        Metric::is_now(metric, name);
        if let Some(metric) = metric {
            metric.tell(news);
        }
    }

    fn tell(&mut self, news: &mut BTreeSet<Name>) {
        if !std::mem::replace(&mut self.is_news, true) {
            news.insert(Arc::clone(&self.name));
        }
    }

    fn is_now(metric: &mut Option<Metric>, name: &Name) {
        if !metric.as_ref().is_some_and(|metric| Arc::ptr_eq(&metric.name, name)) {
            *metric = Some(Metric { name: Arc::clone(name), is_news: false });
        }
    }
}

#[cfg(test)]
mod tests;
