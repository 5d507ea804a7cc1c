//! A native histogram: how many observations fell into each bucket, and their sum.

mod arithmetic;
mod bounds;
mod buckets;
mod check;
mod classic;
mod compare;
mod estimate;
mod text;

use std::sync::Arc;

use andon_vocabulary::Timestamp;

pub use arithmetic::Mismatch;
pub use buckets::{Bucket, Buckets, Span};
pub use check::BadHistogram;
pub use classic::{BadClassic, Classic};
pub use estimate::Skew;

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

impl Layout {
    /// The number that stands for custom bounds where a schema is expected.
    pub const CUSTOM: i32 = -53;
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

/// A histogram at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramSample {
    pub at: Timestamp,
    pub histogram: Arc<Histogram>,
}

#[cfg(test)]
mod tests;
