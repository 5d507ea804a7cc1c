//! Who is paged next, and when: the team's escalation, step by step, until somebody acknowledges.

use std::collections::BTreeSet;
use std::time::Duration;

use andon_definitions::oncall::{Act, Duty};
use andon_definitions::{Catalog, Context};
use andon_vocabulary::{
    AlertId, ApprovalExpiredThen, Event, IncidentId, InstanceEvent, MonitorEvent, Name, PageReason,
    RespondEvent, Timestamp, Urgency,
};

use crate::called::{self, Roster};
use crate::incident::{Held, Incident, Incidents, Phase, Progress};
use crate::joined::JoinedAlert;
use crate::notice;

/// What comes back this soon after somebody was paged pages nobody again: it flaps, and they know. Later than that
/// they have put the phone away.
const PAGED_LATELY: Duration = Duration::from_secs(5 * 60);
/// An alert that has this label pages as often as it comes back.
const LABEL: (&str, &str) = ("flapping", "off");

/// When the next step is due and which it is.
struct Due {
    at: Timestamp,
    step: u32,
    round: u32,
    /// How long after the one before it.
    after: Duration,
    repeats: bool,
}

impl Due {
    /// Asked only of what is taken: it may look at every alert.
    fn why(&self, incident: &Incident) -> PageReason {
        match self.step {
            _ if self.repeats => PageReason::Repeated { round: self.round },
            // The first step waits only where what flaps was given time to pass.
            0 => begins_again(incident),
            _ => PageReason::AckTimedOut { after: self.after },
        }
    }
}

/// The team's next step after what was done; None when there is no further one.
fn next(incident: &Incident, catalog: &Catalog) -> Option<Due> {
    let Progress::Paging { base, next, round } = incident.escalation else { return None };
    if incident.is_suppressed() {
        return None;
    }
    let planned = called::step(catalog, incident.team.as_ref()?, next)?;
    let (at, after) = (base + planned.after, planned.after);
    match planned.act {
        Act::Page(_) => Some(Due { at, step: next, round, after, repeats: false }),
        Act::Repeat(times) if round < times => {
            Some(Due { at, step: 0, round: round + 1, after, repeats: true })
        }
        Act::Repeat(_) => None,
    }
}

/// Why an escalation begins again that had to wait for it.
fn begins_again(incident: &Incident) -> PageReason {
    let last = incident.alerts.values().filter(|alert| alert.pages()).max_by_key(|alert| alert.told_since);
    match (incident.reopened.last(), last) {
        (Some(reopened), Some(last)) if *reopened >= last.told_since => PageReason::Reopened,
        (_, Some(last)) if last.told_since > last.fired_at => PageReason::Released,
        _ => PageReason::AlertJoined,
    }
}

/// Who will be paged next, and when, if nobody acknowledges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextPage {
    pub at: Timestamp,
    /// Index in the team's policy.
    pub step: u32,
    pub people: Vec<Name>,
}

/// What the escalation would do next; None when nobody is left, or nothing is urgent.
pub fn next_page(incident: &Incident, catalog: &Catalog, duty: &Duty) -> Option<NextPage> {
    let due = next(incident, catalog)?;
    let team = incident.team.as_ref()?;
    let rounds = called::rounds(duty, team, due.step);
    let roster = Roster { catalog, duty, at: due.at, incident: Some(incident.id) };
    let people = roster.called(team, due.step, rounds).into_iter().map(|one| one.person).collect();
    Some(NextPage { at: due.at, step: due.step, people })
}

/// The earliest time at which this incident's escalation has something to do.
pub(crate) fn deadline(incident: &Incident, catalog: &Catalog) -> Option<Timestamp> {
    match &incident.phase {
        Phase::Open => next(incident, catalog).map(|due| due.at),
        Phase::Acknowledged { expires, .. } => Some(*expires),
        Phase::Resolved { .. } => None,
    }
}

