//! Who has how many series: limits for targets and tenants, and the figures that show where series come from.

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_vocabulary::METRIC_NAME;

use crate::index::Index;

/// Where a series is counted beside the total. A million series have one each: numbers, not names.
#[derive(Clone, Copy, Debug, Default)]
pub struct Member {
    pub target: Option<Group>,
    pub tenant: Option<Group>,
}

/// A place in [`Groups`], counted from 1.
pub type Group = std::num::NonZeroU32;

/// Targets, or tenants, with the number of their series.
#[derive(Debug, Default)]
pub struct Groups {
    by_key: BTreeMap<Arc<str>, Group>,
    all: Vec<Counted>,
    free: Vec<Group>,
}

/// How many series somebody has, and how many more were refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    pub key: Arc<str>,
    pub series: usize,
    pub refused: u64,
}

impl Groups {
    /// Counts one more series, or one more refusal.
    pub fn join(&mut self, key: &str, max: usize) -> Option<Group> {
        let known = self.by_key.get(key).copied();
        if let Some(group) = known {
            let counted = &mut self.all[group.get() as usize - 1];
            if counted.series >= max {
                counted.refused += 1;
                return None;
            }
            counted.series += 1;
            return Some(group);
        }
        if max == 0 {
            return None;
        }
        let counted = Counted { key: key.into(), series: 1, refused: 0 };
        let key = Arc::clone(&counted.key);
        let group = match self.free.pop() {
            Some(group) => {
                self.all[group.get() as usize - 1] = counted;
                group
            }
            None => {
                self.all.push(counted);
                let count = u32::try_from(self.all.len()).ok();
                count.and_then(Group::new).expect("there are fewer groups than series")
            }
        };
        self.by_key.insert(key, group);
        Some(group)
    }

    pub fn leave(&mut self, group: Group) {
        let counted = &mut self.all[group.get() as usize - 1];
        counted.series -= 1;
        if counted.series == 0 {
            self.by_key.remove(&counted.key);
            self.free.push(group);
        }
    }

    /// Those with the most series, the most first.
    pub fn top(&self, most: usize) -> Vec<Counted> {
        let mut all: Vec<&Counted> =
            self.by_key.values().map(|group| &self.all[group.get() as usize - 1]).collect();
        all.sort_by_key(|counted| std::cmp::Reverse(counted.series));
        all.into_iter().take(most).cloned().collect()
    }
}

/// Where series come from: what Prometheus's `/api/v1/status/tsdb` shows, and who was refused. The most first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cardinality {
    pub series: usize,
    pub label_pairs: usize,
    pub series_by_metric: Vec<(String, usize)>,
    /// How many values a label has.
    pub values_by_label: Vec<(String, usize)>,
    /// Bytes of a label's values, counted for each series that has them.
    pub bytes_by_label: Vec<(String, usize)>,
    /// By `name=value`.
    pub series_by_pair: Vec<(String, usize)>,
    pub targets: Vec<Counted>,
    pub tenants: Vec<Counted>,
    /// New series refused because of the limit on all of them.
    pub refused: u64,
}

impl Cardinality {
    pub(super) fn of(index: &Index, most: usize) -> Cardinality {
        let (mut by_metric, mut by_pair) = (Top::new(most), Top::new(most));
        let (mut values_by_label, mut bytes_by_label) = (Top::new(most), Top::new(most));
        let mut label_pairs = 0;
        for (name, values) in index.postings().walk() {
            let (mut count, mut bytes) = (0, 0);
            for (value, series) in values {
                count += 1;
                bytes += value.len() * series;
                by_pair.offer(series, || format!("{name}={value}"));
                if name == METRIC_NAME {
                    by_metric.offer(series, || value.to_owned());
                }
            }
            label_pairs += count;
            values_by_label.offer(count, || name.to_owned());
            bytes_by_label.offer(bytes, || name.to_owned());
        }
        Cardinality {
            label_pairs,
            series_by_metric: by_metric.take(),
            values_by_label: values_by_label.take(),
            bytes_by_label: bytes_by_label.take(),
            series_by_pair: by_pair.take(),
            ..Cardinality::default()
        }
    }
}

/// The greatest few of many.
struct Top {
    most: usize,
    kept: Vec<(String, usize)>,
    /// Nothing less can still come in.
    least: usize,
}

impl Top {
    fn new(most: usize) -> Top {
        Top { most, kept: Vec::new(), least: 0 }
    }

    fn offer(&mut self, count: usize, name: impl FnOnce() -> String) {
        if count > self.least || self.kept.len() < self.most {
            self.kept.push((name(), count));
            if self.kept.len() >= self.most.saturating_mul(4).max(64) {
                self.cut();
            }
        }
    }

    fn cut(&mut self) {
        self.kept.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        self.kept.truncate(self.most);
        self.least = self.kept.last().map_or(0, |(_, count)| *count);
    }

    fn take(mut self) -> Vec<(String, usize)> {
        self.cut();
        self.kept
    }
}
