//! The values that a run begins with. What comes from an alert is untrusted: it names something in the catalogue, or
//! it fits a pattern, or the run does not begin.

use std::collections::BTreeMap;

use andon_definitions::runbook::{Input, InputType, Within};
use andon_definitions::{Catalog, Runbook};
use andon_vocabulary::{Name, RunRefusedReason};

use super::known::Alert;

/// Longer values are nobody's honest argument.
const LENGTH_MAX: usize = 1024;

pub(super) fn resolve(
    runbook: &Runbook,
    given: &BTreeMap<String, String>,
    alert: Option<&Alert>,
    service: Option<&Name>,
    catalog: &Catalog,
) -> Result<BTreeMap<String, String>, RunRefusedReason> {
    let bad = |input: &str, why: String| RunRefusedReason::BadInput { input: input.to_owned(), why };
    if let Some(unknown) = given.keys().find(|name| !runbook.inputs.contains_key(*name)) {
        let known: Vec<&str> = runbook.inputs.keys().map(String::as_str).collect();
        return Err(bad(unknown, format!("the runbook has no such input; it has: {}", known.join(", "))));
    }
    let mut resolved = BTreeMap::new();
    for (name, input) in &runbook.inputs {
        let value = match given.get(name) {
            Some(value) => Some(value.clone()),
            None => drawn(input, alert, service).or_else(|| input.default.as_ref().map(default)),
        };
        let value = value.ok_or_else(|| bad(name, "it has no value; give one".to_owned()))?;
        check(input, &value, runbook, catalog).map_err(|why| bad(name, why))?;
        resolved.insert(name.clone(), value);
    }
    Ok(resolved)
}

/// From the alert; without one, the incident's service stands for the alert's.
fn drawn(input: &Input, alert: Option<&Alert>, service: Option<&Name>) -> Option<String> {
    match input.from.as_deref()? {
        "alert.service" => {
            let claimed = alert.and_then(|alert| alert.service.as_ref()).or(service);
            claimed.map(ToString::to_string)
        }
        from => alert?.labels.get(from.strip_prefix("alert.labels.")?).map(str::to_owned),
    }
}

fn default(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn check(input: &Input, value: &str, runbook: &Runbook, catalog: &Catalog) -> Result<(), String> {
    if value.len() > LENGTH_MAX {
        return Err(format!("it is longer than {LENGTH_MAX} bytes"));
    }
    if value.chars().any(char::is_control) {
        return Err(format!("{value:?} holds control characters"));
    }
    if input.kind == InputType::String && input.pattern.is_none() && input.from.is_some() {
        return Err("a text from an alert needs a pattern".to_owned());
    }
    let accepted = input.accept(value)?;
    if accepted.as_f64().is_some_and(|number| !number.is_finite()) {
        return Err(format!("{value:?} is not a finite number"));
    }
    if input.kind == InputType::Service { service(input, value, runbook, catalog) } else { Ok(()) }
}

fn service(input: &Input, value: &str, runbook: &Runbook, catalog: &Catalog) -> Result<(), String> {
    let Some(service) = catalog.services.get(value) else {
        return Err(format!("{value:?} is no service of the catalogue"));
    };
    match input.within {
        Some(Within::Owner) if service.owner != runbook.owner => {
            Err(format!("{value} belongs to {}, the runbook to {}", service.owner, runbook.owner))
        }
        _ => Ok(()),
    }
}
