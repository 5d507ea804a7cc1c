//! From alerts to incidents: a firing alert joins its service's incident, reopens it, or opens one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use andon_definitions::{Context, Instance};
use andon_vocabulary::{
    AlertFired, AlertId, Event, IncidentId, IncidentResolvedReason, InstanceEvent, MonitorEvent, Name,
    RespondEvent, Timestamp, Urgency,
};

use crate::incident::{Incident, Incidents, Phase, UNASSIGNED};
use crate::severity;

pub(crate) fn react(incidents: &Incidents, event: &Event, cx: &Context) -> Vec<Event> {
    match event {
        Event::Monitor(MonitorEvent::AlertFired(fired)) if fired.suppressed.is_empty() => {
            disturbed(incidents, [fired], cx)
        }
        Event::Monitor(MonitorEvent::AlertResolved { alert, .. }) => {
            on_resolved(incidents, *alert).into_iter().collect()
        }
        Event::Monitor(MonitorEvent::AlertsSuppressed { alerts, .. }) => quietened(incidents, alerts),
        Event::Monitor(MonitorEvent::AlertsReleased { alerts, .. }) => {
            let fired = alerts.iter().filter_map(|alert| incidents.alerts.get(alert).map(Arc::as_ref));
            let is_alone = |fired: &&AlertFired| {
                let incident = incidents.of_alert(fired.alert);
                fired.suppressed.is_empty() && incident.is_none_or(Incident::is_over)
            };
            disturbed(incidents, fired.filter(is_alone), cx)
        }
        Event::Monitor(MonitorEvent::AlertFound { alert, .. }) => {
            // What is suppressed comes back when it no longer is.
            let fired = incidents.alerts.get(alert).filter(|fired| fired.suppressed.is_empty());
            let is_over = incidents.of_alert(*alert).is_some_and(Incident::is_over);
            disturbed(incidents, fired.filter(|_| is_over).map(Arc::as_ref), cx)
        }
        Event::Instance(InstanceEvent::CatalogChanged { .. }) => {
            incidents.open.values().filter_map(|incident| assigned(incidents, incident, cx)).collect()
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

/// Alerts that begin to disturb at the same moment: each joins the incident of its service, which the first one opens.
fn disturbed<'a>(
    incidents: &Incidents,
    alerts: impl IntoIterator<Item = &'a AlertFired>,
    cx: &Context,
) -> Vec<Event> {
    let (mut events, mut last) = (Vec::new(), incidents.last);
    let mut met = BTreeMap::<(Name, Option<String>), IncidentId>::new();
    for fired in alerts {
        if fired.urgency == Urgency::Log {
            continue;
        }
        let service: Name = fired.service.clone().unwrap_or_else(|| UNASSIGNED.into());
        // What no service claims belongs together by its name, if by anything.
        let called = fired.service.is_none().then(|| name(fired));
        let known = match &called {
            None => incidents.of_service(&service),
            Some(called) => incidents.unassigned(called),
        };
        let incident = *met.entry((service.clone(), called)).or_insert_with(|| match known {
            Some(incident) => {
                if incident.is_over() {
                    let (incident, alert) = (incident.id, fired.alert);
                    events.push(RespondEvent::IncidentReopened { incident, alert }.into());
                }
                incident.id
            }
            None => {
                last += 1;
                events.push(opened(incidents, IncidentId(last), service, fired, cx));
                IncidentId(last)
            }
        });
        events.push(RespondEvent::AlertJoined { incident, alert: fired.alert, name: name(fired) }.into());
    }
    events
}

fn opened(incidents: &Incidents, id: IncidentId, service: Name, fired: &AlertFired, cx: &Context) -> Event {
    let tier = severity::tier(cx, &service);
    let (severity, why) = severity::compute(tier, fired.urgency, incidents.platforms.get(&service));
    let title = title(fired, &service);
    RespondEvent::IncidentOpened {
        incident: id,
        team: cx.catalog.team_for(fired.service.as_deref()).map(|team| team.name.as_str().into()),
        service,
        title,
        severity,
        why,
        declared_by: None,
    }
    .into()
}

/// What no team has, or one that is gone or has another name now, goes to the one that other definitions bring. What has
/// a team keeps it.
fn assigned(incidents: &Incidents, incident: &Incident, cx: &Context) -> Option<Event> {
    if incident.team.as_ref().is_some_and(|team| cx.catalog.teams.contains_key(&**team)) {
        return None;
    }
    let mut alerts = incident.active_alerts().filter_map(|(alert, _)| incidents.alerts.get(alert));
    let service = match &*incident.service {
        UNASSIGNED => alerts.find_map(|fired| cx.catalog.service_of(&fired.labels)),
        service => Some(service),
    };
    let team = cx.catalog.team_for(service)?.name.as_str().into();
    Some(RespondEvent::IncidentAssigned { incident: incident.id, team }.into())
}

/// The incidents in which these were the last alerts that anybody was paged for.
fn quietened(incidents: &Incidents, alerts: &[AlertId]) -> Vec<Event> {
    let concerned: BTreeSet<IncidentId> = alerts
        .iter()
        .filter_map(|alert| incidents.of_alert(*alert))
        .filter(|incident| !incident.is_over() && incident.is_suppressed())
        .map(|incident| incident.id)
        .collect();
    concerned.into_iter().map(|incident| RespondEvent::IncidentSuppressed { incident }.into()).collect()
}

/// What an incident is called that this alert opens.
pub(crate) fn title(fired: &AlertFired, service: &str) -> String {
    let summary = fired.annotations.get("summary");
    summary.map_or_else(|| format!("{} on {service}", name(fired)), str::to_owned)
}

fn name(fired: &AlertFired) -> String {
    fired.labels.get("alertname").unwrap_or("alert").to_owned()
}

/// An incident ends by itself when every alert is seen to be resolved; a lost one keeps it open. What is left of it may be
/// nothing that people are paged for.
fn on_resolved(incidents: &Incidents, alert: AlertId) -> Option<Event> {
    let incident = incidents.of_alert(alert).filter(|incident| !incident.declared && !incident.is_over())?;
    let id = incident.id;
    if incident.alerts.counted().active() == 0 {
        let why = IncidentResolvedReason::AlertsResolved;
        return Some(RespondEvent::IncidentResolved { incident: id, why }.into());
    }
    let resolved = incident.alerts.get(&alert).filter(|alert| alert.urgency == Urgency::Page)?;
    if incident.is_calm() {
        return Some(RespondEvent::IncidentCalmed { incident: id }.into());
    }
    let is_quietened = !resolved.suppressed && incident.is_suppressed();
    is_quietened.then(|| RespondEvent::IncidentSuppressed { incident: id }.into())
}

/// When a resolved incident can no longer reopen: later, where it flapped.
pub(crate) fn closes_at(incident: &Incident, instance: &Instance) -> Option<Timestamp> {
    let Phase::Resolved { at, .. } = incident.phase else { return None };
    let within = match incident.flaps(&instance.flapping, at) {
        Some(_) => (*instance.reopen_within).max(*instance.flapping.within),
        None => *instance.reopen_within,
    };
    Some(at + within)
}

pub(crate) fn tick(incidents: &Incidents, cx: &Context) -> Vec<Event> {
    let due = |incident: &&Incident| {
        closes_at(incident, &cx.catalog.instance).is_some_and(|closes| closes <= cx.now)
    };
    let close = |incident: &Incident| RespondEvent::IncidentClosed { incident: incident.id }.into();
    incidents.open.values().filter(due).map(close).collect()
}

#[cfg(test)]
mod tests {
    use andon_vocabulary::{FiredReason, Labels, Value, Via, Who};

    use super::*;
    use crate::State;

    /// What was lost, and ended by hand after it was acknowledged as tickets, is told of when it is found.
    #[test]
    fn what_is_found_in_an_incident_that_is_over_joins_it_again() {
        use RespondEvent as E;
        let (catalog, at) = (andon_definitions::Catalog::default(), Timestamp::from_ms(1_000_000));
        let (alert, incident, who) = (AlertId(7), IncidentId(1), Who::new("ana", Via::Cli));
        let fired = AlertFired {
            alert,
            rule: "g/Down".into(),
            labels: Labels::new([("alertname", "Down")]),
            annotations: Labels::default(),
            value: Value(1.0),
            service: None,
            urgency: Urgency::Page,
            since: at,
            reason: FiredReason::AtOnce,
            received: None,
            suppressed: Vec::new(),
        };
        let now = at + std::time::Duration::from_secs(60);
        let duty = andon_definitions::Duty::of_files();
        let cx = Context { catalog: &catalog, duty, now, halted: false, next_intent: 1 };
        let mut state = State::default();
        let fired: Event = MonitorEvent::AlertFired(fired).into();
        for event in std::iter::once(fired.clone()).chain(react(&state.incidents, &fired, &cx)) {
            state.apply(&event, at, &catalog);
        }
        let quiet = E::Acknowledged { incident, who: who.clone(), expires: now };
        let over = E::IncidentResolved {
            incident,
            why: IncidentResolvedReason::Person { who: who.person, reason: "mended".to_owned() },
        };
        for event in [quiet, over] {
            state.apply(&event.into(), at, &catalog);
        }
        let found: Event =
            MonitorEvent::AlertFound { alert, rule: "g/Down".into(), value: Value(1.0) }.into();
        state.apply(&found, now, &catalog);
        let said = react(&state.incidents, &found, &cx);
        let again = [
            E::IncidentReopened { incident, alert }.into(),
            E::AlertJoined { incident, alert, name: "Down".to_owned() }.into(),
        ];
        assert_eq!(said, again);
    }
}
