//! Operators: between numbers, between a vector and a number, between two vectors.

mod pairs;
mod sets;
mod sides;

use andon_timeseries::is_stale;

use super::engine::Engine;
use super::histogram::{self, Operated};
use super::notes::Notes;
use super::rows::{ABSENT, Points, Rows};
use super::scalars::Scalars;
use super::steps::Steps;
use super::{EvalError, Number};
use crate::Kind;
use crate::node::{Binary, Comparison, Math, Op};

impl Math {
    pub fn apply(self, lhs: f64, rhs: f64) -> f64 {
        match self {
            Math::Add => lhs + rhs,
            Math::Sub => lhs - rhs,
            Math::Mul => lhs * rhs,
            Math::Div => lhs / rhs,
            Math::Mod => lhs % rhs,
            Math::Pow => lhs.powf(rhs),
            Math::Atan2 => lhs.atan2(rhs),
        }
    }
}

impl Comparison {
    pub fn holds(self, lhs: f64, rhs: f64) -> bool {
        match self {
            Comparison::Equal => lhs == rhs,
            Comparison::NotEqual => lhs != rhs,
            Comparison::Greater => lhs > rhs,
            Comparison::Less => lhs < rhs,
            Comparison::GreaterEqual => lhs >= rhs,
            Comparison::LessEqual => lhs <= rhs,
        }
    }
}

impl Op {
    /// The result for two floats; absent where a comparison filters it out. A comparison that filters passes its left
    /// operand on.
    fn floats(self, lhs: f64, rhs: f64) -> f64 {
        match self {
            Op::Math(math) => math.apply(lhs, rhs),
            Op::Compare { how, bool_result: true } => f64::from(u8::from(how.holds(lhs, rhs))),
            Op::Compare { how, bool_result: false } => {
                if how.holds(lhs, rhs) {
                    lhs
                } else {
                    ABSENT
                }
            }
            Op::Set(_) => unreachable!("set operators look at labels, not at values"),
        }
    }

    /// The same where a histogram is among the operands. What cannot be calculated gives nothing, and says so.
    fn numbers(self, lhs: &Number, rhs: &Number, notes: &mut Notes) -> Option<Number> {
        if let (Number::Float(lhs), Number::Float(rhs)) = (lhs, rhs) {
            let result = self.floats(*lhs, *rhs);
            return (!is_stale(result)).then_some(Number::Float(result));
        }
        match (histogram::operate(self, lhs, rhs, notes)?, self) {
            (Operated::Is(result), _) => Some(result),
            (Operated::Holds(holds), Op::Compare { bool_result: true, .. }) => {
                Some(Number::Float(f64::from(u8::from(holds))))
            }
            (Operated::Holds(holds), _) => holds.then(|| lhs.clone()),
        }
    }

    /// Arithmetic and 0-or-1 results are no longer the metric that they came from.
    fn drops_name(self) -> bool {
        !matches!(self, Op::Compare { bool_result: false, .. })
    }
}

impl Engine<'_> {
    pub(super) fn binary(&self, binary: &Binary, steps: Steps) -> Result<Rows, EvalError> {
        match (binary.lhs.kind(), binary.rhs.kind()) {
            (Kind::Scalar, _) => {
                let scalars = self.scalar(&binary.lhs, steps)?;
                let rows = self.vector(&binary.rhs, steps)?;
                self.with_scalars(binary, rows, &scalars, true)
            }
            (_, Kind::Scalar) => {
                let rows = self.vector(&binary.lhs, steps)?;
                let scalars = self.scalar(&binary.rhs, steps)?;
                self.with_scalars(binary, rows, &scalars, false)
            }
            _ => {
                let lhs = self.vector(&binary.lhs, steps)?;
                let rhs = self.vector(&binary.rhs, steps)?;
                self.meter.check()?;
                match binary.op {
                    Op::Set(set) => sets::set(set, lhs, rhs, &binary.matching),
                    _ => self
                        .note(binary.place, |notes| pairs::pairs(self, binary, (&lhs, &rhs), steps, notes)),
                }
            }
        }
    }

    fn with_scalars(
        &self,
        binary: &Binary,
        mut rows: Rows,
        scalars: &Scalars,
        is_swapped: bool,
    ) -> Result<Rows, EvalError> {
        let op = binary.op;
        self.note(binary.place, |notes| {
            for row in &mut rows.rows {
                let floats = |step: usize, value: f64| match (is_swapped, op.drops_name()) {
                    (false, _) => op.floats(value, scalars.at(step)),
                    (true, true) => op.floats(scalars.at(step), value),
                    // A filter passes the vector's value on, whichever side it stands on.
                    (true, false) => {
                        let result = op.floats(scalars.at(step), value);
                        if is_stale(result) { ABSENT } else { value }
                    }
                };
                if row.points.histograms.is_empty() {
                    row.points.change(floats);
                    continue;
                }
                let mut points = Points::default();
                for (step, number) in row.points.numbers() {
                    let scalar = Number::Float(scalars.at(step));
                    let result = match number {
                        Number::Float(value) => Some(Number::Float(floats(step, value))),
                        number if is_swapped => op.numbers(&scalar, &number, notes),
                        number => op.numbers(&number, &scalar, notes),
                    };
                    result.into_iter().for_each(|number| points.push_number(step, number));
                }
                row.points = points;
            }
        });
        let rows = rows.pruned();
        if op.drops_name() { rows.unnamed(self.naming) } else { Ok(rows) }
    }
}
