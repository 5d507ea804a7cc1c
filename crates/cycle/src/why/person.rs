//! A person: whether they were on call, every page that they got, and every one that they would have got but for a
//! reason.

use std::collections::BTreeMap;

use andon_definitions::oncall::policy;
use andon_definitions::{Escalation, Period, Team};
use andon_respond::{Incident, Phase, Progress};
use andon_vocabulary::{Event, IncidentId, Name, NoticeKind, RespondEvent, Timestamp};

use super::delivery;
use super::escalation::{self, Stands};
use super::incident::{self, Paged};
use super::past::{Past, concerns};
use super::step::{Sign, Stage, Step};

/// Of the newest.
const NOTICES_MAX: usize = 50;
const INCIDENTS_MAX: usize = 50;

pub(super) fn short(past: &Past<'_>, person: &str) -> String {
    let notices = notices(past, person);
    let pages = notices.iter().filter(|(page, _)| *page);
    let led = pages.clone().filter(|(_, step)| step.sign == Sign::Led).count();
    let others = pages.count() - led;
    let since = past.since.second();
    match (led, others) {
        (0, 0) => format!("{person} was not paged since {since}"),
        (0, _) => format!("{person} was to be paged {} since {since}, and it did not arrive", times(others)),
        (_, 0) => format!("{person} was paged {} since {since}", times(led)),
        (..) => {
            let (led, others) = (times(led), times(others));
            format!("{person} was paged {led} since {since}, and {others} more it did not arrive")
        }
    }
}

fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

pub(super) fn steps(past: &Past<'_>, person: &str) -> Vec<Step> {
    let mut steps = duties(past, person);
    let mut notices = notices(past, person);
    let skipped = notices.len().saturating_sub(NOTICES_MAX);
    notices.drain(..skipped);
    let concerned = incidents(past);
    let not_paged: Vec<Step> =
        concerned.iter().rev().take(INCIDENTS_MAX).filter_map(|id| not_paged(past, *id, person)).collect();
    if notices.is_empty() {
        let text = format!("nothing was sent to {person} since {}", past.since.second());
        steps.push(Step::stopped(Stage::Page, text));
    }
    steps.extend(notices.into_iter().map(|(_, step)| step));
    if concerned.is_empty() {
        let text = format!("no incident was going on since {}", past.since.second());
        steps.push(Step::said(Stage::Incident, text));
    }
    steps.extend(not_paged);
    steps
}

/// On call or not, in each rotation of the teams that know them.
fn duties(past: &Past<'_>, person: &str) -> Vec<Step> {
    let catalog = past.catalog();
    let mut duties = Vec::new();
    for (name, team) in catalog.teams.iter().filter(|(_, team)| team.people.contains_key(person)) {
        for rotation in team.oncall.keys() {
            let place = catalog.locate(&format!("Team/{name}"), &format!("/spec/oncall/{rotation}"));
            let exception = escalation::exception(catalog, &past.state.respond.duty, team, rotation, past.at);
            let exception = exception.map(|(text, place)| Step::said(Stage::Schedule, text).by(place));
            let text = escalation::duty(team, rotation, person, past.at, &past.state.respond.duty);
            duties.push(Step::said(Stage::Schedule, text).at(past.at).by(place).with(exception));
        }
    }
    if duties.is_empty() {
        duties.push(Step::stopped(Stage::Schedule, format!("no rotation knew {person} then")).at(past.at));
    }
    duties
}

/// What was to be sent to them, oldest first, and whether it is a page.
fn notices(past: &Past<'_>, person: &str) -> Vec<(bool, Step)> {
    let owed = past.facts().filter(|fact| fact.at >= past.since).filter_map(|fact| match fact.event {
        Event::Respond(RespondEvent::NoticeOwed { intent, delivery, .. }) if *delivery.person == *person => {
            let step = delivery::notice(past, &fact, *intent, delivery);
            let step = match delivery.incident.and_then(|id| past.state.respond.incidents.get(id)) {
                Some(incident) => Step { text: format!("{} ({})", step.text, incident.id), ..step },
                None => match delivery.incident {
                    Some(id) => Step { text: format!("{} ({id})", step.text), ..step },
                    None => step,
                },
            };
            Some((delivery.kind == NoticeKind::Page, step))
        }
        _ => None,
    });
    owed.collect()
}

/// Those of which something is recorded, and those that went on; the newest last.
fn incidents(past: &Past<'_>) -> Vec<IncidentId> {
    let mut concerned = BTreeMap::new();
    for fact in past.facts().filter(|fact| fact.at >= past.since) {
        if let Event::Respond(event) = fact.event
            && let Some(id) = event.incident()
        {
            concerned.insert(id, ());
        }
    }
    let going_on = past.state.respond.incidents.open.values().filter(|incident| !incident.is_over());
    concerned.extend(going_on.map(|incident| (incident.id, ())));
    concerned.into_keys().collect()
}

/// Why an incident did not page them; none where it did.
fn not_paged(past: &Past<'_>, id: IncidentId, person: &str) -> Option<Step> {
    let paged = incident::paged(past, id);
    if paged.iter().any(|page| *page.person == *person) {
        return None;
    }
    let told = Told::of(past, id);
    let title = past.state.respond.incidents.get(id).map(|incident| incident.title.clone());
    let title = title.or(told.title).unwrap_or_default();
    let mut steps = Vec::new();
    if let Some(stops) = past.state.respond.incidents.get(id).and_then(incident::quiet) {
        steps.push(stops);
    } else {
        let team = told.team.as_deref().and_then(|team| past.catalog().teams.get(team));
        match team {
            Some(team) if !team.escalation.is_empty() => {
                steps.extend(in_escalation(past, id, team, person, &paged));
            }
            Some(team) => {
                let text = format!("{} has no escalation", team.name);
                steps.push(Step::stopped(Stage::Team, text).by(Some(&team.origin)));
            }
            None => steps.push(Step::stopped(Stage::Team, "no team owns this service")),
        }
    }
    let text = format!("{person} was not paged for {id} {title}");
    let step = Step::stopped(Stage::Incident, text.trim_end().to_owned());
    let step = Step { at: told.opened_at.or(step.at), record: told.record, ..step };
    Some(step.with(steps))
}

