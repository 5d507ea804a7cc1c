//! Alerts by service: state, value, how long, owner, incident. The filter lives in the address.

use std::collections::BTreeMap;

use andon_monitor::{Alert, Phase};
use andon_respond::Phase as IncidentPhase;
use andon_vocabulary::AlertId;
use axum::extract::Query;
use axum::response::Response;
use maud::{Markup, html};

use crate::chips;
use crate::layout::{Place, banner, card};
use crate::now::acknowledge;
use crate::numbers::short;
use crate::prose::prose;
use crate::silences;
use crate::times::ticking;
use crate::visit::Visit;
use crate::why;

/// More rows than this help nobody; the filter finds the others.
const ROWS_MAX: usize = 500;

pub async fn page(visit: Visit, Query(query): Query<BTreeMap<String, String>>) -> Response {
    let wanted = query.get("q").map(String::as_str).unwrap_or_default();
    let words: Vec<String> = wanted.split_whitespace().map(str::to_lowercase).collect();
    let view = visit.view.clone();
    let found: Vec<(&AlertId, &Alert)> = view
        .monitor
        .alerts
        .iter()
        .map(|(id, alert)| (id, &**alert))
        .filter(|(_, alert)| matches(alert, &words))
        .collect();
    let mut services: BTreeMap<&str, Vec<(&AlertId, &Alert)>> = BTreeMap::new();
    for (id, alert) in found.iter().take(ROWS_MAX) {
        services.entry(alert.service.as_deref().unwrap_or("unassigned")).or_default().push((id, alert));
    }
    let content = html! {
        header.title { h1 { "Alerts" } (filter(wanted)) }
        @if found.is_empty() {
            section.card data-key="none" {
                @if words.is_empty() { h2 { (chips::chip(chips::Tone::Good, "all well")) " No alert is pending or firing" } }
                @else { p { "No alert has all of these words. " a href="/alerts" { "Show all" } } }
            }
        }
        (troubles(&visit))
        @for (service, alerts) in &services {
            @let owner = visit.catalog().team_for(Some(service)).map_or("nobody", |team| team.name.as_str());
            (card(&format!("alerts-{service}"), service, Some(&format!("owner {owner}")), table(&visit, alerts)))
        }
        @if found.len() > ROWS_MAX {
            p.muted { (found.len() - ROWS_MAX) " more: narrow the filter to see them." }
        }
    };
    visit.page(Place::Alerts, "Alerts", content)
}

fn filter(wanted: &str) -> Markup {
    html! {
        form.row method="get" action="/alerts" role="search" {
            label.hidden for="q" { "Filter" }
            input #q name="q" type="search" value=(wanted) placeholder="service, state, label …" data-filter autocomplete="off";
            button { "Filter" }
        }
    }
}

/// Every word must stand in the alert's state, service or labels.
fn matches(alert: &Alert, words: &[String]) -> bool {
    let text = format!(
        "{} {} {} {}",
        state_word(&alert.phase),
        if alert.suppressed.is_empty() { "" } else { "suppressed" },
        alert.labels,
        alert.service.as_deref().unwrap_or("unassigned")
    );
    let text = text.to_lowercase();
    words.iter().all(|word| text.contains(word.as_str()))
}

fn state_word(phase: &Phase) -> &'static str {
    match phase {
        Phase::Pending { .. } => "pending",
        Phase::Firing { .. } => "firing",
        Phase::Lost { .. } => "lost",
    }
}

/// What keeps alerts from being judged at all.
fn troubles(visit: &Visit) -> Markup {
    let monitor = &visit.view.monitor;
    html! {
        @if !monitor.failing.is_empty() {
            (banner("failing", "warn", html! {
                h2 { "Rules that cannot be evaluated" }
                ul { @for (rule, failing) in &monitor.failing { li { b { (rule) } ": " (failing.error) } } }
            }))
        }
        @if !monitor.silent.is_empty() {
            (banner("silent", "warn", html! {
                h2 { "Targets that do not answer" }
                ul { @for (target, silent) in &monitor.silent {
                    li { b { (target) } " for " (ticking(silent.since, visit.now)) ": " (silent.error) }
                } }
            }))
        }
    }
}

fn table(visit: &Visit, alerts: &[(&AlertId, &Alert)]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Alerts" {
            table.stack {
                thead { tr { th { "Alert" } th { "State" } th.num { "Value" } th { "For" } th { "Incident" } th { span.hidden { "Actions" } } } }
                tbody { @for (id, alert) in alerts { (row(visit, **id, alert)) } }
            }
        }
    }
}

fn row(visit: &Visit, id: AlertId, alert: &Alert) -> Markup {
    let incidents = &visit.view.respond.incidents.open;
    let incident = incidents.values().rev().find(|incident| incident.alerts.contains_key(&id));
    let why = match &alert.phase {
        Phase::Pending { fires_at, .. } => Some(format!("fires at {fires_at} if it still holds")),
        Phase::Firing { held_until: Some(until), .. } => Some(format!("no longer holds; kept until {until}")),
        Phase::Firing { held_until: None, .. } => None,
        Phase::Lost { why, .. } => Some(format!("{why}; it stays until it is seen again")),
    };
    html! {
        tr data-row {
            td.wide {
                b { (alert.labels.get("alertname").unwrap_or(&alert.rule)) }
                @if let Some(summary) = alert.annotations.get("summary") { br; (summary) }
                br; small.labels { (alert.labels.without(&["alertname"])) }
            }
            td { (chips::alert(&alert.phase)) (silences::of_alert(visit, alert)) @if let Some(why) = why { br; small { (prose(&why, visit.now)) } } }
            td.num title=(alert.value) { (short(alert.value)) }
            td { (ticking(alert.since(), visit.now)) }
            td { @if let Some(incident) = incident { a href={ "/incidents/" (incident.id) } { (incident.id) } " " (chips::incident(incident)) } @else { span.muted { "none" } } }
            td { @if let Some(incident) = incident.filter(|incident| incident.phase == IncidentPhase::Open) { (acknowledge(visit, incident, "")) " " } @if alert.fired_at().is_some() && alert.suppressed.is_empty() { a href=(silences::link(alert)) { "Silence" } " " } (why::link(&id.to_string(), None, "Why?")) }
        }
    }
}
