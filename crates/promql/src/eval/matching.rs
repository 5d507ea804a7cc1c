//! Which element of one vector meets which of the other.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use andon_vocabulary::{Labels, METRIC_NAME};

use super::aggregate::Key;
use super::{EvalError, Plain, Side};
use crate::node::{Grouping, Many, Op, Set};

pub(super) fn set(set: Set, lhs: Vec<Plain>, rhs: Vec<Plain>, matching: &Grouping) -> Vec<Plain> {
    let key = Key::of(matching);
    let keys = |elements: &[Plain]| -> BTreeSet<Labels> {
        elements.iter().map(|element| key.labels(&element.labels)).collect()
    };
    let (kept, added) = match set {
        Set::And | Set::Unless => {
            let there = keys(&rhs);
            let wanted = set == Set::And;
            let mut kept = lhs;
            kept.retain(|element| there.contains(&key.labels(&element.labels)) == wanted);
            (kept, Vec::new())
        }
        Set::Or => {
            let there = keys(&lhs);
            let mut added = rhs;
            added.retain(|element| !there.contains(&key.labels(&element.labels)));
            (lhs, added)
        }
    };
    kept.into_iter().chain(added).collect()
}

/// Arithmetic and comparison, one to one or many to one, as Prometheus's `VectorBinop`.
pub(super) fn pairs(
    op: Op,
    lhs: Vec<Plain>,
    rhs: Vec<Plain>,
    matching: &Grouping,
    many: &Many,
) -> Result<Vec<Plain>, EvalError> {
    if lhs.is_empty() || rhs.is_empty() {
        return Ok(Vec::new());
    }
    // The side with many elements is walked, the other is looked up.
    let swapped = matches!(many, Many::Right(_));
    let (mut walked, mut looked_up) = (lhs, rhs);
    if swapped {
        mem::swap(&mut walked, &mut looked_up);
    }
    let key = Key::of(matching);
    let mut ones: BTreeMap<Labels, &Plain> = BTreeMap::new();
    for element in &looked_up {
        let group = key.labels(&element.labels);
        if ones.insert(group.clone(), element).is_some() {
            let side = if swapped { Side::Left } else { Side::Right };
            return Err(EvalError::ManyMatches { side, group });
        }
    }
    let mut matched: BTreeSet<Labels> = BTreeSet::new();
    let mut results = Vec::with_capacity(walked.len());
    for element in &walked {
        let group = key.labels(&element.labels);
        let Some(one) = ones.get(&group) else { continue };
        let (left, right) = if swapped { (one.value, element.value) } else { (element.value, one.value) };
        let Some(value) = op.apply(left, right) else { continue };
        let labels = result_labels(op, element, one, matching, many);
        match many {
            Many::Neither if !matched.insert(group.clone()) => {
                return Err(EvalError::ManyMatches { side: Side::Left, group });
            }
            Many::Left(_) | Many::Right(_) if !matched.insert(labels.clone()) => {
                return Err(EvalError::GroupNotUnique { labels });
            }
            _ => results.push(Plain { labels, value }),
        }
    }
    Ok(results)
}

fn result_labels(op: Op, element: &Plain, one: &Plain, matching: &Grouping, many: &Many) -> Labels {
    let mut labels =
        if op.drops_name() { element.labels.without(&[METRIC_NAME]) } else { element.labels.clone() };
    let included = match many {
        Many::Left(included) | Many::Right(included) => included,
        Many::Neither => {
            return match matching {
                Grouping::By(on) => labels.only(&on.iter().map(String::as_str).collect::<Vec<_>>()),
                Grouping::Without(ignored) => {
                    labels.without(&ignored.iter().map(String::as_str).collect::<Vec<_>>())
                }
            };
        }
    };
    for name in included {
        labels = labels.with(name, one.labels.get(name).unwrap_or(""));
    }
    labels
}
