//! How fast a series changes: `rate` and its relatives.

use std::sync::Arc;

use super::Number;
use super::histogram;
use super::notes::Notes;
use super::over_time::{Result, of_floats};
use super::scalars::Scalars;
use super::sum::Sum;
use super::window::Window;

/// Counter increase per second, extrapolated to the whole window.
pub(crate) fn rate(window: &Window, notes: &mut Notes) -> Result {
    extrapolated(window, notes, true, |factor| factor / window.seconds)
}

pub(crate) fn increase(window: &Window, notes: &mut Notes) -> Result {
    extrapolated(window, notes, true, |factor| factor)
}

pub(crate) fn delta(window: &Window, notes: &mut Notes) -> Result {
    extrapolated(window, notes, false, |factor| factor)
}

/// Prometheus's `extrapolatedRate`: the change between the first and the last sample, stretched to the window's
/// edges where samples come near them (within 1.1 of the usual gap), else by half a gap; a counter is not stretched
/// beyond the point where it would have been zero. `finish` turns the factor by which to stretch into the final one.
fn extrapolated(window: &Window, notes: &mut Notes, is_counter: bool, finish: impl Fn(f64) -> f64) -> Result {
    let times = match (window.samples, window.histograms) {
        ([first, .., last], []) => (first.at, last.at),
        ([], [first, .., last]) => (first.at, last.at),
        (floats, histograms) => {
            if !floats.is_empty() && !histograms.is_empty() {
                notes.mixed_floats_histograms();
            }
            return None;
        }
    };
    let gaps = (window.samples.len() + window.histograms.len() - 1) as f64;
    let stretch = Stretch::new(window, (times.0.as_ms(), times.1.as_ms()), gaps);
    let [first, .., last] = window.samples else {
        let mut change = histogram::change(window.histograms, is_counter, notes)?;
        change.mul(finish(stretch.factor(f64::INFINITY)));
        return Some(Number::Histogram(Arc::new(change)));
    };
    let mut change = last.value - first.value;
    let mut to_zero = f64::INFINITY;
    if is_counter {
        for drop in window.drops {
            change += drop.before;
        }
        if change > 0.0 && first.value >= 0.0 {
            to_zero = stretch.sampled * (first.value / change);
        }
    }
    Some(Number::Float(change * finish(stretch.factor(to_zero))))
}

/// How far the samples reach, and how far to the edges of the window. Seconds.
struct Stretch {
    sampled: f64,
    before: f64,
    after: f64,
}

impl Stretch {
    fn new(window: &Window, (first, last): (i64, i64), gaps: f64) -> Stretch {
        let seconds = |from: i64, to: i64| (to - from) as f64 / 1000.0;
        let sampled = seconds(first, last);
        let gap = sampled / gaps;
        let edge = |distance: f64| if distance >= gap * 1.1 { gap / 2.0 } else { distance };
        Stretch {
            sampled,
            before: edge(seconds(window.start, first)),
            after: edge(seconds(last, window.end)),
        }
    }

    /// `to_zero`: how long before the first sample a counter would have been zero.
    fn factor(&self, to_zero: f64) -> f64 {
        let before = if to_zero < self.before { to_zero } else { self.before };
        (self.sampled + before + self.after) / self.sampled
    }
}

/// Counter increase per second between the last two samples.
pub(crate) fn irate(window: &Window, notes: &mut Notes) -> Result {
    last_two(window, notes, true)
}

pub(crate) fn idelta(window: &Window, notes: &mut Notes) -> Result {
    last_two(window, notes, false)
}

fn last_two(window: &Window, notes: &mut Notes, is_rate: bool) -> Result {
    let floats = window.samples.iter().rev().take(2).map(|s| (s.at.as_ms(), Number::Float(s.value)));
    let histograms = window.histograms.iter().rev().take(2);
    let histograms = histograms.map(|s| (s.at.as_ms(), Number::Histogram(s.histogram.clone())));
    let mut newest: Vec<(i64, Number)> = floats.chain(histograms).collect();
    newest.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let [(last_at, last), (previous_at, previous), ..] = newest.as_slice() else { return None };
    let seconds = (last_at - previous_at) as f64 / 1000.0;
    if seconds == 0.0 {
        return None;
    }
    match (previous, last) {
        (Number::Float(previous), Number::Float(last)) => {
            let change = if is_rate && last < previous { *last } else { last - previous };
            Some(Number::Float(if is_rate { change / seconds } else { change }))
        }
        (Number::Histogram(previous), Number::Histogram(last)) => {
            let mut change = histogram::step(previous, last, is_rate, notes)?;
            if is_rate {
                change.div(seconds);
            }
            Some(Number::Histogram(Arc::new(change)))
        }
        _ => {
            notes.mixed_floats_histograms();
            None
        }
    }
}

/// Slope per second of the least-squares line.
pub(crate) fn deriv(window: &Window, notes: &mut Notes) -> Result {
    of_floats(window, notes, |window| {
        let first = window.samples.first()?.at.as_ms();
        regression(window, first).map(|(slope, _)| slope)
    })
}

/// Where the least-squares line will be so many seconds after the time of evaluation.
pub(crate) fn predict_linear(window: &Window, notes: &mut Notes, seconds: &Scalars) -> Result {
    let seconds = seconds.at(window.step);
    of_floats(window, notes, |window| {
        regression(window, window.now).map(|(slope, intercept)| slope * seconds + intercept)
    })
}

/// Slope and the value at `origin`.
fn regression(window: &Window, origin: i64) -> Option<(f64, f64)> {
    let [first, _, ..] = window.samples else { return None };
    if window.values().skip(1).all(|value| value == first.value) {
        return Some(if first.value.is_infinite() { (f64::NAN, f64::NAN) } else { (0.0, first.value) });
    }
    let (mut x_sum, mut y_sum, mut xy_sum, mut xx_sum) = <(Sum, Sum, Sum, Sum)>::default();
    for sample in window.samples {
        let x = sample.at.as_ms().saturating_sub(origin) as f64 / 1000.0;
        x_sum.add(x);
        y_sum.add(sample.value);
        xy_sum.add(x * sample.value);
        xx_sum.add(x * x);
    }
    let count = window.samples.len() as f64;
    let (x_sum, y_sum) = (x_sum.value(), y_sum.value());
    let covariance = xy_sum.value() - x_sum * y_sum / count;
    let variance = xx_sum.value() - x_sum * x_sum / count;
    let slope = covariance / variance;
    Some((slope, y_sum / count - slope * x_sum / count))
}
