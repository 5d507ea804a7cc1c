//! What targets say about their metrics, kept once for all that say the same.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use andon_exposition::Entry;
use andon_timeseries::Metadata;

/// By the metric's name.
pub type Descriptions = BTreeMap<String, Metadata>;

/// The instances of a service say the same: they share it.
#[derive(Debug, Default)]
pub struct Shared(Mutex<Vec<Weak<Descriptions>>>);

impl Shared {
    /// The one copy of these.
    pub fn one(&self, new: Descriptions) -> Arc<Descriptions> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|known| known.strong_count() > 0);
        let same = known.iter().filter_map(Weak::upgrade).find(|known| **known == new);
        same.unwrap_or_else(|| {
            let new = Arc::new(new);
            known.push(Arc::downgrade(&new));
            new
        })
    }
}

/// More about a metric.
pub fn describe(all: &mut Descriptions, entry: &Entry<'_>) {
    match entry {
        Entry::Help { metric, text } => about(all, metric).help = (&**text).into(),
        Entry::Type { metric, kind } => about(all, metric).kind = *kind,
        Entry::Unit { metric, unit } => about(all, metric).unit = (*unit).into(),
        Entry::Sample(_) | Entry::Histogram(_) => {}
    }
}

fn about<'a>(all: &'a mut Descriptions, metric: &str) -> &'a mut Metadata {
    all.entry(metric.to_owned()).or_default()
}
