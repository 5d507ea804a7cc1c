//! Each selector's samples, read once for all the times at which it will be looked at.

use std::collections::BTreeMap;
use std::ptr;

use andon_timeseries::{Sample, Select, is_stale};
use andon_vocabulary::{Labels, METRIC_NAME, Timestamp};

use super::EvalError;
use super::engine::Engine;
use crate::node::{Node, Selector, When};

/// A series as one selector sees it.
pub(super) struct Loaded {
    pub labels: Labels,
    /// Without the metric's name.
    pub unnamed: Labels,
    pub samples: Vec<Sample>,
}

/// Keyed by the address of the selector in the tree, which does not move during an evaluation.
pub(super) type Selections = BTreeMap<usize, Vec<Loaded>>;

pub(super) fn key(selector: &Selector) -> usize {
    ptr::from_ref(selector).addr()
}

impl Engine<'_> {
    /// Reads what `node` needs when evaluated at any time from `first` to `last`.
    pub(super) fn load_below(
        &mut self,
        node: &Node,
        source: &dyn Select,
        first: i64,
        last: i64,
    ) -> Result<(), EvalError> {
        match node {
            Node::Select(selector) => {
                let lookback = self.lookback;
                self.load_selector(selector, source, (first, last), lookback, false)
            }
            Node::Range(selector, range) => self.load_selector(selector, source, (first, last), *range, true),
            Node::Subquery(subquery) => {
                let (first, last) = self.shifted(subquery.when, first, last);
                self.load_below(&subquery.inner, source, first.saturating_sub(subquery.range), last)
            }
            other => {
                other.children().into_iter().try_for_each(|child| self.load_below(child, source, first, last))
            }
        }
    }

    fn shifted(&self, when: When, first: i64, last: i64) -> (i64, i64) {
        (self.reference(when, first), self.reference(when, last))
    }

    fn load_selector(
        &mut self,
        selector: &Selector,
        source: &dyn Select,
        (first, last): (i64, i64),
        back: i64,
        drop_stale: bool,
    ) -> Result<(), EvalError> {
        self.check()?;
        let (first, last) = self.shifted(selector.when, first, last);
        let from = Timestamp::from_ms(first.saturating_sub(back));
        let mut loaded = Vec::new();
        for series in source.select(&selector.matchers, from, Timestamp::from_ms(last))? {
            let mut samples = series.samples;
            self.spend(samples.len())?;
            if drop_stale {
                samples.retain(|sample| !is_stale(sample.value));
            }
            let unnamed = if drop_stale { series.labels.without(&[METRIC_NAME]) } else { Labels::default() };
            loaded.push(Loaded { labels: series.labels, unnamed, samples });
        }
        self.selections.insert(key(selector), loaded);
        Ok(())
    }
}
