//! Histograms are added, subtracted and scaled bucket by bucket, at the coarser of the two resolutions and with the
//! wider zero bucket; the rules are Prometheus's (`model/histogram/float_histogram.go`).

use std::fmt;

use super::{Histogram, Layout, Reset};

/// Why two histograms have no sum and no difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// One has custom bounds, the other exponential ones.
    Layouts,
    /// Their custom bounds are not the same.
    Bounds,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mismatch::Layouts => "one histogram has exponential buckets and the other custom ones",
            Mismatch::Bounds => "two histograms have different custom bounds",
        })
    }
}

impl std::error::Error for Mismatch {}

impl Histogram {
    /// Adds the other. What is known of a reset stays only where both say the same, but a gauge makes a gauge of both.
    pub fn add(&mut self, other: &Histogram) -> Result<(), Mismatch> {
        self.combine(other, 1.0)?;
        self.reset = match (self.reset, other.reset) {
            (mine, others) if mine == others => mine,
            (Reset::Gauge, _) | (_, Reset::Gauge) => Reset::Gauge,
            _ => Reset::Unknown,
        };
        Ok(())
    }

    /// Subtracts the other. Of a reset, what was known before is still known.
    pub fn sub(&mut self, other: &Histogram) -> Result<(), Mismatch> {
        self.combine(other, -1.0)
    }

    /// An error leaves the histogram as it was.
    fn combine(&mut self, other: &Histogram, sign: f64) -> Result<(), Mismatch> {
        match (&self.layout, &other.layout) {
            (Layout::Exponential(mine), Layout::Exponential(others)) => {
                let (from, coarser) = (*others, *mine.min(others));
                let zero_count = self.reconcile(other);
                self.zero_count += sign * zero_count;
                self.reduce(coarser);
                for (buckets, others) in
                    [(&mut self.positive, &other.positive), (&mut self.negative, &other.negative)]
                {
                    let others = others.coarser(from, coarser);
                    buckets.absorb(others.beyond(self.zero_threshold, &self.layout), sign);
                }
            }
            (Layout::Custom(mine), Layout::Custom(others)) => {
                if !same_bounds(mine, others) {
                    return Err(Mismatch::Bounds);
                }
                self.positive.absorb(&other.positive.0, sign);
            }
            _ => return Err(Mismatch::Layouts),
        }
        self.count += sign * other.count;
        self.sum += sign * other.sum;
        Ok(())
    }

    /// Every count and the sum, times a factor.
    pub fn mul(&mut self, factor: f64) {
        self.each_number(|number| number * factor);
    }

    /// Every count and the sum, divided; by zero, all become infinite (or NaN) and no bucket stays.
    pub fn div(&mut self, by: f64) {
        self.each_number(|number| number / by);
        if by == 0.0 {
            self.positive.0.clear();
            self.negative.0.clear();
        }
    }

    fn each_number(&mut self, change: impl Fn(f64) -> f64) {
        self.zero_count = change(self.zero_count);
        self.count = change(self.count);
        self.sum = change(self.sum);
        self.positive.scale(&change);
        self.negative.scale(&change);
    }

    /// Merges buckets to a coarser schema; a finer one, or custom bounds, change nothing.
    pub fn reduce(&mut self, schema: i8) {
        let Layout::Exponential(from) = self.layout else { return };
        if schema < from {
            self.positive = self.positive.coarser(from, schema);
            self.negative = self.negative.coarser(from, schema);
            self.layout = Layout::Exponential(schema);
        }
    }

    /// Widens this histogram's zero bucket until it holds the other's and no populated bucket of either is cut; gives
    /// what the other's zero bucket counts then.
    fn reconcile(&mut self, other: &Histogram) -> f64 {
        let (mut count, mut threshold) = (other.zero_count, other.zero_threshold);
        loop {
            if self.zero_threshold > threshold {
                (count, threshold) = other.zero_count_within(self.zero_threshold);
            }
            if threshold > self.zero_threshold {
                (self.zero_count, self.zero_threshold) = self.zero_count_within(threshold);
                self.trim_to_zero_bucket();
            } else {
                return count;
            }
        }
    }

    /// What the zero bucket would count if it were as wide as this, or as wide as it takes so that no populated bucket
    /// is cut; and how wide that is.
    pub(super) fn zero_count_within(&self, threshold: f64) -> (f64, f64) {
        let mut threshold = threshold;
        if threshold == self.zero_threshold {
            return (self.zero_count, threshold);
        }
        'wider: loop {
            let mut count = self.zero_count;
            for bucket in self.positives().take_while(|bucket| bucket.lower < threshold) {
                count += bucket.count;
                if bucket.upper > threshold {
                    threshold = bucket.upper;
                    break;
                }
            }
            for bucket in self.negatives().take_while(|bucket| bucket.upper > -threshold) {
                count += bucket.count;
                if bucket.lower < -threshold {
                    // What was counted on the positive side may no longer be all.
                    threshold = -bucket.lower;
                    continue 'wider;
                }
            }
            return (count, threshold);
        }
    }

    /// Drops the buckets that the zero bucket has taken up.
    fn trim_to_zero_bucket(&mut self) {
        let threshold = self.zero_threshold;
        let within = |buckets: &mut dyn Iterator<Item = f64>| buckets.take_while(|b| *b < threshold).count();
        let positive = within(&mut self.positives().map(|bucket| bucket.lower));
        let negative = within(&mut self.negatives().map(|bucket| -bucket.upper));
        self.positive.0.drain(..positive);
        self.negative.0.drain(..negative);
    }
}

/// Bits are compared, so that a set of bounds always equals itself.
pub(super) fn same_bounds(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}