/// Each step of the escalation: whom it paged or would page, and what came before it.
fn in_escalation(past: &Past<'_>, id: IncidentId, team: &Team, person: &str, paged: &[Paged]) -> Vec<Step> {
    let catalog = past.catalog();
    let incident = past.state.respond.incidents.get(id);
    let mut steps = Vec::new();
    let mut is_anywhere = false;
    for (index, planned) in policy(team, catalog).iter().enumerate() {
        let Some(escalation @ Escalation::Page(_)) = planned.team.escalation.get(planned.index) else {
            continue;
        };
        let taken = past.facts().rev().find(|fact| {
            matches!(fact.event, Event::Respond(RespondEvent::Escalated { incident, step, .. })
                if *incident == id && *step as usize == index)
        });
        let at = taken.as_ref().map_or(past.at, |fact| fact.at);
        let stands = escalation::stands(catalog, &past.state.respond.duty, planned, person, at, id);
        if stands == Stands::Elsewhere {
            continue;
        }
        is_anywhere = true;
        let place = format!("/spec/escalation/{}", planned.index);
        let place = catalog.locate(&format!("Team/{}", planned.team.name), &place);
        let named = escalation::named(index, escalation);
        let step = match (&taken, stands) {
            (Some(fact), Stands::OffDuty(duty)) => {
                let mut others: Vec<&str> = Vec::new();
                for page in paged.iter().filter(|page| page.record == fact.seq) {
                    if !others.contains(&&*page.person) {
                        others.push(&page.person);
                    }
                }
                let whom = if others.is_empty() { "nobody".to_owned() } else { others.join(", ") };
                let text = format!("{named}, and paged {whom}: {duty}");
                Step { record: Some(fact.seq), ..Step::stopped(Stage::Schedule, text).at(fact.at) }
            }
            // Taken, and they are not among those who were paged: there was no way to reach them.
            (Some(fact), _) => {
                let text = format!("{named}, and there was no contact point to reach {person} through");
                Step { record: Some(fact.seq), ..Step::stopped(Stage::Escalation, text).at(fact.at) }
            }
            (None, stands) => {
                let duty = match stands {
                    Stands::OffDuty(duty) => format!("; {duty}"),
                    _ => String::new(),
                };
                not_due(past, incident, id, index, Period(planned.after), &format!("{named}{duty}"))
            }
        };
        steps.push(step.by(place));
    }
    if !is_anywhere {
        let text = format!("no step of the escalation of {} pages {person}", team.name);
        steps.push(Step::stopped(Stage::Escalation, text).by(Some(&team.origin)));
    }
    steps
}

/// A step that was not taken: because somebody acknowledged, because it is over, or because it is not due yet.
fn not_due(
    past: &Past<'_>,
    incident: Option<&Incident>,
    id: IncidentId,
    index: usize,
    after: Period,
    named: &str,
) -> Step {
    let said = format!("{after} after the first page");
    let ended = past.facts().rev().find(|fact| {
        matches!(fact.event, Event::Respond(event @ (RespondEvent::Acknowledged { .. }
            | RespondEvent::IncidentResolved { .. }
            | RespondEvent::IncidentSuppressed { .. }
            | RespondEvent::IncidentCalmed { .. }
            | RespondEvent::EscalationExhausted { .. })) if concerns(event, id))
    });
    let due = incident.and_then(|incident| match (&incident.phase, &incident.escalation) {
        (Phase::Open, Progress::Paging { base, next, .. }) if *next as usize <= index => Some(*base + *after),
        _ => None,
    });
    match (due, ended) {
        (Some(due), _) => Step::waits(Stage::Escalation, format!("{named}, {said}: not due yet")).at(due),
        (None, Some(fact)) => {
            let why = crate::words::say(fact.event);
            Step {
                record: Some(fact.seq),
                ..Step::stopped(Stage::Escalation, format!("{named}, {said}; before that: {why}")).at(fact.at)
            }
        }
        (None, None) => Step::stopped(Stage::Escalation, format!("{named}, {said}; it was never taken")),
    }
}

/// What the journal says of an incident that may have left the state.
#[derive(Default)]
struct Told {
    team: Option<Name>,
    title: Option<String>,
    opened_at: Option<Timestamp>,
    record: Option<u64>,
}

impl Told {
    fn of(past: &Past<'_>, id: IncidentId) -> Told {
        if let Some(incident) = past.state.respond.incidents.get(id) {
            let (team, opened_at) = (incident.team.clone(), Some(incident.opened_at));
            return Told { team, title: Some(incident.title.clone()), opened_at, record: None };
        }
        let opened = past.facts().find_map(|fact| match fact.event {
            Event::Respond(RespondEvent::IncidentOpened { incident, team, title, .. }) if *incident == id => {
                Some(Told {
                    team: team.clone(),
                    title: Some(title.clone()),
                    opened_at: Some(fact.at),
                    record: Some(fact.seq),
                })
            }
            _ => None,
        });
        opened.unwrap_or_default()
    }
}
