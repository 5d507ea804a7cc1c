//! An incident: what waits for me, the alert's own chart, what happened so far, and who has it.

use std::sync::Arc;
use std::time::Duration;

use andon_api::{Entry, incident_at_its_end, timeline as entries};
use andon_cycle::{State, words};
use andon_respond::{Incident, Phase};
use andon_vocabulary::{Command, IncidentId};
use axum::extract::Path;
use axum::response::Response;
use maud::{Markup, html};

use crate::approval;
use crate::chart;
use crate::chips;
use crate::forms::form;
use crate::impact::{self, Impact};
use crate::layout::{Place, card};
use crate::may::offer;
use crate::now::acknowledge;
use crate::sidebar::sidebar;
use crate::timeline::timeline;
use crate::times::{span, ticking, time};
use crate::unknowns::{doubts, unknowns, unsure};
use crate::visit::Visit;
use crate::waits::{self, Wait};

/// More than any incident has; what comes later is left to the API.
const RECORDS_MAX: usize = 20_000;
/// How much of the quiet after an incident its chart shows.
const AFTER: Duration = Duration::from_secs(5 * 60);

/// What the journal and the samples say, beside the view.
struct Told {
    /// The view, or the state at the incident's end.
    state: Arc<State>,
    entries: Vec<Entry>,
    /// What became of its runs' steps whose outcome nobody knew.
    doubts: Vec<String>,
    impact: Option<Impact>,
}

pub async fn page(visit: Visit, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse::<IncidentId>() else { return missing(visit, &id) };
    let told = match told(&visit, id).await {
        Ok(Some(told)) => told,
        Ok(None) => return missing(visit, &id.to_string()),
        Err(why) => return visit.broken(&why),
    };
    let Some(incident) = told.state.respond.incidents.get(id) else { return missing(visit, &id.to_string()) };
    let title = format!("{id} {}", incident.title);
    let content = show(&visit, incident, &told);
    visit.page(Place::Incidents, &title, content)
}

fn missing(visit: Visit, id: &str) -> Response {
    visit.missing(&format!("There is no incident {id}"), html! { a href="/incidents" { "All incidents" } })
}

async fn told(visit: &Visit, id: IncidentId) -> Result<Option<Told>, String> {
    let (shared, view, now) = (Arc::clone(&visit.shared), Arc::clone(&visit.view), visit.now);
    let read = move || {
        let state = match view.respond.incidents.get(id) {
            Some(_) => Arc::clone(&view),
            None => match incident_at_its_end(shared.history(), id)? {
                Some(state) => Arc::new(state),
                None => return Ok(None),
            },
        };
        let records = shared.history().about(&id.to_string(), RECORDS_MAX)?;
        let entries = entries(&records, |event| words::subject(event, &state).incident == Some(id));
        let incident = state.respond.incidents.get(id);
        let runs = incident.into_iter().flat_map(|incident| &incident.runs);
        let doubts = runs.flat_map(|run| unknowns(&records, *run)).collect();
        let incident = incident.filter(|incident| !incident.is_over());
        let service = incident.and_then(|incident| view.catalog().services.get(&*incident.service));
        let impact = service.and_then(|service| impact::measure(service, shared.metrics(), now));
        Ok(Some(Told { state, entries, doubts, impact }))
    };
    tokio::task::spawn_blocking(read).await.unwrap_or_else(|error| Err(error.to_string()))
}

fn show(visit: &Visit, incident: &Incident, told: &Told) -> Markup {
    let runs = incident.runs.iter().filter_map(|run| told.state.respond.runs.get(*run));
    let is_current = visit.view.respond.incidents.get(incident.id).is_some();
    html! {
        (header(visit, incident, is_current))
        div.with-side {
            div {
                @for run in runs.filter(|run| is_current && !run.is_finished()) {
                    @if let Some((_, ask)) = run.ask() { (approval::card(visit, run, ask)) }
                    @if let Some(question) = waits::question(run) { (approval::question(visit, run, question)) }
                }
                @if incident.is_over() { (unsure(visit, incident.id)) }
                @if !told.doubts.is_empty() { (doubts(&told.doubts, visit.now)) }
                @if let Some(chart) = lead_chart(visit, incident, told) { (card("chart", "The alert's own measure", None, chart)) }
                (card("timeline", "Timeline", Some(&format!("{} entries", told.entries.len())), timeline(&told.entries, Some(&incident.id.to_string()), visit.now)))
                @if is_current { (composer(visit, incident)) }
            }
            aside aria-label="About this incident" { (sidebar(visit, incident, &told.state, told.impact.as_ref())) }
        }
    }
}

