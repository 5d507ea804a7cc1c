//! How often each metric, label and pair occurs among all series: where too many of them come from.

use std::collections::BTreeMap;

use andon_timeseries::SelectError;
use andon_vocabulary::{METRIC_NAME, Timestamp};

use crate::port::{Lookup, Metrics};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cardinality {
    pub series_by_metric: BTreeMap<String, u64>,
    pub values_by_label: BTreeMap<String, u64>,
    /// Were each series to keep its own copy.
    pub bytes_by_label: BTreeMap<String, u64>,
    pub series_by_pair: BTreeMap<String, u64>,
}

impl Cardinality {
    /// Looks at every series of a time.
    pub fn of(metrics: &dyn Metrics, from: Timestamp, to: Timestamp) -> Result<Cardinality, SelectError> {
        let mut pairs: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        metrics.look(&Lookup { any_of: &[], from, to }, &mut |labels| {
            for (name, value) in labels.iter() {
                // Most pairs are known already, and looking costs no copy.
                match pairs.get_mut(name).and_then(|values| values.get_mut(value)) {
                    Some(series) => *series += 1,
                    None => {
                        pairs.entry(name.to_owned()).or_default().insert(value.to_owned(), 1);
                    }
                }
            }
        })?;
        let mut counted = Cardinality::default();
        for (name, values) in pairs {
            let bytes = values.iter().map(|(value, series)| value.len() as u64 * series).sum();
            counted.bytes_by_label.insert(name.clone(), bytes);
            counted.values_by_label.insert(name.clone(), values.len() as u64);
            counted
                .series_by_pair
                .extend(values.iter().map(|(value, series)| (format!("{name}={value}"), *series)));
            if name == METRIC_NAME {
                counted.series_by_metric = values;
            }
        }
        Ok(counted)
    }
}