pub(crate) fn tick(incidents: &Incidents, cx: &Context) -> Vec<Event> {
    incidents.open.values().filter_map(|incident| tick_one(incident, cx)).collect()
}

fn tick_one(incident: &Incident, cx: &Context) -> Option<Event> {
    match &incident.phase {
        Phase::Acknowledged { by, expires, .. } if *expires <= cx.now => {
            Some(RespondEvent::AckLapsed { incident: incident.id, by: by.clone() }.into())
        }
        Phase::Open => {
            let due = next(incident, cx.catalog).filter(|due| due.at <= cx.now)?;
            match due.step {
                0 if due.round == 0 && !incident.alerts.is_news() => {
                    Some(ended(incident, "what it waited for is over, or suppressed"))
                }
                step => Some(escalated(incident, step, due.round, due.why(incident))),
            }
        }
        _ => None,
    }
}

fn escalated(incident: &Incident, step: u32, round: u32, why: PageReason) -> Event {
    match &incident.team {
        Some(team) => {
            RespondEvent::Escalated { incident: incident.id, team: team.clone(), step, round, why }.into()
        }
        None => ended(incident, "no team owns this service and the instance has no default_team"),
    }
}

/// Begin at the first step.
fn start(incident: &Incident, why: PageReason) -> Event {
    escalated(incident, 0, 0, why)
}

/// Go on to the next step now, whatever its time; from the last one, begin again.
pub(crate) fn hasten(incident: &Incident, catalog: &Catalog, why: PageReason) -> Option<Event> {
    if incident.is_suppressed() {
        return None;
    }
    match next(incident, catalog) {
        // A repetition waits for its time: what refuses everything now may take it then.
        Some(due) if matches!(why, PageReason::Unreachable) && due.repeats => None,
        Some(due) => Some(escalated(incident, due.step, due.round, why)),
        None if matches!(why, PageReason::Unreachable) => None,
        None => Some(start(incident, why)),
    }
}

