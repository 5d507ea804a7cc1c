//! A live Andon as the pages and the API see one: `andon_api::Loop`, carried out by `andon_live`.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use andon_api::{
    AccountBook, Admin, Dropped, Elsewhere, Entrance, Evaluated, History, Ingest, Lookup, Loop, Metrics,
    Outgoing, Provider, Reach, Rewinder, Stats, Target, Targets, TellError, View,
};
use andon_identity::{Accounts, Change};
use andon_journal::{Reader, Seq, Stored};
use andon_live::{Live, Receiver, SignIns, Source};
use andon_timeseries::{Cardinality, Exemplar, Found, Metadata, Select, SelectError, Wanted};
use andon_vocabulary::{
    Access, IncumbentSaid, Labels, Name, Receipt, Received, Record, Reported, Timestamp, Told,
};
use tokio::sync::watch;

use super::distant::Distant;

pub struct Port {
    pub(super) live: Live,
    /// Whether programs may change what is stored.
    allows_admin: bool,
    entrance: Entrance,
    pub(super) sign_ins: SignIns,
    /// That it listens on.
    pub(super) address: String,
    pub(super) receiver: Receiver,
    /// Connections to the journal that nobody uses at the moment.
    idle: Mutex<Vec<Reader>>,
    /// The last head that could be read.
    head: AtomicU64,
    past: Rewinder,
}

impl Port {
    pub fn new(live: Live, allows_admin: bool, entrance: Entrance, address: String) -> Port {
        let receiver = live.receiver();
        let sign_ins = SignIns::new(live.directory().to_owned());
        Port {
            live,
            allows_admin,
            entrance,
            sign_ins,
            address,
            receiver,
            idle: Mutex::default(),
            head: AtomicU64::new(0),
            past: Rewinder::default(),
        }
    }

    /// Reads with a connection of one's own, which then waits for the next reader.
    fn reading<T>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, andon_journal::JournalError>,
    ) -> Result<T, String> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reader = match idle {
            Some(reader) => reader,
            None => self.live.history().map_err(|error| error.to_string())?,
        };
        let found = read(&reader).map_err(|error| error.to_string())?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        Ok(found)
    }
}

impl Loop for Port {
    fn tell(&self, told: Told) -> Pin<Box<dyn Future<Output = Result<Receipt, TellError>> + Send + '_>> {
        Box::pin(async move { self.live.tell(told).await.map_err(in_their_words) })
    }

    fn receive(
        &self,
        received: Received,
    ) -> Pin<Box<dyn Future<Output = Result<(), TellError>> + Send + '_>> {
        Box::pin(async move { self.live.receive(received).await.map_err(in_their_words) })
    }

    fn compare(
        &self,
        said: IncumbentSaid,
    ) -> Pin<Box<dyn Future<Output = Result<(), TellError>> + Send + '_>> {
        Box::pin(async move { self.live.compare(said).await.map_err(in_their_words) })
    }

    fn record(&self, access: Access) -> Pin<Box<dyn Future<Output = Result<(), TellError>> + Send + '_>> {
        Box::pin(async move { self.live.record(access).await.map_err(in_their_words) })
    }

    fn report(&self, reported: Reported) -> Pin<Box<dyn Future<Output = Result<(), TellError>> + Send + '_>> {
        Box::pin(async move { self.live.report(reported).await.map_err(in_their_words) })
    }

    fn view(&self) -> View {
        self.live.view()
    }

    fn subscribe(&self) -> watch::Receiver<View> {
        self.live.subscribe()
    }

    fn history(&self) -> &dyn History {
        self
    }

    fn metrics(&self) -> &dyn Metrics {
        self
    }

    fn ingest(&self) -> &dyn Ingest {
        self
    }

    fn reach(&self) -> &dyn Reach {
        self
    }

    fn accounts(&self) -> &dyn AccountBook {
        self
    }

    fn provider(&self) -> Option<&dyn Provider> {
        Some(self)
    }

    fn entrance(&self) -> &Entrance {
        &self.entrance
    }

    fn now(&self) -> Timestamp {
        self.live.now()
    }

    fn clock_trouble(&self) -> Option<String> {
        self.live.clock_trouble()
    }

    fn full_since(&self) -> Option<Timestamp> {
        self.live.full_since()
    }
}

