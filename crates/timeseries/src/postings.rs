//! Which series carry which label: name → value → series.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use andon_vocabulary::Labels;

use crate::{MatchOp, Matcher, SeriesRef};

type Values = BTreeMap<Arc<str>, BTreeSet<SeriesRef>>;

#[derive(Debug, Default)]
pub(crate) struct Postings(BTreeMap<Arc<str>, Values>);

impl Postings {
    pub fn insert(&mut self, series: SeriesRef, labels: &Labels) {
        for (name, value) in labels.shared() {
            self.0.entry(name).or_default().entry(value).or_default().insert(series);
        }
    }

    pub fn remove(&mut self, series: SeriesRef, labels: &Labels) {
        for (name, value) in labels.iter() {
            let Some(values) = self.0.get_mut(name) else {
                continue;
            };
            if let Some(holders) = values.get_mut(value) {
                holders.remove(&series);
                if holders.is_empty() {
                    values.remove(value);
                }
            }
            if values.is_empty() {
                self.0.remove(name);
            }
        }
    }

    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.get(name).into_iter().flat_map(|values| values.keys()).map(|value| &**value)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|name| &**name)
    }

    /// A superset of the series that match, as small as one label can make it; `None` means "any series", when no
    /// condition demands that a label be there.
    pub fn candidates(&self, matchers: &[Matcher]) -> Option<Vec<SeriesRef>> {
        let exact = matchers
            .iter()
            .filter(|matcher| matcher.op() == MatchOp::Equal && !matcher.value().is_empty())
            .map(|matcher| self.0.get(matcher.name()).and_then(|values| values.get(matcher.value())))
            .min_by_key(|holders| holders.map_or(0, BTreeSet::len));
        if let Some(holders) = exact {
            return Some(holders.map(|holders| holders.iter().copied().collect()).unwrap_or_default());
        }
        // A condition that "" does not fulfil needs the label to be there: walk that label's values.
        let demanded = matchers.iter().find(|matcher| !matcher.matches_value(""))?;
        let values = self.0.get(demanded.name());
        Some(
            values
                .into_iter()
                .flatten()
                .filter(|(value, _)| demanded.matches_value(value))
                .flat_map(|(_, holders)| holders.iter().copied())
                .collect(),
        )
    }
}
