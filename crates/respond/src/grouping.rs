//! From alerts to incidents: a firing alert joins its service's incident, reopens it, or opens one.

use andon_definitions::Context;
use andon_vocabulary::{
    AlertFired, AlertId, Event, IncidentId, IncidentResolvedReason, MonitorEvent, Name, RespondEvent,
    Timestamp, Urgency,
};

use crate::incident::{AlertPhase, Incident, Incidents, Phase, UNASSIGNED};
use crate::severity;

pub(crate) fn react(incidents: &Incidents, event: &Event, cx: &Context) -> Vec<Event> {
    match event {
        Event::Monitor(MonitorEvent::AlertFired(fired)) => on_fired(incidents, fired, cx),
        Event::Monitor(MonitorEvent::AlertResolved { alert, .. }) => on_resolved(incidents, *alert),
        Event::Monitor(MonitorEvent::AlertFound { alert, .. }) => {
            incidents.of_alert(*alert).filter(|incident| incident.is_over()).map_or(Vec::new(), |incident| {
                vec![RespondEvent::IncidentReopened { incident: incident.id, alert: *alert }.into()]
            })
        }
        Event::Respond(RespondEvent::AlertJoined { incident, .. }) => {
            incidents.get(*incident).and_then(|i| severity::recompute(incidents, i, cx)).into_iter().collect()
        }
        Event::Change(andon_vocabulary::ChangeEvent::PlatformSeen { status }) => {
            let incident = incidents.of_service(&status.service);
            incident.and_then(|i| severity::recompute(incidents, i, cx)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn on_fired(incidents: &Incidents, fired: &AlertFired, cx: &Context) -> Vec<Event> {
    if fired.urgency == Urgency::Log {
        return Vec::new();
    }
    let service: Name = fired.service.clone().unwrap_or_else(|| UNASSIGNED.into());
    let joined =
        |incident| RespondEvent::AlertJoined { incident, alert: fired.alert, name: name(fired) }.into();
    if let Some(incident) = incidents.of_service(&service) {
        let mut events: Vec<Event> = Vec::new();
        if incident.is_over() {
            events.push(RespondEvent::IncidentReopened { incident: incident.id, alert: fired.alert }.into());
        }
        events.push(joined(incident.id));
        return events;
    }
    let id = IncidentId(incidents.last + 1);
    let tier = severity::tier(cx, &service);
    let (severity, why) = severity::compute(tier, fired.urgency, incidents.platforms.get(&service));
    let title = fired
        .annotations
        .get("summary")
        .map_or_else(|| format!("{} on {service}", name(fired)), str::to_owned);
    vec![
        RespondEvent::IncidentOpened {
            incident: id,
            team: cx.catalog.team_for(fired.service.as_deref()).map(|team| team.name.as_str().into()),
            service,
            title,
            severity,
            why,
            declared_by: None,
        }
        .into(),
        joined(id),
    ]
}

fn name(fired: &AlertFired) -> String {
    fired.labels.get("alertname").unwrap_or("alert").to_owned()
}

/// An incident ends by itself when every alert is seen to be resolved; a lost one keeps it open.
fn on_resolved(incidents: &Incidents, alert: AlertId) -> Vec<Event> {
    let Some(incident) = incidents.of_alert(alert) else { return Vec::new() };
    let quiet = incident.alerts.values().all(|alert| alert.phase == AlertPhase::Resolved);
    if !quiet || incident.declared || incident.is_over() {
        return Vec::new();
    }
    vec![
        RespondEvent::IncidentResolved { incident: incident.id, why: IncidentResolvedReason::AlertsResolved }
            .into(),
    ]
}

/// When a resolved incident can no longer reopen.
pub(crate) fn closes_at(incident: &Incident, reopen_within: std::time::Duration) -> Option<Timestamp> {
    match incident.phase {
        Phase::Resolved { at, .. } => Some(at + reopen_within),
        _ => None,
    }
}

pub(crate) fn tick(incidents: &Incidents, cx: &Context) -> Vec<Event> {
    let due = |incident: &&Incident| {
        closes_at(incident, *cx.catalog.instance.reopen_within).is_some_and(|closes| closes <= cx.now)
    };
    let close = |incident: &Incident| RespondEvent::IncidentClosed { incident: incident.id }.into();
    incidents.open.values().filter(due).map(close).collect()
}