fn in_their_words(error: andon_live::TellError) -> TellError {
    match error {
        andon_live::TellError::Refused(refusal) => TellError::Refused(refusal),
        andon_live::TellError::Unavailable(why) => TellError::Unavailable(why),
    }
}

impl AccountBook for Port {
    fn read(&self) -> Arc<Accounts> {
        self.live.accounts().read()
    }

    fn change(&self, change: Change) -> Result<(), TellError> {
        self.live.accounts().change(change, self.live.now()).map_err(in_their_words)
    }
}

impl Reach for Port {
    fn secret(&self, text: &str) -> Result<String, String> {
        self.live.secret(text)
    }

    fn fetch(&self, url: String) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, String>> + Send + '_>> {
        Box::pin(async move { self.live.fetch(&url).await })
    }

    fn post(
        &self,
        url: String,
        body: String,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        Box::pin(async move { self.live.post(&url, body).await })
    }
}

impl History for Port {
    fn about(&self, subject: &str, limit: usize) -> Result<Vec<(u64, Record)>, String> {
        decoded(self.reading(|reader| reader.about(subject, Seq::START, limit))?)
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<(u64, Record)>, String> {
        decoded(self.reading(|reader| reader.read(Seq(from), limit))?)
    }

    fn head(&self) -> u64 {
        match self.reading(Reader::head) {
            Ok(head) => self.head.fetch_max(head.seq.0, Ordering::Relaxed).max(head.seq.0),
            Err(why) => {
                tracing::warn!(%why, "the journal's head could not be read");
                self.head.load(Ordering::Relaxed)
            }
        }
    }

    fn state_at(&self, at: Timestamp) -> Result<View, String> {
        self.past.state_at(self, at)
    }
}

fn decoded(stored: Vec<Stored>) -> Result<Vec<(u64, Record)>, String> {
    let record = |stored: Stored| match Record::decode(&stored.body) {
        Ok(record) => Ok((stored.seq.0, record)),
        Err(error) => Err(format!("record {} cannot be read: {error}", stored.seq)),
    };
    stored.into_iter().map(record).collect()
}

/// Where what is evaluated here reads: here too, or in the store that the definitions name.
impl Select for Port {
    fn find<'a>(&'a self, wanted: Wanted<'_>) -> Result<Box<dyn Found + 'a>, SelectError> {
        match self.live.elsewhere() {
            Some(elsewhere) => Ok(Box::new(elsewhere.fetch(wanted)?)),
            None => self.live.store().find(wanted),
        }
    }
}

impl Port {
    fn is_all_of_here(&self, lookup: &Lookup<'_>) -> bool {
        lookup.any_of.is_empty() && self.live.elsewhere().is_none()
    }
}

impl Metrics for Port {
    fn source(&self) -> &dyn Select {
        self
    }

    fn elsewhere(&self) -> Option<Arc<dyn Elsewhere>> {
        self.live.elsewhere().map(|store| Arc::new(Distant(store)) as _)
    }

    fn label_names(&self, lookup: &Lookup<'_>) -> Result<Vec<String>, SelectError> {
        let mut names = BTreeSet::new();
        if self.is_all_of_here(lookup) {
            names = self.live.store().label_names();
        } else {
            self.look(lookup, &mut |labels| names.extend(labels.iter().map(|(name, _)| name.to_owned())))?;
        }
        Ok(names.into_iter().collect())
    }

