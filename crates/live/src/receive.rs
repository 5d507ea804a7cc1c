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
use andon_remote::{Answer, Item, Limits, Room, Series, Trouble, Version, Written, read};
use andon_timeseries::{AppendError, Metadata, SeriesRef};
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
        let mut intake =
            Intake { series, names, written: Written::default(), refusals: Refusals::default(), noted: None };
        let mut malformed = None;
        self.store.write(|head| {
            let mut news = BTreeSet::new();
            let read = read(version, body, &Limits::default(), room, &mut |item| match item {
                Item::Series(series) => intake.series(head, &series, &mut news),
                Item::Metadata(metadata) => intake.describe(head, metadata.metric, &metadata),
            });
            malformed = read.err();
            news
        });
        let Intake { written, refusals, .. } = intake;
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

struct Intake<'a> {
    series: &'a mut SeriesCache<(SeriesRef, Name)>,
    names: &'a mut Names,
    written: Written,
    refusals: Refusals,
    /// The metric that was last told of.
    noted: Option<Name>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lookup {
    /// What is known of the series will do.
    Known,
    /// The store has forgotten what is known.
    Anew,
}

impl Intake<'_> {
    fn series(&mut self, head: &mut Appender<'_>, series: &Series<'_>, news: &mut BTreeSet<Name>) {
        let Some((mut handle, name)) = self.handle(head, series, Lookup::Known) else { return };
        let before = self.written;
        for sample in series.samples {
            let mut taken = head.append_ref(handle, *sample);
            if taken == Err(AppendError::Gone) {
                let Some((new, _)) = self.handle(head, series, Lookup::Anew) else { return };
                handle = new;
                taken = head.append_ref(handle, *sample);
            }
            match taken {
                Ok(()) => self.written.samples += 1,
                Err(error) => self.refusals.sample(error, series),
            }
        }
        for sample in series.histograms {
            let mut taken = head.append_histogram(handle, sample.clone());
            if taken == Err(AppendError::Gone) {
                let Some((new, _)) = self.handle(head, series, Lookup::Anew) else { return };
                handle = new;
                taken = head.append_histogram(handle, sample.clone());
            }
            match taken {
                Ok(()) => self.written.histograms += 1,
                Err(error) => self.refusals.sample(error, series),
            }
        }
        series.refused.iter().for_each(|bad| self.refusals.histogram(bad, series));
        for exemplar in series.exemplars {
            match head.exemplar(handle, exemplar.clone()) {
                Ok(()) => self.written.exemplars += 1,
                Err(error) => self.refusals.exemplar(error, series),
            }
        }
        if self.written != before {
            self.note(name, news);
        }
    }

    /// Senders keep the series of one metric together.
    fn note(&mut self, name: Name, news: &mut BTreeSet<Name>) {
        if !self.noted.as_ref().is_some_and(|noted| Arc::ptr_eq(noted, &name)) {
            news.insert(Arc::clone(&name));
            self.noted = Some(name);
        }
    }

    /// The store's handle of a series, found by its key or made. None: it was refused.
    fn handle(
        &mut self,
        head: &mut Appender<'_>,
        series: &Series<'_>,
        lookup: Lookup,
    ) -> Option<(SeriesRef, Name)> {
        if lookup == Lookup::Known
            && let Some(key) = series.key
            && let Some((handle, name)) = self.series.get(key)
        {
            return Some((*handle, Arc::clone(name)));
        }
        let labels = match series.labels() {
            Ok(labels) => labels,
            Err(malformed) => {
                self.refusals.series(&malformed, series);
                return None;
            }
        };
        let handle = match head.series(&labels) {
            Ok(handle) => handle,
            Err(error) => {
                self.refusals.whole(error, &labels, series);
                return None;
            }
        };
        let name = self.names.of(labels.name());
        if let Some(metadata) = &series.metadata {
            self.describe(head, labels.name(), metadata);
        }
        if let Some(key) = series.key {
            self.series.insert(key, (handle, Arc::clone(&name)));
        }
        Some((handle, name))
    }

    /// A description that is not kept costs nobody a sample.
    fn describe(&mut self, head: &mut Appender<'_>, metric: &str, metadata: &andon_remote::Metadata<'_>) {
        let said = Metadata { kind: metadata.kind, help: metadata.help.into(), unit: metadata.unit.into() };
        if let Err(error) = head.describe(metric, said) {
            tracing::debug!(metric, %error, "a description was not kept");
        }
    }
}

#[cfg(test)]
mod tests;
