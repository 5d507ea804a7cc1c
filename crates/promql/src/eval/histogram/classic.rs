//! Classic histograms: cumulative buckets, each with its upper bound.

/// Relative difference below which a shrinking bucket counts as rounding (Prometheus's
/// `smallDeltaTolerance`).
const TOLERANCE: f64 = 1e-12;

pub(super) struct Bucket {
    pub upper: f64,
    pub count: f64,
}

/// Interpolates linearly within the bucket that holds the rank, as Prometheus's `BucketQuantile` does. NaN without
/// an infinite bucket, without a second one, or without observations. Also says whether buckets counted less than
/// lower ones, which was mended.
pub(super) fn quantile(q: f64, buckets: Vec<Bucket>) -> (f64, bool) {
    if q.is_nan() {
        return (f64::NAN, false);
    }
    if !(0.0..=1.0).contains(&q) {
        return (if q < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY }, false);
    }
    let Some(mut buckets) = complete(buckets) else { return (f64::NAN, false) };
    let is_forced = make_monotonic(&mut buckets);
    (within(q, &buckets), is_forced)
}

fn within(q: f64, buckets: &[Bucket]) -> f64 {
    let [below @ .., highest] = buckets else { return f64::NAN };
    let Some(largest_bound) = below.last().map(|bucket| bucket.upper) else { return f64::NAN };
    if highest.count == 0.0 {
        return f64::NAN;
    }
    let rank = q * highest.count;
    let Some(found) = below.iter().position(|bucket| bucket.count >= rank) else { return largest_bound };
    let Bucket { upper, count } = below[found];
    let Some(lower) = found.checked_sub(1).map(|index| &below[index]) else {
        // The lowest bucket begins at zero, unless it ends there or below.
        return if upper <= 0.0 { upper } else { upper * (rank / count) };
    };
    lower.upper + (upper - lower.upper) * ((rank - lower.count) / (count - lower.count))
}

/// The share of the observations between two values, as Prometheus's `BucketFraction`.
pub(super) fn fraction(lower: f64, upper: f64, buckets: Vec<Bucket>) -> f64 {
    let Some(buckets) = complete(buckets) else { return f64::NAN };
    let all = buckets.last().map_or(0.0, |bucket| bucket.count);
    if all == 0.0 || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    let [lower, upper] = [lower, upper].map(|value| {
        let rank = rank(value, &buckets).unwrap_or(all);
        if rank > all { all } else { rank }
    });
    (upper - lower) / all
}

/// How many observations lie below a value.
fn rank(value: f64, buckets: &[Bucket]) -> Option<f64> {
    let (mut begin, mut rank) = (f64::NEG_INFINITY, 0.0);
    for bucket in buckets {
        if begin >= value {
            return Some(rank);
        }
        if bucket.upper > value {
            return Some(rank + (bucket.count - rank) * (value - begin) / (bucket.upper - begin));
        }
        (begin, rank) = (bucket.upper, bucket.count);
    }
    None
}

/// In order and each bound once; `None` without an infinite bucket.
fn complete(mut buckets: Vec<Bucket>) -> Option<Vec<Bucket>> {
    buckets.sort_by(|a, b| a.upper.total_cmp(&b.upper));
    buckets.last().filter(|last| last.upper == f64::INFINITY)?;
    Some(coalesced(buckets))
}

/// Buckets with the same bound, say `le="1"` and `le="1.0"`, are one.
fn coalesced(buckets: Vec<Bucket>) -> Vec<Bucket> {
    let mut result: Vec<Bucket> = Vec::with_capacity(buckets.len());
    for bucket in buckets {
        match result.last_mut() {
            Some(last) if last.upper == bucket.upper => last.count += bucket.count,
            _ => result.push(bucket),
        }
    }
    result
}

/// Buckets are cumulative, but their samples are not taken at one moment and rates of them are rounded. Says whether
/// one counted less than a lower one by more than rounding.
fn make_monotonic(buckets: &mut [Bucket]) -> bool {
    let mut is_forced = false;
    let Some(mut previous) = buckets.first().map(|bucket| bucket.count) else { return false };
    for bucket in &mut buckets[1..] {
        if bucket.count == previous {
            continue;
        }
        if nearly_equal(bucket.count, previous) {
            bucket.count = previous;
        } else if bucket.count < previous {
            bucket.count = previous;
            is_forced = true;
        } else {
            previous = bucket.count;
        }
    }
    is_forced
}

fn nearly_equal(a: f64, b: f64) -> bool {
    if a == b {
        return true;
    }
    let (sum, difference) = (a.abs() + b.abs(), (a - b).abs());
    if a == 0.0 || b == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < TOLERANCE * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < TOLERANCE
}
