//! Operators where at least one side is a native histogram, as Prometheus's `vectorElemBinop`.

use std::sync::Arc;

use andon_timeseries::{Histogram, Mismatch};

use crate::eval::Number;
use crate::eval::notes::Notes;
use crate::node::{Comparison, Math, Op};

/// What an operator gives.
pub(in crate::eval) enum Operated {
    Is(Number),
    /// A comparison, and whether it holds.
    Holds(bool),
}

/// `None` where the operator makes no sense of the two, which is said.
pub(in crate::eval) fn operate(op: Op, lhs: &Number, rhs: &Number, notes: &mut Notes) -> Option<Operated> {
    let changed = |histogram: &Histogram, how: &dyn Fn(&mut Histogram)| {
        let mut result = histogram.clone();
        how(&mut result);
        Some(Operated::Is(Number::Histogram(Arc::new(result))))
    };
    match (lhs, op, rhs) {
        (Number::Float(factor), Op::Math(Math::Mul), Number::Histogram(histogram))
        | (Number::Histogram(histogram), Op::Math(Math::Mul), Number::Float(factor)) => {
            changed(histogram, &|result| result.mul(*factor))
        }
        (Number::Histogram(histogram), Op::Math(Math::Div), Number::Float(by)) => {
            changed(histogram, &|result| result.div(*by))
        }
        (Number::Histogram(a), Op::Math(Math::Add), Number::Histogram(b)) => {
            combined(op, a, b, Histogram::add, notes)
        }
        (Number::Histogram(a), Op::Math(Math::Sub), Number::Histogram(b)) => {
            combined(op, a, b, Histogram::sub, notes)
        }
        (Number::Histogram(a), Op::Compare { how: Comparison::Equal, .. }, Number::Histogram(b)) => {
            Some(Operated::Holds(a.same(b)))
        }
        (Number::Histogram(a), Op::Compare { how: Comparison::NotEqual, .. }, Number::Histogram(b)) => {
            Some(Operated::Holds(!a.same(b)))
        }
        _ => {
            notes.incompatible_types(kind(lhs), op.symbol(), kind(rhs));
            None
        }
    }
}

fn combined(
    op: Op,
    a: &Histogram,
    b: &Histogram,
    combine: fn(&mut Histogram, &Histogram) -> Result<(), Mismatch>,
    notes: &mut Notes,
) -> Option<Operated> {
    let mut result = a.clone();
    match combine(&mut result, b) {
        Ok(()) => Some(Operated::Is(Number::Histogram(Arc::new(result)))),
        Err(_) => {
            notes.mismatch_in_operator(op.symbol());
            None
        }
    }
}

fn kind(number: &Number) -> &'static str {
    match number {
        Number::Float(_) => "float",
        Number::Histogram(_) => "histogram",
    }
}
