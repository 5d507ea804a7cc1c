//! An incident: why it is one, who was paged for it at which step of the escalation, and who comes next.

use std::cmp::Ordering;

use andon_definitions::oncall::{Act, policy};
use andon_respond::{Incident, Phase, Progress, next_page};
use andon_vocabulary::{Event, IncidentId, Name, NoticeKind, RespondEvent, Timestamp, Urgency};

use super::past::{Fact, Past, concerns};
use super::step::{Sign, Stage, Step};
use super::{delivery, escalation};

/// Of the alerts that joined it: a storm is one incident.
const JOINED_MAX: usize = 10;
/// Of a story that goes on for days, how it began and how it went last.
const FIRST: usize = 40;
const LAST: usize = 160;

pub(super) fn short(past: &Past<'_>, id: IncidentId) -> String {
    let paged = paged(past, id);
    let taken: Vec<&str> =
        paged.iter().filter(|page| page.sign == Sign::Led).map(|page| &*page.person).collect();
    match (past.state.respond.incidents.get(id), &taken[..], paged.is_empty()) {
        (None, _, true) => format!("the journal knows no {id} at that time"),
        (_, [], true) => format!("nobody was paged for {id}"),
        (_, [], false) => format!("nobody could be paged for {id} yet"),
        (_, people, _) => {
            let mut people: Vec<&str> = people.to_vec();
            people.dedup();
            format!("{} was paged for {id}", people.join(", "))
        }
    }
}

/// A page of an incident, and how it ended.
pub(super) struct Paged {
    pub person: Name,
    pub sign: Sign,
    /// Of the intent to send it.
    pub record: u64,
    pub at: Timestamp,
}

/// Everybody whom the incident's pages went to, in order.
pub(super) fn paged(past: &Past<'_>, id: IncidentId) -> Vec<Paged> {
    let owed = past.facts().filter_map(|fact| match fact.event {
        Event::Respond(RespondEvent::NoticeOwed { intent, delivery, .. })
            if delivery.incident == Some(id) && delivery.kind == NoticeKind::Page =>
        {
            let sign = delivery::notice(past, &fact, *intent, delivery).sign;
            Some(Paged { person: delivery.person.clone(), sign, record: fact.seq, at: fact.at })
        }
        _ => None,
    });
    owed.collect()
}

pub(super) fn steps(past: &Past<'_>, id: IncidentId) -> Vec<Step> {
    let mut steps = shortened(quoted(past, id));
    if steps.is_empty() && past.state.respond.incidents.get(id).is_none() {
        return vec![Step::stopped(Stage::Incident, format!("the journal knows no {id} at that time"))];
    }
    if let Some(incident) = past.state.respond.incidents.get(id) {
        steps.extend(standing(past, incident));
    }
    steps
}

/// What the journal holds of it, each page with the step of the escalation that it belongs to.
fn quoted(past: &Past<'_>, id: IncidentId) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    // How many alerts joined, and after which step no more of them are named.
    let (mut joined, mut named_until) = (0, 0);
    for fact in past.facts() {
        let Event::Respond(event) = fact.event else { continue };
        if !concerns(event, id) {
            continue;
        }
        if let RespondEvent::AlertJoined { .. } = event {
            joined += 1;
            match joined.cmp(&JOINED_MAX) {
                Ordering::Less => {}
                Ordering::Equal => named_until = steps.len() + 1,
                Ordering::Greater => continue,
            }
        }
        let step = match event {
            RespondEvent::IncidentOpened { service, .. } => {
                let service = past.catalog_of(&fact).and_then(|catalog| catalog.services.get(&**service));
                Step::quoting(Stage::Incident, Sign::Led, &fact).by(service.map(|service| &service.origin))
            }
            RespondEvent::AlertJoined { .. }
            | RespondEvent::IncidentAssigned { .. }
            | RespondEvent::IncidentReopened { .. }
            | RespondEvent::SeverityChanged { .. } => Step::quoting(Stage::Incident, Sign::Said, &fact),
            RespondEvent::IncidentSuppressed { .. } | RespondEvent::IncidentCalmed { .. } => {
                Step::quoting(Stage::Suppression, Sign::Stopped, &fact)
            }
            RespondEvent::Escalated { team, step, .. } => {
                let quoted = Step::quoting(Stage::Escalation, Sign::Led, &fact);
                match past.catalog_of(&fact) {
                    Some(catalog) => {
                        let place = format!("/spec/escalation/{step}");
                        let place = catalog.locate(&format!("Team/{team}"), &place);
                        quoted.by(place).with(on_duty(past, team, *step, &fact))
                    }
                    None => {
                        quoted.with([Step::said(Stage::Schedule, "by definitions that were changed since")])
                    }
                }
            }
            RespondEvent::EscalationExhausted { .. } => {
                Step::quoting(Stage::Escalation, Sign::Stopped, &fact)
            }
            RespondEvent::NoticeOwed { intent, delivery, .. } if delivery.kind == NoticeKind::Page => {
                let page = delivery::notice(past, &fact, *intent, delivery);
                let open = steps.last_mut().filter(|step| step.stage == Stage::Escalation);
                match open {
                    // A page follows the step that it belongs to, at once or when a channel failed.
                    Some(step) => {
                        step.steps.push(page);
                        continue;
                    }
                    None => page,
                }
            }
            RespondEvent::Acknowledged { .. } => Step::quoting(Stage::Acknowledgement, Sign::Stopped, &fact),
            RespondEvent::AckLapsed { .. } => Step::quoting(Stage::Acknowledgement, Sign::Led, &fact),
            RespondEvent::IncidentResolved { .. } | RespondEvent::IncidentClosed { .. } => {
                Step::quoting(Stage::Incident, Sign::Stopped, &fact)
            }
            _ => continue,
        };
        steps.push(step);
    }
    if joined > JOINED_MAX {
        let more = format!("{} more alerts joined it", joined - JOINED_MAX);
        steps.insert(named_until, Step::said(Stage::Incident, more));
    }
    steps
}

