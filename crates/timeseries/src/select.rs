//! How samples are asked for.

use andon_vocabulary::{Labels, Timestamp};

use crate::{Matcher, Sample};

/// A series and some of its samples, in order of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub labels: Labels,
    pub samples: Vec<Sample>,
}

/// Anything that can hand out the samples of the series that fulfil all conditions.
pub trait Select {
    /// Every series that matches and has a sample in `(from, to]`: later than `from`, not later than `to`, as
    /// Prometheus 3 reads ranges. Ordered by labels, each once; staleness markers are among the samples.
    fn select(&self, matchers: &[Matcher], from: Timestamp, to: Timestamp) -> Vec<Series>;
}

impl<S: Select + ?Sized> Select for &S {
    fn select(&self, matchers: &[Matcher], from: Timestamp, to: Timestamp) -> Vec<Series> {
        (**self).select(matchers, from, to)
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
    fn select(&self, matchers: &[Matcher], from: Timestamp, to: Timestamp) -> Vec<Series> {
        self.inner.select(matchers, from.max(self.hidden_until), to)
    }
}
