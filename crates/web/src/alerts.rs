//! Alerts by service: state, value, how long, owner, incident. The filter lives in the address, and ten thousand are
//! as usable as ten: a page of them at a time, below a count of each service.

use std::collections::BTreeMap;

use andon_api::{AskedAlerts, service_of};
use andon_definitions::alertmanager::AlertMatcher;
use andon_monitor::{Alert, Phase};
use andon_respond::Phase as IncidentPhase;
use andon_vocabulary::AlertId;
use axum::extract::Query;
use axum::response::Response;
use form_urlencoded::Serializer;
use maud::{Markup, html};

use crate::chips;
use crate::layout::{Place, banner, card};
use crate::listing::Head::{Actions, Number, Text};
use crate::listing::{Rows, listing};
use crate::now::acknowledge;
use crate::numbers::short;
use crate::prose::prose;
use crate::silences;
use crate::times::ticking;
use crate::visit::Visit;
use crate::why;

/// Alerts on one page.
const ROWS: usize = 100;
/// Services that are counted one by one.
const COUNTED_MAX: usize = 200;

type Fields = BTreeMap<String, String>;

pub async fn page(visit: Visit, Query(query): Query<Fields>) -> Response {
    let view = visit.view.clone();
    let (asked, wrong) = match AskedAlerts::of(&query) {
        Ok(asked) => (asked, None),
        Err(why) => (AskedAlerts::default(), Some(why)),
    };
    let found = if wrong.is_some() { Vec::new() } else { asked.find(&view) };
    let pages = found.len().div_ceil(ROWS).max(1);
    let at = query.get("page").and_then(|text| text.parse().ok()).unwrap_or(1).clamp(1, pages);
    let shown = found.iter().skip((at - 1) * ROWS).take(ROWS);
    let mut services: Vec<(&str, Vec<(AlertId, &Alert)>)> = Vec::new();
    for (id, alert) in shown {
        let service = service_of(alert);
        match services.last_mut().filter(|(last, _)| *last == service) {
            Some((_, alerts)) => alerts.push((*id, alert)),
            None => services.push((service, vec![(*id, alert)])),
        }
    }
    let content = html! {
        header.title { h1 { "Alerts" } (filter(&query)) a href="/alerts/noisy" { "Worth a page?" } }
        @if let Some(why) = &wrong {
            (banner("wrong", "warn", html! { h2 { "That is no filter" } p { (why) ". Write it as " code { "service=\"shop\", instance=~\"web-.*\"" } ", or as words." } }))
        } @else if found.is_empty() {
            section.card data-key="none" {
                @if asked.is_everything() { h2 { (chips::chip(chips::Tone::Good, "all well")) " No alert is pending or firing" } }
                @else { p { "No alert is like that. " a href="/alerts" { "Show all" } } }
            }
        }
        (troubles(&visit))
        (silences::maintenance(&visit, None))
        @if pages > 1 { (counts(&query, &found)) }
        @if !asked.matchers.is_empty() && !found.is_empty() {
            p.muted { (found.len()) " match. " a href=(silences::link_of(&matchers(&asked))) { "Silence what matches …" } }
        }
        @for (service, alerts) in &services {
            @let owner = visit.catalog().team_for(Some(service)).map_or("nobody", |team| team.name.as_str());
            (card(&format!("alerts-{service}"), service, Some(&format!("owner {owner}")), table(&visit, alerts)))
        }
        @if pages > 1 { (pager(&query, at, pages, found.len())) }
    };
    visit.page(Place::Alerts, "Alerts", content)
}

fn matchers(asked: &AskedAlerts) -> String {
    asked.matchers.iter().map(AlertMatcher::to_string).collect::<Vec<_>>().join(", ")
}

fn filter(query: &Fields) -> Markup {
    let value = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let choice = |name: &str, any: &str, choices: &[(&str, &str)]| {
        html! {
            select name=(name) aria-label=(any) {
                option value="" { (any) }
                @for (word, text) in choices { option value=(word) selected[value(name) == *word] { (text) } }
            }
        }
    };
    html! {
        form.row method="get" action="/alerts" role="search" {
            label.hidden for="q" { "Filter" }
            input #q name="q" type="search" value=(value("q")) placeholder=r#"service="shop", instance=~"web-.*""# data-filter autocomplete="off" spellcheck="false";
            (choice("state", "any state", &[("firing", "firing"), ("pending", "pending"), ("lost", "lost")]))
            (choice("told", "told or not", &[("yes", "people are told"), ("no", "nobody is told")]))
            @if !value("service").is_empty() { input type="hidden" name="service" value=(value("service")); }
            button { "Filter" }
        }
    }
}

