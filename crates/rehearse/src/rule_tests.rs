//! Unit tests of rules as promtool plays them: series are loaded step by step, the groups are evaluated at every
//! interval, and alerts and queries are compared with what the test expects.
//!
//! Here a rule follows Prometheus to the letter, not Andon's loop: an alert resolves as soon as its condition does not
//! hold. So a test says the same in both. Only what a histogram knows of counter resets is not compared.

mod alerts;
mod compare;
mod group;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use andon_definitions::rule_tests::InputSeries;
use andon_definitions::{AlertTest, Origin, Outside, RuleGroup, RuleTest, RuleTests};
use andon_promql::Options;
use andon_promql::script::{Point, World, points, series};
use andon_vocabulary::{Labels, Timestamp};

use group::Group;

/// A longer test is a slip of the pen.
const EVALUATIONS_MAX: i64 = 1_000_000;

/// How one test went.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub origin: Origin,
    /// As it is called, or its place among the tests.
    pub name: String,
    pub failures: Vec<Unmet>,
}

/// What was not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    pub origin: Origin,
    /// What was asked, and when.
    pub asked: String,
    pub expected: String,
    pub got: String,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unmet { origin, asked, expected, got } = self;
        write!(f, "{origin}: {asked}\n  expected {expected}\n  got      {got}")
    }
}

/// Plays every test of a file over the groups of its rule files, which are in the order of their files.
pub fn play(file: &RuleTests, groups: &[RuleGroup]) -> Vec<Outcome> {
    let place = |group: &RuleGroup| {
        let order = file.group_eval_order.iter().position(|name| *name == group.name);
        order.unwrap_or(0)
    };
    let mut ordered: Vec<&RuleGroup> = groups.iter().collect();
    ordered.sort_by_key(|group| place(group));
    let outcome = |(test, at): (&RuleTest, usize)| {
        let played = Played::new(file, test, &ordered);
        Outcome {
            origin: test.origin.clone(),
            name: test.name.clone().unwrap_or_else(|| format!("unnamed#{at}")),
            failures: played.run(),
        }
    };
    file.tests.iter().zip(0..).map(outcome).collect()
}

/// A test while it is played. Times are milliseconds.
struct Played<'a> {
    file: &'a RuleTests,
    test: &'a RuleTest,
    start: i64,
    every: i64,
    groups: Vec<Group<'a>>,
    world: World,
    inputs: Vec<Input>,
    failures: Vec<Unmet>,
}

/// A series whose values come in as time goes on.
struct Input {
    labels: Labels,
    points: Vec<Point>,
    next: usize,
}

