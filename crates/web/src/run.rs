//! A run of a runbook: its steps with what they took, what it asks, and everything it did.

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_api::{Entry, phase_words, run_at_its_end, steps, timeline as entries};
use andon_cycle::{State, words};
use andon_respond::Run;
use andon_vocabulary::{Command, Requester, RunId};
use axum::extract::Path;
use axum::response::Response;
use maud::{Markup, html};

use crate::approval;
use crate::chips;
use crate::durations::{Lasted, durations};
use crate::forms::form;
use crate::layout::{Place, card};
use crate::listing::Head::Text;
use crate::listing::{Rows, listing};
use crate::may::offer;
use crate::prose::prose;
use crate::timeline::timeline;
use crate::times::{span, ticking, time};
use crate::unknowns::{doubts, unknowns};
use crate::visit::Visit;
use crate::waits;

const RECORDS_MAX: usize = 20_000;

struct Told {
    state: Arc<State>,
    entries: Vec<Entry>,
    lasted: BTreeMap<String, Lasted>,
    doubts: Vec<String>,
}

pub async fn page(visit: Visit, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse::<RunId>() else { return missing(visit, &id) };
    let told = match told(&visit, id).await {
        Ok(Some(told)) => told,
        Ok(None) => return missing(visit, &id.to_string()),
        Err(why) => return visit.broken(&why),
    };
    let Some(run) = told.state.respond.runs.get(id) else { return missing(visit, &id.to_string()) };
    let title = format!("{id} {}", run.runbook.name);
    let content = show(&visit, run, &told);
    visit.page(Place::Incidents, &title, content)
}

fn missing(visit: Visit, id: &str) -> Response {
    visit.missing(
        &format!("There is no run {id}"),
        html! { "Runs are listed with their incident: " a href="/incidents" { "incidents" } },
    )
}

async fn told(visit: &Visit, id: RunId) -> Result<Option<Told>, String> {
    let (shared, view) = (Arc::clone(&visit.shared), Arc::clone(&visit.view));
    let read = move || {
        let state = match view.respond.runs.get(id) {
            Some(_) => view,
            None => match run_at_its_end(shared.history(), id)? {
                Some(state) => Arc::new(state),
                None => return Ok(None),
            },
        };
        let records = shared.history().about(&id.to_string(), RECORDS_MAX)?;
        let entries = entries(&records, |event| words::subject(event, &state).run == Some(id));
        Ok(Some(Told { entries, lasted: durations(&records, id), doubts: unknowns(&records, id), state }))
    };
    tokio::task::spawn_blocking(read).await.unwrap_or_else(|error| Err(error.to_string()))
}

fn show(visit: &Visit, run: &Run, told: &Told) -> Markup {
    let by = match &run.requested_by {
        Requester::Alert(alert) => alert.as_str(),
        Requester::Person(who) => &who.person,
    };
    html! {
        header.title.sticky data-key="header" {
            div {
                h1 { (run.runbook.name) }
                p.muted {
                    (chips::step(&phase_words(run, visit.view.instance.halt.is_some()))) " " (run.id) " · started by " (by) " at " (time(run.started, visit.now))
                    @if let Some(incident) = run.incident { " · for " a href={ "/incidents/" (incident) } { (incident) } }
                }
            }
            @if !run.is_finished() { (abort(visit, run)) }
        }
        @if let Some((_, ask)) = run.ask() { (approval::card(visit, run, ask)) }
        @if let Some(question) = waits::question(run) { (approval::question(visit, run, question)) }
        @if !told.doubts.is_empty() { (doubts(&told.doubts, visit.now)) }
        div.with-side {
            div {
                (card("steps", "Steps", None, step_table(visit, run, told)))
                (card("log", "Log", None, timeline(&told.entries, None, visit.now)))
            }
            aside aria-label="About this run" {
                (card("inputs", "Runs with", None, html! {
                    dl.facts { @for (name, value) in &run.inputs { dt { (name) } dd { code { (value) } } }
                        dt { "Lock" } dd { @match &run.lock { Some(lock) => code { (lock) }, None => "none" } } }
                }))
                @if !run.runbook.doc.is_empty() { (card("doc", "Why this runbook", None, html! { p { (run.runbook.doc) } })) }
            }
        }
    }
}

fn step_table(visit: &Visit, run: &Run, told: &Told) -> Markup {
    html! {
        (listing("Steps", Rows::Plain, &[Text("Step"), Text("Does"), Text("State"), Text("Took")], html! {
            @for step in steps(run, visit.view.instance.halt.is_some()) {
                tr {
                    td { b { (step.id) } }
                    td { (step.uses) }
                    td.wide { (chips::step(step.state)) @if let Some(detail) = &step.detail { " " small { (prose(detail, visit.now)) } } }
                    td {
                        @match told.lasted.get(&step.id) {
                            Some(Lasted { began, ended: Some(ended) }) => span.num { (span(ended.since(*began))) },
                            Some(Lasted { began, ended: None }) if !run.is_finished() => (ticking(*began, visit.now)),
                            _ => span.muted { "—" }
                        }
                    }
                }
            }
        }))
    }
}

fn abort(visit: &Visit, run: &Run) -> Markup {
    let fields = html! {
        label { "Why" input name="reason" required maxlength="500" autocomplete="off"; }
        button { "Stop this run" }
    };
    let path = format!("/runs/{}/abort", run.id);
    let menu =
        || html! { details.menu { summary { "Stop …" } (form(&path, &visit.here, "inline", fields)) } };
    offer(visit.may_say(&Command::Abort { run: run.id, reason: String::new() }), "Stop …", menu)
}
