//! Function calls.

use andon_timeseries::Purpose;
use andon_vocabulary::Labels;

use super::calendar::Moment;
use super::engine::Engine;
use super::rows::{ABSENT, Points, Row, Rows};
use super::select::Of;
use super::steps::Steps;
use super::{EvalError, absent, histogram, labels, over_time, rate, sort};
use crate::function::{Function, Names};
use crate::node::{Call, Node};

impl Engine<'_> {
    pub(super) fn call(&self, call: &Call, steps: Steps) -> Result<Rows, EvalError> {
        let args = &call.args;
        match call.function {
            Function::Each(value) => self.each(&args[0], steps, |_, float| value(float)),
            Function::OfHistogram(value) => {
                histogram::each(self.vector(&args[0], steps)?, value).unnamed(self.naming)
            }
            Function::Window { value, names, purpose } => {
                let rows = self.windows(&args[0], call.place(0), purpose, steps, value)?;
                match names {
                    Names::Kept => rows.apart(),
                    Names::Dropped => rows.unnamed_apart(self.naming),
                }
            }
            Function::Counter(value) => {
                let rows = self.windows(&args[0], call.place(0), Purpose::Counter, steps, value)?;
                self.doubt_counters(&rows, call);
                rows.unnamed_apart(self.naming)
            }
            Function::QuantileOverTime => {
                let q = self.scalar(&args[0], steps)?;
                let rows = self.windows(&args[1], call.place(0), Purpose::Any, steps, |window, notes| {
                    over_time::quantile(window, notes, &q)
                })?;
                rows.unnamed_apart(self.naming)
            }
            Function::PredictLinear => {
                let seconds = self.scalar(&args[1], steps)?;
                let rows = self.windows(&args[0], call.place(0), Purpose::Any, steps, |window, notes| {
                    rate::predict_linear(window, notes, &seconds)
                })?;
                rows.unnamed_apart(self.naming)
            }
            Function::Smoothed => self.smoothed(call, steps),
            Function::Calendar(value) => match args.first() {
                None => Ok(alone(steps.iter().map(|now| value(&Moment::new((now / 1000) as f64))).collect())),
                // Prometheus gives whatever the processor makes of NaN as an integer; no time is no hour.
                Some(arg) => self.each(arg, steps, |_, seconds| {
                    if seconds.is_nan() { f64::NAN } else { value(&Moment::new(seconds)) }
                }),
            },
            Function::Absent => {
                let rows = self.vector(&args[0], steps)?;
                Ok(absent::absent(&rows, absent::labels(&args[0]), steps))
            }
            Function::AbsentOverTime => {
                let present = over_time::present;
                let rows = self.windows(&args[0], call.place(0), Purpose::Count, steps, present)?;
                Ok(absent::absent(&rows, absent::labels(&args[0]), steps))
            }
            Function::Clamp => {
                let (min, max) = (self.scalar(&args[1], steps)?, self.scalar(&args[2], steps)?);
                self.each(&args[0], steps, |step, value| {
                    let (min, max) = (min.at(step), max.at(step));
                    if max < min { ABSENT } else { larger(min, smaller(max, value)) }
                })
            }
            Function::ClampMin => {
                let min = self.scalar(&args[1], steps)?;
                self.each(&args[0], steps, |step, value| larger(min.at(step), value))
            }
            Function::ClampMax => {
                let max = self.scalar(&args[1], steps)?;
                self.each(&args[0], steps, |step, value| smaller(max.at(step), value))
            }
            Function::Round => {
                let to = args.get(1).map(|to| self.scalar(to, steps)).transpose()?;
                self.each(&args[0], steps, |step, value| {
                    // Dividing by the inverse keeps round(x, 0.1) free of binary dust.
                    let inverse = 1.0 / to.as_ref().map_or(1.0, |to| to.at(step));
                    (value * inverse + 0.5).floor() / inverse
                })
            }
            Function::Vector => Ok(alone(self.scalar(&args[0], steps)?.at_every(steps.count))),
            Function::Timestamp => match args[0].unparen() {
                Node::Select(selector) => self.newest(selector, Of::Time, steps)?.unnamed(self.naming),
                arg => {
                    let mut rows = self.vector(arg, steps)?;
                    for row in &mut rows.rows {
                        let there = row.points.steps();
                        row.points = Points::default();
                        there.iter().for_each(|&step| row.points.push(step, steps.at(step) as f64 / 1000.0));
                    }
                    rows.unnamed(self.naming)
                }
            },
            Function::Sort { descending } => {
                Ok(sort::by_value(self.vector(&args[0], steps)?, steps, descending))
            }
            Function::SortByLabel { descending } => {
                let names: Vec<&str> = args[1..].iter().map(text).collect();
                Ok(sort::by_labels(self.vector(&args[0], steps)?, &names, descending))
            }
            Function::LabelReplace => {
                let how =
                    labels::Replace::new(text(&args[1]), text(&args[2]), text(&args[3]), text(&args[4]))?;
                how.apply(self.vector(&args[0], steps)?)
            }
            Function::LabelJoin => {
                let sources: Vec<&str> = args[3..].iter().map(text).collect();
                let how = labels::Join::new(text(&args[1]), text(&args[2]), &sources)?;
                how.apply(self.vector(&args[0], steps)?)
            }
            Function::HistogramQuantile => histogram::quantiles(self, call, steps),
            Function::HistogramFraction => histogram::fractions(self, call, steps),
            Function::Scalar | Function::Time | Function::Pi => {
                unreachable!("{} gives a scalar, and types are checked when a query is parsed", call.name)
            }
        }
    }

    /// Each float changed on its own; without the metric's name, as the result no longer is what was measured.
    fn each(
        &self,
        arg: &Node,
        steps: Steps,
        value: impl FnMut(usize, f64) -> f64,
    ) -> Result<Rows, EvalError> {
        self.vector(arg, steps)?.map_floats(value).unnamed(self.naming)
    }

    /// A rate of what is not called as counters are may be a mistake.
    fn doubt_counters(&self, rows: &Rows, call: &Call) {
        const ENDINGS: &[&str] = &["_total", "_sum", "_count", "_bucket"];
        let mut seen = "";
        let counters = rows.rows.iter().filter(|row| !row.points.floats.is_empty());
        for row in counters.take(if rows.is_of_one_name() { 1 } else { usize::MAX }) {
            let name = row.labels.name();
            if name == seen {
                continue;
            }
            seen = name;
            if !ENDINGS.iter().any(|ending| name.ends_with(ending)) {
                self.note(call.place(0), |notes| notes.possible_non_counter(name));
            }
        }
    }

    fn smoothed(&self, call: &Call, steps: Steps) -> Result<Rows, EvalError> {
        let (level, trend) = (self.scalar(&call.args[1], steps)?, self.scalar(&call.args[2], steps)?);
        for (factors, what, letters) in [(&level, "smoothing", "sf"), (&trend, "trend", "tf")] {
            if let Some(bad) = factors.values().iter().find(|value| **value <= 0.0 || **value >= 1.0) {
                let message = format!("invalid {what} factor. Expected: 0 < {letters} < 1, got: {bad:.6}");
                return Err(EvalError::BadArgument(message));
            }
        }
        let rows = self.windows(&call.args[0], call.place(0), Purpose::Any, steps, |window, notes| {
            over_time::smoothed(window, notes, &level, &trend)
        })?;
        rows.unnamed_apart(self.naming)
    }
}

/// One row without labels.
fn alone(floats: Vec<f64>) -> Rows {
    Rows::new(vec![Row::new(Labels::default(), Points { floats, ..Points::default() })])
}

pub(super) fn text(node: &Node) -> &str {
    match node.unparen() {
        Node::Text(text) => text,
        other => unreachable!("{other} is no string, and types are checked when a query is parsed"),
    }
}

/// As Go's `math.Max`: infinity goes before NaN, NaN before any other number.
fn larger(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        f64::INFINITY
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.max(b)
    }
}

/// As Go's `math.Min`.
fn smaller(a: f64, b: f64) -> f64 {
    -larger(-a, -b)
}
