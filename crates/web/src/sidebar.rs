//! What stands beside an incident's timeline: who has it, what it costs, what is suspected, where the runbook stands.

use andon_api::{phase_words, steps};
use andon_cycle::State;
use andon_respond::{Incident, Phase, Progress, next_page};
use maud::{Markup, html};

use crate::chips;
use crate::impact::Impact;
use crate::layout::card;
use crate::times::{span, time};
use crate::visit::Visit;
use crate::why;

pub fn sidebar(visit: &Visit, incident: &Incident, state: &State, impact: Option<&Impact>) -> Markup {
    html! {
        (card("roles", "Who has it", None, roles(visit, incident)))
        (card("impact", "Impact", None, html! {
            @match impact {
                Some(impact) => (impact.show()),
                None if incident.is_over() => p.muted { "It is over; nothing is measured any more." }
                None => p.muted { "The service does not say what its failure costs." }
            }
            p.muted { "Severity: " (incident.severity_why) }
            @match incident.reopened.len() { 0 => {} 1 => { p.muted { "It came back once." } } times => { p.muted { "It came back " (times) " times." } } }
        }))
        (card("suspects", "Suspect changes", None, suspects(incident)))
        @for run in incident.runs.iter().filter_map(|run| state.respond.runs.get(*run)) {
            (card(&format!("run-{}", run.id), "Runbook", Some(&run.runbook.name), html! {
                p { a href={ "/runs/" (run.id) } { (run.id) } " " (chips::step(&phase_words(run, state.instance.halt.is_some()))) }
                ol.steps {
                    @for step in steps(run, state.instance.halt.is_some()) {
                        li { (step.id) " " (chips::step(step.state)) }
                    }
                }
            }))
        }
        (card("alerts", "Alerts", None, html! {
            ul.rows.tight {
                @for alert in incident.alerts.values() {
                    li { span { (alert.name) " " (chips::joined(alert.phase)) } span.muted { (time(alert.fired_at, visit.now)) } }
                }
            }
            @if incident.alerts.is_empty() { p.muted { "None: a person declared it." } }
        }))
    }
}

fn roles(visit: &Visit, incident: &Incident) -> Markup {
    html! {
        dl.facts {
            @match &incident.phase {
                Phase::Open => { dt { "Acknowledged by" } dd { "nobody" } }
                Phase::Acknowledged { by, expires, .. } => {
                    dt { "Acknowledged by" }
                    dd { b { (by) } ", until " (time(*expires, visit.now)) " without activity" }
                }
                Phase::Resolved { why, .. } => { dt { "Ended" } dd { (why) } }
            }
            dt { "Team" } dd { (incident.team.as_deref().unwrap_or("none")) }
            dt { "Told" }
            dd { @if incident.reached().next().is_none() { "nobody" }
                @for (index, person) in incident.reached().enumerate() { @if index > 0 { ", " } (why::link(person, None, person)) } }
            @if incident.not_reached().next().is_some() {
                dt { "Not reached" }
                dd { @for (index, person) in incident.not_reached().enumerate() { @if index > 0 { ", " } (why::link(person, None, person)) } }
            }
            @if incident.phase == Phase::Open {
                dt { "Next page" }
                dd { @match (next_page(incident, visit.catalog(), &visit.view.respond.duty), &incident.escalation) {
                    (Some(next), _) if next.people.is_empty() => { "everybody again at " (time(next.at, visit.now)) }
                    (Some(next), _) => { (next.people.join(", ")) " at " (time(next.at, visit.now)) }
                    (None, Progress::Quiet) => { "none: nothing here is that urgent" }
                    (None, _) => { "none is left" }
                } }
            }
        }
    }
}

fn suspects(incident: &Incident) -> Markup {
    html! {
        @if incident.suspects.is_empty() { p.muted { "Nothing changed in the hour before." } }
        ul.rows.tight {
            @for suspect in &incident.suspects {
                li title=(suspect.why) {
                    code { (suspect.what) }
                    span.num { "−" (span(incident.opened_at.since(suspect.at))) }
                }
            }
        }
    }
}
