//! Whether a histogram holds the same data as another, and whether its counter was reset in between.

use super::arithmetic::same_bounds;
use super::{Buckets, Histogram, Layout, Reset};

impl Histogram {
    /// Whether both hold the same data: numbers are compared by their bits, and what is known of a reset does not
    /// matter.
    pub fn same(&self, other: &Histogram) -> bool {
        let numbers =
            |histogram: &Histogram| [histogram.count, histogram.sum, histogram.zero_count].map(f64::to_bits);
        self.zero_threshold == other.zero_threshold
            && numbers(self) == numbers(other)
            && self.same_layout(other)
            && same_buckets(&self.positive, &other.positive)
            && same_buckets(&self.negative, &other.negative)
    }

    fn same_layout(&self, other: &Histogram) -> bool {
        match (&self.layout, &other.layout) {
            (Layout::Exponential(a), Layout::Exponential(b)) => a == b,
            (Layout::Custom(a), Layout::Custom(b)) => same_bounds(a, b),
            _ => false,
        }
    }

    /// Whether the counter was reset since the previous histogram: a count fell, a populated bucket is gone, or the
    /// resolution grew. What the histogram says of itself goes before.
    pub fn detect_reset(&self, previous: &Histogram) -> bool {
        match self.reset {
            Reset::Reset => return true,
            Reset::NotReset => return false,
            Reset::Unknown | Reset::Gauge => {}
        }
        if self.count < previous.count {
            return true;
        }
        let (from, to) = match (&self.layout, &previous.layout) {
            (Layout::Exponential(to), Layout::Exponential(from)) => (*from, *to),
            (Layout::Custom(a), Layout::Custom(b)) if same_bounds(a, b) => {
                return fell(&self.positive.0, &previous.positive.0);
            }
            _ => return true,
        };
        if to > from || self.zero_threshold < previous.zero_threshold {
            return true;
        }
        let (previous_count, threshold) = previous.zero_count_within(self.zero_threshold);
        if threshold != self.zero_threshold || self.zero_count < previous_count {
            return true;
        }
        [(&self.positive, &previous.positive), (&self.negative, &previous.negative)].into_iter().any(
            |(now, before)| {
                let before = before.coarser(from, to);
                let beyond = |buckets: &Buckets| buckets.beyond(threshold, &self.layout).to_vec();
                fell(&beyond(now), &beyond(&before))
            },
        )
    }
}

/// Whether a bucket counts less than before, or is gone.
fn fell(now: &[(i32, f64)], before: &[(i32, f64)]) -> bool {
    let mut now = now.iter().peekable();
    before.iter().any(|(index, count)| {
        while now.next_if(|(at, _)| at < index).is_some() {}
        now.peek().filter(|(at, _)| at == index).is_none_or(|(_, current)| current < count)
    })
}

fn same_buckets(a: &Buckets, b: &Buckets) -> bool {
    let same = |((i, x), (j, y)): (&(i32, f64), &(i32, f64))| i == j && x.to_bits() == y.to_bits();
    a.0.len() == b.0.len() && a.0.iter().zip(&b.0).all(same)
}
