//! What a watched query says: a step's `verify`, a run's `stop_if`, a `promql` step.

use andon_definitions::Bound;
use andon_promql::Expr;
use andon_vocabulary::{Says, Timestamp, Value};

use crate::ask::{Ask, NotYet, Unanswered};

/// The bound must hold on every value; the one reported is the worst. Only samples later than `since` count, so that
/// a step is not judged by what was measured before it. Without a bound any value will do.
pub fn read(
    expr: &Expr,
    bound: Option<Bound>,
    since: Option<Timestamp>,
    ask: &Ask,
    now: Timestamp,
) -> Result<Says, NotYet> {
    let elements = match since {
        Some(since) => ask.elements_since(expr, since, now),
        None => ask.elements(expr, now),
    };
    let values: Vec<f64> = match elements {
        // A native histogram keeps no bound, as NaN keeps none.
        Ok(elements) => {
            elements.into_iter().map(|element| element.value.float().unwrap_or(f64::NAN)).collect()
        }
        Err(Unanswered::NotYet) => return Err(NotYet),
        Err(Unanswered::Failed(error)) => return Ok(Says::Error { error }),
        // Nothing was measured, as when a target is silent.
        Err(Unanswered::Unreachable { .. }) => return Ok(Says::NoData),
    };
    let Some(worst) = values.into_iter().reduce(|a, b| worse(bound, a, b)) else {
        return Ok(Says::NoData);
    };
    let value = Value(worst);
    Ok(match bound {
        Some(bound) if !bound.holds(worst) => Says::Fails { value },
        _ => Says::Holds { value },
    })
}

/// The one that is farther from keeping the bound. NaN keeps none.
fn worse(bound: Option<Bound>, a: f64, b: f64) -> f64 {
    let badness = |value: f64| match bound {
        _ if value.is_nan() => f64::INFINITY,
        None => value,
        Some(Bound::Below(_)) => value,
        Some(Bound::Above(_)) => -value,
        Some(Bound::Equals(wanted)) => (value - wanted).abs(),
    };
    if a.is_nan() || badness(a) >= badness(b) { a } else { b }
}
