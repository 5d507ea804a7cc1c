//! What becomes of the native histograms of a range: their sum, their mean, their change.

use andon_timeseries::{Histogram, HistogramSample, Layout, Mismatch, Reset};

use crate::eval::notes::Notes;

/// `None` if two do not fit each other, which is said.
pub(in crate::eval) fn sum(points: &[HistogramSample], notes: &mut Notes) -> Option<Histogram> {
    folded(points, notes, |sum, next, _| sum.add(next))
}

pub(in crate::eval) fn mean(points: &[HistogramSample], notes: &mut Notes) -> Option<Histogram> {
    folded(points, notes, approach)
}

fn folded(
    points: &[HistogramSample],
    notes: &mut Notes,
    combine: impl Fn(&mut Histogram, &Histogram, f64) -> Result<(), Mismatch>,
) -> Option<Histogram> {
    let (first, rest) = points.split_first()?;
    let mut result = (*first.histogram).clone();
    for (point, count) in rest.iter().zip(2..) {
        if let Err(mismatch) = combine(&mut result, &point.histogram, f64::from(count)) {
            notes.mismatch(mismatch);
            return None;
        }
    }
    Some(result)
}

/// Moves a mean towards the next of `count` histograms.
pub(in crate::eval) fn approach(mean: &mut Histogram, next: &Histogram, count: f64) -> Result<(), Mismatch> {
    let (mut towards, mut away) = (next.clone(), mean.clone());
    towards.div(count);
    away.div(count);
    towards.sub(&away)?;
    mean.add(&towards)
}

/// How much was observed between the first and the last of these histograms, as Prometheus's `histogramRate`; a
/// counter may have begun anew in between.
pub(in crate::eval) fn change(
    points: &[HistogramSample],
    is_counter: bool,
    notes: &mut Notes,
) -> Option<Histogram> {
    let [first, .., last] = points else { return None };
    let histograms = || points.iter().map(|point| &*point.histogram);
    if is_counter && histograms().any(|histogram| histogram.reset == Reset::Gauge) {
        notes.not_a_counter();
    }
    // After a reset the first histogram does not count, nor need it fit the others.
    let second = &*points[1].histogram;
    let nothing = empty_like(second);
    let begins_anew = is_counter && second.detect_reset(&first.histogram);
    let start = if begins_anew { &nothing } else { &*first.histogram };
    let compared: Vec<&Histogram> =
        if is_counter { histograms().skip(1).collect() } else { vec![&last.histogram] };
    if compared.iter().any(|histogram| is_custom(histogram) != is_custom(start)) {
        notes.mismatch(Mismatch::Layouts);
        return None;
    }
    let mut result = (*last.histogram).clone();
    let coarsest = compared.iter().chain([&start]).filter_map(|histogram| schema(histogram)).min();
    coarsest.into_iter().for_each(|schema| result.reduce(schema));
    let mut outcome = result.sub(start);
    if is_counter {
        let mut previous = start;
        for histogram in histograms().skip(1) {
            if histogram.detect_reset(previous) {
                outcome = outcome.and_then(|()| result.add(previous));
            }
            previous = histogram;
        }
    } else if first.histogram.reset != Reset::Gauge || last.histogram.reset != Reset::Gauge {
        notes.not_a_gauge();
    }
    if let Err(mismatch) = outcome {
        notes.mismatch(mismatch);
        return None;
    }
    result.reset = Reset::Gauge;
    Some(result)
}

/// What was observed between two neighbours, for `irate` and `idelta`.
pub(in crate::eval) fn step(
    previous: &Histogram,
    last: &Histogram,
    is_rate: bool,
    notes: &mut Notes,
) -> Option<Histogram> {
    let gauges = [previous, last].map(|histogram| histogram.reset == Reset::Gauge);
    if is_rate && gauges.contains(&true) {
        notes.not_a_counter();
    }
    if !is_rate && gauges.contains(&false) {
        notes.not_a_gauge();
    }
    let mut result = last.clone();
    let begins_anew = is_rate && last.detect_reset(previous);
    let outcome = if begins_anew { Ok(()) } else { result.sub(previous) };
    if let Err(mismatch) = outcome {
        notes.mismatch(mismatch);
        return None;
    }
    result.reset = Reset::Gauge;
    Some(result)
}

fn is_custom(histogram: &Histogram) -> bool {
    matches!(histogram.layout, Layout::Custom(_))
}

fn schema(histogram: &Histogram) -> Option<i8> {
    match histogram.layout {
        Layout::Exponential(schema) => Some(schema),
        Layout::Custom(_) => None,
    }
}

fn empty_like(histogram: &Histogram) -> Histogram {
    Histogram {
        reset: Reset::Unknown,
        layout: histogram.layout.clone(),
        zero_threshold: 0.0,
        zero_count: 0.0,
        count: 0.0,
        sum: 0.0,
        positive: Default::default(),
        negative: Default::default(),
    }
}