fn header(visit: &Visit, incident: &Incident, is_current: bool) -> Markup {
    html! {
        header.title.sticky data-key="header" {
            div {
                h1 title=(incident.title) { (incident.title) }
                p.muted {
                    (chips::severity(incident.severity)) " "
                    @if is_current { (chips::incident(incident)) } @else { (chips::chip(chips::Tone::Plain, "closed")) }
                    " " (incident.id) " · " (incident.service) " · "
                    @match incident.phase {
                        Phase::Resolved { at, .. } => { "lasted " span.num { (span(at.since(incident.opened_at))) } ", until " (time(at, visit.now)) }
                        _ => { "for " (ticking(incident.opened_at, visit.now)) }
                    }
                }
            }
            @if is_current && !incident.is_over() {
                div.row {
                    (resolve(visit, incident))
                    @match waits::first(incident, &visit.view, &visit.me) {
                        Some(Wait::Approval { run, ask }) => {
                            @if incident.phase == Phase::Open { (acknowledge(visit, incident, "")) }
                            (offer(approval::may(visit, run), &approval::headline(ask), || html! { button.primary form={ "approve-" (run.id) } { (approval::headline(ask)) } }))
                        }
                        Some(Wait::Question { run, .. }) => a.button.primary href={ "#asks-" (run.id) } { "Say what became of it" },
                        Some(Wait::Acknowledge { incident }) => (acknowledge(visit, incident, "primary")),
                        None => {}
                    }
                }
            }
        }
    }
}

fn resolve(visit: &Visit, incident: &Incident) -> Markup {
    let fields = html! {
        label { "How it ended" input name="reason" required maxlength="500" autocomplete="off"; }
        button { "Resolve" }
    };
    let path = format!("/incidents/{}/resolve", incident.id);
    let may = visit.may_say(&Command::Resolve { incident: incident.id, reason: String::new() });
    let menu =
        || html! { details.menu { summary { "Resolve …" } (form(&path, &visit.here, "inline", fields)) } };
    offer(may, "Resolve …", menu)
}

fn composer(visit: &Visit, incident: &Incident) -> Markup {
    let fields = html! {
        label.hidden for="note" { "Note" }
        textarea #note name="text" rows="1" required maxlength="16000" placeholder="What you see, think or do …" {}
        button.primary { "Add note" }
    };
    let may = visit.may_say(&Command::Note { incident: incident.id, text: String::new() });
    let path = format!("/incidents/{}/note", incident.id);
    offer(may, "Add note", || form(&path, &visit.here, "composer", fields))
}

fn lead_chart(visit: &Visit, incident: &Incident, told: &Told) -> Option<Markup> {
    let alert = chart::leading(incident, |id| told.state.monitor.alerts.get(id).map(|alert| &**alert));
    let until = match incident.phase {
        Phase::Resolved { at, .. } => Some(at + AFTER),
        _ => None,
    };
    match alert {
        Some(alert) => chart::of_alert(visit.catalog(), &alert.rule, Some(&alert.labels), incident, until),
        // A resolved alert has left the state; its rule is found by its name.
        None => {
            let first = incident.alerts.values().next()?;
            let mut rules = visit.catalog().alerting_rules();
            let (group, rule) = rules.find(|(_, rule)| *rule.alert == *first.name)?;
            let labels = andon_vocabulary::Labels::new([("service", &*incident.service)]);
            chart::of_alert(
                visit.catalog(),
                &format!("{}/{}", group.full_name(), rule.alert),
                Some(&labels),
                incident,
                until,
            )
        }
    }
}
