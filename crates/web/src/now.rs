//! Now: what is on fire, what waits for me, who is on call, what changed.

use std::time::Duration;

use andon_respond::{Incident, Phase, Progress, next_page};
use andon_vocabulary::Command;
use axum::response::Response;
use maud::{Markup, html};

use crate::actions;
use crate::approval;
use crate::chips;
use crate::elsewhere;
use crate::forms::form;
use crate::glass;
use crate::layout::{Place, banner, card};
use crate::may::offer;
use crate::prose::prose;
use crate::services;
use crate::silences;
use crate::times::{ticking, time};
use crate::visit::Visit;
use crate::waits::{self, Wait};

const RECENTLY: Duration = Duration::from_secs(2 * 3600);

pub async fn page(visit: Visit) -> Response {
    let view = visit.view.clone();
    let burning: Vec<&Incident> =
        view.respond.incidents.open.values().rev().filter(|incident| !incident.is_over()).collect();
    let decisions = waits::decisions(&view, &visit.me);
    let content = html! {
        header.title { h1 { "Now" } (halt_or_release(&visit)) }
        (banners(&visit))
        @for wait in &decisions {
            @match wait {
                Wait::Approval { run, ask } => (approval::card(&visit, run, ask)),
                Wait::Question { run, question } => (approval::question(&visit, run, question)),
                Wait::Acknowledge { .. } => {}
            }
        }
        @if burning.is_empty() { (all_well(&visit)) }
        @else { (card("burning", "On fire", None, burning_rows(&visit, &burning))) }
        div.columns {
            (card("oncall", "On call", None, on_call(&visit)))
            (card("changes", "Changes", Some("last two hours"), changes(&visit)))
        }
        (card("services", "Services", None, services::table(&visit)))
    };
    let title = match burning.len() {
        0 => "Now".to_owned(),
        count => format!("({count}) Now"),
    };
    visit.page(Place::Now, &title, content)
}

fn banners(visit: &Visit) -> Markup {
    let instance = &visit.view.instance;
    html! {
        @if let Some(since) = visit.shared.full_since() {
            (banner("full", "bad", html! {
                h2 { "The disk is full: nothing can be written down" }
                p { "Since " (time(since, visit.now)) " commands are refused, and what happens is not kept. Make room where the journal is; everything goes on by itself then." }
            }))
        }
        @if let Some(halt) = &instance.halt {
            (banner("halted", "bad", html! {
                h2 { "All automation is halted" }
                p { "Since " (time(halt.at, visit.now)) ": " (halt.reason) "." }
                @if halt.stops_paging() { p { "Nobody is paged either." } }
            }))
        }
        (glass::banners(visit))
        @if !instance.broken.is_empty() {
            (banner("broken", "warn", html! {
                h2 { "The definitions on disk are broken; the ones before stay in force" }
                ul { @for finding in instance.broken.iter().take(5) { li { code { (finding) } } } }
                @if instance.broken.len() > 5 { p { "and " (instance.broken.len() - 5) " more: " code { "andon check" } " shows them" } }
            }))
        }
        (silences::maintenance(visit, None))
        (elsewhere::silence(visit))
        (blind(visit))
    }
}

/// Whatever such a rule watches goes unseen.
fn blind(visit: &Visit) -> Markup {
    let failing = &visit.view.monitor.failing;
    html! {
        @if let Some((rule, why)) = failing.iter().next() {
            (banner("blind", "warn", html! {
                h2 {
                    @if failing.len() == 1 { "A rule cannot be evaluated: nobody watches what it watches" }
                    @else { (failing.len()) " rules cannot be evaluated: nobody watches what they watch" }
                }
                p { code { (rule) } ": " (why.error) ". " a href="/rules" { "Rules" } }
            }))
        }
    }
}

fn halt_or_release(visit: &Visit) -> Markup {
    let reason = String::new();
    let (path, verb, word, command) = match visit.view.instance.halt {
        Some(_) => ("/release", "Release …", "Release", Command::Release { reason }),
        None => ("/halt", "Halt automation …", "Halt all automation", Command::Halt { reason }),
    };
    let fields = html! {
        label { "Why" input name="reason" required maxlength="500" autocomplete="off"; }
        button { (word) }
    };
    let menu = || html! { details.menu { summary { (verb) } (form(path, &visit.here, "inline", fields)) } };
    offer(visit.may_say(&command), verb, menu)
}

