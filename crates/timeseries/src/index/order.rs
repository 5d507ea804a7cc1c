//! The order by labels of each metric's series, kept between queries.
//!
//! Answers are ordered by labels, and ten thousand label sets take milliseconds to sort. So each metric remembers its
//! order: the first query after new series sorts only the new ones and merges them in.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use andon_vocabulary::Labels;

use super::ids::Id;

/// Fewer than one in this many of a metric's series are sorted by themselves.
const FEW: usize = 8;

#[derive(Debug, Default)]
pub struct Orders(BTreeMap<Box<str>, Order>);

#[derive(Debug, Default)]
struct Order {
    /// In order.
    known: Vec<Id>,
    /// What came since.
    fresh: Vec<Id>,
    /// Both, in order, once somebody has asked.
    whole: OnceLock<Vec<Id>>,
}

impl Orders {
    pub fn insert(&mut self, metric: &str, id: Id) {
        let order = match self.0.get_mut(metric) {
            Some(order) => order,
            None => self.0.entry(metric.into()).or_default(),
        };
        order.reopen();
        order.fresh.push(id);
    }

    pub fn retain(&mut self, alive: impl Fn(Id) -> bool) {
        self.0.retain(|_, order| {
            order.reopen();
            order.known.retain(|id| alive(*id));
            order.fresh.retain(|id| alive(*id));
            !order.known.is_empty() || !order.fresh.is_empty()
        });
    }

    /// Puts some of one metric's series, ascending by number, in order by labels.
    pub fn sort<'a>(&self, metric: &str, ids: Vec<Id>, labels: impl Fn(Id) -> &'a Labels) -> Vec<Id> {
        match self.0.get(metric) {
            Some(order) if ids.len() * FEW >= order.known.len() + order.fresh.len() => {
                let whole = order.whole(&labels);
                if whole.len() == ids.len() {
                    return whole.to_vec();
                }
                whole.iter().copied().filter(|id| ids.binary_search(id).is_ok()).collect()
            }
            _ => sort(ids, labels),
        }
    }
}

pub fn sort<'a>(mut ids: Vec<Id>, labels: impl Fn(Id) -> &'a Labels) -> Vec<Id> {
    ids.sort_unstable_by(|a, b| labels(*a).cmp(labels(*b)));
    ids
}

impl Order {
    fn reopen(&mut self) {
        if let Some(whole) = self.whole.take() {
            self.known = whole;
            self.fresh = Vec::new();
        }
    }

    fn whole<'a>(&self, labels: &impl Fn(Id) -> &'a Labels) -> &[Id] {
        self.whole.get_or_init(|| {
            let fresh = sort(self.fresh.clone(), labels);
            let mut whole = Vec::with_capacity(self.known.len() + fresh.len());
            let (mut known, mut fresh) = (&self.known[..], &fresh[..]);
            while let (Some((a, known_rest)), Some((b, fresh_rest))) =
                (known.split_first(), fresh.split_first())
            {
                if labels(*a) < labels(*b) {
                    whole.push(*a);
                    known = known_rest;
                } else {
                    whole.push(*b);
                    fresh = fresh_rest;
                }
            }
            whole.extend_from_slice(known);
            whole.extend_from_slice(fresh);
            whole
        })
    }
}
