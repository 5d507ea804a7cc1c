//! What people are told, and who: each fact that somebody must hear of becomes notices in plain words.

use andon_definitions::oncall::Act;
use andon_definitions::team::Via;
use andon_definitions::{Context, Whom};
use andon_vocabulary::{Event, MonitorEvent, Name, NoticeKind, PageReason, RespondEvent, RunRefusedReason};

use crate::grouping;
use crate::incident::{Incident, Incidents, Phase};
use crate::notice::{self, Draft};
use crate::{called, escalation};

/// A message that names more alerts is not read.
const NAMED_MAX: usize = 20;

pub(crate) fn react(incidents: &Incidents, event: &Event, cx: &Context) -> Vec<Event> {
    match event {
        Event::Respond(RespondEvent::Escalated { incident, step, why, .. }) => incidents
            .get(*incident)
            .map_or(Vec::new(), |incident| page_step(incidents, incident, *step, why, cx)),
        Event::Respond(RespondEvent::NoticeFailed {
            incident: Some(incident),
            kind: NoticeKind::Page,
            unreached: true,
            ..
        }) => {
            // Of those whom the newest step pages, none can be reached: the next one need not wait for its time.
            let is_in_vain = |i: &&Incident| i.phase == Phase::Open && !i.is_anybody_called();
            let incident = incidents.get(*incident).filter(is_in_vain);
            incident
                .and_then(|i| escalation::hasten(i, cx.catalog, PageReason::Unreachable))
                .into_iter()
                .collect()
        }
        Event::Respond(RespondEvent::Acknowledged { incident, who, .. }) => {
            let said = format!("acknowledged by {}", who.person);
            incidents.get(*incident).map_or(Vec::new(), |i| close(i, NoticeKind::Acknowledged, &said, cx))
        }
        Event::Respond(RespondEvent::IncidentResolved { incident, why }) => {
            let said = format!("resolved: {why}");
            incidents.get(*incident).map_or(Vec::new(), |i| close(i, NoticeKind::Resolved, &said, cx))
        }
        Event::Respond(RespondEvent::ApprovalAsked { run, step, from, preview, .. }) => {
            let asked =
                preview.steps.first().map_or_else(|| step.to_string(), |step| step.action.to_string());
            let verify = preview.steps.iter().find_map(|step| step.verify.clone());
            let body = match verify {
                Some(verify) => format!("{asked}; verified by: {verify}"),
                None => asked.clone(),
            };
            let subject = format!("{run} {} asks for approval: {asked}", preview.runbook);
            let draft = Draft::of_run(*run, NoticeKind::Approval, PageReason::ApprovalNeeded, subject, body);
            owe_all(draft, from, incidents.of_run(*run), cx)
        }
        Event::Respond(RespondEvent::PersonAsked { run, step, question }) => {
            let people = responsible(incidents.of_run(*run), cx);
            let subject = format!("{run}: did step {step} happen?");
            let body = question.clone();
            let draft = Draft::of_run(*run, NoticeKind::Question, PageReason::OutcomeUnknown, subject, body);
            owe_all(draft, &people, incidents.of_run(*run), cx)
        }
        Event::Respond(RespondEvent::NotifyAsked { run, to, text, .. }) => {
            let people = addressees(incidents.of_run(*run), to, cx);
            let (subject, body) = (text.clone(), text.clone());
            let draft = Draft::of_run(*run, NoticeKind::Tell, PageReason::RunbookSays, subject, body);
            owe_all(draft, &people, incidents.of_run(*run), cx)
        }
        Event::Respond(RespondEvent::RunFinished { run, outcome, why, runbook, .. })
            if outcome.needs_people() =>
        {
            let Some(incident) = incidents.of_run(*run).filter(|incident| !incident.is_over()) else {
                return Vec::new();
            };
            let people = responsible(Some(incident), cx);
            let subject = format!("{} {}: {runbook} {outcome}", incident.id, incident.title);
            let body = format!("{run} {outcome}: {why}");
            let draft = Draft::of_run(*run, NoticeKind::Page, PageReason::RunFailed, subject, body);
            owe_all(draft, &people, Some(incident), cx)
        }
        // Who is told that the alert fires is told enough: nothing stands in the runbook's way but that it ran.
        // In shadow mode it would have begun, and nobody would have been told of it.
        Event::Respond(RespondEvent::RunRefused {
            why: RunRefusedReason::AlreadyRan { .. } | RunRefusedReason::Shadow,
            ..
        }) => Vec::new(),
        Event::Respond(RespondEvent::RunRefused { runbook, incident: Some(id), why }) => {
            let draft = |incident: &Incident| Draft {
                kind: NoticeKind::Page,
                incident: Some(*id),
                run: None,
                subject: format!("{id} {}: runbook {runbook} could not be launched", incident.title),
                body: why.to_string(),
                why: PageReason::RunRefused,
            };
            let incident = incidents.get(*id).filter(|incident| !incident.is_over());
            incident.map_or(Vec::new(), |i| owe_all(draft(i), &responsible(Some(i), cx), Some(i), cx))
        }
        Event::Monitor(MonitorEvent::SilenceEndsSoon { silence, owner, what, ends_at }) => {
            let people = owners(owner, cx);
            let draft = Draft {
                kind: NoticeKind::Tell,
                incident: None,
                run: None,
                subject: format!("the silence of {what} ends at {}", ends_at.second()),
                body: format!(
                    "from then on people are told of it; `andon silence extend {silence}` puts it off"
                ),
                why: PageReason::SilenceEnds,
            };
            owe_all(draft, &people, None, cx)
        }
        Event::Monitor(MonitorEvent::AlertLost { alert, why, .. }) => {
            let Some(incident) = incidents.of_alert(*alert).filter(|incident| !incident.is_over()) else {
                return Vec::new();
            };
            let Some(lost) = incident.alerts.get(alert).filter(|alert| !alert.suppressed) else {
                return Vec::new();
            };
            let name = &lost.name;
            let draft = Draft {
                kind: NoticeKind::Tell,
                incident: Some(incident.id),
                run: None,
                subject: format!("{} {name} is lost: {why}", incident.id),
                body: "nothing is resolved by it; the incident stays open".to_owned(),
                why: PageReason::AlertLost,
            };
            owe_all(draft, &responsible(Some(incident), cx), Some(incident), cx)
        }
        _ => Vec::new(),
    }
}

