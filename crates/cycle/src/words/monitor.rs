//! Alerts, in words.

use andon_vocabulary::{AlertId, MonitorEvent};

pub(super) fn say(event: &MonitorEvent) -> String {
    match event {
        MonitorEvent::AlertPending { labels, value, .. } => {
            format!("{} pending, value {value}", name(labels))
        }
        MonitorEvent::AlertDropped { rule, .. } => format!("{} is no longer pending", short(rule)),
        MonitorEvent::AlertFired(fired) => {
            let summary =
                fired.annotations.get("summary").map_or_else(String::new, |text| format!(": {text}"));
            format!("{} fired{summary} ({}, value {})", name(&fired.labels), fired.reason, fired.value)
        }
        MonitorEvent::AlertLost { rule, why, .. } => {
            format!("{} is lost: {why}; nothing is resolved by that", short(rule))
        }
        MonitorEvent::AlertFound { rule, value, .. } => {
            format!("{} seen again and still firing, value {value}", short(rule))
        }
        MonitorEvent::AlertHeld { rule, until, .. } => {
            format!("{} is kept firing until {}", short(rule), until.second())
        }
        MonitorEvent::AlertResolved { rule, why, .. } => format!("{} is resolved: {why}", short(rule)),
        MonitorEvent::RuleFailed { rule, error } => format!("rule {rule} cannot be evaluated: {error}"),
        MonitorEvent::RuleRecovered { rule } => format!("rule {rule} can be evaluated again"),
        MonitorEvent::SourceSilent { target, error } => format!("{target} does not answer: {error}"),
        MonitorEvent::SourceBack { target } => format!("{target} answers again"),
    }
}

fn name(labels: &andon_vocabulary::Labels) -> &str {
    labels.get("alertname").unwrap_or("alert")
}

/// `group/alertname` without the group.
fn short(rule: &str) -> &str {
    let name = rule.rsplit_once('/').map_or(rule, |(_, name)| name);
    name.split_once('#').map_or(name, |(name, _)| name)
}

pub(super) fn alert(event: &MonitorEvent) -> Option<AlertId> {
    match event {
        MonitorEvent::AlertPending { alert, .. }
        | MonitorEvent::AlertDropped { alert, .. }
        | MonitorEvent::AlertLost { alert, .. }
        | MonitorEvent::AlertFound { alert, .. }
        | MonitorEvent::AlertHeld { alert, .. }
        | MonitorEvent::AlertResolved { alert, .. } => Some(*alert),
        MonitorEvent::AlertFired(fired) => Some(fired.alert),
        _ => None,
    }
}
