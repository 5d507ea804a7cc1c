//! A native histogram: how many observations fell into each bucket, and their sum.

use std::sync::Arc;

use andon_vocabulary::Timestamp;

/// Counts are floats, as PromQL calculates with them; what was exposed as integers is exact up to 2⁵³.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    pub reset: Reset,
    pub layout: Layout,
    /// Observations between `-threshold` and `threshold`, both included. Both are 0 with custom bounds.
    pub zero_threshold: f64,
    pub zero_count: f64,
    pub count: f64,
    pub sum: f64,
    /// Of an exponential layout: bucket `i` holds `(base^(i-1), base^i]` with base = 2^(2^-schema).
    /// Of custom bounds: bucket `i` holds `(bounds[i-1], bounds[i]]`, counted from 0; the last one reaches to +Inf.
    pub positive: Buckets,
    /// As `positive`, mirrored at 0; empty with custom bounds.
    pub negative: Buckets,
}

/// Where the bounds of the buckets lie.
#[derive(Clone, Debug, PartialEq)]
pub enum Layout {
    /// The schema: -4 to 8.
    Exponential(i8),
    /// Classic bounds as a native histogram (schema -53), ascending, without +Inf.
    Custom(Arc<[f64]>),
}

/// What is known of a counter reset between the histogram before this one and this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reset {
    #[default]
    Unknown,
    Reset,
    NotReset,
    Gauge,
}

/// Index and count of each populated bucket, ascending by index, each index once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Buckets(pub Vec<(i32, f64)>);

/// A histogram at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramSample {
    pub at: Timestamp,
    pub histogram: Arc<Histogram>,
}
