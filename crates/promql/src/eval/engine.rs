//! Walks the tree once, for all steps at the same time: every part gives rows with a value at each step.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use andon_timeseries::Select;
use andon_vocabulary::Labels;

use super::invariant::is_invariant;
use super::meter::Meter;
use super::notes::Notes;
use super::rows::{Naming, Points, Row, Rows};
use super::scalars::Scalars;
use super::select::Of;
use super::steps::{Bounds, Steps};
use super::{Annotations, Answer, EvalError, Options, Place};
use crate::function::Function;
use crate::node::{Call, Node, Op};
use crate::{Expr, Kind};

/// One evaluation.
pub(super) struct Engine<'a> {
    pub source: &'a dyn Select,
    pub bounds: Bounds,
    /// In milliseconds, as is the next one.
    pub lookback: i64,
    pub subquery_step: i64,
    pub naming: Naming,
    pub meter: Meter<'a>,
    annotations: RefCell<Annotations>,
}

impl<'a> Engine<'a> {
    pub fn new(
        expr: &Expr,
        source: &'a dyn Select,
        bounds: Bounds,
        options: &Options<'a>,
    ) -> Result<Engine<'a>, EvalError> {
        let unsupported = expr.unsupported();
        if !unsupported.is_empty() {
            return Err(EvalError::Unsupported(unsupported));
        }
        let milliseconds = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Ok(Engine {
            source,
            bounds,
            lookback: milliseconds(options.lookback),
            subquery_step: milliseconds(options.subquery_step),
            naming: if options.late_name_removal { Naming::Late } else { Naming::Prompt },
            meter: Meter::new(options),
            annotations: RefCell::default(),
        })
    }

    pub fn answer<T>(self, value: T) -> Answer<T> {
        Answer { value, annotations: self.annotations.into_inner(), samples: self.meter.looked_at() }
    }

    pub fn annotate(&self, annotations: Annotations) {
        if !annotations.is_empty() {
            self.annotations.borrow_mut().merge(annotations);
        }
    }

    /// Says what is to be said about one place.
    pub fn note<T>(&self, place: Option<Place>, say: impl FnOnce(&mut Notes) -> T) -> T {
        let mut notes = Notes::at(place);
        let result = say(&mut notes);
        self.annotate(notes.annotations);
        result
    }

    /// A vector's rows, or a scalar as the only row, without labels.
    pub fn rows(&self, node: &Node, steps: Steps) -> Result<Rows, EvalError> {
        match node.kind() {
            Kind::Scalar => {
                let floats = self.scalar(node, steps)?.at_every(steps.count);
                let points = Points { floats, ..Points::default() };
                Ok(Rows::new(vec![Row::new(Labels::default(), points)]))
            }
            _ => self.vector(node, steps),
        }
    }

    pub fn scalar(&self, node: &Node, steps: Steps) -> Result<Scalars, EvalError> {
        self.meter.check()?;
        if steps.count > 1 && is_invariant(node) {
            return Ok(Scalars::Same(self.scalar(node, steps.only_first())?.at(0)));
        }
        match node {
            Node::Number(value) => Ok(Scalars::Same(*value)),
            Node::Paren(inner) => self.scalar(inner, steps),
            Node::Negate(inner) => Ok(self.scalar(inner, steps)?.map(|value| -value)),
            Node::Binary(binary) => {
                let (lhs, rhs) = (self.scalar(&binary.lhs, steps)?, self.scalar(&binary.rhs, steps)?);
                Ok(lhs.zip(rhs, |lhs, rhs| match binary.op {
                    Op::Math(math) => math.apply(lhs, rhs),
                    Op::Compare { how, .. } => f64::from(u8::from(how.holds(lhs, rhs))),
                    Op::Set(_) => unreachable!("the grammar refuses set operators between scalars"),
                }))
            }
            Node::Call(Call { function: Function::Time, .. }) => {
                self.meter.would_fit(steps.count)?;
                Ok(Scalars::Each(steps.iter().map(|now| now as f64 / 1000.0).collect()))
            }
            Node::Call(Call { function: Function::Pi, .. }) => Ok(Scalars::Same(std::f64::consts::PI)),
            Node::Call(Call { function: Function::Scalar, args, .. }) => {
                Ok(Scalars::Each(only(&self.vector(&args[0], steps)?, steps)))
            }
            other => unreachable!("{other} is no scalar, and types are checked when a query is parsed"),
        }
    }

    pub fn vector(&self, node: &Node, steps: Steps) -> Result<Rows, EvalError> {
        self.meter.check()?;
        if steps.count == 0 {
            return Ok(Rows::default());
        }
        if steps.count > 1 && is_invariant(node) {
            let once = self.vector(node, steps.only_first())?;
            self.meter.hold(once.size().saturating_mul(steps.count - 1))?;
            return Ok(once.repeated(steps.count));
        }
        let held = self.meter.held();
        let rows = match node {
            Node::Select(selector) => self.newest(selector, Of::Value, steps)?,
            Node::Paren(inner) => self.vector(inner, steps)?,
            Node::Negate(inner) => self.negated(inner, steps)?,
            Node::Call(call) => self.call(call, steps)?,
            Node::Aggregate(aggregate) => self.aggregate(aggregate, steps)?,
            Node::Binary(binary) => self.binary(binary, steps)?,
            other => unreachable!("{other} is no vector, and types are checked when a query is parsed"),
        };
        // What the parts held is used up.
        self.meter.release_to(held);
        self.meter.hold(rows.size())?;
        Ok(rows)
    }

    fn negated(&self, inner: &Node, steps: Steps) -> Result<Rows, EvalError> {
        let mut rows = self.vector(inner, steps)?;
        for row in &mut rows.rows {
            row.points.change(|_, value| -value);
            for (_, histogram) in &mut row.points.histograms {
                Arc::make_mut(histogram).mul(-1.0);
            }
        }
        rows.unnamed_apart(self.naming)
    }
}

/// At each step the value of the only float, or NaN.
fn only(rows: &Rows, steps: Steps) -> Vec<f64> {
    let mut values = vec![f64::NAN; steps.count];
    let mut seen = vec![false; steps.count];
    for row in &rows.rows {
        for (step, value) in row.points.floats() {
            values[step] = if seen[step] { f64::NAN } else { value };
            seen[step] = true;
        }
    }
    values
}
