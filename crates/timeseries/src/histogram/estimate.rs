//! What can be said of the observations when only their buckets are known. Within a bucket they are taken to lie
//! evenly: on a logarithmic scale where the bounds are exponential, on a linear one with custom bounds and in the zero
//! bucket. The formulas are those of Prometheus (`promql/quantile.go`, `promql/functions.go`).

use super::{Bucket, Histogram, Layout};

/// Observations of NaN are counted, but lie in no bucket: what that did to an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skew {
    /// The answer itself is NaN, as it would lie among them.
    Lost,
    /// They were taken for the highest, or left out.
    Skewed,
}

impl Histogram {
    /// The value that a share `q` of the observations does not exceed.
    pub fn quantile(&self, q: f64) -> (f64, Option<Skew>) {
        if q < 0.0 {
            return (f64::NEG_INFINITY, None);
        }
        if q > 1.0 {
            return (f64::INFINITY, None);
        }
        if self.count == 0.0 || q.is_nan() {
            return (f64::NAN, None);
        }
        // From the nearer end, which rounds less; with NaN observations only the lower end is known.
        let forward = self.sum.is_nan() || q < 0.5;
        let rank = if forward { q * self.count } else { (1.0 - q) * self.count };
        let mut rising = self.buckets();
        let mut next = || if forward { rising.next() } else { rising.next_back() };
        let (mut bucket, mut count) = (NOWHERE, 0.0);
        while let Some(reached) = next() {
            bucket = reached;
            count += bucket.count;
            if count >= rank {
                break;
            }
        }
        if let Layout::Custom(_) = self.layout {
            if bucket.lower == f64::NEG_INFINITY {
                if bucket.upper <= 0.0 {
                    return (bucket.upper, None);
                }
                bucket.lower = 0.0;
            } else if bucket.upper == f64::INFINITY {
                return (bucket.lower, None);
            }
        } else if bucket.lower < 0.0 && bucket.upper > 0.0 {
            self.narrow_zero_bucket(&mut bucket);
        }
        // Rounding may have counted more than there are.
        let count = count.min(self.count);
        if count < rank {
            return if self.sum.is_nan() { (f64::NAN, Some(Skew::Lost)) } else { (bucket.upper, None) };
        }
        let rank = if forward { rank - (count - bucket.count) } else { count - rank };
        let skew = self.sum.is_nan().then(|| rising.fold(count, |count, bucket| count + bucket.count));
        let skew = skew.filter(|count| *count < self.count).map(|_| Skew::Skewed);
        let share = rank / bucket.count;
        if matches!(self.layout, Layout::Custom(_)) || (bucket.lower <= 0.0 && bucket.upper >= 0.0) {
            return (bucket.lower + (bucket.upper - bucket.lower) * share, skew);
        }
        let (lower, upper) = (bucket.lower.abs().log2(), bucket.upper.abs().log2());
        let value = if bucket.lower > 0.0 {
            (lower + (upper - lower) * share).exp2()
        } else {
            -(upper + (lower - upper) * (1.0 - share)).exp2()
        };
        (value, skew)
    }

    /// The share of the observations between two values.
    pub fn fraction(&self, lower: f64, upper: f64) -> (f64, Option<Skew>) {
        if self.count == 0.0 || lower.is_nan() || upper.is_nan() {
            return (f64::NAN, None);
        }
        if lower >= upper {
            return (0.0, None);
        }
        let (mut count, mut rank) = (0.0, 0.0);
        let mut ranks: [Option<f64>; 2] = [None, None];
        let mut rising = self.buckets();
        for mut bucket in rising.by_ref() {
            count += bucket.count;
            let around_zero = bucket.lower <= 0.0 && bucket.upper >= 0.0;
            if around_zero {
                self.narrow_zero_bucket(&mut bucket);
            }
            let linear = around_zero || matches!(self.layout, Layout::Custom(_));
            for (found, wanted) in ranks.iter_mut().zip([lower, upper]) {
                if found.is_some() {
                    continue;
                }
                if bucket.lower >= wanted {
                    *found = Some(rank);
                } else if bucket.upper > wanted {
                    *found = Some(rank + bucket.count * bucket.share_below(wanted, linear));
                }
            }
            if ranks.iter().all(Option::is_some) {
                break;
            }
            rank += bucket.count;
        }
        let (mut all, mut skew) = (self.count, None);
        if self.sum.is_nan() {
            all = rising.fold(count, |count, bucket| count + bucket.count);
            skew = (all < self.count).then_some(Skew::Skewed);
        }
        let [lower, upper] = ranks.map(|rank| rank.filter(|rank| *rank <= all).unwrap_or(all));
        ((upper - lower) / self.count, skew)
    }

    /// The variance of the observations, each taken to lie in the middle of its bucket.
    pub fn variance(&self) -> f64 {
        let mean = self.sum / self.count;
        let (mut sum, mut lost) = (0.0, 0.0);
        for bucket in self.buckets() {
            let middle = match self.layout {
                Layout::Custom(_) => (bucket.upper + bucket.lower) / 2.0,
                _ if bucket.lower <= 0.0 && bucket.upper >= 0.0 => 0.0,
                _ if bucket.upper < 0.0 => -(bucket.upper * bucket.lower).sqrt(),
                _ => (bucket.upper * bucket.lower).sqrt(),
            };
            let delta = middle - mean;
            (sum, lost) = kahan(bucket.count * delta * delta, sum, lost);
        }
        (sum + lost) / self.count
    }

    pub fn deviation(&self) -> f64 {
        self.variance().sqrt()
    }

    /// With observations on one side of zero only, the zero bucket is taken to lie on that side.
    fn narrow_zero_bucket(&self, bucket: &mut Bucket) {
        match (self.negative.is_empty(), self.positive.is_empty()) {
            (true, false) => bucket.lower = 0.0,
            (false, true) => bucket.upper = 0.0,
            _ => {}
        }
    }
}

/// Where a search begins that no bucket has answered yet.
const NOWHERE: Bucket =
    Bucket { lower: 0.0, upper: 0.0, lower_inclusive: false, upper_inclusive: false, count: 0.0 };

impl Bucket {
    /// The share of this bucket that lies below a value within it.
    fn share_below(&self, value: f64, linear: bool) -> f64 {
        if linear {
            return (value - self.lower) / (self.upper - self.lower);
        }
        let [lower, upper, value_log] = [self.lower, self.upper, value].map(|v| v.abs().log2());
        if value > 0.0 {
            (value_log - lower) / (upper - lower)
        } else {
            1.0 - (value_log - upper) / (lower - upper)
        }
    }
}

/// One step of Neumaier's variant of Kahan's summation: the sum, and what it has lost so far.
fn kahan(next: f64, sum: f64, lost: f64) -> (f64, f64) {
    let total = sum + next;
    let lost = if total.is_infinite() {
        0.0
    } else if sum.abs() >= next.abs() {
        lost + ((sum - total) + next)
    } else {
        lost + ((next - total) + sum)
    };
    (total, lost)
}
