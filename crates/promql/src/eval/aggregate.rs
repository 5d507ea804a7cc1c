//! Aggregations: many elements to one, or to the few that count.

use std::collections::BTreeMap;

use andon_vocabulary::{Labels, METRIC_NAME};

use super::call::sort;
use super::engine::Engine;
use super::{EvalError, Level, Plain, sum};
use crate::display::number;
use crate::node::{Aggregate, Aggregation, Grouping, Node};

impl Engine<'_> {
    pub(super) fn aggregate(&self, aggregate: &Aggregate, now: i64) -> Result<Vec<Plain>, EvalError> {
        let elements = self.vector(&aggregate.inner, now)?;
        let param = || aggregate.param.as_ref().map_or(Ok(f64::NAN), |param| self.scalar(param, now));
        let fold: Box<dyn Fn(Vec<f64>) -> f64> = match aggregate.op {
            Aggregation::Topk => return Ok(extremes(elements, &aggregate.grouping, param()?, true)),
            Aggregation::Bottomk => return Ok(extremes(elements, &aggregate.grouping, param()?, false)),
            Aggregation::CountValues => return count_values(elements, aggregate),
            Aggregation::Quantile => {
                let q = param()?;
                if !(0.0..=1.0).contains(&q) {
                    let text = format!("quantile value should be between 0 and 1, got {}", number(q));
                    self.annotations.borrow_mut().add(Level::Warning, text, None);
                }
                Box::new(move |values| sum::quantile(q, values))
            }
            Aggregation::Sum => Box::new(|values| sum::sum(values.into_iter())),
            Aggregation::Avg => Box::new(|values| sum::mean(values.into_iter())),
            Aggregation::Count => Box::new(|values| values.len() as f64),
            Aggregation::Group => Box::new(|_| 1.0),
            Aggregation::Min => Box::new(|values| first(values, |value, best| value < best)),
            Aggregation::Max => Box::new(|values| first(values, |value, best| value > best)),
            Aggregation::Stdvar => Box::new(|values| sum::variance(values.into_iter())),
            Aggregation::Stddev => Box::new(|values| sum::variance(values.into_iter()).sqrt()),
        };
        let mut groups: BTreeMap<Labels, Vec<f64>> = BTreeMap::new();
        let by = Key::of(&aggregate.grouping);
        for element in elements {
            groups.entry(by.labels(&element.labels)).or_default().push(element.value);
        }
        Ok(groups.into_iter().map(|(labels, values)| Plain { labels, value: fold(values) }).collect())
    }
}

/// The value that beats all others; NaN only if there is nothing else.
fn first(values: Vec<f64>, beats: impl Fn(f64, f64) -> bool) -> f64 {
    values
        .into_iter()
        .reduce(|best, value| if beats(value, best) || best.is_nan() { value } else { best })
        .unwrap_or(f64::NAN)
}

/// `topk` and `bottomk`: the elements themselves, best first within each group, NaN last.
fn extremes(elements: Vec<Plain>, grouping: &Grouping, k: f64, largest: bool) -> Vec<Plain> {
    // A k below one, NaN included, selects nothing.
    let k = k as usize;
    let by = Key::of(grouping);
    let mut groups: BTreeMap<Labels, Vec<Plain>> = BTreeMap::new();
    for element in elements {
        groups.entry(by.labels(&element.labels)).or_default().push(element);
    }
    groups
        .into_values()
        .flat_map(|mut group| {
            sort(&mut group, largest);
            group.truncate(k);
            group
        })
        .collect()
}

fn count_values(elements: Vec<Plain>, aggregate: &Aggregate) -> Result<Vec<Plain>, EvalError> {
    let label = match aggregate.param.as_ref().map(Node::unparen) {
        Some(Node::Text(label)) if !label.is_empty() && **label != *METRIC_NAME => &**label,
        _ => return Err(EvalError::BadArgument("count_values needs the name of a label to set".to_owned())),
    };
    let mut grouping = aggregate.grouping.clone();
    if let Grouping::By(labels) = &mut grouping {
        labels.push(label.to_owned());
    }
    let by = Key::of(&grouping);
    let mut counts: BTreeMap<Labels, f64> = BTreeMap::new();
    for element in elements {
        let labels = by.labels(&element.labels.with(label, &number(element.value)));
        *counts.entry(labels).or_default() += 1.0;
    }
    Ok(counts.into_iter().map(|(labels, value)| Plain { labels, value }).collect())
}

/// Which part of a label set makes a group, or a match.
pub(super) struct Key<'a> {
    names: Vec<&'a str>,
    keep: bool,
}

impl<'a> Key<'a> {
    /// What is grouped "without", or matched "ignoring", leaves the metric's name out as well.
    pub fn of(grouping: &'a Grouping) -> Key<'a> {
        match grouping {
            Grouping::By(labels) => Key { names: labels.iter().map(String::as_str).collect(), keep: true },
            Grouping::Without(labels) => {
                Key { names: labels.iter().map(String::as_str).chain([METRIC_NAME]).collect(), keep: false }
            }
        }
    }

    pub fn labels(&self, labels: &Labels) -> Labels {
        if self.keep { labels.only(&self.names) } else { labels.without(&self.names) }
    }
}
