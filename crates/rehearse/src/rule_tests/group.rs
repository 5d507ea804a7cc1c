//! The rules of one group, evaluated one after another; each sees what those before it have made.

use std::collections::BTreeSet;
use std::sync::Arc;

use andon_definitions::{Origin, Outside, RecordingRule, Rule, RuleGroup};
use andon_promql::script::{Point, World};
use andon_promql::{Element, Expr, Number, Options, Value, instant, parse};
use andon_timeseries::STALE;
use andon_vocabulary::{Labels, METRIC_NAME, Timestamp};

use super::alerts::{Alerts, Annotations};
use super::milliseconds;

/// What went wrong: where, with which rule, and what.
pub(super) type Fault = (Origin, String, String);

pub(super) struct Group<'a> {
    group: &'a RuleGroup,
    rules: Vec<Ruled<'a>>,
}

struct Ruled<'a> {
    rule: &'a Rule,
    expr: Expr,
    makes: Makes<'a>,
    /// What it made the last time; what it makes no more is marked stale.
    made: BTreeSet<Labels>,
}

enum Makes<'a> {
    Series(&'a RecordingRule),
    Alerts(Box<Alerts<'a>>),
}

impl<'a> Group<'a> {
    pub fn new(group: &'a RuleGroup, outside: &Arc<Outside>) -> Group<'a> {
        let ruled = |rule: &'a Rule| Ruled {
            rule,
            expr: parse(rule.expr()).expect("checked when it was loaded"),
            makes: match rule {
                Rule::Recording(rule) => Makes::Series(rule),
                Rule::Alerting(rule) => {
                    Makes::Alerts(Box::new(Alerts::new(rule, &group.labels, Arc::clone(outside))))
                }
            },
            made: BTreeSet::new(),
        };
        Group { group, rules: group.rules.iter().map(ruled).collect() }
    }

    pub fn evaluate(&mut self, world: &mut World, now: Timestamp, options: &Options) -> Vec<Fault> {
        let offset = self.group.query_offset.map_or(0, |offset| milliseconds(*offset));
        let looked_at = Timestamp::from_ms(now.as_ms().saturating_sub(offset));
        let mut faults = Vec::new();
        for ruled in &mut self.rules {
            let outcome = ruled.evaluate(self.group, world, (now, looked_at), options);
            faults.extend(outcome.err().map(|error| {
                (ruled.rule.origin().clone(), format!("the rule {}", ruled.rule.name()), error)
            }));
        }
        faults
    }

    /// The firing alerts of this name, of whichever rules.
    pub fn firing(&self, alert: &str) -> impl Iterator<Item = (&Labels, &Annotations)> {
        let alerts = self.rules.iter().filter_map(move |ruled| match &ruled.makes {
            Makes::Alerts(alerts) if alerts.rule.alert == alert => Some(alerts),
            _ => None,
        });
        alerts.flat_map(|alerts| alerts.firing())
    }
}

impl Ruled<'_> {
    fn evaluate(
        &mut self,
        group: &RuleGroup,
        world: &mut World,
        (now, looked_at): (Timestamp, Timestamp),
        options: &Options,
    ) -> Result<(), String> {
        let elements = elements(&self.expr, world, looked_at, options)?;
        let limit = group.limit.unwrap_or(0);
        let made = match &mut self.makes {
            Makes::Series(rule) => recorded(rule, group, elements, limit)?,
            Makes::Alerts(alerts) => {
                let query = |text: &str| queried(text, world, now, options);
                let series = alerts.update(&elements, now, limit, &query)?;
                series.into_iter().map(|(labels, value)| (labels, Number::Float(value))).collect()
            }
        };
        let mut labels = BTreeSet::new();
        for (series, number) in made {
            let point = match number {
                Number::Float(value) => Point::Float(value),
                Number::Histogram(histogram) => Point::Histogram(histogram),
            };
            world.put(&series, looked_at, &point).map_err(|error| error.to_string())?;
            labels.insert(series);
        }
        for gone in self.made.difference(&labels) {
            // Another rule may make the series now, and then it is not gone.
            let _ = world.put(gone, looked_at, &Point::Float(STALE));
        }
        self.made = labels;
        Ok(())
    }
}

fn recorded(
    rule: &RecordingRule,
    group: &RuleGroup,
    elements: Vec<Element>,
    limit: u64,
) -> Result<Vec<(Labels, Number)>, String> {
    let mut seen = BTreeSet::new();
    let mut made = Vec::with_capacity(elements.len());
    for element in elements {
        let mut labels = element.labels.with(METRIC_NAME, &rule.record);
        for (name, value) in &group.labels {
            labels = labels.with(name, value);
        }
        for (name, value) in &rule.labels {
            labels = labels.with(name, value);
        }
        if !seen.insert(labels.clone()) {
            return Err(format!("two of its series have the labels {labels}"));
        }
        made.push((labels, element.value));
    }
    let count = made.len() as u64;
    if limit > 0 && count > limit {
        return Err(format!("exceeded limit of {limit} with {count} series"));
    }
    Ok(made)
}

/// A scalar is one element without labels.
pub(super) fn elements(
    expr: &Expr,
    world: &World,
    at: Timestamp,
    options: &Options,
) -> Result<Vec<Element>, String> {
    match instant(expr, world, at, options).map_err(|error| error.to_string())?.value {
        Value::Vector(elements) => Ok(elements),
        Value::Scalar(value) => Ok(vec![Element { labels: Labels::default(), value: Number::Float(value) }]),
        Value::Matrix(_) | Value::String(_) => {
            Err(format!("it gives a {}, neither a vector nor a scalar", expr.kind()))
        }
    }
}

/// What a text asks for with `query "…"`.
fn queried(
    text: &str,
    world: &World,
    at: Timestamp,
    options: &Options,
) -> Result<Vec<(Labels, Number)>, String> {
    let expr = parse(text).map_err(|error| error.to_string())?;
    let elements = elements(&expr, world, at, options)?;
    Ok(elements.into_iter().map(|element| (element.labels, element.value)).collect())
}
