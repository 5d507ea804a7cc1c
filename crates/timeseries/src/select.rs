//! How samples are asked for.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::OnceLock;

use andon_vocabulary::{Labels, Timestamp};

use crate::{HistogramSample, Matcher, Sample};

/// A series and some of its samples. Both lists are in order of time, and a time is in one of them only. The marker
/// that ends a series of histograms is an ordinary stale sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    pub labels: Labels,
    pub samples: Vec<Sample>,
    pub histograms: Vec<HistogramSample>,
}

/// What one series holds of the stretch of time that was asked for; in order of time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stretch<'a> {
    pub samples: &'a [Sample],
    pub histograms: &'a [HistogramSample],
}

impl Stretch<'_> {
    pub fn len(&self) -> usize {
        self.samples.len() + self.histograms.len()
    }

    pub fn is_empty(&self) -> bool {
        self.samples.is_empty() && self.histograms.is_empty()
    }
}

/// What a query asks of a store: the samples later than `from` and not later than `to`, as Prometheus 3 reads ranges.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    pub matchers: &'a [Matcher],
    pub from: Timestamp,
    pub to: Timestamp,
    pub purpose: Purpose,
}

impl<'a> Wanted<'a> {
    pub fn any(matchers: &'a [Matcher], from: Timestamp, to: Timestamp) -> Wanted<'a> {
        Wanted { matchers, from, to, purpose: Purpose::Any }
    }
}

/// What the samples are for. A store that has thinned out its past gives the sort of sample that answers best; any
/// other ignores it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    #[default]
    Any,
    /// `rate`, `increase` and their like: a counter's resets must be seen.
    Counter,
    Min,
    Max,
    Sum,
    Count,
    Average,
}

/// Why a store could not answer, in words for whoever asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectError(pub String);

impl fmt::Display for SelectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SelectError {}

/// Who takes one series' samples; `Break` ends the reading. May be called for several series at once.
pub type Each<'a> = dyn Fn(usize, Stretch<'_>) -> ControlFlow<()> + Sync + 'a;

/// The series that fit, whose samples are read when their turn comes, so that they are never all in memory.
pub trait Found {
    /// Ordered, each once. Some may turn out to have no sample in the stretch.
    fn series(&self) -> &[Labels];

    /// The same, for whoever has read all and keeps them.
    fn into_series(self: Box<Self>) -> Vec<Labels>;

    /// Calls `each` once for every series that has samples, with its place in [`Found::series`]: in any order, and
    /// perhaps on several threads at once. Staleness markers are among the samples.
    fn read(&self, each: &Each<'_>) -> Result<(), SelectError>;
}

/// Anything that can hand out the samples of the series that fulfil all conditions.
pub trait Select {
    fn find<'a>(&'a self, wanted: Wanted<'_>) -> Result<Box<dyn Found + 'a>, SelectError>;

    /// Every series that has a sample later than `from` and not later than `to`, ordered by labels, in memory.
    fn select(
        &self,
        matchers: &[Matcher],
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Series>, SelectError> {
        let found = self.find(Wanted::any(matchers, from, to))?;
        let labels = found.series();
        let slots: Vec<OnceLock<Series>> = labels.iter().map(|_| OnceLock::new()).collect();
        found.read(&|at, stretch| {
            let (samples, histograms) = (stretch.samples.to_vec(), stretch.histograms.to_vec());
            let series = Series { labels: labels[at].clone(), samples, histograms };
            assert!(slots[at].set(series).is_ok(), "a series is read once");
            ControlFlow::Continue(())
        })?;
        let read = slots.into_iter().filter_map(OnceLock::into_inner);
        Ok(read.filter(|series| !series.samples.is_empty() || !series.histograms.is_empty()).collect())
    }
}

impl<S: Select + ?Sized> Select for &S {
    fn find<'a>(&'a self, wanted: Wanted<'_>) -> Result<Box<dyn Found + 'a>, SelectError> {
        (**self).find(wanted)
    }
}

/// Series that are in memory already.
#[derive(Clone, Debug, Default)]
pub struct Held {
    labels: Vec<Labels>,
    series: Vec<(Vec<Sample>, Vec<HistogramSample>)>,
}

impl Held {
    /// The series must be ordered by labels, each once.
    pub fn new(series: Vec<Series>) -> Held {
        let split = |series: Series| (series.labels, (series.samples, series.histograms));
        let (labels, series) = series.into_iter().map(split).unzip();
        Held { labels, series }
    }
}

impl Found for Held {
    fn series(&self) -> &[Labels] {
        &self.labels
    }

    fn into_series(self: Box<Self>) -> Vec<Labels> {
        self.labels
    }

    fn read(&self, each: &Each<'_>) -> Result<(), SelectError> {
        for (at, (samples, histograms)) in self.series.iter().enumerate() {
            let stretch = Stretch { samples, histograms };
            if !stretch.is_empty() && each(at, stretch).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// The same store, but what was sampled at or before a time is hidden: a check after a step must not be answered
/// by what was measured before it.
#[derive(Clone, Copy, Debug)]
pub struct Since<'a, S: ?Sized> {
    inner: &'a S,
    hidden_until: Timestamp,
}

impl<'a, S: Select + ?Sized> Since<'a, S> {
    /// Only samples later than `hidden_until` are seen.
    pub fn new(inner: &'a S, hidden_until: Timestamp) -> Self {
        Since { inner, hidden_until }
    }
}

impl<S: Select + ?Sized> Select for Since<'_, S> {
    fn find<'a>(&'a self, wanted: Wanted<'_>) -> Result<Box<dyn Found + 'a>, SelectError> {
        self.inner.find(Wanted { from: wanted.from.max(self.hidden_until), ..wanted })
    }
}
