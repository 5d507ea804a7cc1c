//! From labels to series and from conditions to series.

mod ids;
mod order;
mod postings;
mod value;

use andon_vocabulary::{Labels, METRIC_NAME};
use hashbrown::HashTable;
use twox_hash::XxHash3_64;

use crate::{MatchOp, Matcher};
pub use ids::Id;
use order::Orders;
use postings::Postings;

/// Labels themselves stay with the series; whoever calls hands in the way to them.
#[derive(Debug, Default)]
pub struct Index {
    by_labels: HashTable<Id>,
    postings: Postings,
    orders: Orders,
    seed: u64,
}

impl Index {
    /// The seed keeps whoever writes labels from choosing ones that collide.
    pub fn new(seed: u64) -> Index {
        Index { seed, ..Index::default() }
    }

    pub fn get<'a>(&self, labels: &Labels, labels_of: impl Fn(Id) -> &'a Labels) -> Option<Id> {
        self.by_labels.find(hash(self.seed, labels), |id| labels_of(*id) == labels).copied()
    }

    /// The series is new, so its number is the greatest so far.
    pub fn insert<'a>(&mut self, id: Id, labels: &Labels, labels_of: impl Fn(Id) -> &'a Labels) {
        let seed = self.seed;
        self.by_labels.insert_unique(hash(seed, labels), id, |id| hash(seed, labels_of(*id)));
        self.postings.insert(id, labels);
        self.orders.insert(labels.name(), id);
    }

    /// Forgets all that are no longer alive.
    pub fn retain(&mut self, alive: impl Fn(Id) -> bool) {
        self.by_labels.retain(|id| alive(*id));
        self.postings.retain(&alive);
        self.orders.retain(&alive);
    }

    pub fn postings(&self) -> &Postings {
        &self.postings
    }

    /// The series that fulfil all conditions, ordered by labels.
    pub fn find<'a>(
        &self,
        matchers: &[Matcher],
        all: impl FnOnce() -> Vec<Id>,
        labels_of: impl Fn(Id) -> &'a Labels,
    ) -> Vec<Id> {
        let candidates = self.postings.candidates(matchers);
        let mut ids = candidates.ids.unwrap_or_else(all);
        if !candidates.unchecked.is_empty() {
            ids.retain(|id| {
                let labels = labels_of(*id);
                candidates.unchecked.iter().all(|matcher| matcher.matches(labels))
            });
        }
        let metric = matchers.iter().find(|matcher| {
            matcher.name() == METRIC_NAME && matcher.op() == MatchOp::Equal && !matcher.value().is_empty()
        });
        match metric {
            Some(metric) => self.orders.sort(metric.value(), ids, labels_of),
            None => order::sort(ids, labels_of),
        }
    }
}

fn hash(seed: u64, labels: &Labels) -> u64 {
    XxHash3_64::oneshot_with_seed(seed, labels.packed().as_bytes())
}