fn burning_rows(visit: &Visit, burning: &[&Incident]) -> Markup {
    html! {
        ul.rows {
            @for incident in burning {
                li data-row {
                    div.what {
                        div.clamp title=(incident.title) { (chips::severity(incident.severity)) " " (chips::incident(incident)) " "
                            a.title href={ "/incidents/" (incident.id) } { (incident.title) } }
                        div.muted { (incident.id) " · " (incident.service) " · for " (ticking(incident.opened_at, visit.now))
                            @if nobody_is_left(visit, incident) { " · " (chips::chip(chips::Tone::Bad, "nobody is left to page")) } }
                    }
                    (primary(visit, incident))
                }
            }
        }
    }
}

/// Nobody has it, and every step of the escalation was taken.
fn nobody_is_left(visit: &Visit, incident: &Incident) -> bool {
    incident.phase == Phase::Open
        && matches!(incident.escalation, Progress::Exhausted { .. })
        && next_page(incident, visit.catalog(), &visit.view.respond.duty).is_none()
}

/// The one button of an incident on this page.
fn primary(visit: &Visit, incident: &Incident) -> Markup {
    match waits::first(incident, &visit.view, &visit.me) {
        Some(Wait::Approval { run, ask }) => {
            html! { a.button.primary href={ "#asks-" (run.id) } { (approval::headline(ask)) } }
        }
        Some(Wait::Question { run, .. }) => {
            html! { a.button.primary href={ "#asks-" (run.id) } { "Say what became of it" } }
        }
        Some(Wait::Acknowledge { incident }) => acknowledge(visit, incident, "primary"),
        None => html! { a.button href={ "/incidents/" (incident.id) } { "Open" } },
    }
}

pub fn acknowledge(visit: &Visit, incident: &Incident, class: &str) -> Markup {
    let may = visit.may_say(&Command::Acknowledge { incident: incident.id });
    offer(may, "Acknowledge", || {
        let button = html! { button class=(class) data-ack { "Acknowledge" } };
        form(&format!("/incidents/{}/acknowledge", incident.id), &visit.here, "", button)
    })
}

fn all_well(visit: &Visit) -> Markup {
    let teams = visit.catalog().team_for(None).into_iter().chain(visit.catalog().teams.values());
    let mine = teams
        .flat_map(|team| {
            team.oncall.keys().filter_map(|rotation| visit.view.respond.duty.shift(team, rotation, visit.now))
        })
        .next();
    // Nobody may be asked to do anything about an incident, and still not everything is well.
    let firing = visit.view.monitor.alerts.values().filter(|alert| alert.fired_at().is_some()).count();
    let waits =
        visit.view.respond.runs.open().any(|run| run.ask().is_some() || waits::question(run).is_some());
    html! {
        section.card data-key="well" {
            @if firing > 0 {
                h2 {
                    (chips::chip(chips::Tone::Warn, "alerts")) " No incident is going on, but "
                    a href="/alerts" { (firing) @if firing == 1 { " alert fires" } @else { " alerts fire" } }
                }
            } @else if waits {
                h2 { (chips::chip(chips::Tone::Warn, "a run waits")) " No incident is going on, but a run waits for a person" }
            } @else {
                h2 { (chips::chip(chips::Tone::Good, "all well")) " Nothing is on fire" }
            }
            @if let Some(shift) = mine {
                p {
                    "On call: "
                    @if *shift.person == *visit.me { "you (" (shift.person) ")" } @else { (shift.person) }
                    " until " (time(shift.until, visit.now)) "."
                }
            }
        }
    }
}

fn on_call(visit: &Visit) -> Markup {
    html! {
        ul.rows.tight {
            @for (name, team) in &visit.catalog().teams {
                @for rotation in team.oncall.keys() {
                    li {
                        span.muted { (name) "/" (rotation) }
                        @match visit.view.respond.duty.shift(team, rotation, visit.now) {
                            Some(shift) => span {
                                b { (shift.person) } @if *shift.person == *visit.me { " (you)" }
                                " until " (time(shift.until, visit.now))
                            },
                            None => (chips::chip(chips::Tone::Bad, "nobody")),
                        }
                    }
                }
            }
        }
        @if visit.catalog().teams.is_empty() { p.muted { "No team is defined." } }
        @else { p { a href="/oncall" { "Shifts, swaps and load" } } }
    }
}

fn changes(visit: &Visit) -> Markup {
    let changes = visit.view.change.changes.values().rev();
    let recent: Vec<_> = changes.filter(|change| change.at + RECENTLY > visit.now).collect();
    html! {
        @if recent.is_empty() { p.muted { "Nothing was changed." } }
        ul.rows.tight {
            @for change in recent {
                li {
                    span { b { (change.what.service()) } " " (prose(&actions::change(&change.what), visit.now)) " " (actions::change_state(&change.phase)) }
                    span.muted { (change.who.person) " · " (time(change.at, visit.now)) }
                }
            }
        }
    }
}