fn shortened(mut steps: Vec<Step>) -> Vec<Step> {
    let left_out = steps.len().saturating_sub(FIRST + LAST);
    if left_out > 0 {
        let text = format!("{left_out} steps are left out here; its timeline tells of all");
        steps.splice(FIRST..FIRST + left_out, [Step::said(Stage::Incident, text)]);
    }
    steps
}

/// Why these people and nobody else: who had the rotations that the step pages.
fn on_duty(past: &Past<'_>, team: &str, step: u32, fact: &Fact<'_>) -> Vec<Step> {
    let catalog = past.catalog();
    let known = &past.state.respond.duty;
    let Some(team) = catalog.teams.get(team) else { return Vec::new() };
    let Some(planned) = policy(team, catalog).get(step as usize).copied() else { return Vec::new() };
    let Act::Page(page) = planned.act else { return Vec::new() };
    let mut steps = Vec::new();
    for whom in page.page.all() {
        let andon_definitions::Whom::OnCall { team: other, rotation } = whom else { continue };
        let team = other.as_ref().and_then(|name| catalog.teams.get(name)).unwrap_or(planned.team);
        let place = catalog.locate(&format!("Team/{}", team.name), &format!("/spec/oncall/{rotation}"));
        let text = match known.shift(team, rotation, fact.at) {
            Some(shift) => format!(
                "{} was on call in {}/{rotation}, from {} until {}",
                shift.person,
                team.name,
                shift.from.second(),
                shift.until.second()
            ),
            None => format!("nobody was on call in {}/{rotation}", team.name),
        };
        let exception = escalation::exception(catalog, known, team, rotation, fact.at);
        let exception = exception.map(|(text, place)| Step::said(Stage::Schedule, text).by(place));
        steps.push(Step::said(Stage::Schedule, text).by(place).with(exception));
    }
    steps
}

/// How it stands at that time: who has it, who comes next, or why nobody does.
fn standing(past: &Past<'_>, incident: &Incident) -> Vec<Step> {
    let catalog = past.catalog();
    let place = |pointer: &str| {
        let team = incident.team.as_deref()?;
        catalog.locate(&format!("Team/{team}"), pointer)
    };
    let mut steps = Vec::new();
    if let Some(stops) = quiet(incident) {
        steps.push(stops);
        return steps;
    }
    match &incident.phase {
        Phase::Acknowledged { by, at, expires } => {
            let text = format!(
                "{by} has it since {}, which holds until {} without activity: nobody else is paged",
                at.second(),
                expires.second()
            );
            steps.push(Step::stopped(Stage::Acknowledgement, text).by(place("/spec/ack_expires")));
        }
        Phase::Open => match (next_page(incident, catalog, &past.state.respond.duty), &incident.escalation) {
            (Some(next), _) if next.people.is_empty() => {
                let text = "nobody acknowledged: the escalation begins again".to_owned();
                let place = place(&format!("/spec/escalation/{}", next.step));
                steps.push(Step::waits(Stage::Escalation, text).at(next.at).by(place));
            }
            (Some(next), _) => {
                let text = format!(
                    "step {} pages {} next, unless somebody acknowledges before",
                    next.step + 1,
                    next.people.join(", ")
                );
                let place = place(&format!("/spec/escalation/{}", next.step));
                steps.push(Step::waits(Stage::Escalation, text).at(next.at).by(place));
            }
            (None, _) => steps
                .push(Step::stopped(Stage::Escalation, "no further step of the escalation pages anybody")),
        },
        Phase::Resolved { .. } => {}
    }
    steps
}

/// Why an incident pages nobody at all.
pub(super) fn quiet(incident: &Incident) -> Option<Step> {
    if incident.is_over() {
        return None;
    }
    if incident.team.is_none() {
        let text = "no team owns this service and the instance has no `default_team`: nobody is paged";
        return Some(Step::stopped(Stage::Team, text));
    }
    if incident.is_suppressed() {
        let text = "what disturbs most in it is suppressed: nobody is paged";
        return Some(Step::stopped(Stage::Suppression, text));
    }
    if incident.escalation == Progress::Quiet && incident.urgency() != Urgency::Page && !incident.declared {
        let text = format!("what is in it is {}: nobody is paged", incident.urgency());
        return Some(Step::stopped(Stage::Urgency, text));
    }
    None
}