    fn label_values(&self, label: &str, lookup: &Lookup<'_>) -> Result<Vec<String>, SelectError> {
        let mut values = BTreeSet::new();
        if self.is_all_of_here(lookup) {
            values = self.live.store().label_values(label);
        } else {
            self.look(lookup, &mut |labels| values.extend(labels.get(label).map(str::to_owned)))?;
        }
        Ok(values.into_iter().collect())
    }

    fn exemplars(&self, lookup: &Lookup<'_>) -> Result<Vec<(Labels, Vec<Exemplar>)>, SelectError> {
        let reading = self.live.store().read();
        let head = reading.head();
        // A series that fits several selectors is shown once.
        let mut found = BTreeMap::new();
        for matchers in lookup.any_of {
            found.extend(head.exemplars(matchers, lookup.from, lookup.to));
        }
        Ok(found.into_iter().collect())
    }

    /// What targets say now, and of metrics that came otherwise what was said last.
    fn metadata(&self) -> BTreeMap<String, Vec<Metadata>> {
        let mut all: BTreeMap<String, Vec<Metadata>> = BTreeMap::new();
        for source in self.live.sources().into_values() {
            for (metric, metadata) in &*source.described {
                let said = all.entry(metric.to_string()).or_default();
                if !said.contains(metadata) {
                    said.push(metadata.clone());
                }
            }
        }
        let reading = self.live.store().read();
        for (metric, metadata) in reading.head().all_metadata() {
            all.entry(metric.to_owned()).or_insert_with(|| vec![metadata.clone()]);
        }
        all
    }

    fn targets(&self) -> Targets {
        let target = |source: Source| Target {
            pool: source.pool.to_string(),
            url: source.url,
            discovered: source.discovered,
            labels: source.labels,
            interval: source.interval,
            timeout: source.timeout,
            asked: source.asked,
            took: source.took,
            error: source.error,
            described: (*source.described).clone(),
        };
        let dropped = self.live.pools().into_iter().flat_map(|(job, pool)| {
            let left_out = move |discovered| Dropped { pool: job.to_string(), discovered };
            pool.dropped.into_iter().map(left_out)
        });
        Targets {
            active: self.live.sources().into_values().map(target).collect(),
            dropped: dropped.collect(),
        }
    }

    fn receivers(&self) -> BTreeMap<String, Outgoing> {
        let shown = |(name, outgoing): (String, andon_live::Outgoing)| {
            let andon_live::Outgoing { url, sent, dropped, pending, done, trouble, refused, .. } = outgoing;
            (name, Outgoing { url, sent, dropped, pending, done, trouble, refused })
        };
        self.live.outgoing().into_iter().map(shown).collect()
    }

    fn evaluations(&self) -> BTreeMap<Name, Evaluated> {
        self.live.evaluations()
    }

    fn stats(&self) -> Stats {
        let reading = self.live.store().read();
        let stats = reading.head().stats();
        Stats {
            series: stats.series as u64,
            chunks: reading.head().chunks() as u64,
            samples: stats.samples as u64,
            span: stats.span,
            retention: self.live.view().catalog().instance.storage.retention.to_string(),
        }
    }

    fn cardinality(&self, most: usize) -> Cardinality {
        self.live.store().read().head().cardinality(most)
    }

    fn admin(&self) -> Option<&dyn Admin> {
        self.allows_admin.then_some(self)
    }
}

impl Admin for Port {
    fn delete(&self, lookup: &Lookup<'_>) -> Result<(), String> {
        for matchers in lookup.any_of {
            let deleted = self.live.store().delete(matchers, lookup.from, lookup.to);
            deleted.map_err(|error| format!("the samples cannot be deleted: {error}"))?;
        }
        Ok(())
    }

    fn clean(&self) -> Result<(), String> {
        self.live.store().compact().map_err(|error| format!("the blocks cannot be written anew: {error}"))
    }

    fn snapshot(&self, skip_head: bool) -> Result<String, String> {
        self.live.snapshot(skip_head).map_err(|error| format!("create snapshot: {error}"))
    }
}