/// The people of one step of the escalation, each over the channel that the step says.
fn page_step(
    incidents: &Incidents,
    incident: &Incident,
    step: u32,
    why: &PageReason,
    cx: &Context,
) -> Vec<Event> {
    let Some(team) = &incident.team else { return Vec::new() };
    let Some(Act::Page(page)) = called::step(cx.catalog, team, step).map(|step| step.act) else {
        return Vec::new();
    };
    let mut draft = Draft {
        kind: NoticeKind::Page,
        incident: Some(incident.id),
        run: None,
        subject: format!("SEV{} {}", incident.severity, headline(incidents, incident)),
        body: String::new(),
        why: why.clone(),
    };
    let mut events = Vec::new();
    for called in called::called_now(incident, team, step, cx) {
        let person = &called.person;
        draft.why = match called.rests {
            Some(rest) => {
                PageReason::Rests { person: rest.person, until: rest.until, why: Box::new(why.clone()) }
            }
            None => why.clone(),
        };
        draft.body = body(incident, &draft.why);
        let contacts = notice::person_of(cx.catalog, person).map_or(1, |person| person.contact.len().max(1));
        let contact = match (page.via, incident.contacts.get(person)) {
            (Via::Next, Some(used)) => (used + 1) % contacts,
            _ => 0,
        };
        events.extend(notice::owe(&draft, person, contact, cx.next_intent + events.len() as u64, cx));
    }
    events
}

/// What the incident is called, as long as what it is called after disturbs; else what does. A telephone shows and says
/// nothing but this.
fn headline(incidents: &Incidents, incident: &Incident) -> String {
    let told = incident.active_alerts().filter(|(_, alert)| alert.is_told());
    let fired = told.filter_map(|(id, alert)| Some((alert.fired_at, incidents.alerts.get(id)?)));
    let mut titles: Vec<_> = fired.map(|(at, it)| (at, grouping::title(it, &incident.service))).collect();
    titles.sort();
    match titles.first() {
        Some((_, oldest)) if !incident.declared && titles.iter().all(|(_, it)| *it != incident.title) => {
            oldest.clone()
        }
        _ => incident.title.clone(),
    }
}

