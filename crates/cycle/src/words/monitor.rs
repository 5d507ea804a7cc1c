//! Alerts, in words.

use andon_vocabulary::{AlertId, MonitorEvent};

pub(super) fn say(event: &MonitorEvent) -> String {
    match event {
        MonitorEvent::AlertPending { labels, value, .. } => {
            format!("{} pending, value {value}", name(labels))
        }
        MonitorEvent::AlertDropped { alert } => format!("{alert} no longer pending"),
        MonitorEvent::AlertFired(fired) => {
            let summary =
                fired.annotations.get("summary").map_or_else(String::new, |text| format!(": {text}"));
            format!("{} fired{summary} ({}, value {})", name(&fired.labels), fired.reason, fired.value)
        }
        MonitorEvent::AlertLost { alert, why } => format!("{alert} lost: {why}; nothing is resolved by that"),
        MonitorEvent::AlertFound { alert, value } => {
            format!("{alert} seen again and still firing, value {value}")
        }
        MonitorEvent::AlertHeld { alert, until } => format!("{alert} kept firing until {until}"),
        MonitorEvent::AlertResolved { alert, why } => format!("{alert} resolved: {why}"),
        MonitorEvent::RuleFailed { rule, error } => format!("rule {rule} cannot be evaluated: {error}"),
        MonitorEvent::RuleRecovered { rule } => format!("rule {rule} can be evaluated again"),
        MonitorEvent::SourceSilent { target, error } => format!("{target} does not answer: {error}"),
        MonitorEvent::SourceBack { target } => format!("{target} answers again"),
    }
}

fn name(labels: &andon_vocabulary::Labels) -> &str {
    labels.get("alertname").unwrap_or("alert")
}

pub(super) fn alert(event: &MonitorEvent) -> Option<AlertId> {
    match event {
        MonitorEvent::AlertPending { alert, .. }
        | MonitorEvent::AlertDropped { alert }
        | MonitorEvent::AlertLost { alert, .. }
        | MonitorEvent::AlertFound { alert, .. }
        | MonitorEvent::AlertHeld { alert, .. }
        | MonitorEvent::AlertResolved { alert, .. } => Some(*alert),
        MonitorEvent::AlertFired(fired) => Some(fired.alert),
        _ => None,
    }
}
