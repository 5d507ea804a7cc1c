//! From an expression and samples to a value.

mod aggregate;
mod annotations;
mod answer;
mod binary;
pub(crate) mod calendar;
mod call;
mod engine;
mod histogram;
mod labels;
mod load;
mod matching;
pub(crate) mod over_time;
pub(crate) mod rate;
mod sum;
pub(crate) mod window;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use andon_timeseries::{Sample, Select, SelectError, Series};
use andon_vocabulary::{Labels, Timestamp};

use crate::expr::LOOKBACK;
use crate::{Expr, Finding, Kind};
pub use annotations::{Annotation, Annotations, Level, Place};
pub use answer::{Answer, Element, Number, Value};
use engine::Engine;
pub(crate) use labels::absent_labels;

/// How an evaluation is bounded.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// How old the newest sample of a series may be to count as its value now.
    pub lookback: Duration,
    /// The resolution of a subquery that names none.
    pub subquery_step: Duration,
    /// Samples that may be read or produced altogether.
    pub samples_max: usize,
    /// Asked now and then; `true` ends the evaluation.
    pub is_cancelled: &'a (dyn Fn() -> bool + Sync),
}

impl Default for Options<'_> {
    /// Prometheus's defaults, never cancelled.
    fn default() -> Self {
        Options {
            lookback: LOOKBACK,
            subquery_step: Duration::from_secs(60),
            samples_max: 50_000_000,
            is_cancelled: &|| false,
        }
    }
}

/// One label set with its value now.
#[derive(Clone, Debug)]
pub(crate) struct Plain {
    pub labels: Labels,
    pub value: f64,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvalError {
    /// The query uses what is not evaluated here; see [`Expr::unsupported`].
    Unsupported(Vec<Finding>),
    /// More samples than [`Options::samples_max`].
    TooManySamples {
        max: usize,
    },
    Cancelled,
    /// The store could not answer.
    Store(SelectError),
    /// Elements that were told apart by a dropped label, usually the metric name.
    SameLabels {
        labels: Labels,
    },
    /// A vector match found two elements where there may be one.
    ManyMatches {
        side: Side,
        group: Labels,
    },
    /// `group_left` or `group_right` gave two results the same labels.
    GroupNotUnique {
        labels: Labels,
    },
    BadArgument(String),
    /// A range query needs a scalar or vector and a step above zero.
    NotRangeable(String),
}

/// A side of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EvalError::Unsupported(findings) => {
                let all: Vec<&str> = findings.iter().map(|finding| finding.what.as_str()).collect();
                write!(f, "cannot evaluate this query: {}", all.join("; "))
            }
            EvalError::TooManySamples { max } => {
                write!(f, "the query reads more than {max} samples; narrow its selectors or its range")
            }
            EvalError::Store(error) => write!(f, "{error}"),
            EvalError::Cancelled => f.write_str("the evaluation was cancelled"),
            EvalError::SameLabels { labels } => {
                write!(f, "several results have the labels {labels}; name one metric or aggregate")
            }
            EvalError::ManyMatches { side, group } => {
                let (side, hint) = match side {
                    Side::Left => ("left", "allow many on that side with group_left"),
                    Side::Right => ("right", "match on more labels, or aggregate that side"),
                };
                write!(f, "several elements on the {side} side match {group}; {hint}")
            }
            EvalError::GroupNotUnique { labels } => {
                write!(f, "several matches give {labels}; the grouping labels do not tell them apart")
            }
            EvalError::BadArgument(message) | EvalError::NotRangeable(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for EvalError {}

impl From<SelectError> for EvalError {
    fn from(error: SelectError) -> EvalError {
        EvalError::Store(error)
    }
}

/// The value of a query at one time.
pub fn instant(
    expr: &Expr,
    source: &dyn Select,
    at: Timestamp,
    options: &Options,
) -> Result<Answer<Value>, EvalError> {
    let engine = Engine::load(expr, source, at.as_ms(), at.as_ms(), options)?;
    let (root, now) = (&*expr.0, at.as_ms());
    let value = match expr.kind() {
        Kind::Scalar => Value::Scalar(engine.scalar(root, now)?),
        Kind::Vector => {
            let elements = engine.vector(root, now)?.into_iter();
            let element = |plain: Plain| Element { labels: plain.labels, value: Number::Float(plain.value) };
            Value::Vector(elements.map(element).collect())
        }
        Kind::Matrix => Value::Matrix(engine.series(root, now)?),
        Kind::Text => unreachable!("a string alone does not parse"),
    };
    Ok(engine.answer(value))
}

/// The values of a query from `start` to `end`, both included, at every `step`; ordered by labels. A scalar gives
/// one series without labels.
pub fn range(
    expr: &Expr,
    source: &dyn Select,
    start: Timestamp,
    end: Timestamp,
    step: Duration,
    options: &Options,
) -> Result<Answer<Vec<Series>>, EvalError> {
    let step = i64::try_from(step.as_millis()).unwrap_or(i64::MAX);
    if step == 0 {
        return Err(EvalError::NotRangeable(
            "the step of a range query must be at least a millisecond".to_owned(),
        ));
    }
    if !matches!(expr.kind(), Kind::Scalar | Kind::Vector) {
        let message = format!("a range query needs a scalar or a vector, not a {}", expr.kind());
        return Err(EvalError::NotRangeable(message));
    }
    let engine = Engine::load(expr, source, start.as_ms(), end.as_ms(), options)?;
    let mut found: BTreeMap<Labels, Vec<Sample>> = BTreeMap::new();
    for now in engine::times(start.as_ms(), end.as_ms(), step) {
        let elements = match expr.kind() {
            Kind::Scalar => vec![Plain { labels: Labels::default(), value: engine.scalar(&expr.0, now)? }],
            _ => engine.vector(&expr.0, now)?,
        };
        engine.spend(elements.len().max(1))?;
        engine::append(&mut found, elements, now)?;
    }
    let series = found.into_iter();
    let series = series.map(|(labels, samples)| Series { labels, samples, histograms: Vec::new() });
    Ok(engine.answer(series.collect()))
}

#[cfg(test)]
mod tests;
