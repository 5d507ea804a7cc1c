//! Samples that came out of order: few, kept beside the others and merged in when they are read.

use andon_vocabulary::Timestamp;

use crate::{Histogram, HistogramSample, Sample};

/// What has a time.
pub trait Timed: Clone {
    fn at(&self) -> Timestamp;

    /// Bytes in memory.
    fn size(&self) -> usize;
}

impl Timed for Sample {
    fn at(&self) -> Timestamp {
        self.at
    }

    fn size(&self) -> usize {
        size_of::<Sample>()
    }
}

impl Timed for HistogramSample {
    fn at(&self) -> Timestamp {
        self.at
    }

    fn size(&self) -> usize {
        let buckets = self.histogram.positive.0.len() + self.histogram.negative.0.len();
        size_of::<HistogramSample>() + size_of::<Histogram>() + buckets * size_of::<(i32, f64)>()
    }
}

pub fn size<T: Timed>(list: &[T]) -> usize {
    list.iter().map(Timed::size).sum()
}

/// In order of time, each time once in both lists together.
#[derive(Clone, Debug, Default)]
pub struct Late {
    pub samples: Vec<Sample>,
    pub histograms: Vec<HistogramSample>,
}

impl Late {
    /// One series keeps no more, whoever sends them.
    pub const MAX: usize = 10_000;

    pub fn len(&self) -> usize {
        self.samples.len() + self.histograms.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn size(&self) -> usize {
        size(&self.samples) + size(&self.histograms)
    }

    pub fn newest(&self) -> Option<Timestamp> {
        let samples = self.samples.last().map(Timed::at);
        samples.max(self.histograms.last().map(Timed::at))
    }

    pub fn absorb(&mut self, other: Late) {
        merge(&mut self.samples, 0, &other.samples);
        merge(&mut self.histograms, 0, &other.histograms);
    }

    pub fn retain(&mut self, keep: impl Fn(Timestamp) -> bool) {
        self.samples.retain(|sample| keep(sample.at));
        self.histograms.retain(|sample| keep(sample.at));
    }
}

/// Says how many bytes that took.
pub fn insert<T: Timed>(list: &mut Vec<T>, new: T) -> usize {
    let size = new.size();
    // Who catches up sends in order of time.
    if list.last().is_none_or(|last| last.at() < new.at()) {
        list.push(new);
        return size;
    }
    let at = list.partition_point(|old| old.at() < new.at());
    list.insert(at, new);
    size
}

pub fn at<T: Timed>(list: &[T], at: Timestamp) -> Option<&T> {
    list.binary_search_by_key(&at, Timed::at).ok().map(|found| &list[found])
}

/// What is later than `from` and not later than `to`.
pub fn between<T: Timed>(list: &[T], from: Timestamp, to: Timestamp) -> &[T] {
    // Most questions are about what is newer than all that came late: a search would wait for memory at each of its
    // steps.
    if list.last().is_none_or(|last| last.at() <= from) {
        return &[];
    }
    let start = list.partition_point(|sample| sample.at() <= from);
    let end = list.partition_point(|sample| sample.at() <= to);
    &list[start..end.max(start)]
}

/// What is not later than `at`, and what is.
pub fn split<T: Timed>(list: &[T], at: Timestamp) -> [&[T]; 2] {
    let (older, newer) = list.split_at(list.partition_point(|sample| sample.at() <= at));
    [older, newer]
}

/// Merges `more` into what `list` has from `start` on. Both are in order; no time is in both.
pub fn merge<T: Timed>(list: &mut Vec<T>, start: usize, more: &[T]) {
    if !more.is_empty() {
        list.extend_from_slice(more);
        // Two ascending runs: the sort finds and merges them.
        list[start..].sort_by_key(Timed::at);
    }
}
