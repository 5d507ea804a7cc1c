//! From a body to samples in the store, and the end of series that are no longer exposed.
//!
//! Reading takes no lock: it looks each series up by its text and reads labels only of those it meets for the first
//! time. Writing holds the store only for as long as the samples take.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use andon_exposition::{Entry, ParseError, SeriesCache};
use andon_timeseries::{AppendError, Exemplar, Head, Histogram, HistogramSample, STALE, Sample, SeriesRef};
use andon_vocabulary::{Labels, METRIC_NAME, Name, Timestamp};

use crate::scrape::Target;
use crate::scrape::body::{Body, LIMITS};
use crate::scrape::described::{Descriptions, describe};
use crate::scrape::labels::{excess, laid_over};
use crate::scrape::refused::Refused;
use crate::scrape::settings::Settings;

/// A target whose clock is further ahead than this would shut its series off from every honest sample after it.
const AHEAD_MAX: Duration = Duration::from_secs(600);

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
    reports: [Report; 5],
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
    },
}

/// What Andon says of the scrape itself.
#[derive(Debug)]
struct Report {
    labels: Labels,
    handle: Option<SeriesRef>,
}

/// The samples of a body that was read to its end.
#[derive(Debug)]
pub struct Batch<'a> {
    samples: Vec<Item<'a>>,
    exemplars: Vec<(&'a [u8], Exemplar)>,
    pub counts: Counts,
}

#[derive(Debug)]
struct Item<'a> {
    series: &'a [u8],
    handle: Option<SeriesRef>,
    at: Timestamp,
    value: Value<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Float(f64),
    Histogram(&'a Arc<Histogram>),
}

/// How much a scrape brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub scraped: usize,
    /// After relabelling.
    pub kept: usize,
    /// Series that were not there the last time.
    pub new: usize,
}

/// Why a body is not believed at all.
#[derive(Debug)]
pub struct Broken {
    pub why: String,
    pub counts: Counts,
}

const REPORTS: [&str; 5] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];

impl Intake {
    pub fn new(target: &Target, seed: u64) -> Intake {
        let report = |name| Report { labels: target.labels.with(METRIC_NAME, name), handle: None };
        Intake {
            settings: target.settings.clone(),
            name: target.name.clone(),
            target: target.labels.clone(),
            known: SeriesCache::new(seed),
            names: BTreeMap::new(),
            exposed: Arc::default(),
            reports: REPORTS.map(report),
            refused: Refused::default(),
            described: Arc::default(),
            is_described: true,
        }
    }

    /// The samples of a body, all of them or none: of a broken scrape nothing should be believed.
    pub fn read<'a>(&mut self, body: &'a Body<'_>, now: Timestamp) -> Result<Batch<'a>, Broken> {
        self.known.begin();
        self.refused.begin();
        let samples = Vec::with_capacity(self.known.len());
        let mut batch = Batch { samples, exemplars: Vec::new(), counts: Counts::default() };
        let mut described = Descriptions::new();
        let read = match body {
            Body::Text(text, format) => {
                let mut entries = andon_exposition::parse(text, *format, LIMITS);
                entries
                    .try_for_each(|entry| self.entry(&entry.map_err(words)?, now, &mut batch, &mut described))
            }
            Body::Families(families) => {
                let mut entries = families.entries();
                entries.try_for_each(|entry| self.entry(&entry, now, &mut batch, &mut described))
            }
        };
        read.map_err(|why| Broken { why, counts: batch.counts })?;
        if *self.described != described {
            self.described = self.settings.described.one(described);
            self.is_described = false;
        }
        Ok(batch)
    }