/// The same list, with one thing of it changed.
fn link(query: &Fields, name: &str, value: &str) -> String {
    let mut text = Serializer::new(String::new());
    let kept = |(key, _): &(&String, &String)| !matches!(key.as_str(), "page") && key.as_str() != name;
    for (key, value) in query.iter().filter(|(_, value)| !value.is_empty()).filter(kept) {
        text.append_pair(key, value);
    }
    format!("/alerts?{}", text.append_pair(name, value).finish())
}

/// Of all that was found, how many there are of each service.
fn counts(query: &Fields, found: &[(AlertId, &Alert)]) -> Markup {
    let mut services = BTreeMap::<&str, [usize; 3]>::new();
    for (_, alert) in found {
        let [firing, quiet, pending] = services.entry(service_of(alert)).or_default();
        match alert.fired_at() {
            None => *pending += 1,
            Some(_) if alert.suppressed.is_empty() => *firing += 1,
            Some(_) => *quiet += 1,
        }
    }
    let mut services: Vec<_> = services.into_iter().collect();
    services.sort_by_key(|(service, [firing, quiet, pending])| {
        (std::cmp::Reverse((*firing, *quiet, *pending)), *service)
    });
    html! {
        (card("services", "Services", Some(&format!("{} alerts", found.len())), html! {
            ul.counts { @for (service, [firing, quiet, pending]) in services.iter().take(COUNTED_MAX) {
                li { a href=(link(query, "service", service)) { (service) } " "
                    @if *firing > 0 { (chips::chip(chips::Tone::Bad, &format!("{firing} firing"))) " " }
                    @if *quiet > 0 { (chips::chip(chips::Tone::Plain, &format!("{quiet} not told"))) " " }
                    @if *pending > 0 { (chips::chip(chips::Tone::Warn, &format!("{pending} pending"))) }
                }
            } }
            @if services.len() > COUNTED_MAX { p.muted { (services.len() - COUNTED_MAX) " more services: narrow the filter to see them." } }
        }))
    }
}

fn pager(query: &Fields, at: usize, pages: usize, found: usize) -> Markup {
    html! {
        nav.row aria-label="Pages" {
            @if at > 1 { a.button rel="prev" href=(link(query, "page", &(at - 1).to_string())) { "Before" } }
            span.muted { "page " (at) " of " (pages) ", " (found) " alerts" }
            @if at < pages { a.button rel="next" href=(link(query, "page", &(at + 1).to_string())) { "Next" } }
        }
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

fn table(visit: &Visit, alerts: &[(AlertId, &Alert)]) -> Markup {
    html! {
        (listing("Alerts", Rows::Stacked, &[Text("Alert"), Text("State"), Number("Value"), Text("For"), Text("Incident"), Actions], html! {
            @for (id, alert) in alerts { (row(visit, *id, alert)) }
        }))
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
    let name = alert.labels.get("alertname").unwrap_or(&alert.rule);
    html! {
        tr data-row {
            td.wide {
                b.clamp title=(name) { (name) }
                @if let Some(summary) = alert.annotations.get("summary") { div.clamp title=(summary) { (summary) } }
                small.labels { (alert.labels.without(&["alertname"])) }
            }
            td { (chips::alert(&alert.phase)) (silences::of_alert(visit, alert)) @if let Some(why) = why { br; small { (prose(&why, visit.now)) } } }
            td.num title=(alert.value) { (short(alert.value)) }
            td { (ticking(alert.since(), visit.now)) }
            td { @if let Some(incident) = incident { a href={ "/incidents/" (incident.id) } { (incident.id) } " " (chips::incident(incident)) } @else { span.muted { "none" } } }
            td { @if let Some(incident) = incident.filter(|incident| incident.phase == IncidentPhase::Open) { (acknowledge(visit, incident, "")) " " } @if alert.fired_at().is_some() && alert.suppressed.is_empty() { a href=(silences::link(alert)) { "Silence" } " " } (why::link(&id.to_string(), None, "Why?")) }
        }
    }
}
