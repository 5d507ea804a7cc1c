//! What a script expects of a query, and how far the answer is from it.

use std::fmt;

use andon_timeseries::Series;
use andon_vocabulary::Labels;

use super::{series, values};
use crate::display::number;
use crate::{Element, Number, Value};

/// Relative difference that still counts as equal, as in promqltest.
const TOLERANCE: f64 = 1e-6;

/// An answer, reduced to what is compared.
#[derive(Clone, Debug)]
pub(super) enum Expected {
    Scalar(f64),
    Vector(Vec<Element>),
    /// Values by time in milliseconds.
    Matrix(Vec<(Labels, Vec<(i64, f64)>)>),
    Text(String),
}

impl Expected {
    pub fn of_value(value: Value) -> Expected {
        match value {
            Value::Scalar(value) => Expected::Scalar(value),
            Value::Vector(elements) => Expected::Vector(elements),
            Value::Matrix(series) => Expected::of_series(series),
            Value::String(text) => Expected::Text(text),
        }
    }

    pub fn of_series(series: Vec<Series>) -> Expected {
        let points = |series: Series| {
            let points = series.samples.iter().map(|sample| (sample.at.as_ms(), sample.value)).collect();
            (series.labels, points)
        };
        Expected::Matrix(series.into_iter().map(points).collect())
    }

    /// One line a series with its value; a number alone is a scalar; no line is an empty vector.
    pub fn instant(body: &[&str]) -> Result<Expected, String> {
        if let [only] = body
            && let Ok([Some(value)]) = values(only).as_deref()
        {
            return Ok(Expected::Scalar(*value));
        }
        let element = |line: &&str| {
            let (labels, rest) = series(line).map_err(|error| error.to_string())?;
            match values(rest).map_err(|error| error.to_string())?.as_slice() {
                [Some(value)] => Ok(Element { labels, value: Number::Float(*value) }),
                _ => Err(format!("{line:?} needs exactly one value")),
            }
        };
        body.iter().map(element).collect::<Result<_, String>>().map(Expected::Vector)
    }

    /// One line a series with a value for each step from `start`.
    pub fn range(body: &[&str], start: i64, step: i64) -> Result<Expected, String> {
        let row = |line: &&str| -> Result<_, String> {
            let (labels, rest) = series(line).map_err(|error| error.to_string())?;
            let values = values(rest).map_err(|error| error.to_string())?;
            let points =
                values.into_iter().zip(0..).filter_map(|(value, n)| Some((start + n * step, value?)));
            Ok((labels, points.collect()))
        };
        body.iter().map(row).collect::<Result<_, String>>().map(Expected::Matrix)
    }

    /// `self` is what came.
    pub fn compare(&self, wanted: &Expected, ordered: bool) -> Result<(), String> {
        let equal = match (self, wanted) {
            (Expected::Scalar(actual), Expected::Scalar(wanted)) => near(*actual, *wanted),
            (Expected::Vector(actual), Expected::Vector(wanted)) => {
                let alike = |a: &Element, b: &Element| a.labels == b.labels && same(&a.value, &b.value);
                if ordered {
                    actual.len() == wanted.len() && actual.iter().zip(wanted).all(|(a, b)| alike(a, b))
                } else {
                    actual.len() == wanted.len() && wanted.iter().all(|b| actual.iter().any(|a| alike(a, b)))
                }
            }
            (Expected::Matrix(actual), Expected::Matrix(wanted)) => {
                let same = |a: &[(i64, f64)], b: &[(i64, f64)]| {
                    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && near(a.1, b.1))
                };
                let there = |(labels, points): &(Labels, Vec<(i64, f64)>)| {
                    actual.iter().any(|(other, found)| labels == other && same(found, points))
                };
                actual.len() == wanted.len() && wanted.iter().all(there)
            }
            (Expected::Vector(elements), Expected::Matrix(series)) => {
                elements.is_empty() && series.is_empty()
            }
            _ => false,
        };
        if equal { Ok(()) } else { Err(format!("expected\n{wanted}but it gave\n{self}")) }
    }
}

fn same(a: &Number, b: &Number) -> bool {
    match (a, b) {
        (Number::Float(a), Number::Float(b)) => near(*a, *b),
        _ => a == b,
    }
}

fn near(a: f64, b: f64) -> bool {
    if a == b || (a.is_nan() && b.is_nan()) {
        return true;
    }
    if a == 0.0 || b == 0.0 {
        return (a - b).abs() < TOLERANCE * f64::MIN_POSITIVE;
    }
    (a - b).abs() / (a.abs() + b.abs()) < TOLERANCE
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Scalar(value) => writeln!(f, "  {}", number(*value)),
            Expected::Text(text) => writeln!(f, "  {text:?}"),
            Expected::Vector(elements) if elements.is_empty() => writeln!(f, "  nothing"),
            Expected::Vector(elements) => elements.iter().try_for_each(|e| match &e.value {
                Number::Float(value) => writeln!(f, "  {} {}", e.labels, number(*value)),
                Number::Histogram(histogram) => writeln!(f, "  {} {histogram:?}", e.labels),
            }),
            Expected::Matrix(series) if series.is_empty() => writeln!(f, "  nothing"),
            Expected::Matrix(series) => series.iter().try_for_each(|(labels, points)| {
                let points: Vec<String> = points
                    .iter()
                    .map(|(ms, value)| format!("{}@{}s", number(*value), *ms as f64 / 1000.0))
                    .collect();
                writeln!(f, "  {labels} {}", points.join(" "))
            }),
        }
    }
}
