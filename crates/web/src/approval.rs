//! The approval card: exactly what would happen, on what evidence, how it is checked, and what if it does not help.

use andon_api::Problem;
use andon_cycle::State;
use andon_definitions::{Action, Does};
use andon_respond::Run;
use andon_respond::runs::Ask;
use andon_vocabulary::{Command, PreviewStep};
use maud::{Markup, html};

use crate::actions::{imperative, target};
use crate::chips::{Tone, chip};
use crate::forms::form;
use crate::may::offer;
use crate::numbers::short;
use crate::prose::prose;
use crate::times::{span, time};
use crate::visit::Visit;
use crate::waits::{deciders, is_alone};

/// What the button says: the first change that would be made.
pub fn headline(ask: &Ask) -> String {
    let first = ask.preview.steps.first().map(|step| imperative(&step.action));
    first.unwrap_or_else(|| "Go on".to_owned())
}

pub fn card(visit: &Visit, run: &Run, ask: &Ask) -> Markup {
    let catalog = visit.catalog();
    let may = deciders(run, ask, catalog).contains(&visit.me);
    html! {
        section.card.asks data-key={ "approval-" (run.id) } id={ "asks-" (run.id) } {
            h2 { (headline(ask)) "? " (chip(Tone::Warn, "needs approval")) }
            p.muted {
                a href={ "/runs/" (run.id) } { (run.id) } " of runbook " (run.runbook.name) " asks " (ask.from.join(", "))
                ", until " (time(ask.expires, visit.now))
            }
            dl.facts {
                @for step in &ask.preview.steps { (change(step)) }
                dt { "Why" } dd { (evidence(run, &visit.view, visit.now)) }
            }
            @if may { (decide(visit, run, ask)) }
            @else { p.muted { "Not yours to decide: ask " (deciders(run, ask, catalog).join(" or ")) "." } }
        }
    }
}

fn change(step: &PreviewStep) -> Markup {
    html! {
        dt { "Will do" } dd { code { (step.action) } }
        dt { "To" } dd { (target(&step.action)) }
        dt { "Then verifies" } dd { @match &step.verify { Some(verify) => code { (verify) }, None => "nothing" } }
        dt { "If it does not help" } dd { (step.if_not) }
    }
}

/// What was measured and what changed, as far as the run knows.
fn evidence(run: &Run, state: &State, now: andon_vocabulary::Timestamp) -> Markup {
    let incident = run.incident.and_then(|id| state.respond.incidents.get(id));
    let alert = run.alert.and_then(|id| state.monitor.alerts.get(&id));
    html! {
        ul.plain {
            @if let Some(alert) = alert {
                li { (alert.labels.get("alertname").unwrap_or("an alert")) " at " b.num { (short(alert.value)) } }
            }
            @for (id, record) in &run.steps {
                @if let Some(value) = record.value {
                    li { (id) " measured " b.num { (short(value)) } @if let Some(query) = query(run, id) { " " code { (query) } } }
                }
            }
            @for suspect in incident.into_iter().flat_map(|incident| &incident.suspects) {
                @let opened = incident.map_or(now, |incident| incident.opened_at);
                li { (suspect.what) ", " (span(opened.since(suspect.at))) " before the incident" }
            }
        }
    }
}

fn query<'a>(run: &'a Run, step: &str) -> Option<&'a str> {
    match &run.runbook.step(step)?.does {
        Does::Act(act) => match &act.action {
            Action::Promql(promql) => Some(promql.query.trim()),
            _ => None,
        },
        Does::Approve(_) => None,
    }
}

/// Whether they may decide about a run, as far as their role goes; who is asked is another question.
pub fn may(visit: &Visit, run: &Run) -> Result<(), Problem> {
    let (step, reason) = ("".into(), String::new());
    visit.may_say(&Command::Reject { run: run.id, step, reason })
}

fn decide(visit: &Visit, run: &Run, ask: &Ask) -> Markup {
    let Some((step, _)) = run.ask() else { return html! {} };
    let alone = is_alone(run, ask, &visit.me, visit.catalog());
    let path = |verb: &str| format!("/runs/{}/{verb}", run.id);
    let approve = html! {
        input type="hidden" name="step" value=(step);
        input type="hidden" name="preview" value=(ask.preview.hash());
        @if alone {
            label { "Why it cannot wait for a second person"
                input name="reason" required maxlength="500" autocomplete="off"; }
        }
        button.primary { "Approve" }
    };
    let reject = html! {
        input type="hidden" name="step" value=(step);
        label { "Why not" input name="reason" required maxlength="500" autocomplete="off"; }
        button { "Reject" }
    };
    let both = || {
        html! {
            div.decide {
                (form(&path("approve"), &visit.here, "inline", approve))
                details { summary { "Reject …" } (form(&path("reject"), &visit.here, "inline", reject)) }
            }
        }
    };
    offer(may(visit, run), "Approve", both)
}

/// A step whose outcome only a person can tell.
pub fn question(visit: &Visit, run: &Run, question: &str) -> Markup {
    let Some((step, _)) = run.at() else { return html! {} };
    let fields = html! {
        input type="hidden" name="step" value=(step.id);
        label { "How you know" input name="reason" required maxlength="500" autocomplete="off"; }
        div.row {
            button name="answer" value="done" { "It happened" }
            button name="answer" value="repeat" { "It did not: do it again" }
            button name="answer" value="abort" { "Stop here" }
        }
    };
    html! {
        section.card.asks data-key={ "question-" (run.id) } id={ "asks-" (run.id) } {
            h2 { "What became of " (step.id) "? " (chip(Tone::Warn, "needs an answer")) }
            p { (prose(question, visit.now)) }
            p.muted { a href={ "/runs/" (run.id) } { (run.id) } " waits; nothing is repeated until somebody says so." }
            (offer(may(visit, run), "Say what became of it", || form(&format!("/runs/{}/answer", run.id), &visit.here, "inline", fields)))
        }
    }
}
