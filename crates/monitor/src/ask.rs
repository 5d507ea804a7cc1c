//! Where rules and watched queries get their answers: from samples at hand, or from a store elsewhere that a driver
//! has asked already.

use std::cell::Cell;

use andon_promql::{Element, Expr, Number, Options, Value, instant};
use andon_timeseries::{Select, Since};
use andon_vocabulary::{Labels, Name, Timestamp};

use crate::Answers;

/// What is asked.
#[derive(Clone, Copy)]
pub enum Reads<'a> {
    Samples(&'a dyn Select),
    /// What another store has said. What it was not asked yet is noted there, for the driver to ask.
    Answers(&'a Answers),
}

/// One evaluation's questions.
pub struct Ask<'a> {
    reads: Reads<'a>,
    samples: Cell<usize>,
    waits: Cell<bool>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// The other store has not been asked yet.
    NotYet,
    /// The other store does not answer at all.
    Unreachable { store: Name, why: String },
    /// The query cannot be answered.
    Failed(String),
}

/// An evaluation that must be done again once the other store has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotYet;

impl<'a> Ask<'a> {
    pub fn new(reads: Reads<'a>) -> Ask<'a> {
        Ask { reads, samples: Cell::new(0), waits: Cell::new(false) }
    }

    /// The values at a time; a scalar is one element without labels, as in Prometheus.
    pub fn elements(&self, expr: &Expr, at: Timestamp) -> Result<Vec<Element>, Unanswered> {
        match self.reads {
            Reads::Samples(select) => self.evaluated(expr, select, at),
            Reads::Answers(answers) => self.noted(answers.instant(expr, at)),
        }
    }

    /// The values at a time, as if there were only samples later than `since`.
    pub fn elements_since(
        &self,
        expr: &Expr,
        since: Timestamp,
        at: Timestamp,
    ) -> Result<Vec<Element>, Unanswered> {
        match self.reads {
            Reads::Samples(select) => self.evaluated(expr, &Since::new(select, since), at),
            Reads::Answers(answers) => {
                let samples = self.noted(answers.since(expr, since, at))?;
                self.evaluated(expr, &samples, at)
            }
        }
    }

    /// The samples themselves, where they are at hand.
    pub fn samples(&self) -> Option<&'a dyn Select> {
        match self.reads {
            Reads::Samples(select) => Some(select),
            Reads::Answers(_) => None,
        }
    }

    /// What a query inside a text gives.
    pub fn query(&self, text: &str, at: Timestamp) -> Result<Vec<(Labels, Number)>, String> {
        let expr = andon_promql::parse(text).map_err(|error| error.to_string())?;
        match self.elements(&expr, at) {
            Ok(elements) => Ok(elements.into_iter().map(|element| (element.labels, element.value)).collect()),
            Err(Unanswered::Failed(why) | Unanswered::Unreachable { why, .. }) => Err(why),
            Err(Unanswered::NotYet) => Err("not answered yet".to_owned()),
        }
    }

    /// How many samples were looked at, or answers of another store.
    pub fn looked_at(&self) -> usize {
        self.samples.get()
    }

    /// Whether any question has no answer yet, so that nothing concluded from the others holds.
    pub fn is_waiting(&self) -> bool {
        self.waits.get()
    }

    fn noted<T>(&self, answer: Result<T, Unanswered>) -> Result<T, Unanswered> {
        if matches!(answer, Err(Unanswered::NotYet)) {
            self.waits.set(true);
        }
        answer
    }

    fn evaluated(&self, expr: &Expr, select: &dyn Select, at: Timestamp) -> Result<Vec<Element>, Unanswered> {
        let answer = instant(expr, select, at, &Options::default())
            .map_err(|error| Unanswered::Failed(error.to_string()))?;
        self.samples.set(self.samples.get() + answer.samples);
        match answer.value {
            Value::Vector(elements) => Ok(elements),
            Value::Scalar(value) => Ok(vec![Element { labels: Labels::default(), value: value.into() }]),
            Value::Matrix(_) | Value::String(_) => Err(Unanswered::Failed(format!(
                "{expr} gives a {}, not a value for each series",
                expr.kind()
            ))),
        }
    }
}

/// The number that an alert shows. For a native histogram it is 0, as in Prometheus.
pub(crate) fn worth(element: &Element) -> f64 {
    element.value.float().unwrap_or(0.0)
}
