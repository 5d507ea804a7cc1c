//! What a script expects of a query, and how far the answer is from it.

use std::fmt;

use andon_timeseries::{Buckets, Histogram, Layout, Series, is_stale};
use andon_vocabulary::Labels;

use super::text::quoted;
use super::values::number as plain;
use super::{Failure, Line, Point, points, series};
use crate::display::number;
use crate::{Number, Value};

/// Relative difference that still counts as equal, as in promqltest.
const TOLERANCE: f64 = 1e-6;

/// An answer, reduced to what is compared.
#[derive(Clone, Debug)]
pub(super) enum Expected {
    Scalar(f64),
    Vector(Vec<(Labels, Number)>),
    /// Values by time in milliseconds.
    Matrix(Vec<(Labels, Vec<(i64, Number)>)>),
    Text(String),
}

impl Expected {
    pub fn of_value(value: Value) -> Expected {
        match value {
            Value::Scalar(value) => Expected::Scalar(value),
            Value::Vector(elements) => Expected::Vector(
                elements.into_iter().map(|element| (element.labels, element.value)).collect(),
            ),
            Value::Matrix(series) => Expected::of_series(series),
            Value::String(text) => Expected::Text(text),
        }
    }

    pub fn of_series(series: Vec<Series>) -> Expected {
        let numbers = |series: Series| {
            let floats = series.samples.iter().map(|s| (s.at.as_ms(), Number::Float(s.value)));
            let histograms =
                series.histograms.iter().map(|h| (h.at.as_ms(), Number::Histogram(h.histogram.clone())));
            let mut all: Vec<_> = floats.chain(histograms).collect();
            all.sort_by_key(|(at, _)| *at);
            (series.labels, all)
        };
        Expected::Matrix(series.into_iter().map(numbers).collect())
    }

    /// A quoted text.
    pub fn text(text: &str) -> Result<Expected, String> {
        let text = text.trim();
        match quoted(text) {
            Some((length, said)) if length == text.len() => Ok(Expected::Text(said)),
            _ => Err(format!("{text} is no quoted string")),
        }
    }

    /// One line a series with its value; a number alone is a scalar; no line is an empty vector.
    pub fn instant(body: &[Line]) -> Result<Expected, Failure> {
        if let [only] = body
            && let Some(value) = scalar(only.text)
        {
            return Ok(Expected::Scalar(value));
        }
        let element = |line: &Line| {
            let (labels, points) = row(line)?;
            match points.as_slice() {
                [Point::Float(value)] => Ok((labels, Number::Float(*value))),
                [Point::Histogram(histogram)] => Ok((labels, Number::Histogram(histogram.clone()))),
                _ => Err(line.fails("an instant needs exactly one value".to_owned())),
            }
        };
        body.iter().map(element).collect::<Result<_, Failure>>().map(Expected::Vector)
    }

    /// One line a series with a value for each step from `start` to `end`.
    pub fn range(body: &[Line], start: i64, end: i64, step: i64) -> Result<Expected, Failure> {
        let of_line = |line: &Line| {
            let (labels, points) = row(line)?;
            let mut numbers = Vec::new();
            for (point, n) in points.into_iter().zip(0..) {
                let at = start.saturating_add(step.saturating_mul(n));
                match point {
                    _ if at > end => {
                        return Err(line.fails("there are more values than steps".to_owned()));
                    }
                    Point::Gap => {}
                    Point::Float(value) => numbers.push((at, Number::Float(value))),
                    Point::Histogram(histogram) => numbers.push((at, Number::Histogram(histogram))),
                }
            }
            Ok((labels, numbers))
        };
        body.iter().map(of_line).collect::<Result<_, Failure>>().map(Expected::Matrix)
    }

    /// What a range query gave at one time, as an instant query would have given it.
    pub fn at(self, time: i64, is_scalar: bool) -> Expected {
        let Expected::Matrix(series) = self else { return self };
        let now = |(labels, numbers): (Labels, Vec<(i64, Number)>)| {
            let (_, number) = numbers.into_iter().find(|(at, _)| *at == time)?;
            Some((labels, number))
        };
        let elements: Vec<_> = series.into_iter().filter_map(now).collect();
        match elements.as_slice() {
            [(_, Number::Float(value))] if is_scalar => Expected::Scalar(*value),
            _ => Expected::Vector(elements),
        }
    }

