//! One number for the samples of a range: the `*_over_time` family, `changes`, `resets`.

use super::sum;
use super::window::Window;

pub(crate) fn sum(window: &Window) -> Option<f64> {
    Some(sum::sum(window.values()))
}

pub(crate) fn avg(window: &Window) -> Option<f64> {
    Some(sum::mean(window.values()))
}

pub(crate) fn count(window: &Window) -> Option<f64> {
    Some(window.samples.len() as f64)
}

pub(crate) fn present(_: &Window) -> Option<f64> {
    Some(1.0)
}

pub(crate) fn last(window: &Window) -> Option<f64> {
    window.values().last()
}

/// NaN only if there is nothing else.
pub(crate) fn min(window: &Window) -> Option<f64> {
    window.values().reduce(|least, value| if value < least || least.is_nan() { value } else { least })
}

pub(crate) fn max(window: &Window) -> Option<f64> {
    window.values().reduce(|most, value| if value > most || most.is_nan() { value } else { most })
}

pub(crate) fn stdvar(window: &Window) -> Option<f64> {
    Some(sum::variance(window.values()))
}

pub(crate) fn stddev(window: &Window) -> Option<f64> {
    Some(sum::variance(window.values()).sqrt())
}

pub(crate) fn quantile(window: &Window, q: f64) -> f64 {
    sum::quantile(q, window.values().collect())
}

pub(crate) fn changes(window: &Window) -> Option<f64> {
    let pairs = window.samples.windows(2);
    let changed = |(a, b): (f64, f64)| a != b && !(a.is_nan() && b.is_nan());
    Some(pairs.filter(|pair| changed((pair[0].value, pair[1].value))).count() as f64)
}

pub(crate) fn resets(window: &Window) -> Option<f64> {
    Some(window.samples.windows(2).filter(|pair| pair[1].value < pair[0].value).count() as f64)
}
