//! The samples of one series that a range covers.

use andon_timeseries::Sample;

/// Samples within `(start, end]`, without staleness markers; at least one. Times are milliseconds.
pub(crate) struct Window<'a> {
    pub samples: &'a [Sample],
    pub start: i64,
    pub end: i64,
    /// The time of evaluation: not the end of the window where there is an offset.
    pub now: i64,
}

impl Window<'_> {
    pub fn values(&self) -> impl Iterator<Item = f64> + Clone {
        self.samples.iter().map(|sample| sample.value)
    }

    pub fn seconds(&self) -> f64 {
        (self.end - self.start) as f64 / 1000.0
    }
}
