//! How fast a series changes: `rate` and its relatives.

use super::sum::Sum;
use super::window::Window;

/// Counter increase per second, extrapolated to the whole window.
pub(crate) fn rate(window: &Window) -> Option<f64> {
    extrapolated(window, true).map(|(change, factor)| change * (factor / window.seconds()))
}

pub(crate) fn increase(window: &Window) -> Option<f64> {
    extrapolated(window, true).map(|(change, factor)| change * factor)
}

pub(crate) fn delta(window: &Window) -> Option<f64> {
    extrapolated(window, false).map(|(change, factor)| change * factor)
}

/// Prometheus's `extrapolatedRate`: the change between the first and the last sample, stretched to the window's
/// edges where samples come near them (within 1.1 of the usual gap), else by half a gap; a counter is not stretched
/// beyond the point where it would have been zero. Gives the change and the factor by which to stretch it.
fn extrapolated(window: &Window, is_counter: bool) -> Option<(f64, f64)> {
    let [first, .., last] = window.samples else { return None };
    let mut change = last.value - first.value;
    if is_counter {
        for pair in window.samples.windows(2) {
            if pair[1].value < pair[0].value {
                change += pair[0].value;
            }
        }
    }
    let seconds = |from: i64, to: i64| (to - from) as f64 / 1000.0;
    let (first_at, last_at) = (first.at.as_ms(), last.at.as_ms());
    let sampled = seconds(first_at, last_at);
    let gap = sampled / (window.samples.len() - 1) as f64;
    let edge = |distance: f64| if distance >= gap * 1.1 { gap / 2.0 } else { distance };
    let mut before = edge(seconds(window.start, first_at));
    if is_counter && change > 0.0 && first.value >= 0.0 {
        before = before.min(sampled * (first.value / change));
    }
    let after = edge(seconds(last_at, window.end));
    Some((change, (sampled + before + after) / sampled))
}

/// Counter increase per second between the last two samples.
pub(crate) fn irate(window: &Window) -> Option<f64> {
    let [.., previous, last] = window.samples else { return None };
    let change = if last.value < previous.value { last.value } else { last.value - previous.value };
    Some(change / ((last.at.as_ms() - previous.at.as_ms()) as f64 / 1000.0))
}

pub(crate) fn idelta(window: &Window) -> Option<f64> {
    let [.., previous, last] = window.samples else { return None };
    Some(last.value - previous.value)
}

/// Slope per second of the least-squares line.
pub(crate) fn deriv(window: &Window) -> Option<f64> {
    let first = window.samples.first()?.at.as_ms();
    regression(window, first).map(|(slope, _)| slope)
}

/// Where the least-squares line will be so many seconds after the time of evaluation.
pub(crate) fn predict_linear(window: &Window, seconds: f64) -> Option<f64> {
    regression(window, window.now).map(|(slope, intercept)| slope * seconds + intercept)
}

/// Slope and the value at `origin`.
fn regression(window: &Window, origin: i64) -> Option<(f64, f64)> {
    let [first, _, ..] = window.samples else { return None };
    if window.values().all(|value| value == first.value) {
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
