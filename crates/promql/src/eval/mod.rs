//! From an expression and samples to a value.

pub(crate) mod absent;
mod aggregate;
mod annotations;
mod answer;
mod binary;
pub(crate) mod calendar;
mod call;
mod engine;
mod histogram;
mod invariant;
mod labels;
mod meter;
pub(crate) mod notes;
pub(crate) mod over_time;
mod ranged;
pub(crate) mod rate;
mod rows;
mod scalars;
mod select;
mod sort;
mod steps;
mod sum;
pub(crate) mod window;

use std::fmt;
use std::time::Duration;

use andon_timeseries::{HistogramSample, Sample, Select, SelectError, Series};
use andon_vocabulary::{Labels, Timestamp};

use crate::expr::LOOKBACK;
use crate::{Expr, Finding, Kind};
pub use annotations::{Annotation, Annotations, Level, Place};
pub use answer::{Answer, Element, Number, Value};
use engine::Engine;
use rows::Row;
use steps::{Bounds, Steps};

/// How an evaluation is bounded.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// How old the newest sample of a series may be to count as its value now.
    pub lookback: Duration,
    /// The resolution of a subquery that names none.
    pub subquery_step: Duration,
    /// Samples that may be in memory at the same time.
    pub samples_max: usize,
    /// A calculated value loses the metric's name at the end of the query only, so that its other parts still see it:
    /// Prometheus's feature `promql-delayed-name-removal`.
    pub late_name_removal: bool,
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
            late_name_removal: false,
            is_cancelled: &|| false,
        }
    }
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
    /// A vector match found two elements of a group where there may be one.
    ManyMatches {
        side: Side,
        group: Labels,
        several: Box<[Labels; 2]>,
    },
    /// Two elements on the left side match one on the right, and nothing says that they may.
    ManyToOne,
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

/// Where Prometheus has words for it these are its words, since people search for them and programs compare them.
impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EvalError::Unsupported(findings) => {
                let all: Vec<&str> = findings.iter().map(|finding| finding.what.as_str()).collect();
                write!(f, "cannot evaluate this query: {}", all.join("; "))
            }
            EvalError::TooManySamples { max } => write!(
                f,
                "query processing would load too many samples into memory in query execution: more than {max}; \
                 narrow its selectors, its range or its resolution"
            ),
            EvalError::Store(error) => write!(f, "{error}"),
            EvalError::Cancelled => f.write_str("query was canceled in expression evaluation"),
            EvalError::SameLabels { .. } => {
                f.write_str("vector cannot contain metrics with the same labelset")
            }
            EvalError::ManyMatches { side, group, several } => {
                let side = match side {
                    Side::Left => "left",
                    Side::Right => "right",
                };
                let [one, other] = &**several;
                write!(
                    f,
                    "found duplicate series for the match group {} on the {side} hand-side of the operation: \
                     [{}, {}];many-to-many matching not allowed: matching labels must be unique on one side",
                    Written(group),
                    Written(one),
                    Written(other)
                )
            }
            EvalError::ManyToOne => f.write_str(
                "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
            ),
            EvalError::GroupNotUnique { .. } => {
                f.write_str("multiple matches for labels: grouping labels must ensure unique matches")
            }
            EvalError::BadArgument(message) | EvalError::NotRangeable(message) => f.write_str(message),
        }
    }
}

/// Labels as Prometheus's errors write them: the metric's name is one of them.
struct Written<'a>(&'a Labels);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        write!(f, "{{{}}}", all.join(", "))
    }
}

impl std::error::Error for EvalError {}

impl From<SelectError> for EvalError {
    fn from(error: SelectError) -> EvalError {
        EvalError::Store(error)
    }
}

/// The value of a query at one time.
pub fn instant<'a>(
    expr: &Expr,
    source: &'a dyn Select,
    at: Timestamp,
    options: &Options<'a>,
) -> Result<Answer<Value>, EvalError> {
    let (root, now) = (&*expr.0, at.as_ms());
    let engine = Engine::new(expr, source, Bounds { start: now, end: now }, options)?;
    let steps = Steps::once(now);
    let value = match expr.kind() {
        Kind::Scalar => Value::Scalar(engine.scalar(root, steps)?.at(0)),
        Kind::Vector => {
            let rows = engine.vector(root, steps)?.finished()?.into_iter();
            let element = |row: Row| Some(Element { value: row.points.at(0)?, labels: row.labels });
            Value::Vector(rows.filter_map(element).collect())
        }
        Kind::Matrix => Value::Matrix(engine.samples(root, now)?),
        Kind::Text => Value::String(call::text(root).to_owned()),
    };
    Ok(engine.answer(value))
}

/// The values of a query from `start` to `end`, both included, at every `step`; ordered by labels. A scalar gives
/// one series without labels.
pub fn range<'a>(
    expr: &Expr,
    source: &'a dyn Select,
    start: Timestamp,
    end: Timestamp,
    step: Duration,
    options: &Options<'a>,
) -> Result<Answer<Vec<Series>>, EvalError> {
    let step = i64::try_from(step.as_millis()).unwrap_or(i64::MAX);
    if step == 0 {
        return Err(EvalError::NotRangeable(
            "the step of a range query must be at least a millisecond".to_owned(),
        ));
    }
    if !matches!(expr.kind(), Kind::Scalar | Kind::Vector) {
        return Err(EvalError::NotRangeable(format!(
            "invalid expression type \"{}\" for range query, must be Scalar or instant Vector",
            expr.kind()
        )));
    }
    let bounds = Bounds { start: start.as_ms(), end: end.as_ms() };
    let engine = Engine::new(expr, source, bounds, options)?;
    let steps = Steps::between(bounds.start, bounds.end, step);
    engine.meter.would_fit(steps.count)?;
    let mut rows = engine.rows(&expr.0, steps)?.finished()?;
    rows.sort_by(|a, b| a.labels.cmp(&b.labels));
    let series = rows.into_iter().map(|row| series(row, steps)).collect();
    Ok(engine.answer(series))
}

/// A row with times instead of steps.
fn series(row: Row, steps: Steps) -> Series {
    let at = |step: usize| Timestamp::from_ms(steps.at(step));
    let samples = row.points.floats().map(|(step, value)| Sample { at: at(step), value }).collect();
    let histograms = row.points.histograms.into_iter();
    let histograms = histograms.map(|(step, histogram)| HistogramSample { at: at(step), histogram });
    Series { labels: row.labels, samples, histograms: histograms.collect() }
}

#[cfg(test)]
mod tests;
