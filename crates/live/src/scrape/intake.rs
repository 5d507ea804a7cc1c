//! From a body to samples in the store, and the end of series that are no longer exposed.
//!
//! Reading takes no lock: it looks each series up by its text and reads labels only of those it meets for the first
//! time. Writing holds the store only for as long as the samples take.

mod batch;
mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use andon_blocks::Appender;
use andon_exposition::{Entry, ParseError, Parser, SeriesCache};
use andon_timeseries::{AppendError, Exemplar, STALE, Sample, SeriesRef};
use andon_vocabulary::{Labels, Name, Timestamp};

use crate::scrape::Target;
use crate::scrape::body::{Body, LIMITS};
use crate::scrape::described::{Descriptions, describe};
use crate::scrape::labels::{excess, laid_over};
use crate::scrape::refused::Refused;
pub use crate::scrape::report::Counts;
use crate::scrape::report::{Reports, Told};
use crate::scrape::resolution::fitted;
use crate::scrape::settings::Settings;
pub use batch::{Batch, Broken};
use batch::{Item, Value};
pub use reading::Reading;

/// A target whose clock is further ahead than this would shut its series off from every honest sample after it.
const AHEAD_MAX: Duration = Duration::from_secs(600);

/// How many samples the store is told of before they are appended. What they need fits into the nearest cache.
const AT_ONCE: usize = 32;

/// One target's series, known by their text.
#[derive(Debug)]
pub struct Intake {
    settings: Arc<Settings>,
    name: Name,
    target: Labels,
    known: SeriesCache<Known>,
    /// How many series of each metric are known.
    names: BTreeMap<Name, u32>,
    /// The metrics of the last scrape that succeeded.
    exposed: Arc<BTreeSet<Name>>,
    reports: Reports,
    refused: Refused,
    described: Arc<Descriptions>,
    /// Whether the store has heard of that.
    is_described: bool,
}

#[derive(Debug)]
enum Known {
    /// Relabelling drops it.
    Dropped,
    Kept {
        labels: Labels,
        handle: Option<SeriesRef>,
        /// The target says itself when it sampled; such a series ends by itself.
        timed: bool,
        /// Its last sample is a value, and not its end.
        alive: bool,
    },
}

impl Intake {
    pub fn new(target: &Target, seed: u64) -> Intake {
        Intake {
            settings: target.settings.clone(),
            name: target.name.clone(),
            target: target.labels.clone(),
            known: SeriesCache::new(seed),
            names: BTreeMap::new(),
            exposed: Arc::default(),
            reports: Reports::new(&target.labels),
            refused: Refused::default(),
            described: Arc::default(),
            is_described: true,
        }
    }

    /// The samples of a body, all of them or none: of a broken scrape nothing should be believed.
    pub fn read(&mut self, body: &Body<'_>, now: Timestamp) -> Result<Batch, Broken> {
        let mut reading = self.begin(now);
        match body {
            Body::Text(text, format) => reading.text(&mut andon_exposition::parse(text, *format, LIMITS)),
            Body::Families(families) => reading.families(families),
        }
        reading.end()
    }

