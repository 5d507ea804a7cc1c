//! Why an expectation was missed: the reasons that the decisions gave, and the line of the definition that decided.

use andon_definitions::oncall::policy;
use andon_definitions::scenario::Expectation;
use andon_definitions::{Catalog, Location, Period};
use andon_vocabulary::{Event, MonitorEvent, NoticeKind, RespondEvent, Timestamp};

use crate::expect::{Trace, span};
use crate::play::{Seen, SeenWhat};

#[derive(Default)]
pub struct Explained {
    pub reasons: Vec<String>,
    pub decided_by: Option<Location>,
}

/// As many reasons as a person reads.
const REASONS_MAX: usize = 6;

pub fn explain(expectation: &Expectation, trace: &Trace, catalog: &Catalog) -> Explained {
    match expectation {
        Expectation::Page(page) => explain_page(&page.page, trace, catalog),
        Expectation::Alert(alert) => explain_alert(&alert.alert, trace, catalog),
        Expectation::Run(run) => explain_run(&run.run, trace, catalog),
        Expectation::Sent(sent) => reasons(trace, |event| of_step(event, &sent.sent)),
        Expectation::Incident(_) | Expectation::Review(_) => reasons(trace, |event| {
            matches!(
                event,
                Event::Respond(
                    RespondEvent::IncidentOpened { .. }
                        | RespondEvent::IncidentResolved { .. }
                        | RespondEvent::RunFinished { .. }
                ) | Event::Monitor(MonitorEvent::AlertLost { .. } | MonitorEvent::AlertResolved { .. })
            )
        }),
        Expectation::Notified(notified) => explain_notified(&notified.notified, trace, catalog),
        Expectation::Compared(_) | Expectation::Reported(_) => reasons(trace, |event| {
            matches!(
                event,
                Event::Respond(
                    RespondEvent::IncumbentDid { .. }
                        | RespondEvent::ShadowReported { .. }
                        | RespondEvent::NoticeOwed { .. }
                        | RespondEvent::NotificationOwed { .. }
                )
            )
        }),
        // The files alone decide: what was expected and what they say is all there is.
        Expectation::Route(_) | Expectation::OnCall(_) => Explained::default(),
        Expectation::Never(never) => match &never.never {
            andon_definitions::scenario::Never::Page(person) => explain_page(person, trace, catalog),
            andon_definitions::scenario::Never::Notified(receiver) => {
                explain_notified(receiver, trace, catalog)
            }
            _ => Explained::default(),
        },
    }
}

/// Who was paged instead, by which step, and what the escalation says comes after it.
fn explain_page(person: &str, trace: &Trace, catalog: &Catalog) -> Explained {
    let mut explained = reasons(trace, |event| match event {
        Event::Respond(RespondEvent::NoticeOwed { delivery, .. }) => delivery.kind == NoticeKind::Page,
        Event::Respond(
            RespondEvent::Escalated { .. }
            | RespondEvent::EscalationExhausted { .. }
            | RespondEvent::Acknowledged { .. }
            | RespondEvent::IncidentResolved { .. },
        ) => true,
        _ => false,
    });
    let Some((at, team, step)) = last_step(trace) else {
        explained.reasons.push(format!("no escalation ever began, so {person} had no reason to be paged"));
        return explained;
    };
    explained.decided_by = catalog.locate(&format!("Team/{team}"), &format!("/spec/escalation/{step}"));
    let steps = catalog.teams.get(&team).map_or_else(Vec::new, |team| policy(team, catalog));
    let after = span(at.since(first_page(trace).unwrap_or(at)));
    match steps.get(step as usize + 1) {
        None => {
            explained
                .reasons
                .push(format!("nobody is paged after {after}: that was the last step of {team}"));
        }
        Some(next) => explained.reasons.push(format!(
            "after step {} of {team} nobody is paged for {}: that is when its next step is due",
            step + 1,
            Period(next.after)
        )),
    }
    explained
}

/// What was to be sent to a receiver, when its hours forbade it, and where it stands.
fn explain_notified(receiver: &str, trace: &Trace, catalog: &Catalog) -> Explained {
    let is_its = |name: &str| name == receiver;
    let mut explained = reasons(trace, |event| match event {
        Event::Respond(RespondEvent::NotificationOwed(owed)) => is_its(&owed.receiver),
        Event::Respond(
            RespondEvent::NotificationHeld { receiver, .. }
            | RespondEvent::NotificationSent { receiver, .. }
            | RespondEvent::NotificationFailed { receiver, .. }
            | RespondEvent::NotificationDropped { receiver, .. },
        ) => is_its(receiver),
        Event::Monitor(MonitorEvent::AlertsSuppressed { .. }) => true,
        _ => false,
    });
    if explained.reasons.is_empty() {
        explained.reasons.push(format!("no alert that fired was led to {receiver}"));
    }
    let origin = catalog.alertmanager.as_ref().and_then(|file| Some(&file.receivers.get(receiver)?.origin));
    explained.decided_by = origin.map(|origin| Location {
        file: origin.file.clone(),
        line: origin.line,
        column: 1,
        excerpt: format!("receiver {receiver}"),
    });
    explained
}

