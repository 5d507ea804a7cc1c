//! The recent past in memory: bounded in age, in series, and in samples of each series.

mod open;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::time::Duration;

use andon_vocabulary::{Labels, METRIC_NAME, Timestamp};

use crate::postings::Postings;
use crate::{Found, Held, Matcher, Sample, Select, SelectError, Series, Wanted};
use open::Open;

/// How much a head remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `gc` forgets what is older than this.
    pub window: Duration,
    /// A series beyond this many is refused.
    pub series_max: usize,
    /// A series with more samples than this forgets its oldest ones: the newest matter most.
    pub samples_per_series_max: usize,
}

impl Default for Limits {
    /// An hour of one-second scrapes, with room to spare.
    fn default() -> Self {
        Limits { window: Duration::from_secs(3600), series_max: 50_000, samples_per_series_max: 7_200 }
    }
}

/// A handle that spares the look-up by labels. Never used twice: once its series has been forgotten it says
/// [`AppendError::Gone`], and the holder asks for a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeriesRef(u64);

/// Why a sample was not taken. The samples already there are unharmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendError {
    /// The series already has a later sample.
    OutOfOrder { last: Timestamp },
    /// The series already has another value at this very time.
    Duplicate { at: Timestamp },
    /// There are as many series as the limits allow.
    SeriesLimit { max: usize },
    /// The series behind this handle has been forgotten.
    Gone,
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AppendError::OutOfOrder { last } => {
                write!(f, "sample is out of order: the series already reaches {last}")
            }
            AppendError::Duplicate { at } => {
                write!(f, "the series already has another value at {at}")
            }
            AppendError::SeriesLimit { max } => {
                write!(
                    f,
                    "limit of {max} series reached; scrape fewer targets or drop labels with many values"
                )
            }
            AppendError::Gone => f.write_str("the series was forgotten after a silence; look it up again"),
        }
    }
}

impl std::error::Error for AppendError {}

/// What a head holds at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Stats {
    pub series: usize,
    pub samples: usize,
    /// Bytes of the samples and their chunks, without labels and index.
    pub sample_bytes: usize,
    /// The times of the oldest and the newest sample.
    pub span: Option<(Timestamp, Timestamp)>,
}

#[derive(Debug)]
struct Remembered {
    labels: Labels,
    chunks: VecDeque<Open>,
    samples: usize,
}

#[derive(Debug)]
pub struct Head {
    limits: Limits,
    series: BTreeMap<SeriesRef, Remembered>,
    by_labels: BTreeMap<Labels, SeriesRef>,
    postings: Postings,
    next: u64,
}

impl Default for Head {
    fn default() -> Self {
        Head::new(Limits::default())
    }
}

impl Head {
    pub fn new(limits: Limits) -> Head {
        Head {
            limits,
            series: BTreeMap::new(),
            by_labels: BTreeMap::new(),
            postings: Postings::default(),
            next: 0,
        }
    }

    /// The handle of this series, which is made if need be.
    pub fn series(&mut self, labels: &Labels) -> Result<SeriesRef, AppendError> {
        if let Some(known) = self.by_labels.get(labels) {
            return Ok(*known);
        }
        if self.series.len() >= self.limits.series_max {
            return Err(AppendError::SeriesLimit { max: self.limits.series_max });
        }
        let new = SeriesRef(self.next);
        self.next += 1;
        self.postings.insert(new, labels);
        self.by_labels.insert(labels.clone(), new);
        self.series.insert(new, Remembered { labels: labels.clone(), chunks: VecDeque::new(), samples: 0 });
        Ok(new)
    }

    pub fn append(&mut self, labels: &Labels, sample: Sample) -> Result<SeriesRef, AppendError> {
        let series = self.series(labels)?;
        self.append_ref(series, sample).map(|()| series)
    }