    /// `self` is what came.
    pub fn compare(&self, wanted: &Expected, ordered: bool) -> Result<(), String> {
        let equal = match (self, wanted) {
            (Expected::Scalar(actual), Expected::Scalar(wanted)) => near(*actual, *wanted),
            (Expected::Text(actual), Expected::Text(wanted)) => actual == wanted,
            (Expected::Vector(actual), Expected::Vector(wanted)) => {
                let same = |a: &(Labels, Number), b: &(Labels, Number)| a.0 == b.0 && alike(&a.1, &b.1);
                if ordered {
                    actual.len() == wanted.len() && actual.iter().zip(wanted).all(|(a, b)| same(a, b))
                } else {
                    actual.len() == wanted.len() && wanted.iter().all(|b| actual.iter().any(|a| same(a, b)))
                }
            }
            (Expected::Matrix(actual), Expected::Matrix(wanted)) => {
                let same = |a: &[(i64, Number)], b: &[(i64, Number)]| {
                    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && alike(&a.1, &b.1))
                };
                let there = |(labels, numbers): &(Labels, Vec<(i64, Number)>)| {
                    actual.iter().any(|(other, found)| labels == other && same(found, numbers))
                };
                actual.len() == wanted.len() && wanted.iter().all(there)
            }
            (Expected::Vector(elements), Expected::Matrix(series))
            | (Expected::Matrix(series), Expected::Vector(elements)) => {
                elements.is_empty() && series.is_empty()
            }
            _ => false,
        };
        if equal { Ok(()) } else { Err(format!("expected\n{wanted}but it gave\n{self}")) }
    }
}

fn row(line: &Line) -> Result<(Labels, Vec<Point>), Failure> {
    let (labels, rest) = series(line.text).map_err(|error| line.fails(error.to_string()))?;
    let points = points(rest).map_err(|error| line.fails(error.to_string()))?;
    Ok((labels, points))
}

/// A number that stands alone, which may be hexadecimal.
fn scalar(text: &str) -> Option<f64> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match hex {
        Some(digits) => u32::from_str_radix(digits, 16).ok().map(f64::from),
        None => plain(text),
    }
}

fn near(a: f64, b: f64) -> bool {
    if is_stale(a) || is_stale(b) {
        return is_stale(a) && is_stale(b);
    }
    if a == b || (a.is_nan() && b.is_nan()) {
        return true;
    }
    let (sum, difference) = (a.abs() + b.abs(), (a - b).abs());
    if a == 0.0 || b == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < TOLERANCE * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < TOLERANCE
}

fn alike(a: &Number, b: &Number) -> bool {
    match (a, b) {
        (Number::Float(a), Number::Float(b)) => near(*a, *b),
        (Number::Histogram(a), Number::Histogram(b)) => near_histograms(a, b),
        _ => false,
    }
}

/// What is known of a reset does not matter.
fn near_histograms(a: &Histogram, b: &Histogram) -> bool {
    let same_layout = match (&a.layout, &b.layout) {
        (Layout::Exponential(a), Layout::Exponential(b)) => a == b,
        (Layout::Custom(a), Layout::Custom(b)) => a == b,
        _ => false,
    };
    let buckets = |a: &Buckets, b: &Buckets| {
        a.0.len() == b.0.len() && a.0.iter().zip(&b.0).all(|((i, x), (j, y))| i == j && near(*x, *y))
    };
    same_layout
        && a.zero_threshold == b.zero_threshold
        && near(a.zero_count, b.zero_count)
        && near(a.count, b.count)
        && near(a.sum, b.sum)
        && buckets(&a.positive, &b.positive)
        && buckets(&a.negative, &b.negative)
}

fn shown(number_or: &Number) -> String {
    match number_or {
        Number::Float(value) if is_stale(*value) => "stale".to_owned(),
        Number::Float(value) => number(*value),
        Number::Histogram(histogram) => histogram.notation(),
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Scalar(value) => writeln!(f, "  {}", number(*value)),
            Expected::Text(text) => writeln!(f, "  {text:?}"),
            Expected::Vector(elements) if elements.is_empty() => writeln!(f, "  nothing"),
            Expected::Vector(elements) => {
                elements.iter().try_for_each(|(labels, value)| writeln!(f, "  {labels} {}", shown(value)))
            }
            Expected::Matrix(series) if series.is_empty() => writeln!(f, "  nothing"),
            Expected::Matrix(series) => series.iter().try_for_each(|(labels, numbers)| {
                let numbers: Vec<String> = numbers
                    .iter()
                    .map(|(ms, value)| format!("{}@{}s", shown(value), *ms as f64 / 1000.0))
                    .collect();
                writeln!(f, "  {labels} {}", numbers.join(" "))
            }),
        }
    }
}
