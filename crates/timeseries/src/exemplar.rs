//! Exemplars: single observations, with the trace that explains them. A bounded number in all; the oldest go first.

use std::collections::{BTreeMap, VecDeque};

use andon_vocabulary::{Labels, Timestamp};

use crate::AppendError;
use crate::index::Id;

/// OpenMetrics allows so many characters for all names and values together.
const CHARS_MAX: usize = 128;

#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// Usually a `trace_id`.
    pub labels: Labels,
    pub value: f64,
    pub at: Timestamp,
}

#[derive(Debug, Default)]
pub(crate) struct Exemplars {
    /// Of each series in order of time.
    by_series: BTreeMap<Id, VecDeque<Exemplar>>,
    /// Whose was added when.
    added: VecDeque<Id>,
}

impl Exemplars {
    /// Scrapes repeat the newest exemplar until there is another one: what is not later than the last is absorbed.
    pub fn add(&mut self, series: Id, exemplar: Exemplar, max: usize) -> Result<(), AppendError> {
        let chars = |(name, value): (&str, &str)| name.chars().count() + value.chars().count();
        if exemplar.labels.iter().map(chars).sum::<usize>() > CHARS_MAX {
            return Err(AppendError::ExemplarTooLong { chars_max: CHARS_MAX });
        }
        let of_series = self.by_series.entry(series).or_default();
        if of_series.back().is_none_or(|last| last.at < exemplar.at) {
            of_series.push_back(exemplar);
            self.added.push_back(series);
        }
        while self.added.len() > max {
            self.forget_oldest();
        }
        Ok(())
    }

    fn forget_oldest(&mut self) {
        let Some(series) = self.added.pop_front() else { return };
        if let Some(of_series) = self.by_series.get_mut(&series) {
            of_series.pop_front();
            if of_series.is_empty() {
                self.by_series.remove(&series);
            }
        }
    }

    /// Both times included.
    pub fn between(&self, series: Id, from: Timestamp, to: Timestamp) -> Vec<Exemplar> {
        let all = self.by_series.get(&series).into_iter().flatten();
        all.filter(|exemplar| exemplar.at >= from && exemplar.at <= to).cloned().collect()
    }

    pub fn forget(&mut self, gone: &[Id]) {
        for series in gone {
            self.by_series.remove(series);
        }
        // The numbers of those that are gone never come back, so what is left in `added` only makes room early.
    }
}
