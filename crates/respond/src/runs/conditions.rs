//! Conditions and `${{ }}` templates: what expressions of one run see at one moment.
//!
//! A value is data and stays data: it is rendered into an argument, never into a query, a shell or another template.

use std::collections::BTreeMap;

use andon_definitions::runbook::InputType;
use andon_definitions::scalar::{Arg, Condition, Text};
use andon_definitions::{Context, expression};
use andon_vocabulary::{Name, PlatformStatus};
use imbl::OrdMap;
use serde_json::{Map, Value, json};

use super::known::Known;
use super::run::{Run, StepOutcome, StepRecord};
use crate::incident::Incidents;

/// A preview plays it forward without touching the run.
#[derive(Clone)]
pub(super) struct Scope {
    seen: expression::Scope,
    pub platforms: OrdMap<Name, PlatformStatus>,
}

impl Scope {
    /// Only what the run itself pins: the same whenever it is asked.
    pub fn pinned(run: &Run) -> Scope {
        let inputs = run.inputs.iter().map(|(name, text)| {
            let kind = run.runbook.inputs.get(name).map_or(InputType::String, |input| input.kind);
            (name.clone(), typed(kind, text))
        });
        let mut scope = Scope { seen: expression::Scope::default(), platforms: OrdMap::new() };
        scope.seen.failed = run.ending.is_some();
        scope.set("inputs", Value::Object(inputs.collect()));
        for (step, record) in &run.steps {
            scope.record(step, record);
        }
        scope
    }

    pub fn of(run: &Run, known: Known, cx: &Context) -> Scope {
        let mut scope = Scope::pinned(run);
        scope.platforms = known.incidents.platforms.clone();
        let calendars = cx.catalog.instance.calendars.iter();
        let now = calendars.filter(|(_, calendar)| calendar.contains(cx.now));
        scope.seen.calendars = now.map(|(name, _)| name.clone()).collect();

        if let Some(service) = service_of(run, known.incidents) {
            let mut about = Map::from_iter([("name".to_owned(), json!(service))]);
            if let Some(defined) = cx.catalog.services.get(&*service) {
                about.insert("tier".to_owned(), json!(defined.tier));
            }
            if let Some(seen) = known.incidents.platforms.get(&service) {
                about.insert("version".to_owned(), json!(seen.version));
                about.extend(seen.previous.as_ref().map(|previous| ("previous".to_owned(), json!(previous))));
            }
            scope.set("service", Value::Object(about));
        }
        if let Some(alert) = &run.trigger {
            let labels: BTreeMap<&str, &str> = alert.labels.iter().collect();
            let value = alert.value.0;
            let about =
                json!({ "name": alert.name(), "labels": labels, "service": alert.service, "value": value });
            scope.set("alert", about);
        }
        if let Some((id, incident)) = run.incident.and_then(|id| Some((id, known.incidents.get(id)?))) {
            let about = json!({ "id": id, "service": incident.service, "severity": incident.severity });
            scope.set("incident", about);
        }
        let instance = &cx.catalog.instance;
        let here = instance.url_at(known.address.as_deref().unwrap_or(&instance.listen));
        let url = format!("{here}/runs/{}", run.id);
        scope.set("run", json!({ "id": run.id, "url": url, "outcome": run.outcome().to_string() }));
        scope
    }

    /// As if the step had done what it is meant to.
    pub fn assume_done(&mut self, step: &str, before: &BTreeMap<String, String>) {
        let record = StepRecord { outcome: StepOutcome::Success, before: before.clone(), value: None };
        self.record(step, &record);
    }

    /// Whether a step runs. A condition that names no status holds only while nothing has failed, as in GitHub
    /// Actions. The inner text says why not.
    pub fn allows(&self, condition: Option<&Condition>) -> Result<Result<(), String>, String> {
        let asks_status = condition.is_some_and(|condition| asks_status(condition));
        if self.seen.failed && !asks_status {
            return Ok(Err("an earlier step ended the run".to_owned()));
        }
        let Some(condition) = condition else { return Ok(Ok(())) };
        match expression::holds(condition, &self.seen) {
            Ok(true) => Ok(Ok(())),
            Ok(false) => Ok(Err(format!("its condition is false: {condition}"))),
            Err(why) => Err(format!("`{condition}`: {why}")),
        }
    }

    /// A text with its `${{ }}` filled in.
    pub fn text(&self, template: &str) -> Result<String, String> {
        expression::fill(template, &self.seen).map_err(|why| format!("`{template}`: {why}"))
    }

    pub fn number<T>(&self, arg: &Arg<T>) -> Result<T, String>
    where
        T: Copy + std::str::FromStr,
    {
        match arg {
            Arg::Value(value) => Ok(*value),
            Arg::Template(Text(template)) => {
                let text = self.text(template)?;
                text.trim()
                    .parse()
                    .map_err(|_| format!("`{template}` gave `{text}`, which is not such a number"))
            }
        }
    }

    fn set(&mut self, name: &str, value: Value) {
        self.seen.variables.insert(name.to_owned(), value);
    }

    fn record(&mut self, step: &str, record: &StepRecord) {
        let before: Map<String, Value> =
            record.before.iter().map(|(name, text)| (name.clone(), plain(text))).collect();
        let mut about = json!({ "outcome": record.outcome.as_str(), "before": before });
        if let Some(value) = record.value {
            about["value"] = json!(value.0);
        }
        let steps = self.seen.variables.entry("steps".to_owned()).or_insert_with(|| json!({}));
        steps[step] = about;
    }
}

/// The service that a run is about: its first input that is one, else the incident's.
pub(super) fn service_of(run: &Run, incidents: &Incidents) -> Option<Name> {
    let input = run.runbook.inputs.iter().find(|(_, input)| input.kind == InputType::Service);
    input
        .and_then(|(name, _)| run.inputs.get(name))
        .map(|service| service.as_str().into())
        .or_else(|| Some(incidents.get(run.incident?)?.service.clone()))
}

/// Whether a condition says itself what it makes of a failure.
fn asks_status(condition: &str) -> bool {
    let Ok(program) = cel::Program::compile(condition) else { return false };
    let calls = program.references();
    ["always", "failure", "success"].iter().any(|name| calls.has_function(name))
}

fn typed(kind: InputType, text: &str) -> Value {
    let parsed = match kind {
        InputType::Integer => text.parse::<i64>().ok().map(Value::from),
        InputType::Number => text.parse::<f64>().ok().map(Value::from),
        InputType::Boolean => text.parse::<bool>().ok().map(Value::from),
        InputType::Service | InputType::String => None,
    };
    parsed.unwrap_or_else(|| text.into())
}

/// What was there before is kept as text; a count among it is a number.
fn plain(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| text.into(), Value::from)
}