/// `beside` is what becomes of incidents by the same event.
pub(crate) fn react(incidents: &Incidents, event: &Event, beside: &[Event], cx: &Context) -> Vec<Event> {
    let event = match event {
        Event::Respond(event) => event,
        Event::Monitor(MonitorEvent::AlertsReleased { alerts, .. }) => {
            return released(incidents, alerts, beside, cx);
        }
        Event::Instance(InstanceEvent::CatalogChanged { .. }) => {
            return incidents.open.values().filter_map(|incident| deserted(incident, cx)).collect();
        }
        _ => return Vec::new(),
    };
    let incident_of = |id| incidents.get(id).into_iter();
    match event {
        RespondEvent::AlertJoined { incident, .. } => incident_of(*incident)
            .filter(|i| i.urgency() == Urgency::Page && !i.is_suppressed())
            .filter_map(|i| joined(i, PageReason::AlertJoined, cx))
            .collect(),
        RespondEvent::IncidentCalmed { incident } => incident_of(*incident).filter_map(calmed).collect(),
        RespondEvent::IncidentReopened { incident, alert } => {
            incident_of(*incident).filter_map(|i| reopened(incidents, i, *alert, cx)).collect()
        }
        // Whoever acknowledged it has it, and what was not worth a page is not now.
        RespondEvent::IncidentAssigned { incident, .. } => incident_of(*incident)
            .filter(|i| i.phase == Phase::Open && (i.declared || i.alerts.counted().told_pages() > 0))
            .map(|i| start(i, PageReason::Assigned))
            .collect(),
        RespondEvent::IncidentOpened { incident, declared_by: Some(_), .. } => {
            incident_of(*incident).map(|i| start(i, PageReason::IncidentOpened)).collect()
        }
        RespondEvent::AckLapsed { incident, by } => {
            incident_of(*incident).filter_map(|i| lapsed(i, by)).collect()
        }
        RespondEvent::Escalated { incident, team, step, round, .. } => incident_of(*incident)
            .filter(|i| !matches!(i.escalation, Progress::Exhausted { .. }))
            .filter_map(|i| match next(i, cx.catalog) {
                None => Some(ended(i, "every step of the escalation was taken")),
                // Nobody will answer for a step that pages nobody. A repetition waits: somebody may come on call.
                Some(due) if due.round == *round && pages_nobody(team, *step, cx) => {
                    Some(escalated(i, due.step, due.round, PageReason::NobodyOnCall))
                }
                Some(_) => None,
            })
            .collect(),
        RespondEvent::ApprovalExpired { run, then: ApprovalExpiredThen::Escalate, .. } => incidents
            .of_run(*run)
            .filter(|i| !i.is_over())
            .and_then(|i| hasten(i, cx.catalog, PageReason::ApprovalExpired))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

/// More disturbs in an incident: it joined, or is no longer suppressed. While an escalation goes on, its next step tells
/// of it; while somebody has the incident, they do. Where everybody was paged before it came, the escalation begins again.
fn joined(incident: &Incident, why: PageReason, cx: &Context) -> Option<Event> {
    // It stood still until now, and what it owed people was dropped before anybody heard of it.
    let stood_still = !incident.declared && incident.alerts.is_only_news();
    let is_unheard_of = stood_still && !incident.is_known();
    match (&incident.escalation, &incident.phase) {
        (_, Phase::Resolved { .. }) => None,
        (Progress::Quiet, Phase::Open) => Some(start(incident, PageReason::IncidentOpened)),
        // It was acknowledged as a ticket.
        (Progress::Quiet, Phase::Acknowledged { .. }) => Some(start(incident, PageReason::Raised)),
        (_, Phase::Acknowledged { .. }) => None,
        _ if !incident.alerts.is_news() => None,
        _ if is_unheard_of => Some(start(incident, why)),
        // Other definitions may have taken away the steps that were to come.
        (Progress::Paging { base, .. }, Phase::Open) if next(incident, cx.catalog).is_none() => {
            Some(anew(incident, *base, why, cx))
        }
        (Progress::Paging { base, .. }, Phase::Open) => {
            (stood_still && *base + PAGED_LATELY <= cx.now).then(|| start(incident, why))
        }
        (Progress::Exhausted { began }, Phase::Open) => Some(anew(incident, *began, why, cx)),
    }
}

/// Nobody has it any more, and what disturbs is worth a page or is not.
fn lapsed(incident: &Incident, by: &Name) -> Option<Event> {
    let why = || PageReason::AckLapsed { by: by.clone() };
    match incident.declared || incident.alerts.counted().told_pages() > 0 {
        true => Some(start(incident, why())),
        false => calmed(incident),
    }
}

/// What was worth a page is over, and only tickets remain: nobody more is paged for these.
fn calmed(incident: &Incident) -> Option<Event> {
    let was_paging = matches!(incident.escalation, Progress::Paging { .. }) && incident.phase == Phase::Open;
    (was_paging && incident.is_calm()).then(|| ended(incident, "what is left of it is not worth a page"))
}

/// From the first step again, but not right after it was taken; where it waits already, when that is over.
fn anew(incident: &Incident, began: Timestamp, why: PageReason, cx: &Context) -> Event {
    let until = if began > cx.now { began } else { began + PAGED_LATELY };
    match until <= cx.now {
        true => start(incident, why),
        false => RespondEvent::EscalationWaits { incident: incident.id, until }.into(),
    }
}

/// What came back pages anew, unless people put the phone away only just, or it flaps. An alert that the incident never
/// had is no flapping, whatever the others do; nor is one whose label says so, or of which nobody has heard.
fn reopened(incidents: &Incidents, incident: &Incident, alert: AlertId, cx: &Context) -> Option<Event> {
    let fired = incidents.alerts.get(&alert).filter(|fired| fired.urgency == Urgency::Page)?;
    let began = incident.escalation.began()?;
    let is_known = incident.alerts.get(&alert).is_some_and(|joined| joined.fired_at < cx.now);
    let is_news = !is_known || fired.labels.get(LABEL.0) == Some(LABEL.1);
    match incident.flaps(&cx.catalog.instance.flapping, cx.now) {
        _ if is_news => Some(start(incident, PageReason::Reopened)),
        Some(times) => flapping(incident, times, cx),
        None if !incident.is_known() => Some(start(incident, PageReason::Reopened)),
        None => Some(anew(incident, began, PageReason::Reopened, cx)),
    }
}

/// Whoever acknowledged it has it for as long as they said. Where nobody has, it pages when it stays, and once in as long
/// as an acknowledgement lasts; at once, if nobody has heard of it.
fn flapping(incident: &Incident, times: u32, cx: &Context) -> Option<Event> {
    let is_there = |held: &&Held| notice::person_of(cx.catalog, &held.by).is_some() && held.expires > cx.now;
    let span = ack_span(cx.catalog, incident.team.as_deref());
    let (by, until) = match incident.held.as_ref().filter(is_there) {
        Some(held) => (Some(held.by.clone()), held.expires),
        None if !incident.is_known() || incident.paged_at() + span <= cx.now => {
            return Some(start(incident, PageReason::Reopened));
        }
        None => (None, cx.now + PAGED_LATELY),
    };
    Some(RespondEvent::IncidentFlaps { incident: incident.id, times, by, until }.into())
}

/// What is no longer suppressed, in incidents that go on. Where something joins by that, it begins with this.
fn released(incidents: &Incidents, alerts: &[AlertId], beside: &[Event], cx: &Context) -> Vec<Event> {
    let joined_now = beside.iter().filter_map(|event| match event {
        Event::Respond(RespondEvent::AlertJoined { incident, .. }) => Some(*incident),
        _ => None,
    });
    let joined_now: BTreeSet<IncidentId> = joined_now.collect();
    let mut concerned = BTreeSet::<IncidentId>::new();
    for alert in alerts {
        let incident = incidents.of_alert(*alert);
        let pages = |i: &&Incident| i.alerts.get(alert).is_some_and(JoinedAlert::pages);
        concerned.extend(incident.filter(pages).map(|incident| incident.id));
    }
    let concerned = concerned.difference(&joined_now).filter_map(|id| incidents.get(*id));
    concerned.filter_map(|incident| joined(incident, PageReason::Released, cx)).collect()
}

/// Nobody whom it paged is in the definitions any more: whoever is there now is paged. What has no team there goes to
/// another one first.
fn deserted(incident: &Incident, cx: &Context) -> Option<Event> {
    let has_team = incident.team.as_ref().is_some_and(|team| cx.catalog.teams.contains_key(&**team));
    let is_told = incident.declared || incident.alerts.counted().told_pages() > 0;
    let is_left = has_team && is_told && incident.phase == Phase::Open && incident.is_deserted(cx.catalog);
    is_left.then(|| start(incident, PageReason::Unreachable))
}

/// Whether all that a step pages are rotations that nobody is on call in now.
fn pages_nobody(team: &Name, step: u32, cx: &Context) -> bool {
    let pages = called::step(cx.catalog, team, step).is_some_and(|step| matches!(step.act, Act::Page(_)));
    pages && Roster::now(cx).called(team, step, 0).is_empty()
}

/// Nobody more is paged.
fn ended(incident: &Incident, why: &str) -> Event {
    let (incident, team) = (incident.id, incident.team.clone());
    RespondEvent::EscalationExhausted { incident, team, why: why.to_owned() }.into()
}

/// How long an acknowledgement lasts without activity.
pub(crate) fn ack_span(catalog: &Catalog, team: Option<&str>) -> Duration {
    team.and_then(|team| catalog.teams.get(team))
        .map_or(Duration::from_secs(30 * 60), |team| *team.ack_expires)
}
