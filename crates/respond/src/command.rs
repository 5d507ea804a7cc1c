//! What people say of incidents: acknowledge, resolve, note, override, declare.

use std::collections::BTreeSet;

use andon_definitions::Context;
use andon_vocabulary::Refusal;
use andon_vocabulary::{
    Command, Event, IncidentId, IncidentResolvedReason, RefusalKind, RespondEvent, SeverityReason, Told, Who,
};

use crate::escalation;
use crate::incident::{Incident, Incidents, Phase};
use crate::notice;
use crate::severity;

const NOTE_BYTES_MAX: usize = 16 * 1024;

pub(crate) fn decide(incidents: &Incidents, told: &Told, cx: &Context) -> Result<Vec<Event>, Refusal> {
    let who = &told.who;
    match &told.command {
        Command::Acknowledge { incident } => acknowledge(going_on(incidents, *incident)?, who, cx),
        Command::Resolve { incident, reason } => {
            let incident = going_on(incidents, *incident)?;
            let reason = said(reason, "a reason")?;
            let why = IncidentResolvedReason::Person { who: who.person.clone(), reason };
            Ok(vec![RespondEvent::IncidentResolved { incident: incident.id, why }.into()])
        }
        Command::Note { incident, text } => {
            let incident = known(incidents, *incident)?;
            let mut events = vec![
                RespondEvent::Noted { incident: incident.id, who: who.clone(), text: said(text, "a text")? }
                    .into(),
            ];
            events.extend(activity(incident, cx));
            Ok(events)
        }
        Command::Override { incident, severity, reason } => {
            let incident = going_on(incidents, *incident)?;
            if !(1..=4).contains(severity) {
                return Err(invalid(format!("there is no SEV{severity}"), "say 1, 2, 3 or 4"));
            }
            let why = SeverityReason::Person { who: who.person.clone(), reason: said(reason, "a reason")? };
            let (from, to) = (incident.severity, *severity);
            Ok(vec![RespondEvent::SeverityChanged { incident: incident.id, from, to, why }.into()])
        }
        Command::Declare { service, title } => declare(incidents, service, title, who, cx),
        _ => Ok(Vec::new()),
    }
}

/// Acknowledging stops the paging, so only somebody whom a team knows may: a misspelt name must not leave an incident
/// with nobody.
fn acknowledge(incident: &Incident, who: &Who, cx: &Context) -> Result<Vec<Event>, Refusal> {
    if notice::person_of(cx.catalog, &who.person).is_none() {
        let people = cx.catalog.teams.values().flat_map(|team| team.people.keys());
        let known: BTreeSet<&str> = people.map(String::as_str).collect();
        let known: Vec<&str> = known.into_iter().collect();
        return Err(Refusal {
            kind: RefusalKind::Forbidden,
            what: format!("no team knows {:?}, so the paging goes on", who.person),
            hint: Some(format!("acknowledge as one of {}", known.join(", "))),
        });
    }
    let expires = cx.now + escalation::ack_span(cx.catalog, incident.team.as_deref());
    Ok(vec![RespondEvent::Acknowledged { incident: incident.id, who: who.clone(), expires }.into()])
}

/// Anything that a person does about an acknowledged incident keeps the acknowledgement alive.
pub(crate) fn activity(incident: &Incident, cx: &Context) -> Option<Event> {
    matches!(incident.phase, Phase::Acknowledged { .. }).then(|| {
        let expires = cx.now + escalation::ack_span(cx.catalog, incident.team.as_deref());
        RespondEvent::AckExtended { incident: incident.id, expires }.into()
    })
}

fn declare(
    incidents: &Incidents,
    service: &andon_vocabulary::Name,
    title: &str,
    who: &Who,
    cx: &Context,
) -> Result<Vec<Event>, Refusal> {
    if !cx.catalog.services.contains_key(&**service) {
        let known: Vec<&str> = cx.catalog.services.keys().map(String::as_str).collect();
        return Err(Refusal {
            kind: RefusalKind::NotFound,
            what: format!("there is no service {service}"),
            hint: Some(format!("the services are {}", known.join(", "))),
        });
    }
    if let Some(incident) = incidents.of_service(service).filter(|incident| !incident.is_over()) {
        return Err(conflict(
            format!("{} is already going on for {service}: {}", incident.id, incident.title),
            "add a note to it instead",
        ));
    }
    let tier = severity::tier(cx, service);
    let platform = incidents.platforms.get(service);
    let (severity, why) = severity::compute(tier, andon_vocabulary::Urgency::Page, platform);
    Ok(vec![
        RespondEvent::IncidentOpened {
            incident: IncidentId(incidents.last + 1),
            service: service.clone(),
            team: cx.catalog.team_for(Some(service)).map(|team| team.name.as_str().into()),
            title: said(title, "a title")?,
            severity,
            why,
            declared_by: Some(who.clone()),
        }
        .into(),
    ])
}

