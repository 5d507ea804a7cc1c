//! Samples that were lost: a restart of Andon empties its memory, and with it the beginning of an outage.
//!
//! The journal still says which rule fired, since when and at which value. One metric that the rule reads is given
//! values with which the rule says just that; the scenario says that they were made up.

use std::time::Duration;

use andon_definitions::AlertingRule;
use andon_promql::{Expr, Options, Value};
use andon_timeseries::{Head, Limits, Sample};
use andon_vocabulary::{Event, METRIC_NAME, MonitorEvent, Timestamp};

use super::{Outage, Sampled};

/// How a metric can go bad: it stands at a value, or grows by so much with each sample.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Level(f64),
    Slope(f64),
}

impl Shape {
    fn at(self, step: usize) -> f64 {
        match self {
            Shape::Level(level) => level,
            Shape::Slope(slope) => slope * step as f64,
        }
    }

    fn scaled(self, by: f64) -> Shape {
        match self {
            Shape::Level(level) => Shape::Level(level * by),
            Shape::Slope(slope) => Shape::Slope(slope * by),
        }
    }
}

/// Fills in what was lost, and says so; None if nothing was, or nothing could be found that explains the alert.
pub fn fill(outage: &Outage, sampled: &mut [Sampled]) -> Option<String> {
    let (_, opening) = outage.alerts().next()?;
    let bad_from = outage.step_of(opening.since);
    let kept_from = sampled.iter().filter_map(|one| one.samples.iter().position(Option::is_some)).min()?;
    if kept_from <= bad_from {
        return None;
    }
    let resolved = outage.facts.iter().find_map(|(at, event)| match event {
        Event::Monitor(MonitorEvent::AlertResolved { alert, .. }) if *alert == opening.alert => Some(*at),
        _ => None,
    });
    let bad = bad_from..resolved.map_or(kept_from, |at| outage.step_of(at));
    let expr = andon_promql::parse(&outage.rule(&opening.rule)?.expr.to_string()).ok()?;
    let every = outage.every();
    let (metric, shape) = explain(&expr, sampled, every, opening.value.0)?;
    for one in sampled.iter_mut() {
        let usual = usual(one)?;
        let is_bad = one.series.get(METRIC_NAME) == Some(metric.as_str());
        for (step, sample) in one.samples.iter_mut().enumerate().take(kept_from) {
            *sample = Some(if is_bad && bad.contains(&step) { shape.at(step - bad_from) } else { usual });
        }
    }
    Some(format!(
        "The samples before {:.0} were lost when Andon was started again; until then {metric} is made up, so that the rule says what the journal says.",
        (outage.begin() + every * u32::try_from(kept_from).unwrap_or(u32::MAX)).to_jiff()
    ))
}

/// What a series shows when all is well: what it showed last.
fn usual(one: &Sampled) -> Option<f64> {
    one.samples.iter().rev().find_map(|sample| *sample)
}

/// The metric and its shape with which the rule comes closest to the value that it had.
fn explain(expr: &Expr, sampled: &[Sampled], every: Duration, value: f64) -> Option<(String, Shape)> {
    let mut best: Option<(f64, String, Shape)> = None;
    for metric in expr.metric_names() {
        let powers = (-10..=40).map(|power| 2_f64.powi(power));
        let levels = [0.0, value].into_iter().chain(powers.clone()).map(Shape::Level);
        for shape in levels.chain(powers.map(Shape::Slope)) {
            let says = |shape| says(expr, sampled, &metric, shape, every, value);
            let Some(first) = says(shape) else { continue };
            // Most rules are proportional to what they read: one step then hits the value.
            let better = shape.scaled(if first == 0.0 { 1.0 } else { value / first });
            for (shape, said) in [(shape, Some(first)), (better, says(better))] {
                let Some(miss) = said.map(|said| (said - value).abs()) else { continue };
                if best.as_ref().is_none_or(|(least, ..)| miss < *least) {
                    best = Some((miss, metric.clone(), shape));
                }
            }
        }
    }
    best.map(|(_, metric, shape)| (metric, shape))
}

/// What the rule says once the metric has had this shape for a while; None: it does not hold.
fn says(
    expr: &Expr,
    sampled: &[Sampled],
    metric: &str,
    shape: Shape,
    every: Duration,
    near: f64,
) -> Option<f64> {
    let mut head = Head::new(Limits::default());
    let steps = usize::try_from(expr.longest_lookback().as_millis() / every.as_millis()).ok()? + 1;
    let at = |step: usize| Timestamp::EPOCH + every * u32::try_from(step).unwrap_or(u32::MAX);
    for one in sampled {
        let is_bad = one.series.get(METRIC_NAME) == Some(metric);
        for step in 0..=steps {
            let value = if is_bad { shape.at(step) } else { usual(one)? };
            head.append(&one.series, Sample { at: at(step), value }).ok()?;
        }
    }
    let answer = andon_promql::instant(expr, &head, at(steps), &Options::default()).ok()?;
    let Value::Vector(elements) = answer.value else { return None };
    let distance = |value: &f64| (value - near).abs();
    elements
        .iter()
        .filter_map(|element| element.value.float())
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

impl Outage {
    /// A rule by its full name, `group/alert`.
    pub fn rule(&self, name: &str) -> Option<&AlertingRule> {
        self.catalog.alerting_rule(name).map(|(_, rule)| rule)
    }

    /// Which sample is the first at or after a time.
    pub fn step_of(&self, at: Timestamp) -> usize {
        let steps = at.since(self.begin()).as_millis().div_ceil(self.every().as_millis());
        usize::try_from(steps).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use andon_vocabulary::Labels;

    use super::*;

    #[track_caller]
    fn check(rule: &str, world: &[(&str, f64)], value: f64, expected: Option<(&str, Shape)>) {
        let sampled: Vec<Sampled> = world
            .iter()
            .map(|(name, usual)| Sampled {
                series: Labels::new([(METRIC_NAME, *name), ("service", "checkout")]),
                samples: vec![Some(*usual)],
            })
            .collect();
        let expr = andon_promql::parse(rule).unwrap();
        let found = explain(&expr, &sampled, Duration::from_secs(5), value);
        assert_eq!(found, expected.map(|(metric, shape)| (metric.to_owned(), shape)));
    }

    #[test]
    fn a_world_is_found_in_which_the_rule_says_what_it_said() {
        let pool = [("in_use", 1.0), ("size", 20.0)];
        check("max by (service) (in_use / size) > 0.9", &pool, 1.0, Some(("in_use", Shape::Level(20.0))));
        check("up == 0", &[("up", 1.0)], 0.0, Some(("up", Shape::Level(0.0))));
        check("sum(rate(errors[30s])) > 1", &[("errors", 7.0)], 2.0, Some(("errors", Shape::Slope(10.0))));
        check("vector(1) > 0", &[], 1.0, None);
    }
}
