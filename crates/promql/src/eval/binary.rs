//! Operators: between numbers, between a vector and a number. Between vectors: see `matching`.

use super::engine::{Engine, unnamed};
use super::matching;
use super::{EvalError, Plain};
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
    /// The result for two operands; `None` where a comparison filters the element out. A comparison that filters
    /// passes its left operand on.
    pub(super) fn apply(self, lhs: f64, rhs: f64) -> Option<f64> {
        match self {
            Op::Math(math) => Some(math.apply(lhs, rhs)),
            Op::Compare { how, bool_result: true } => Some(f64::from(u8::from(how.holds(lhs, rhs)))),
            Op::Compare { how, bool_result: false } => how.holds(lhs, rhs).then_some(lhs),
            Op::Set(_) => unreachable!("set operators look at labels, not at values"),
        }
    }

    /// Arithmetic and 0-or-1 results are no longer the metric that they came from.
    pub(super) fn drops_name(self) -> bool {
        !matches!(self, Op::Compare { bool_result: false, .. })
    }
}

impl Engine<'_> {
    pub(super) fn binary(&self, binary: &Binary, now: i64) -> Result<Vec<Plain>, EvalError> {
        match (binary.lhs.kind(), binary.rhs.kind()) {
            (Kind::Scalar, _) => {
                let scalar = self.scalar(&binary.lhs, now)?;
                let elements = self.vector(&binary.rhs, now)?;
                with_scalar(binary.op, elements, |op, value| {
                    // A filter passes the vector's value on, whichever side it stands on.
                    let result = op.apply(scalar, value)?;
                    Some(if op.drops_name() { result } else { value })
                })
            }
            (_, Kind::Scalar) => {
                let elements = self.vector(&binary.lhs, now)?;
                let scalar = self.scalar(&binary.rhs, now)?;
                with_scalar(binary.op, elements, |op, value| op.apply(value, scalar))
            }
            _ => {
                let lhs = self.vector(&binary.lhs, now)?;
                let rhs = self.vector(&binary.rhs, now)?;
                match binary.op {
                    Op::Set(set) => Ok(matching::set(set, lhs, rhs, &binary.matching)),
                    op => matching::pairs(op, lhs, rhs, &binary.matching, &binary.many),
                }
            }
        }
    }
}

fn with_scalar(
    op: Op,
    elements: Vec<Plain>,
    apply: impl Fn(Op, f64) -> Option<f64>,
) -> Result<Vec<Plain>, EvalError> {
    let results = elements
        .into_iter()
        .filter_map(|element| Some(Plain { value: apply(op, element.value)?, labels: element.labels }))
        .collect();
    if op.drops_name() { unnamed(results) } else { Ok(results) }
}
