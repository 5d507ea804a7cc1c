//! What a histogram that comes from outside must fulfil.

use std::fmt;

use super::{Buckets, Histogram, Layout};

/// Why a histogram is refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BadHistogram {
    Schema(i32),
    Runs { needed: u64, given: usize },
    Overlap,
    Index,
    NegativeCount(f64),
    ZeroThreshold(f64),
    Bounds,
    BeyondBounds { index: i32, bounds: usize },
    NegativeWithBounds,
    CountOff { count: f64, buckets: f64 },
}

impl fmt::Display for BadHistogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadHistogram::Schema(schema) => {
                write!(f, "a histogram has schema {schema}; known are -4 to 8, and -53 for custom bounds")
            }
            BadHistogram::Runs { needed, given } => {
                write!(f, "a histogram's spans need {needed} buckets, but {given} are given")
            }
            BadHistogram::Overlap => f.write_str("a span of a histogram goes back behind the one before it"),
            BadHistogram::Index => f.write_str("a bucket of a histogram has an index beyond 32 bits"),
            BadHistogram::NegativeCount(count) => write!(f, "a histogram counts {count} observations"),
            BadHistogram::ZeroThreshold(threshold) => {
                write!(f, "a histogram's zero bucket reaches to {threshold}")
            }
            BadHistogram::Bounds => {
                f.write_str("a histogram's custom bounds must be finite and each above the one before it")
            }
            BadHistogram::BeyondBounds { index, bounds } => {
                write!(f, "a histogram has a bucket {index}, but only {bounds} custom bounds")
            }
            BadHistogram::NegativeWithBounds => {
                f.write_str("a histogram with custom bounds has a zero bucket or negative ones")
            }
            BadHistogram::CountOff { count, buckets } => {
                write!(f, "a histogram says it counts {count} observations, but its buckets hold {buckets}")
            }
        }
    }
}

impl std::error::Error for BadHistogram {}

impl Layout {
    /// The exponential layout of this schema, if there is one.
    pub fn exponential(schema: i32) -> Result<Layout, BadHistogram> {
        match i8::try_from(schema) {
            Ok(schema) if Layout::SCHEMAS.contains(&schema) => Ok(Layout::Exponential(schema)),
            _ => Err(BadHistogram::Schema(schema)),
        }
    }
}

impl Histogram {
    /// Whether the parts fit each other.
    pub fn check(&self) -> Result<(), BadHistogram> {
        for count in [self.count, self.zero_count] {
            not_negative(count)?;
        }
        not_negative_buckets(&self.positive)?;
        not_negative_buckets(&self.negative)?;
        match &self.layout {
            Layout::Exponential(schema) => {
                Layout::exponential(i32::from(*schema))?;
                if !(0.0..=f64::MAX).contains(&self.zero_threshold) {
                    return Err(BadHistogram::ZeroThreshold(self.zero_threshold));
                }
            }
            Layout::Custom(bounds) => {
                if !bounds.iter().all(|bound| bound.is_finite()) || bounds.windows(2).any(|b| b[0] >= b[1]) {
                    return Err(BadHistogram::Bounds);
                }
                if self.zero_count != 0.0 || self.zero_threshold != 0.0 || !self.negative.is_empty() {
                    return Err(BadHistogram::NegativeWithBounds);
                }
                let (first, last) = (self.positive.0.first(), self.positive.0.last());
                let fits = |index: i32| usize::try_from(index).is_ok_and(|index| index <= bounds.len());
                if let Some((index, _)) = first.into_iter().chain(last).find(|(index, _)| !fits(*index)) {
                    return Err(BadHistogram::BeyondBounds { index: *index, bounds: bounds.len() });
                }
            }
        }
        Ok(())
    }

    /// Whether the buckets hold as many observations as are counted: for one that was exposed with integers, where
    /// nothing is lost by rounding. Observations of NaN are counted, but are in no bucket; the sum is NaN then.
    pub fn check_count(&self) -> Result<(), BadHistogram> {
        let sides = self.positive.0.iter().chain(&self.negative.0);
        let buckets = self.zero_count + sides.map(|(_, count)| count).sum::<f64>();
        let fits = if self.sum.is_nan() { buckets <= self.count } else { buckets == self.count };
        if fits { Ok(()) } else { Err(BadHistogram::CountOff { count: self.count, buckets }) }
    }
}

fn not_negative(count: f64) -> Result<(), BadHistogram> {
    if count < 0.0 { Err(BadHistogram::NegativeCount(count)) } else { Ok(()) }
}

fn not_negative_buckets(buckets: &Buckets) -> Result<(), BadHistogram> {
    buckets.0.iter().try_for_each(|(_, count)| not_negative(*count))
}