fn last_step(trace: &Trace) -> Option<(Timestamp, String, u32)> {
    trace.seen.iter().rev().find_map(|seen| match &seen.what {
        SeenWhat::Event(Event::Respond(RespondEvent::Escalated { team, step, .. })) => {
            Some((seen.at, team.to_string(), *step))
        }
        _ => None,
    })
}

fn first_page(trace: &Trace) -> Option<Timestamp> {
    let is_escalation =
        |seen: &&Seen| matches!(&seen.what, SeenWhat::Event(Event::Respond(RespondEvent::Escalated { .. })));
    trace.seen.iter().find(is_escalation).map(|seen| seen.at)
}

fn explain_alert(name: &str, trace: &Trace, catalog: &Catalog) -> Explained {
    let mut explained = reasons(trace, |event| matches!(event, Event::Monitor(event) if is_of_rule(event)));
    let rule = catalog.alerting_rules().find(|(_, rule)| rule.alert == name);
    match rule {
        None => explained.reasons.push(format!("no rule is called {name}")),
        Some((group, rule)) => {
            let index = group.rules.iter().position(|other| matches!(other, andon_definitions::Rule::Alerting(other) if other.alert == rule.alert));
            let pointer = format!("/rules/{}", index.unwrap_or(0));
            explained.decided_by = catalog.locate(&group.definition(), &pointer);
            let id = format!("{}/{name}", group.full_name());
            let held = |seen: &Seen| match &seen.what {
                SeenWhat::Event(Event::Monitor(MonitorEvent::AlertPending { rule, .. })) => **rule == *id,
                SeenWhat::Event(Event::Monitor(MonitorEvent::AlertFired(fired))) => *fired.rule == *id,
                _ => false,
            };
            if !trace.seen.iter().any(held) {
                explained
                    .reasons
                    .push(format!("the condition of {name} never held on the samples of `world`"));
            }
        }
    }
    explained
}

fn is_of_rule(event: &MonitorEvent) -> bool {
    !matches!(event, MonitorEvent::SourceBack { .. })
}

fn explain_run(runbook: &str, trace: &Trace, catalog: &Catalog) -> Explained {
    let mut explained = reasons(trace, |event| {
        matches!(
            event,
            Event::Respond(
                RespondEvent::RunRefused { .. }
                    | RespondEvent::RunProposed { .. }
                    | RespondEvent::RunStarted(_)
                    | RespondEvent::Approved { .. }
                    | RespondEvent::Rejected { .. }
                    | RespondEvent::ApprovalAsked { .. }
                    | RespondEvent::ApprovalExpired { .. }
                    | RespondEvent::StepIntended { .. }
                    | RespondEvent::StepUnknown { .. }
                    | RespondEvent::StepFailed { .. }
                    | RespondEvent::StepVerified { .. }
                    | RespondEvent::StepNotVerified { .. }
                    | RespondEvent::RunFinished { .. }
            )
        )
    });
    if explained.reasons.is_empty() {
        explained.reasons.push(format!("nothing ever asked for {runbook}: what it is `on` did not happen"));
    }
    explained.decided_by = catalog.locate(&format!("Runbook/{runbook}"), "/spec/on");
    explained
}

fn of_step(event: &Event, name: &str) -> bool {
    match event {
        Event::Respond(RespondEvent::StepIntended { order, .. }) => *order.step == *name,
        Event::Respond(
            RespondEvent::StepSkipped { step, .. }
            | RespondEvent::StepFailed { step, .. }
            | RespondEvent::StepUnknown { step, .. }
            | RespondEvent::LookedUp { step, .. },
        ) => **step == *name,
        Event::Respond(RespondEvent::RunFinished { .. } | RespondEvent::RunRefused { .. }) => true,
        _ => false,
    }
}

/// The last few events of this sort, in words, with their times.
fn reasons(trace: &Trace, is: impl Fn(&Event) -> bool) -> Explained {
    let told = trace.seen.iter().filter_map(|seen| match &seen.what {
        SeenWhat::Event(event) if is(event) => {
            Some(format!("{} {}", trace.offset(seen.at), andon_cycle::words::say(event)))
        }
        _ => None,
    });
    let mut reasons: Vec<String> = told.collect();
    let skipped = reasons.len().saturating_sub(REASONS_MAX);
    reasons.drain(..skipped);
    Explained { reasons, decided_by: None }
}