/// Providers that hold something open of this incident hear what became of it, each once for each address.
fn close(incident: &Incident, kind: NoticeKind, said: &str, cx: &Context) -> Vec<Event> {
    let draft = Draft {
        kind,
        incident: Some(incident.id),
        run: None,
        subject: format!("{} {}", incident.id, incident.title),
        body: said.to_owned(),
        why: match kind {
            NoticeKind::Resolved => PageReason::IncidentOver,
            _ => PageReason::SomebodyAcknowledged,
        },
    };
    let (mut events, mut closed) = (Vec::new(), Vec::new());
    for person in incident.contacts.keys() {
        let contacts = notice::person_of(cx.catalog, person).map_or(&[][..], |person| &person.contact);
        for (at, contact) in contacts.iter().enumerate() {
            let channel = cx.catalog.instance.channels.get(&contact.channel);
            let holds_open = channel.is_some_and(|channel| channel.kind.holds_open());
            if holds_open && !closed.contains(&contact) {
                closed.push(contact);
                events.extend(notice::owe(&draft, person, at, cx.next_intent + events.len() as u64, cx));
            }
        }
    }
    events
}

fn body(incident: &Incident, why: &PageReason) -> String {
    let told = incident.active_alerts().filter(|(_, alert)| alert.is_told());
    let named = told.map(|(_, alert)| &*alert.name).take(NAMED_MAX);
    let (named, all): (Vec<&str>, usize) = (named.collect(), incident.alerts.counted().told());
    let mut body = format!("{} on {}: {}", incident.id, incident.service, named.join(", "));
    if all > NAMED_MAX {
        body.push_str(&format!(" and {} more", all - NAMED_MAX));
    }
    for suspect in &incident.suspects {
        body.push_str(&format!("; suspect {} ({})", suspect.what, suspect.why));
    }
    body.push_str(&format!("; paged because {why}"));
    body
}

/// Whoever acknowledged; else the people of the first step of the team's escalation.
fn responsible(incident: Option<&Incident>, cx: &Context) -> Vec<Name> {
    let Some(incident) = incident else { return Vec::new() };
    if let Phase::Acknowledged { by, .. } = &incident.phase
        && notice::person_of(cx.catalog, by).is_some()
    {
        return vec![by.clone()];
    }
    incident.team.as_ref().map(|team| called::first(team, cx)).unwrap_or_default()
}

/// `incident`: those responsible for it; else a person or a rotation.
fn addressees(incident: Option<&Incident>, to: &str, cx: &Context) -> Vec<Name> {
    let team =
        incident.and_then(|incident| incident.team.as_ref()).and_then(|team| cx.catalog.teams.get(&**team));
    match (to, Whom::parse(to), team) {
        ("incident", _, _) => responsible(incident, cx),
        (_, Ok(whom), Some(team)) => called::people([&whom], team, cx),
        (_, Ok(Whom::Person(name)), None) => vec![name.as_str().into()],
        _ => Vec::new(),
    }
}

/// A person, or those whom a team's escalation begins with.
fn owners(owner: &str, cx: &Context) -> Vec<Name> {
    let team =
        owner.strip_prefix("team:").map(|team| called::first(team, cx)).filter(|people| !people.is_empty());
    team.unwrap_or_else(|| vec![owner.into()])
}

/// Everybody over the channel that reached them last.
fn owe_all(mut draft: Draft, people: &[Name], incident: Option<&Incident>, cx: &Context) -> Vec<Event> {
    draft.incident = incident.map(|incident| incident.id);
    let mut events = Vec::new();
    for person in people {
        let contact = incident.and_then(|incident| incident.contacts.get(person)).copied().unwrap_or(0);
        events.extend(notice::owe(&draft, person, contact, cx.next_intent + events.len() as u64, cx));
    }
    events
}