fn known(incidents: &Incidents, id: IncidentId) -> Result<&Incident, Refusal> {
    incidents.get(id).ok_or_else(|| {
        let hint = if id.0 <= incidents.last {
            "it is closed; its review takes notes"
        } else {
            "see `andon incidents`"
        };
        Refusal {
            kind: RefusalKind::NotFound,
            what: format!("{id} is not open"),
            hint: Some(hint.to_owned()),
        }
    })
}

fn going_on(incidents: &Incidents, id: IncidentId) -> Result<&Incident, Refusal> {
    let incident = known(incidents, id)?;
    if incident.is_over() {
        Err(conflict(format!("{id} is already resolved"), "nothing is left to do"))
    } else {
        Ok(incident)
    }
}

/// A text that a person must give; trimmed, bounded.
pub(crate) fn said(text: &str, what: &str) -> Result<String, Refusal> {
    let text = text.trim();
    match text.len() {
        0 => Err(invalid(format!("{what} is missing"), "say it in a sentence")),
        NOTE_BYTES_MAX.. => Err(invalid(format!("{what} has {} bytes", text.len()), "keep it under 16 KiB")),
        // It will be shown in terminals, where an escape would do more than be read.
        _ if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) => Err(invalid(
            format!("{what} holds control characters"),
            "write plain text; lines and tabs may stay",
        )),
        _ => Ok(text.to_owned()),
    }
}

fn invalid(what: String, hint: &str) -> Refusal {
    Refusal { kind: RefusalKind::Invalid, what, hint: Some(hint.to_owned()) }
}

fn conflict(what: String, hint: &str) -> Refusal {
    Refusal { kind: RefusalKind::Conflict, what, hint: Some(hint.to_owned()) }
}

#[cfg(test)]
mod tests {
    use andon_definitions::{SourceFile, load};
    use andon_vocabulary::{Timestamp, Via};

    use super::*;
    use crate::State;

    const TEAM: &str = "apiVersion: andon/v1
kind: Team
metadata: { name: shop }
spec:
  people: { ana: { timezone: Europe/Madrid, contact: [ { channel: web } ] } }
  escalation: [ { page: ana } ]
---
apiVersion: andon/v1
kind: Service
metadata: { name: till }
spec: { owner: team:shop, tier: 1 }
";

    #[test]
    fn a_name_that_no_team_knows_stops_no_paging() {
        let files = [SourceFile { path: "ops.yaml".to_owned(), text: TEAM.to_owned() }];
        let (catalog, _) = load(&files);
        let now = Timestamp::from_ms(1_000);
        let cx = Context {
            catalog: &catalog,
            duty: andon_definitions::Duty::of_files(),
            now,
            halted: false,
            next_intent: 1,
        };
        let mut state = State::default();
        let says =
            |person: &str, command| Told { who: Who::new(person, Via::Cli), key: "k".to_owned(), command };
        let declared = Command::Declare { service: "till".into(), title: "nobody can pay".to_owned() };
        for event in decide(&state.incidents, &says("ana", declared), &cx).expect("it is declared") {
            state.apply(&event, now, &catalog);
        }
        let acknowledge = Command::Acknowledge { incident: IncidentId(1) };
        let refused = decide(&state.incidents, &says("mallory", acknowledge.clone()), &cx)
            .expect_err("nobody knows her");
        assert_eq!(refused.kind, RefusalKind::Forbidden);
        assert_eq!(refused.hint.as_deref(), Some("acknowledge as one of ana"));
        assert_eq!(decide(&state.incidents, &says("ana", acknowledge), &cx).expect("she may").len(), 1);
    }
}
