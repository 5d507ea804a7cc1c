//! Quantiles of classic histograms: cumulative buckets told apart by the label `le`.

use std::collections::BTreeMap;

use andon_vocabulary::{Labels, METRIC_NAME};

use super::Plain;

/// Relative difference below which a shrinking bucket counts as rounding (Prometheus's
/// `smallDeltaTolerance`).
const TOLERANCE: f64 = 1e-12;

struct Bucket {
    upper: f64,
    count: f64,
}

/// One element for each histogram; what carries no usable `le` is left out.
pub(super) fn quantiles(q: f64, elements: Vec<Plain>) -> Vec<Plain> {
    let mut histograms: BTreeMap<Labels, Vec<Bucket>> = BTreeMap::new();
    for element in elements {
        let Some(upper) = element.labels.get("le").and_then(|le| le.parse().ok()) else { continue };
        let labels = element.labels.without(&["le", METRIC_NAME]);
        histograms.entry(labels).or_default().push(Bucket { upper, count: element.value });
    }
    histograms.into_iter().map(|(labels, buckets)| Plain { labels, value: quantile(q, buckets) }).collect()
}

/// Interpolates linearly within the bucket that holds the rank, as Prometheus's `BucketQuantile` does. NaN without
/// an infinite bucket, without a second one, or without observations.
fn quantile(q: f64, mut buckets: Vec<Bucket>) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    buckets.sort_by(|a, b| a.upper.total_cmp(&b.upper));
    if buckets.last().is_none_or(|last| last.upper != f64::INFINITY) {
        return f64::NAN;
    }
    let mut buckets = coalesced(buckets);
    make_monotonic(&mut buckets);
    let [below @ .., highest] = buckets.as_slice() else { return f64::NAN };
    let Some(largest_bound) = below.last().map(|bucket| bucket.upper) else { return f64::NAN };
    let observations = highest.count;
    if observations == 0.0 || observations.is_nan() {
        return f64::NAN;
    }
    let rank = q * observations;
    let Some(found) = below.iter().position(|bucket| bucket.count >= rank) else { return largest_bound };
    let Bucket { upper, count } = below[found];
    let Some(lower) = found.checked_sub(1).map(|index| &below[index]) else {
        // The lowest bucket begins at zero, unless it ends there or below.
        return if upper <= 0.0 { upper } else { upper * (rank / count) };
    };
    lower.upper + (upper - lower.upper) * ((rank - lower.count) / (count - lower.count))
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

/// Buckets are cumulative, but their samples are not taken at one moment and rates of them are rounded.
fn make_monotonic(buckets: &mut [Bucket]) {
    let mut previous = f64::NEG_INFINITY;
    for bucket in buckets {
        if bucket.count < previous || nearly_equal(bucket.count, previous) {
            bucket.count = previous;
        } else {
            previous = bucket.count;
        }
    }
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
