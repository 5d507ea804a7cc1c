//! Function calls.

use andon_vocabulary::Labels;

use super::calendar::Moment;
use super::engine::{Engine, Ranged, distinct, unnamed};
use super::labels::{self, absent_labels};
use super::window::Window;
use super::{EvalError, Plain, histogram, over_time, rate};
use crate::function::Function;
use crate::node::{Call, Node};

impl Engine<'_> {
    pub(super) fn call(&self, call: &Call, now: i64) -> Result<Vec<Plain>, EvalError> {
        let args = &call.args;
        match call.function {
            Function::Each(value) => self.each(&args[0], now, value),
            Function::Window { value, keeps_name } => self.windows(&args[0], now, keeps_name, value),
            Function::QuantileOverTime => {
                let q = self.scalar(&args[0], now)?;
                self.windows(&args[1], now, false, |window| Some(over_time::quantile(window, q)))
            }
            Function::PredictLinear => {
                let seconds = self.scalar(&args[1], now)?;
                self.windows(&args[0], now, false, |window| rate::predict_linear(window, seconds))
            }
            Function::Calendar(value) => match args.first() {
                None => Ok(alone(value(&Moment::new((now as f64 / 1000.0).floor())))),
                // Prometheus gives whatever the processor makes of NaN as an integer; no time is no hour.
                Some(arg) => self.each(arg, now, |seconds| {
                    if seconds.is_nan() { f64::NAN } else { value(&Moment::new(seconds)) }
                }),
            },
            Function::Absent => match self.vector(&args[0], now)?.is_empty() {
                true => Ok(vec![Plain { labels: absent_labels(&args[0]), value: 1.0 }]),
                false => Ok(Vec::new()),
            },
            Function::AbsentOverTime => match self.ranged(&args[0], now)?.series.is_empty() {
                true => Ok(vec![Plain { labels: absent_labels(&args[0]), value: 1.0 }]),
                false => Ok(Vec::new()),
            },
            Function::Clamp => {
                let (min, max) = (self.scalar(&args[1], now)?, self.scalar(&args[2], now)?);
                if max < min {
                    return Ok(Vec::new());
                }
                self.each(&args[0], now, |value| larger(min, smaller(max, value)))
            }
            Function::ClampMin => {
                let min = self.scalar(&args[1], now)?;
                self.each(&args[0], now, |value| larger(min, value))
            }
            Function::ClampMax => {
                let max = self.scalar(&args[1], now)?;
                self.each(&args[0], now, |value| smaller(max, value))
            }
            Function::Round => {
                // Dividing by the inverse keeps round(x, 0.1) free of binary dust.
                let inverse = 1.0 / args.get(1).map_or(Ok(1.0), |to| self.scalar(to, now))?;
                self.each(&args[0], now, |value| (value * inverse + 0.5).floor() / inverse)
            }
            Function::Vector => Ok(alone(self.scalar(&args[0], now)?)),
            Function::Timestamp => self.timestamp(&args[0], now),
            Function::Sort { descending } => {
                let mut elements = self.vector(&args[0], now)?;
                sort(&mut elements, descending);
                Ok(elements)
            }
            Function::LabelReplace => {
                let elements = self.vector(&args[0], now)?;
                labels::replace(elements, text(&args[1]), text(&args[2]), text(&args[3]), text(&args[4]))
            }
            Function::LabelJoin => {
                let sources: Vec<&str> = args[3..].iter().map(text).collect();
                labels::join(self.vector(&args[0], now)?, text(&args[1]), text(&args[2]), &sources)
            }
            Function::HistogramQuantile => {
                let q = self.scalar(&args[0], now)?;
                distinct(histogram::quantiles(q, self.vector(&args[1], now)?))
            }
            Function::Scalar | Function::Time | Function::Pi => {
                unreachable!("{} gives a scalar, and types are checked when a query is parsed", call.name)
            }
        }
    }

    fn each(&self, arg: &Node, now: i64, value: impl Fn(f64) -> f64) -> Result<Vec<Plain>, EvalError> {
        let mut elements = self.vector(arg, now)?;
        elements.iter_mut().for_each(|element| element.value = value(element.value));
        unnamed(elements)
    }

    fn windows(
        &self,
        arg: &Node,
        now: i64,
        keeps_name: bool,
        value: impl Fn(&Window) -> Option<f64>,
    ) -> Result<Vec<Plain>, EvalError> {
        let Ranged { start, end, series } = self.ranged(arg, now)?;
        let one_metric = series.windows(2).all(|pair| pair[0].labels.name() == pair[1].labels.name());
        let mut elements = Vec::with_capacity(series.len());
        for series in &series {
            if let Some(value) = value(&Window { samples: &series.samples, start, end, now }) {
                let labels: &Labels = if keeps_name { &series.labels } else { &series.unnamed };
                elements.push(Plain { labels: labels.clone(), value });
            }
        }
        if one_metric || keeps_name { Ok(elements) } else { distinct(elements) }
    }

    /// Of a selector, when each value was sampled; of anything else, the time of evaluation.
    fn timestamp(&self, arg: &Node, now: i64) -> Result<Vec<Plain>, EvalError> {
        let seconds = |ms: i64| ms as f64 / 1000.0;
        let selector = arg.unparen();
        if let Node::Select(_) = selector {
            let newest = self.newest(selector, now);
            return unnamed(
                newest
                    .map(|(labels, sample)| Plain {
                        labels: labels.clone(),
                        value: seconds(sample.at.as_ms()),
                    })
                    .collect(),
            );
        }
        self.each(arg, now, |_| seconds(now))
    }
}

fn alone(value: f64) -> Vec<Plain> {
    vec![Plain { labels: Labels::default(), value }]
}

fn text(node: &Node) -> &str {
    match node.unparen() {
        Node::Text(text) => text,
        other => unreachable!("{other} is no string, and types are checked when a query is parsed"),
    }
}

/// NaN if either is, unlike `f64::max`.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

fn smaller(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.min(b) }
}

/// By value, NaN always last; equal values keep their order.
pub(super) fn sort(elements: &mut [Plain], descending: bool) {
    elements.sort_by(|a, b| {
        let by_value = if descending { b.value.total_cmp(&a.value) } else { a.value.total_cmp(&b.value) };
        a.value.is_nan().cmp(&b.value.is_nan()).then(by_value)
    });
}