    /// A scrape begins.
    pub fn begin(&mut self, now: Timestamp) -> Reading<'_> {
        self.known.begin();
        self.refused.begin();
        let batch = Batch { samples: Vec::with_capacity(self.known.len()), ..Batch::default() };
        Reading::new(self, now, batch)
    }

    /// The lines that are like those of the scrape before: nearly all.
    fn plain(&mut self, entries: &mut Parser<'_>, now: Timestamp, batch: &mut Batch) {
        let limit = self.settings.job.limits.samples.unwrap_or(u64::MAX);
        while (batch.counts.kept as u64) < limit
            && let Some(line) = self.known.next_bytes().and_then(|bytes| entries.plain(bytes))
            && let Some(known) = self.known.get_next(line.series)
        {
            entries.pass(&line);
            batch.counts.scraped += 1;
            if let Known::Kept { handle, timed, .. } = known {
                *timed = false;
                batch.counts.kept += 1;
                let (handle, value) = (*handle, Value::Float(line.value));
                batch.samples.push(Item { spot: self.known.spot(), handle, at: now, value });
            }
        }
    }

    fn entry(
        &mut self,
        entry: &Entry<'_>,
        now: Timestamp,
        batch: &mut Batch,
        described: &mut Descriptions,
    ) -> Result<(), String> {
        match entry {
            Entry::Sample(row) => {
                let labels = || row.labels(&LIMITS);
                let at = self.sample(row.series, row.at, Value::Float(row.value), now, batch, labels)?;
                if let Some(exemplar) = row.exemplar().map_err(words)?.filter(|_| at.is_some()) {
                    let at = exemplar.at.or(at).unwrap_or(now);
                    let (labels, value) = (exemplar.labels, exemplar.value);
                    batch.exemplars.push((self.known.spot(), Exemplar { labels, value, at }));
                }
            }
            Entry::Histogram(row) => {
                let labels = || row.labels(&LIMITS);
                let histogram = match self.settings.job.limits.histogram_buckets {
                    None => row.histogram.clone(),
                    Some(limit) => fitted(row.histogram, limit).ok_or_else(|| {
                        format!(
                            "native_histogram_bucket_limit: a histogram has more than {limit} buckets, however coarse"
                        )
                    })?,
                };
                let at = self.sample(row.series, row.at, Value::Histogram(histogram), now, batch, labels)?;
                for exemplar in row.exemplars.iter().filter(|_| at.is_some()) {
                    let at = exemplar.at.or(at).unwrap_or(now);
                    let (labels, value) = (exemplar.labels.clone(), exemplar.value);
                    batch.exemplars.push((self.known.spot(), Exemplar { labels, value, at }));
                }
            }
            other => describe(described, other),
        }
        Ok(())
    }

    /// Gives back its time, unless it is dropped.
    fn sample(
        &mut self,
        series: &[u8],
        at: Option<Timestamp>,
        value: Value,
        now: Timestamp,
        batch: &mut Batch,
        labels: impl FnOnce() -> Result<Labels, ParseError>,
    ) -> Result<Option<Timestamp>, String> {
        batch.counts.scraped += 1;
        let job = &self.settings.job;
        let at = at.filter(|_| job.honor_timestamps);
        let is_timed = at.is_some() && !job.track_timestamps_staleness;
        let handle = match self.known.get(series) {
            Some(Known::Dropped) => return Ok(None),
            Some(Known::Kept { handle, timed, .. }) => {
                *timed = is_timed;
                *handle
            }
            None => {
                let labels = laid_over(&labels().map_err(words)?, &self.target, job.honor_labels);
                let Some(labels) = self.settings.metric_relabel.apply(&labels) else {
                    self.known.insert(series, Known::Dropped);
                    return Ok(None);
                };
                if labels.name().is_empty() {
                    return Err(format!("relabelling takes away the name of a metric: {labels}"));
                }
                if let Some(why) = excess(&labels, job) {
                    return Err(why);
                }
                if job.limits.samples.is_none_or(|limit| (batch.counts.kept as u64) < limit) {
                    batch.counts.new += 1;
                    count(&mut self.names, labels.name());
                    let known = Known::Kept { labels, handle: None, timed: is_timed, alive: false };
                    self.known.insert(series, known);
                }
                None
            }
        };
        batch.counts.kept += 1;
        if job.limits.samples.is_some_and(|limit| batch.counts.kept as u64 > limit) {
            batch.is_over = true;
            return Ok(None);
        }
        let at = at.unwrap_or(now);
        if at > now + AHEAD_MAX {
            self.refused.ahead(at, now);
            return Ok(None);
        }
        batch.samples.push(Item { spot: self.known.spot(), handle, at, value });
        Ok(Some(at))
    }

    /// A scrape that succeeded. Gives back the metrics that got samples.
    pub fn write(
        &mut self,
        head: &mut Appender<'_>,
        batch: &Batch,
        now: Timestamp,
        took: Duration,
    ) -> BTreeSet<Name> {
        for items in batch.samples.chunks(AT_ONCE) {
            head.head().expect(items.iter().filter_map(|item| item.handle));
            for item in items {
                let mut taken = match item.handle {
                    Some(handle) => item.append(head, handle),
                    None => Err(AppendError::Gone),
                };
                if taken == Err(AppendError::Gone)
                    && let Some(Known::Kept { labels, handle, .. }) = self.known.at(item.spot)
                {
                    taken = head.series_of(Some(&self.name), labels).and_then(|new| {
                        *handle = Some(new);
                        item.append(head, new)
                    });
                }
                if let Err(error) = taken {
                    self.refused.add(error, item.at, now);
                }
            }
        }
        for (spot, exemplar) in &batch.exemplars {
            if let Some(Known::Kept { handle: Some(handle), .. }) = self.known.at(*spot) {
                // One that is too long, or older than the last, is worth no word.
                let _ = head.exemplar(*handle, exemplar.clone());
            }
        }
        if !self.is_described {
            self.is_described = self
                .described
                .iter()
                .all(|(metric, metadata)| head.describe(metric, metadata.clone()).is_ok());
        }
        let gone = self.known.end();
        let mut written = self.forget(head, gone, now);
        for known in self.known.values_mut() {
            if let Known::Kept { handle, alive, .. } = known {
                *alive = handle.is_some();
            }
        }
        if !self.names.keys().eq(self.exposed.iter()) {
            self.exposed = Arc::new(self.names.keys().cloned().collect());
        }
        written.extend(self.exposed.iter().cloned());
        self.reports.write(head, now, Told::Up(took, batch.counts), &mut written);
        written
    }

    /// A scrape that failed: every series of the target ends, for nobody knows its value now. What they are is
    /// remembered: the next scrape may well find them again.
    pub fn miss(
        &mut self,
        head: &mut Appender<'_>,
        now: Timestamp,
        took: Duration,
        counts: Counts,
    ) -> BTreeSet<Name> {
        let mut written = self.end_all(head, now);
        self.reports.write(head, now, Told::Down(took, counts), &mut written);
        written
    }

    /// The target is no longer scraped.
    pub fn end(&mut self, head: &mut Appender<'_>, now: Timestamp) -> BTreeSet<Name> {
        // Its last sample may be of this very millisecond.
        let now = now + Duration::from_millis(1);
        let mut written = self.end_all(head, now);
        self.reports.write(head, now, Told::End, &mut written);
        written
    }

    fn end_all(&mut self, head: &mut Appender<'_>, now: Timestamp) -> BTreeSet<Name> {
        let mut written = BTreeSet::new();
        for known in self.known.values_mut() {
            if let Known::Kept { labels, handle: Some(handle), timed: false, alive } = known
                && std::mem::take(alive)
            {
                end(head, *handle, now);
                if !written.contains(labels.name()) {
                    written.insert(Name::from(labels.name()));
                }
            }
        }
        written
    }

    /// The metrics of the last scrape that succeeded.
    pub fn exposed(&self) -> Arc<BTreeSet<Name>> {
        self.exposed.clone()
    }

    /// What the target says of its metrics.
    pub fn described(&self) -> Arc<Descriptions> {
        self.described.clone()
    }

    /// Samples of the last scrape that were not taken.
    pub fn refused(&self) -> &Refused {
        &self.refused
    }

    fn forget(&mut self, head: &mut Appender<'_>, gone: Vec<Known>, now: Timestamp) -> BTreeSet<Name> {
        let mut written = BTreeSet::new();
        let mut ended = BTreeSet::new();
        for known in gone {
            let Known::Kept { labels, handle, timed, alive } = known else { continue };
            discount(&mut self.names, labels.name());
            let Some(handle) = handle.filter(|_| alive && !timed) else { continue };
            ended.insert(handle);
            written.insert(Name::from(labels.name()));
        }
        if ended.is_empty() {
            return written;
        }
        // After relabelling two texts can be one series, and it goes on as long as either does.
        for known in self.known.values() {
            if let Known::Kept { handle: Some(handle), .. } = known {
                ended.remove(handle);
            }
        }
        for handle in ended {
            end(head, handle, now);
        }
        written
    }
}

/// Where the series is forgotten already, or has later samples, it needs no end.
fn end(head: &mut Appender<'_>, handle: SeriesRef, now: Timestamp) {
    let _ = head.append_ref(handle, Sample { at: now, value: STALE });
}

fn words(error: ParseError) -> String {
    error.to_string()
}

fn count(names: &mut BTreeMap<Name, u32>, name: &str) {
    match names.get_mut(name) {
        Some(count) => *count += 1,
        None => {
            names.insert(Name::from(name), 1);
        }
    }
}

fn discount(names: &mut BTreeMap<Name, u32>, name: &str) {
    let Some(count) = names.get_mut(name) else { return };
    *count -= 1;
    if *count == 0 {
        names.remove(name);
    }
}

#[cfg(test)]
mod tests;