    /// O(log series). The same value at the same time again is taken silently, as Prometheus does.
    pub fn append_ref(&mut self, series: SeriesRef, sample: Sample) -> Result<(), AppendError> {
        let series = self.series.get_mut(&series).ok_or(AppendError::Gone)?;
        let Some(open) = series.chunks.back_mut() else {
            series.push_chunk(sample);
            return Ok(());
        };
        let last = open.last();
        if sample == last {
            return Ok(());
        }
        if sample.at == last.at {
            return Err(AppendError::Duplicate { at: sample.at });
        }
        if sample.at < last.at {
            return Err(AppendError::OutOfOrder { last: last.at });
        }
        if open.is_full() {
            open.close();
            series.push_chunk(sample);
        } else {
            open.push(sample);
            series.samples += 1;
        }
        while series.samples > self.limits.samples_per_series_max && series.chunks.len() > 1 {
            series.forget_oldest();
        }
        Ok(())
    }

    /// Forgets chunks that lie wholly before the window, and series that have nothing left.
    pub fn gc(&mut self, now: Timestamp) {
        let oldest = now - self.limits.window;
        let mut empty = Vec::new();
        for (id, series) in &mut self.series {
            while series.chunks.front().is_some_and(|chunk| chunk.last().at < oldest) {
                series.forget_oldest();
            }
            if series.chunks.is_empty() {
                empty.push(*id);
            }
        }
        for id in empty {
            if let Some(series) = self.series.remove(&id) {
                self.by_labels.remove(&series.labels);
                self.postings.remove(id, &series.labels);
            }
        }
    }

    pub fn metric_names(&self) -> BTreeSet<String> {
        self.label_values(METRIC_NAME)
    }

    pub fn label_names(&self) -> BTreeSet<String> {
        self.postings.names().map(str::to_owned).collect()
    }

    pub fn label_values(&self, name: &str) -> BTreeSet<String> {
        self.postings.values(name).map(str::to_owned).collect()
    }

    /// The newest sample of a series, staleness marker or not.
    pub fn last(&self, labels: &Labels) -> Option<Sample> {
        let series = self.by_labels.get(labels)?;
        self.series.get(series)?.chunks.back().map(Open::last)
    }

    pub fn stats(&self) -> Stats {
        let mut stats = Stats { series: self.series.len(), ..Stats::default() };
        for series in self.series.values() {
            stats.samples += series.samples;
            stats.sample_bytes += series.chunks.iter().map(Open::size).sum::<usize>();
            if let (Some(first), Some(last)) = (series.chunks.front(), series.chunks.back()) {
                let (from, to) = stats.span.unwrap_or((Timestamp::MAX, first.first_at()));
                stats.span = Some((from.min(first.first_at()), to.max(last.last().at)));
            }
        }
        stats
    }

    fn matching(&self, matchers: &[Matcher]) -> Vec<&Remembered> {
        let fits = |series: &&Remembered| matchers.iter().all(|matcher| matcher.matches(&series.labels));
        let mut found: Vec<&Remembered> = match self.postings.candidates(matchers) {
            Some(candidates) => candidates.iter().filter_map(|id| self.series.get(id)).filter(fits).collect(),
            None => self.series.values().filter(fits).collect(),
        };
        found.sort_unstable_by(|a, b| a.labels.cmp(&b.labels));
        found
    }
}

impl Remembered {
    fn push_chunk(&mut self, first: Sample) {
        self.chunks.push_back(Open::new(first));
        self.samples += 1;
    }

    fn forget_oldest(&mut self) {
        if let Some(chunk) = self.chunks.pop_front() {
            self.samples -= chunk.len();
        }
    }

    fn between(&self, from: Timestamp, to: Timestamp) -> Vec<Sample> {
        let first = self.chunks.partition_point(|chunk| chunk.last().at <= from);
        let chunks = self.chunks.range(first..).take_while(|chunk| chunk.first_at() <= to);
        chunks.flat_map(Open::iter).filter(|sample| sample.at > from && sample.at <= to).collect()
    }
}

impl Select for Head {
    fn find<'a>(&'a self, wanted: Wanted<'_>) -> Result<Box<dyn Found + 'a>, SelectError> {
        let read = |series: &Remembered| Series {
            labels: series.labels.clone(),
            samples: series.between(wanted.from, wanted.to),
            histograms: Vec::new(),
        };
        Ok(Box::new(Held::new(self.matching(wanted.matchers).into_iter().map(read).collect())))
    }
}

#[cfg(test)]
mod tests;
