//! Runbooks: what launches them, what they are given, what their texts name.

use std::collections::BTreeSet;

use super::Check;
use crate::book::Written;
use crate::expression::Uses;
use crate::guardrails::Level;
use crate::query;
use crate::runbook::{Input, InputType, Runbook};
use crate::source::Spot;
use crate::suggest;

impl Check<'_> {
    pub(super) fn runbooks(&mut self) {
        for (name, runbook) in &self.catalog.runbooks {
            let definition = format!("Runbook/{name}");
            self.must_exist(&definition, "/spec/owner", "Team", &runbook.owner);
            self.launch(&definition, runbook);
            for (input, wanted) in &runbook.inputs {
                self.input(&definition, runbook, input, wanted);
            }
            self.trust(&definition, runbook);
            self.texts(&definition, runbook);
            self.steps(&definition, runbook);
        }
    }

    fn launch(&mut self, definition: &str, runbook: &Runbook) {
        let Some(wanted) = runbook.on.as_ref().and_then(|on| on.alert.matches.get("alertname")) else {
            return;
        };
        let alerts: BTreeSet<&str> =
            self.catalog.alerting_rules().map(|(_, rule)| rule.alert.as_str()).collect();
        let broken = self.names("RuleGroup").len() > self.catalog.rules.len();
        if !broken && !alerts.contains(wanted.as_str()) {
            let mut hint = suggest::hint(wanted, alerts);
            let message = format!("no rule raises an alert called `{wanted}`");
            let pointer = "/spec/on/alert/match/alertname";
            hint.get_or_insert_with(|| "that is well where the alert comes from outside".to_owned());
            self.warning(definition, pointer, "never-launched", message).hint = hint;
        }
    }

    fn input(&mut self, definition: &str, runbook: &Runbook, name: &str, input: &Input) {
        let pointer = format!("/spec/inputs/{name}");
        let mut wrong = |part: &str, message: String, hint: &str| {
            let finding = self.error(definition, &format!("{pointer}{part}"), "input", message);
            if !hint.is_empty() {
                finding.hint(hint);
            }
        };
        let is_text = matches!(input.kind, InputType::String | InputType::Service);
        let is_number = matches!(input.kind, InputType::Integer | InputType::Number);
        let kind = input.kind.as_str();
        if !is_number && (input.min.is_some() || input.max.is_some()) {
            let part = if input.min.is_some() { "/min" } else { "/max" };
            wrong(part, format!("an input of type {kind} has no smallest or largest value"), "");
        }
        if !is_text && input.pattern.is_some() {
            wrong("/pattern", format!("an input of type {kind} has no pattern"), "");
        }
        if input.kind != InputType::Service && input.within.is_some() {
            wrong("/within", "only a service can be within what the owner owns".to_owned(), "");
        }
        if let Some(default) = &input.default
            && let Err(message) = input.fits(default)
        {
            wrong("/default", message, "");
        }
        match (&input.from, &runbook.on) {
            (Some(_), None) => {
                wrong("/from", "no alert launches this runbook".to_owned(), "add `on: { alert: … }`");
            }
            (Some(from), Some(_)) => {
                if from == "alert.service" && input.kind != InputType::Service {
                    wrong("/type", "the service of an alert is of type service".to_owned(), "");
                }
                if input.kind == InputType::String && input.pattern.is_none() {
                    let message = "an alert's labels are untrusted: this input takes any text".to_owned();
                    wrong("/from", message, "add `pattern:`, which the whole text must match");
                }
            }
            (None, Some(_)) if input.default.is_none() => {
                let message = format!("nothing gives `{name}` when an alert launches this runbook");
                wrong("", message, "add `from:` or `default:`");
            }
            (None, _) => {}
        }
    }

    fn trust(&mut self, definition: &str, runbook: &Runbook) {
        if runbook.trust.start > runbook.trust.ceiling {
            let message = "this runbook starts with more trust than it may ever have".to_owned();
            self.error(definition, "/spec/trust", "conflict", message);
        }
        if runbook.trust.start == Level::Auto && runbook.guardrails.max_duration.is_none() {
            let message = "this runbook acts by itself and may take for ever".to_owned();
            self.warning(definition, "/spec/trust/start", "unbounded", message)
                .hint("add `guardrails: { max_duration: 30m }`");
        }
    }

    /// Everything that its expressions and queries name must be there, and steps only look back.
    fn texts(&mut self, definition: &str, runbook: &Runbook) {
        let entry = self.entry(definition);
        let begins = |at: usize| entry.spot(&format!("/spec/steps/{at}")).span.start;
        for written in &entry.texts {
            let uses = match written.format.as_str() {
                "andon-cel" => Uses::of_condition(&written.text),
                "andon-text" | "andon-template" => Uses::of_text(&written.text),
                "andon-promql" => {
                    self.bound(runbook, written);
                    continue;
                }
                _ => continue,
            };
            // The step that the text stands in may name itself: a rollback reads what was there before.
            let here = written.spot.span.start;
            let so_far = runbook.steps.iter().enumerate().filter(|(at, _)| begins(*at) <= here);
            let earlier: Vec<&str> = so_far.map(|(_, step)| step.id.as_str()).collect();
            for (variable, field) in &uses.fields {
                let (what, known): (&str, Vec<&str>) = match variable.as_str() {
                    "inputs" => ("input", runbook.inputs.keys().map(String::as_str).collect()),
                    "steps" => ("earlier step", earlier.clone()),
                    _ => continue,
                };
                if !known.contains(&field.as_str()) {
                    let spot = self.within(written, &format!("{variable}.{field}"));
                    let hint = suggest::hint(field, known);
                    let message = format!("no {what} is called `{field}`");
                    self.findings.error("unknown-reference", &spot, message).hint = hint;
                }
            }
            let calendars = &self.catalog.instance.calendars;
            let is_unknown =
                |calendar: &&String| !calendars.contains_key(*calendar) && !self.instance_is_broken();
            let unknown: Vec<&String> = uses.calendars.iter().filter(is_unknown).collect();
            for calendar in unknown {
                let spot = self.within(written, calendar);
                let hint = suggest::hint(calendar, calendars.keys().map(String::as_str));
                let message = format!("the instance has no calendar `{calendar}`");
                self.findings.error("unknown-reference", &spot, message).hint = hint;
            }
        }
    }

    fn bound(&mut self, runbook: &Runbook, written: &Written) {
        let names = query::parse(&written.text).map(|parsed| parsed.names).unwrap_or_default();
        for name in names.iter().filter(|name| !runbook.inputs.contains_key(*name)) {
            let spot = self.within(written, &format!("${name}"));
            let hint = suggest::hint(name, runbook.inputs.keys().map(String::as_str));
            let message = format!("`${name}` is not bound: no input is called so");
            self.findings.error("unknown-reference", &spot, message).hint = hint;
        }
    }

    /// Where a word of a text stands; the whole text where it cannot be told.
    fn within(&self, written: &Written, word: &str) -> Spot {
        let source = &self.findings.sources[written.spot.file].text;
        match source.get(written.spot.span.clone()).and_then(|text| text.find(word)) {
            Some(at) => {
                let start = written.spot.span.start + at;
                Spot { file: written.spot.file, span: start..start + word.len() }
            }
            None => written.spot.clone(),
        }
    }
}
