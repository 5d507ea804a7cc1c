//! One number for the samples of a range: the `*_over_time` family, `changes`, `resets`.

use andon_timeseries::{Histogram, HistogramSample, Sample};

use super::Number;
use super::histogram;
use super::notes::Notes;
use super::scalars::Scalars;
use super::sum;
use super::window::Window;

pub(crate) type Result = Option<Number>;

pub(crate) fn sum(window: &Window, notes: &mut Notes) -> Result {
    all_alike(window, notes, |window| sum::sum(window.values()), histogram::sum)
}

pub(crate) fn avg(window: &Window, notes: &mut Notes) -> Result {
    all_alike(window, notes, |window| sum::mean(window.values()), histogram::mean)
}

/// Floats alone, or histograms alone.
fn all_alike(
    window: &Window,
    notes: &mut Notes,
    floats: impl Fn(&Window) -> f64,
    histograms: impl Fn(&[HistogramSample], &mut Notes) -> Option<Histogram>,
) -> Result {
    match (window.samples, window.histograms) {
        (_, []) => Some(Number::Float(floats(window))),
        ([], found) => Some(Number::Histogram(histograms(found, notes)?.into())),
        _ => {
            notes.mixed_floats_histograms();
            None
        }
    }
}

pub(crate) fn count(window: &Window, _: &mut Notes) -> Result {
    Some(Number::Float((window.samples.len() + window.histograms.len()) as f64))
}

pub(crate) fn present(_: &Window, _: &mut Notes) -> Result {
    Some(Number::Float(1.0))
}

pub(crate) fn last(window: &Window, _: &mut Notes) -> Result {
    match (window.samples.last(), window.histograms.last()) {
        (Some(float), Some(histogram)) if histogram.at < float.at => Some(Number::Float(float.value)),
        (_, Some(histogram)) => Some(Number::Histogram(histogram.histogram.clone())),
        (Some(float), None) => Some(Number::Float(float.value)),
        (None, None) => None,
    }
}

pub(crate) fn time_of_last(window: &Window, _: &mut Notes) -> Result {
    let float = window.samples.last().map(|sample| sample.at);
    let histogram = window.histograms.last().map(|sample| sample.at);
    Some(Number::Float(float.max(histogram)?.as_ms() as f64 / 1000.0))
}

/// NaN only if there is nothing else.
pub(crate) fn min(window: &Window, notes: &mut Notes) -> Result {
    best(window, notes, |value, least| value < least || least.is_nan(), |sample| sample.value)
}

pub(crate) fn max(window: &Window, notes: &mut Notes) -> Result {
    best(window, notes, |value, most| value > most || most.is_nan(), |sample| sample.value)
}

pub(crate) fn time_of_min(window: &Window, notes: &mut Notes) -> Result {
    best(window, notes, |value, least| value <= least || least.is_nan(), seconds)
}

pub(crate) fn time_of_max(window: &Window, notes: &mut Notes) -> Result {
    best(window, notes, |value, most| value >= most || most.is_nan(), seconds)
}

fn seconds(sample: &Sample) -> f64 {
    sample.at.as_ms() as f64 / 1000.0
}

fn best(
    window: &Window,
    notes: &mut Notes,
    beats: impl Fn(f64, f64) -> bool,
    of: impl Fn(&Sample) -> f64,
) -> Result {
    of_floats(window, notes, |window| {
        let mut samples = window.samples.iter();
        let first = samples.next()?;
        Some(of(
            samples.fold(first, |best, sample| if beats(sample.value, best.value) { sample } else { best })
        ))
    })
}

pub(crate) fn stdvar(window: &Window, notes: &mut Notes) -> Result {
    of_floats(window, notes, |window| Some(sum::variance(window.values())))
}

pub(crate) fn stddev(window: &Window, notes: &mut Notes) -> Result {
    of_floats(window, notes, |window| Some(sum::variance(window.values()).sqrt()))
}

/// The median of the distances from the median.
pub(crate) fn mad(window: &Window, notes: &mut Notes) -> Result {
    of_floats(window, notes, |window| {
        let median = sum::quantile(0.5, window.values().collect());
        Some(sum::quantile(0.5, window.values().map(|value| (value - median).abs()).collect()))
    })
}

pub(crate) fn quantile(window: &Window, notes: &mut Notes, q: &Scalars) -> Result {
    let q = q.at(window.step);
    if !window.samples.is_empty() && !(0.0..=1.0).contains(&q) {
        notes.quantile_out_of_range(q);
    }
    of_floats(window, notes, |window| Some(sum::quantile(q, window.values().collect())))
}

/// Nothing where there are histograms alone; where there are both, histograms are left out, and it is said.
pub(crate) fn of_floats(window: &Window, notes: &mut Notes, of: impl Fn(&Window) -> Option<f64>) -> Result {
    if window.samples.is_empty() {
        return None;
    }
    let result = of(window);
    if !window.histograms.is_empty() {
        notes.ignored_in_mixed_range();
    }
    result.map(Number::Float)
}

/// Holt's double exponential smoothing.
pub(crate) fn smoothed(window: &Window, notes: &mut Notes, level: &Scalars, trend: &Scalars) -> Result {
    let (factor, trend_factor) = (level.at(window.step), trend.at(window.step));
    of_floats(window, notes, |window| {
        let [first, second, ..] = window.samples else { return None };
        let mut before = 0.0;
        let mut smoothed = first.value;
        let mut trend = second.value - first.value;
        for (index, sample) in window.samples.iter().enumerate().skip(1) {
            if index > 1 {
                trend = trend_factor * (smoothed - before) + (1.0 - trend_factor) * trend;
            }
            let next = factor * sample.value + (1.0 - factor) * (smoothed + trend);
            before = smoothed;
            smoothed = next;
        }
        Some(smoothed)
    })
}

pub(crate) fn changes(window: &Window, _: &mut Notes) -> Result {
    let floats = |a: f64, b: f64| a != b && !(a.is_nan() && b.is_nan());
    Some(turns(window, floats, |previous, next| !next.same(previous)))
}

pub(crate) fn resets(window: &Window, _: &mut Notes) -> Result {
    if window.histograms.is_empty() {
        return Some(Number::Float(window.drops.len() as f64));
    }
    Some(turns(window, |previous, next| next < previous, |previous, next| next.detect_reset(previous)))
}

/// How many neighbours differ; a float beside a histogram always does.
fn turns(
    window: &Window,
    floats: impl Fn(f64, f64) -> bool,
    histograms: impl Fn(&Histogram, &Histogram) -> bool,
) -> Number {
    enum One<'a> {
        Float(f64),
        Histogram(&'a Histogram),
    }
    let mut all: Vec<(i64, One)> = Vec::with_capacity(window.samples.len() + window.histograms.len());
    all.extend(window.samples.iter().map(|sample| (sample.at.as_ms(), One::Float(sample.value))));
    all.extend(window.histograms.iter().map(|sample| (sample.at.as_ms(), One::Histogram(&sample.histogram))));
    if !window.histograms.is_empty() && !window.samples.is_empty() {
        all.sort_by_key(|(at, _)| *at);
    }
    let turned = all.windows(2).filter(|pair| match (&pair[0].1, &pair[1].1) {
        (One::Float(previous), One::Float(next)) => floats(*previous, *next),
        (One::Histogram(previous), One::Histogram(next)) => histograms(previous, next),
        _ => true,
    });
    Number::Float(turned.count() as f64)
}