impl<'a> Played<'a> {
    fn new(file: &'a RuleTests, test: &'a RuleTest, groups: &[&'a RuleGroup]) -> Played<'a> {
        let input = |given: &InputSeries| {
            let (labels, _) = series(&given.series).expect("checked when it was loaded");
            let points = points(&given.values).expect("checked when it was loaded");
            (labels, Input { labels: Labels::default(), points, next: 0 })
        };
        // Of a series that is given twice, the second counts.
        let inputs: BTreeMap<Labels, Input> = test.input_series.iter().map(input).collect();
        let labels = test.external_labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let url = test.external_url.clone().unwrap_or_default();
        let outside = Arc::new(Outside { labels: Labels::new(labels), url });
        Played {
            file,
            test,
            start: test.start_ms(),
            every: milliseconds(*file.evaluation_interval).max(1),
            groups: groups.iter().map(|group| Group::new(group, &outside)).collect(),
            world: World::default(),
            inputs: inputs.into_iter().map(|(labels, input)| Input { labels, ..input }).collect(),
            failures: Vec::new(),
        }
    }

    fn run(mut self) -> Vec<Unmet> {
        let alerts = self.test.alert_rule_test.iter().map(|test| milliseconds(*test.eval_time));
        let exprs = self.test.promql_expr_test.iter().map(|test| milliseconds(*test.eval_time));
        let end = alerts.chain(exprs).max().unwrap_or(0);
        if end / self.every > EVALUATIONS_MAX {
            let got = format!("it would take more than {EVALUATIONS_MAX} evaluations");
            self.fail(
                &self.test.origin.clone(),
                "the times of this test".to_owned(),
                "fewer".to_owned(),
                got,
            );
            return self.failures;
        }
        let mut elapsed = 0;
        while elapsed <= end {
            if !self.evaluate(elapsed) {
                return self.failures;
            }
            self.check_alerts(elapsed);
            elapsed += self.every;
        }
        for test in &self.test.promql_expr_test {
            let now = self.at(milliseconds(*test.eval_time));
            let unmet = compare::query(test, &self.world, now, &self.options(), self.file.fuzzy_compare);
            self.failures.extend(unmet);
        }
        self.failures
    }

    /// Loads what has been sampled by now and evaluates every group; false if that failed.
    fn evaluate(&mut self, elapsed: i64) -> bool {
        let now = self.at(elapsed);
        let own = self.test.interval.filter(|interval| !interval.is_zero());
        let step = milliseconds(*own.unwrap_or(self.file.evaluation_interval)).max(1);
        let mut faults = Vec::new();
        for input in &mut self.inputs {
            while let Some(point) = input.points.get(input.next) {
                let offset = step.saturating_mul(i64::try_from(input.next).unwrap_or(i64::MAX));
                if offset > elapsed {
                    break;
                }
                let at = Timestamp::from_ms(self.start.saturating_add(offset));
                if let Err(error) = self.world.put(&input.labels, at, point) {
                    faults.push((
                        self.test.origin.clone(),
                        format!("loading {}", input.labels),
                        error.to_string(),
                    ));
                }
                input.next += 1;
            }
        }
        let options = self.options();
        for group in &mut self.groups {
            faults.extend(group.evaluate(&mut self.world, now, &options));
        }
        let well = faults.is_empty();
        for (origin, asked, got) in faults {
            let asked = format!("{asked} at {}", written(elapsed));
            self.fail(&origin, asked, "no error".to_owned(), got);
        }
        well
    }

    /// Compares the alerts of every test whose time comes before the next evaluation.
    fn check_alerts(&mut self, elapsed: i64) {
        let due = |test: &&AlertTest| {
            let time = milliseconds(*test.eval_time);
            elapsed <= time && time < elapsed + self.every
        };
        let due: Vec<&AlertTest> = self.test.alert_rule_test.iter().filter(due).collect();
        for test in due {
            let firing = self.groups.iter().flat_map(|group| group.firing(&test.alertname));
            let mut got: Vec<_> = firing.map(|(labels, notes)| (labels.clone(), notes.clone())).collect();
            got.sort();
            let mut expected: Vec<_> = test
                .exp_alerts
                .iter()
                .map(|alert| {
                    let labels = alert.exp_labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                    let labels = labels.chain([("alertname", test.alertname.as_str())]);
                    (Labels::new(labels), alert.exp_annotations.clone())
                })
                .collect();
            expected.sort();
            if got != expected {
                let asked = format!("alerts {} at {}", test.alertname, test.eval_time);
                self.fail(&test.origin, asked, compare::alerts(&expected), compare::alerts(&got));
            }
        }
    }

    fn fail(&mut self, origin: &Origin, asked: String, expected: String, got: String) {
        self.failures.push(Unmet { origin: origin.clone(), asked, expected, got });
    }

    fn at(&self, elapsed: i64) -> Timestamp {
        Timestamp::from_ms(self.start.saturating_add(elapsed))
    }

    fn options(&self) -> Options<'static> {
        Options { subquery_step: *self.file.evaluation_interval, ..Options::default() }
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn written(ms: i64) -> String {
    andon_definitions::Period(Duration::from_millis(ms.unsigned_abs())).to_string()
}

#[cfg(test)]
mod tests;