    fn entry<'a>(
        &mut self,
        entry: &Entry<'a>,
        now: Timestamp,
        batch: &mut Batch<'a>,
        described: &mut Descriptions,
    ) -> Result<(), String> {
        match entry {
            Entry::Sample(row) => {
                let labels = || row.labels(&LIMITS);
                let at = self.sample(row.series, row.at, Value::Float(row.value), now, batch, labels)?;
                if let Some(exemplar) = row.exemplar().map_err(words)?.filter(|_| at.is_some()) {
                    let at = exemplar.at.or(at).unwrap_or(now);
                    let (labels, value) = (exemplar.labels, exemplar.value);
                    batch.exemplars.push((row.series, Exemplar { labels, value, at }));
                }
            }
            Entry::Histogram(row) => {
                let labels = || row.labels(&LIMITS);
                let buckets = row.histogram.positive.0.len() + row.histogram.negative.0.len();
                if let Some(limit) =
                    self.settings.job.limits.histogram_buckets.filter(|limit| buckets as u64 > *limit)
                {
                    return Err(format!(
                        "native_histogram_bucket_limit: a histogram has more than {limit} buckets"
                    ));
                }
                let at =
                    self.sample(row.series, row.at, Value::Histogram(row.histogram), now, batch, labels)?;
                for exemplar in row.exemplars.iter().filter(|_| at.is_some()) {
                    let at = exemplar.at.or(at).unwrap_or(now);
                    let (labels, value) = (exemplar.labels.clone(), exemplar.value);
                    batch.exemplars.push((row.series, Exemplar { labels, value, at }));
                }
            }
            other => describe(described, other),
        }
        Ok(())
    }

    /// Gives back its time, unless it is dropped.
    fn sample<'a>(
        &mut self,
        series: &'a [u8],
        at: Option<Timestamp>,
        value: Value<'a>,
        now: Timestamp,
        batch: &mut Batch<'a>,
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
                batch.counts.new += 1;
                count(&mut self.names, labels.name());
                self.known.insert(series, Known::Kept { labels, handle: None, timed: is_timed });
                None
            }
        };
        batch.counts.kept += 1;
        if let Some(limit) = job.limits.samples.filter(|limit| batch.counts.kept as u64 > *limit) {
            return Err(format!(
                "sample_limit: more than {limit} samples; expose fewer series, or raise the limit"
            ));
        }
        let at = at.unwrap_or(now);
        if at > now + AHEAD_MAX {
            self.refused.ahead(at, now);
            return Ok(None);
        }
        batch.samples.push(Item { series, handle, at, value });
        Ok(Some(at))
    }

    /// A scrape that succeeded. Gives back the metrics that got samples.
    pub fn write(
        &mut self,
        head: &mut Head,
        batch: &Batch<'_>,
        now: Timestamp,
        took: Duration,
    ) -> BTreeSet<Name> {
        for item in &batch.samples {
            let mut taken = match item.handle {
                Some(handle) => append(head, handle, item),
                None => Err(AppendError::Gone),
            };
            if taken == Err(AppendError::Gone)
                && let Some(Known::Kept { labels, handle, .. }) = self.known.get(item.series)
            {
                taken = head.series_of(Some(&self.name), labels).and_then(|new| {
                    *handle = Some(new);
                    append(head, new, item)
                });
            }
            if let Err(error) = taken {
                self.refused.add(error, item.at, now);
            }
        }
        for (series, exemplar) in &batch.exemplars {
            if let Some(Known::Kept { handle: Some(handle), .. }) = self.known.get(series) {
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
        if !self.names.keys().eq(self.exposed.iter()) {
            self.exposed = Arc::new(self.names.keys().cloned().collect());
        }
        written.extend(self.exposed.iter().cloned());
        self.report(head, now, true, took, batch.counts, &mut written);
        written
    }

    /// A scrape that failed: every series of the target ends, for nobody knows its value now.
    pub fn miss(
        &mut self,
        head: &mut Head,
        now: Timestamp,
        took: Duration,
        counts: Counts,
    ) -> BTreeSet<Name> {
        self.known.begin();
        let gone = self.known.end();
        let mut written = self.forget(head, gone, now);
        self.report(head, now, false, took, counts, &mut written);
        written
    }

    /// The target is no longer scraped.
    pub fn end(&mut self, head: &mut Head, now: Timestamp) -> BTreeSet<Name> {
        self.known.begin();
        // Its last sample may be of this very millisecond.
        let now = now + Duration::from_millis(1);
        let gone = self.known.end();
        let mut written = self.forget(head, gone, now);
        self.append_reports(head, now, [STALE; 5], &mut written);
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

    fn forget(&mut self, head: &mut Head, gone: Vec<Known>, now: Timestamp) -> BTreeSet<Name> {
        let mut written = BTreeSet::new();
        let mut ended = BTreeSet::new();
        for known in gone {
            let Known::Kept { labels, handle, timed } = known else { continue };
            discount(&mut self.names, labels.name());
            let Some(handle) = handle.filter(|_| !timed) else { continue };
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
            // Gone already, or later samples are there: either way it needs no end.
            let _ = head.append_ref(handle, Sample { at: now, value: STALE });
        }
        written
    }

    fn report(
        &mut self,
        head: &mut Head,
        now: Timestamp,
        up: bool,
        took: Duration,
        counts: Counts,
        written: &mut BTreeSet<Name>,
    ) {
        let [scraped, kept, new] = [counts.scraped, counts.kept, counts.new].map(|count| count as f64);
        let up = if up { 1.0 } else { 0.0 };
        self.append_reports(head, now, [up, took.as_secs_f64(), scraped, kept, new], written);
    }

    fn append_reports(
        &mut self,
        head: &mut Head,
        now: Timestamp,
        values: [f64; 5],
        written: &mut BTreeSet<Name>,
    ) {
        for (report, value) in self.reports.iter_mut().zip(values) {
            let sample = Sample { at: now, value };
            let mut taken =
                report.handle.map_or(Err(AppendError::Gone), |handle| head.append_ref(handle, sample));
            if taken == Err(AppendError::Gone) {
                // Nobody's limit: a target with too many series is told of by these.
                taken = head.append(&report.labels, sample).map(|handle| report.handle = Some(handle));
            }
            match taken {
                Ok(()) => {
                    written.insert(Name::from(report.labels.name()));
                }
                Err(error) => self.refused.add(error, now, now),
            }
        }
    }
}

fn append(head: &mut Head, handle: SeriesRef, item: &Item<'_>) -> Result<(), AppendError> {
    let at = item.at;
    match item.value {
        Value::Float(value) => head.append_ref(handle, Sample { at, value }),
        Value::Histogram(histogram) => {
            head.append_histogram(handle, HistogramSample { at, histogram: histogram.clone() })
        }
    }
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
