//! Classic histograms, whose buckets are series of their own, made into one histogram with custom bounds.

use std::fmt;

use super::{Buckets, Histogram, Layout, Reset};

/// The series `…_bucket`, `…_count` and `…_sum` of one histogram at one time, as far as they were seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Classic {
    /// Upper bound and cumulative count, ascending by bound, each bound once.
    buckets: Vec<(f64, f64)>,
    count: Option<f64>,
    sum: f64,
}

/// Why classic series make no histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BadClassic {
    NegativeCount(f64),
    /// A bucket counts less than one with a lower bound.
    NotCumulative {
        le: f64,
        count: f64,
    },
    /// The count is not that of the highest bucket.
    CountOff {
        count: f64,
        bucket: f64,
    },
}

impl fmt::Display for BadClassic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadClassic::NegativeCount(count) => write!(f, "a classic histogram counts {count} observations"),
            BadClassic::NotCumulative { le, count } => {
                write!(
                    f,
                    "a classic histogram's bucket le=\"{le}\" counts {count}, out of step with its neighbours"
                )
            }
            BadClassic::CountOff { count, bucket } => {
                write!(f, "a classic histogram counts {count}, but its highest bucket {bucket}")
            }
        }
    }
}

impl std::error::Error for BadClassic {}

impl Classic {
    /// A bucket; of two with the same bound, the first stays.
    pub fn bucket(&mut self, le: f64, count: f64) -> Result<(), BadClassic> {
        if count < 0.0 {
            return Err(BadClassic::NegativeCount(count));
        }
        let at = self.buckets.partition_point(|(bound, _)| *bound < le);
        if self.buckets.get(at).is_some_and(|(bound, _)| *bound == le) {
            return Ok(());
        }
        let falls = at > 0 && count < self.buckets[at - 1].1;
        let exceeds = self.buckets.get(at).is_some_and(|(_, next)| count > *next);
        if falls || exceeds {
            return Err(BadClassic::NotCumulative { le, count });
        }
        self.buckets.insert(at, (le, count));
        Ok(())
    }

    pub fn count(&mut self, count: f64) -> Result<(), BadClassic> {
        if count < 0.0 {
            return Err(BadClassic::NegativeCount(count));
        }
        self.count = Some(count);
        Ok(())
    }

    pub fn sum(&mut self, sum: f64) {
        self.sum = sum;
    }

    /// The histogram. Without a `+Inf` bucket the count takes its place; without a count the highest bucket does.
    pub fn convert(mut self) -> Result<Histogram, BadClassic> {
        let highest = self.buckets.last().copied();
        let count = self.count.or(highest.map(|(_, count)| count)).unwrap_or(0.0);
        if highest.is_none_or(|(le, _)| le != f64::INFINITY) {
            self.buckets.push((f64::INFINITY, count));
        }
        let bucket = self.buckets.last().expect("just made sure").1;
        if count != bucket {
            return Err(BadClassic::CountOff { count, bucket });
        }
        let mut before = 0.0;
        let mut populated = Vec::with_capacity(self.buckets.len());
        for ((_, cumulative), index) in self.buckets.iter().zip(0..) {
            if *cumulative != before {
                populated.push((index, cumulative - before));
            }
            before = *cumulative;
        }
        let bounds = self.buckets[..self.buckets.len() - 1].iter().map(|(le, _)| *le).collect();
        Ok(Histogram {
            reset: Reset::Unknown,
            layout: Layout::Custom(bounds),
            zero_threshold: 0.0,
            zero_count: 0.0,
            count,
            sum: self.sum,
            positive: Buckets(populated),
            negative: Buckets::default(),
        })
    }
}
