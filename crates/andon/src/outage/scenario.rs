//! An outage as a scenario: the series that its alert and its runbooks read, what people did, what must follow.
//!
//! What Andon caused is not drawn by hand: samples from after a step helped hang on that step, so that a runbook that
//! no longer acts leaves the world as bad as it was.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use andon_definitions::Period;
use andon_vocabulary::{Answer, Labels, METRIC_NAME, OrderResult, RespondEvent, Timestamp, What};
use serde_json::Value;

use super::Outage;
use super::deeds::deeds;
use super::expectations::expectations;
use super::values::notation;

/// What the world still shows after the last sample: long enough for slower people than those of that night.
const GOES_ON: Duration = Duration::from_secs(20 * 60);

/// One series as it was, a sample each [`Outage::every`] from [`Outage::begin`] on.
pub struct Sampled {
    pub series: Labels,
    pub samples: Vec<Option<f64>>,
}

impl Outage {
    /// Fine enough for the rules that fired, coarse enough to be read.
    pub fn every(&self) -> Duration {
        match self.end().since(self.begin()).as_secs() {
            0..=1800 => Duration::from_secs(5),
            1801..=7200 => Duration::from_secs(15),
            _ => Duration::from_secs(60),
        }
    }

    /// The metrics that the opening alert and the runbooks that ran have read.
    pub fn metrics(&self) -> BTreeSet<String> {
        let mut metrics = BTreeSet::new();
        if let Some(rule) = self.alerts().next().and_then(|(_, opening)| self.rule(&opening.rule)) {
            read_by(&serde_json::json!({ "query": rule.expr }), &mut metrics);
        }
        for (_, event) in self.responses() {
            if let RespondEvent::RunStarted(started) = event {
                read_by(&started.definition, &mut metrics);
            }
        }
        metrics
    }

    fn helped(&self) -> Option<Helped> {
        let mut asked = self.opened;
        let mut helped = None;
        for (at, event) in self.responses() {
            match event {
                RespondEvent::StepIntended { .. } => asked = at,
                RespondEvent::StepCarried { step, result: OrderResult::Done { .. }, .. }
                | RespondEvent::LookedUp { step, answer: Answer::Happened { .. }, .. } => {
                    helped = Some(Helped { step: step.to_string(), asked, known: at });
                }
                _ => {}
            }
        }
        helped
    }
}

/// The last step that changed something. Whatever came after it was asked for may be its doing.
struct Helped {
    step: String,
    asked: Timestamp,
    /// When it was known to have happened.
    known: Timestamp,
}

/// Whatever stands under `query`, as PromQL.
fn read_by(definition: &Value, metrics: &mut BTreeSet<String>) {
    match definition {
        Value::Object(fields) => {
            if let Some(Ok(expr)) = fields.get("query").and_then(Value::as_str).map(andon_promql::parse) {
                metrics.extend(expr.metric_names());
            }
            fields.values().for_each(|value| read_by(value, metrics));
        }
        Value::Array(items) => items.iter().for_each(|item| read_by(item, metrics)),
        _ => {}
    }
}

/// The scenario's file. `note` is for whoever reads it.
pub fn scenario(outage: &Outage, sampled: &[Sampled], note: Option<&str>) -> String {
    let mut text = String::new();
    let mut line = |line: &str| {
        let _ = writeln!(text, "{line}");
    };
    let name = format!("{}-{}", outage.id.to_string().to_lowercase(), outage.service);
    line("apiVersion: andon/v1");
    line("kind: Scenario");
    line(&format!("metadata: {{ name: {name} }}"));
    line("spec:");
    line("  doc: |");
    line(&format!("    {} as it happened: {}", outage.id, one_line(&outage.title)));
    if let Some(note) = note {
        line(&format!("    {note}"));
    }
    line(&format!("  at: {:.0}", outage.begin().to_jiff()));
    line(&format!("  every: {}", Period(outage.every())));
    line("  world:");
    for entry in series(outage, sampled).into_iter().chain(changes(outage)).chain(deeds(outage)) {
        line(&format!("    - {entry}"));
    }
    line("  expect:");
    for expectation in expectations(outage) {
        line(&format!("    - {{ {expectation} }}"));
    }
    text
}

fn series(outage: &Outage, sampled: &[Sampled]) -> Vec<String> {
    let every = outage.every();
    let helped = outage.helped();
    let more = usize::try_from(GOES_ON.as_secs() / every.as_secs()).unwrap_or(0);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for Sampled { series, samples } in sampled {
        let (bad, good) = match &helped {
            None => (samples.as_slice(), &[][..]),
            Some(helped) => (up_to(samples, helped.asked, outage), since(samples, helped.known, outage)),
        };
        let name = quoted(&series_name(series));
        if bad.iter().any(Option::is_some) {
            let values = lasting(bad, more);
            before.push(format!("{{ series: {name}, values: '{values}' }}"));
        }
        if let Some(Helped { step, .. }) = &helped {
            // What ended with the step must end here too.
            let values =
                if good.iter().any(Option::is_some) { lasting(good, more) } else { "stale".to_owned() };
            after.push(format!("{{ when: {{ done: {step} }}, series: {name}, values: '{values}' }}"));
        }
    }
    before.append(&mut after);
    before
}

fn up_to<'a>(samples: &'a [Option<f64>], at: Timestamp, outage: &Outage) -> &'a [Option<f64>] {
    &samples[..outage.step_of(at).min(samples.len())]
}

fn since<'a>(samples: &'a [Option<f64>], at: Timestamp, outage: &Outage) -> &'a [Option<f64>] {
    &samples[outage.step_of(at).min(samples.len())..]
}

/// The last value goes on.
fn lasting(samples: &[Option<f64>], more: usize) -> String {
    let last = samples.iter().rev().find_map(|sample| *sample);
    let mut samples = samples.to_vec();
    samples.extend(std::iter::repeat_n(last, more));
    notation(&samples)
}

fn changes(outage: &Outage) -> Vec<String> {
    let deploy = |(at, what): (Timestamp, &What)| match what {
        What::Deploy { service, version, .. } | What::RollBack { service, version, .. } => {
            let after = Period(whole(at.since(outage.begin())));
            Some(format!("{{ at: {after}, deploy: {{ service: {service}, version: {version} }} }}"))
        }
        // The series show what a fault did.
        What::Fault { .. } => None,
    };
    outage.suspects().filter_map(deploy).collect()
}

/// As PromQL selects it.
pub fn series_name(labels: &Labels) -> String {
    let others: Vec<String> = labels
        .iter()
        .filter(|(name, _)| *name != METRIC_NAME)
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    format!("{}{{{}}}", labels.name(), others.join(", "))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// In whole seconds, as people write spans.
pub fn whole(span: Duration) -> Duration {
    Duration::from_secs(span.as_secs())
}

/// YAML's single quotes, which know no escapes but their own.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
