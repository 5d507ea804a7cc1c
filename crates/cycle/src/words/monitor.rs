//! Alerts, in words.

use andon_vocabulary::{AlertId, MonitorEvent, SuppressedBy};

pub(super) fn say(event: &MonitorEvent) -> String {
    match event {
        MonitorEvent::AlertPending { labels, value, .. } => {
            format!("{} pending, value {value}", name(labels))
        }
        MonitorEvent::AlertDropped { rule, .. } => format!("{} is no longer pending", short(rule)),
        MonitorEvent::AlertFired(fired) => {
            let summary =
                fired.annotations.get("summary").map_or_else(String::new, |text| format!(": {text}"));
            let name = name(&fired.labels);
            match &fired.received {
                Some(received) => format!("{name} fires{summary}, as {} says", received.source),
                None => format!("{name} fired{summary} ({}, value {})", fired.reason, fired.value),
            }
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
        MonitorEvent::AlertsHeard { alerts, ends_at } => {
            format!("{} repeated by their senders, until {}", count(alerts), ends_at.second())
        }
        MonitorEvent::AlertChanged { alert, received, .. } => {
            format!("{} describes {alert} otherwise", received.source)
        }
        MonitorEvent::AlertsSuppressed { by, alerts } => {
            format!("nobody is told of {}: {}", count(alerts), suppressed_by(*by))
        }
        MonitorEvent::AlertsReleased { by, alerts } => {
            format!("{} no longer suppressed ({})", count(alerts), suppressed_by(*by))
        }
        MonitorEvent::SilenceSet { silence } => {
            let matchers: Vec<String> = silence.shown().iter().map(ToString::to_string).collect();
            let (who, why) = (&silence.created_by, &silence.comment);
            let when = match &silence.weekly {
                None => format!("from {} to {}", silence.starts_at.second(), silence.ends_at.second()),
                Some(weekly) if silence.maintenance.is_some() => format!("every {weekly}"),
                Some(weekly) => format!("every {weekly} until {}", silence.ends_at.second()),
            };
            format!("{who} silences {{{}}} {when}: {why}", matchers.join(", "))
        }
        MonitorEvent::SilenceBegan { silence } => format!("silence {silence} begins"),
        MonitorEvent::SilenceRests { silence, until } => {
            format!("silence {silence} rests until {}", until.second())
        }
        MonitorEvent::SilenceEndsSoon { owner, what, ends_at, .. } => {
            format!("{owner} is to know that the silence of {what} ends at {}", ends_at.second())
        }
        MonitorEvent::SilenceEnded { silence, why } => format!("silence {silence} ends: {why}"),
        MonitorEvent::SilenceForgotten { silence } => format!("silence {silence} is history"),
        MonitorEvent::RuleFailed { rule, error } => format!("rule {rule} cannot be evaluated: {error}"),
        MonitorEvent::RuleRecovered { rule } => format!("rule {rule} can be evaluated again"),
        MonitorEvent::SourceSilent { target, error } => format!("{target} does not answer: {error}"),
        MonitorEvent::SourceBack { target } => format!("{target} answers again"),
    }
}

fn count(alerts: &[AlertId]) -> String {
    match alerts {
        [one] => one.to_string(),
        several => format!("{} alerts", several.len()),
    }
}

fn suppressed_by(by: SuppressedBy) -> String {
    match by {
        SuppressedBy::Silence(silence) => format!("silence {silence}"),
        SuppressedBy::Alert(alert) => format!("inhibited by {alert}"),
        SuppressedBy::Cause(alert) => format!("explained by {alert}, of a service that theirs depends on"),
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
        | MonitorEvent::AlertChanged { alert, .. }
        | MonitorEvent::AlertResolved { alert, .. } => Some(*alert),
        MonitorEvent::AlertFired(fired) => Some(fired.alert),
        _ => None,
    }
}
