//! A source of samples that knows which series it wrote last, so that one that it no longer has ends at once.

use std::collections::{BTreeMap, BTreeSet};

use andon_timeseries::{STALE, Sample};
use andon_vocabulary::{Labels, Name, Timestamp};

use crate::store::Store;

/// For sources with few series: this host, a probe. Scrapes have a way of their own, made for many.
#[derive(Debug, Default)]
pub struct Source {
    last: BTreeSet<Labels>,
}

impl Source {
    /// These are all the series that there are now; those of the last time that are missing get a staleness marker.
    /// A sample that is refused costs the others nothing.
    pub fn write(&mut self, store: &Store, at: Timestamp, samples: Vec<(Labels, f64)>) {
        let mut values: BTreeMap<Labels, f64> = samples.into_iter().collect();
        let now: BTreeSet<Labels> = values.keys().cloned().collect();
        values.extend(self.last.difference(&now).map(|gone| (gone.clone(), STALE)));
        store.write(|head| {
            let mut names = BTreeSet::new();
            for (labels, value) in values {
                match head.append(&labels, Sample { at, value }) {
                    Ok(_) => {
                        if !names.contains(labels.name()) {
                            names.insert(Name::from(labels.name()));
                        }
                    }
                    Err(error) => tracing::debug!(series = %labels, %error, "sample refused"),
                }
            }
            names
        });
        self.last = now;
    }
}

#[cfg(test)]
mod tests {
    use andon_timeseries::is_stale;

    use super::*;
    use crate::store::series;

    #[test]
    fn a_series_that_is_gone_ends_and_a_refused_sample_costs_no_other() {
        let store = Store::default();
        let (a, b) = (series("a", &[]), series("b", &[]));
        let mut source = Source::default();
        let at = Timestamp::from_ms;
        source.write(&store, at(10), vec![(a.clone(), 1.0), (b.clone(), 1.0)]);
        source.write(&store, at(20), vec![(a.clone(), 2.0)]);
        assert!(is_stale(store.read().head().last(&b).unwrap().value));
        source.write(&store, at(5), vec![(a.clone(), 9.0), (series("c", &[]), 1.0)]);
        assert_eq!(store.read().head().last(&a).unwrap().value, 2.0);
        assert_eq!(store.stats().series, 3);
    }
}
