//! What each event makes of the state, and of the indexes beside it.

use std::sync::Arc;

use andon_definitions::Catalog;
use andon_vocabulary::{
    AlertFired, AlertId, Event, IncidentId, IncidentResolvedReason, InstanceEvent, Labels, MonitorEvent,
    Name, ReceivedFrom, RespondEvent, SuppressedBy, Timestamp, Value,
};

use super::{Failing, SilentSource, State, urgency};
use crate::rule::definition;
use crate::{Alert, Phase};

impl State {
    pub fn apply(&mut self, event: &Event, at: Timestamp, catalog: &Catalog) {
        match event {
            Event::Monitor(event) => self.monitored(event, at, catalog),
            Event::Instance(InstanceEvent::CatalogChanged { .. }) => {
                self.inhibitions.rebuild(catalog, &self.alerts);
                self.causes.rebuild(catalog, &self.alerts);
            }
            Event::Respond(RespondEvent::AlertJoined { incident, alert, .. }) => {
                self.incidents.entry(*incident).or_default().insert(*alert);
                self.dismiss([*alert], false, catalog);
            }
            Event::Respond(RespondEvent::IncidentResolved {
                incident,
                why: IncidentResolvedReason::Person { .. },
            }) => self.dismiss(self.of_incident(*incident), true, catalog),
            Event::Respond(RespondEvent::IncidentReopened { incident, .. }) => {
                self.dismiss(self.of_incident(*incident), false, catalog);
            }
            Event::Respond(RespondEvent::IncidentClosed { incident }) => {
                self.closed(*incident, catalog);
            }
            _ => {}
        }
    }

    /// A person ended an incident whose alerts were lost: nobody waits for them any more. One that is seen again is
    /// a new alert.
    fn closed(&mut self, incident: IncidentId, catalog: &Catalog) {
        let joined = self.incidents.remove(&incident).unwrap_or_default();
        for alert in joined {
            if self.is_forgotten(alert) {
                self.gone(alert, catalog);
            }
        }
    }

    /// Whether people are told of these has changed with their incident.
    fn dismiss(&mut self, alerts: impl IntoIterator<Item = AlertId>, dismissed: bool, catalog: &Catalog) {
        for id in alerts {
            if self.alerts.get(&id).is_some_and(|alert| alert.dismissed != dismissed)
                && let Some(alert) = self.alert_mut(id)
            {
                alert.dismissed = dismissed;
                self.file(id, catalog);
            }
        }
    }

    fn gone(&mut self, id: AlertId, catalog: &Catalog) {
        let Some(alert) = self.take(id) else { return };
        self.inhibitions.remove(id, &alert.labels, catalog);
        alert.inhibited_by().into_iter().for_each(|by| self.inhibitions.forget(by, id));
        self.causes.remove(id, &alert);
    }

    /// Whether it is a cause may have changed.
    fn file(&mut self, id: AlertId, catalog: &Catalog) {
        if let Some(alert) = self.alerts.get(&id) {
            self.causes.file(id, alert, catalog);
        }
    }

    pub(super) fn monitored(&mut self, event: &MonitorEvent, at: Timestamp, catalog: &Catalog) {
        self.silences.apply(event, at);
        match event {
            MonitorEvent::AlertPending { alert, rule, labels, value } => {
                self.put(*alert, pending(rule, labels, *value, at, catalog));
            }
            MonitorEvent::AlertFired(fired) => {
                // One that was lost and that nobody waits for begins anew.
                self.gone(fired.alert, catalog);
                self.put(fired.alert, firing(fired, at));
                self.inhibitions.insert(fired.alert, &fired.labels, catalog);
                self.file(fired.alert, catalog);
                fired.suppressed.iter().for_each(|by| self.note(*by, fired.alert));
            }
            MonitorEvent::AlertDropped { alert, .. } | MonitorEvent::AlertResolved { alert, .. } => {
                self.gone(*alert, catalog);
            }
            MonitorEvent::AlertsHeard { alerts, ends_at } => {
                alerts.iter().for_each(|alert| self.change(*alert, at, |from| from.ends_at = *ends_at));
            }
            MonitorEvent::AlertChanged { alert, annotations, received } => {
                self.change(*alert, at, |from| from.clone_from(received));
                if let Some(alert) = self.alert_mut(*alert) {
                    alert.annotations.clone_from(annotations);
                }
            }
            MonitorEvent::AlertsSuppressed { by, alerts } => {
                for id in alerts {
                    let Some(alert) = self.alert_mut(*id) else { continue };
                    if !alert.suppressed.contains(by) {
                        alert.suppressed.push(*by);
                    }
                    self.note(*by, *id);
                    self.file(*id, catalog);
                }
            }
            MonitorEvent::AlertsReleased { by, alerts } => {
                for id in alerts {
                    if let Some(alert) = self.alert_mut(*id) {
                        alert.suppressed.retain(|other| other != by);
                        alert.told_since = at;
                    }
                    match by {
                        SuppressedBy::Alert(by) => self.inhibitions.forget(*by, *id),
                        SuppressedBy::Cause(by) => self.causes.forget(*by, *id),
                        SuppressedBy::Silence(_) => {}
                    }
                    self.file(*id, catalog);
                }
            }
            MonitorEvent::SilenceSet { .. }
            | MonitorEvent::SilenceBegan { .. }
            | MonitorEvent::SilenceRests { .. }
            | MonitorEvent::SilenceEndsSoon { .. }
            | MonitorEvent::SilenceEnded { .. }
            | MonitorEvent::SilenceForgotten { .. } => {}
            MonitorEvent::AlertLost { alert, why, .. } => {
                self.enter(*alert, None, catalog, |since, fired_at| Phase::Lost {
                    since,
                    fired_at,
                    lost_at: at,
                    why: why.clone(),
                });
            }
            MonitorEvent::AlertFound { alert, value, .. } => {
                self.enter(*alert, Some(*value), catalog, |since, fired_at| Phase::Firing {
                    since,
                    fired_at,
                    held_until: None,
                });
            }
            MonitorEvent::AlertHeld { alert, until, .. } => {
                self.enter(*alert, None, catalog, |since, fired_at| Phase::Firing {
                    since,
                    fired_at,
                    held_until: Some(*until),
                });
            }
            MonitorEvent::RuleFailed { rule, error } => {
                let error = error.clone();
                self.failing.insert(rule.clone(), Failing { error, since: at });
            }
            MonitorEvent::RuleRecovered { rule } => {
                self.failing.remove(rule);
            }
            MonitorEvent::SourceSilent { target, error } => {
                let error = error.clone();
                self.silent.insert(target.clone(), SilentSource { error, since: at });
            }
            MonitorEvent::SourceBack { target } => {
                self.silent.remove(target);
            }
        }
    }

    /// Changes what is known of an alert that others raised.
    fn change(&mut self, id: AlertId, at: Timestamp, change: impl FnOnce(&mut ReceivedFrom)) {
        let Some(alert) = self.alerts.get_mut(&id).map(Arc::make_mut) else { return };
        let Some(from) = &mut alert.received else { return };
        alert.heard = at;
        self.ends.remove(&(from.ends_at, id));
        change(from);
        self.ends.insert((from.ends_at, id));
    }

    fn alert_mut(&mut self, id: AlertId) -> Option<&mut Alert> {
        self.alerts.get_mut(&id).map(Arc::make_mut)
    }

    fn note(&mut self, by: SuppressedBy, alert: AlertId) {
        match by {
            SuppressedBy::Alert(by) => self.inhibitions.note(by, alert),
            SuppressedBy::Cause(by) => self.causes.note(by, alert),
            SuppressedBy::Silence(_) => {}
        }
    }

    /// Moves an alert that has fired into another phase.
    fn enter(
        &mut self,
        id: AlertId,
        value: Option<Value>,
        catalog: &Catalog,
        phase: impl FnOnce(Timestamp, Timestamp) -> Phase,
    ) {
        let Some(mut alert) = self.take(id).map(Arc::unwrap_or_clone) else { return };
        alert.value = value.unwrap_or(alert.value);
        alert.phase = match alert.fired_at() {
            Some(fired_at) => phase(alert.since(), fired_at),
            None => alert.phase,
        };
        self.put(id, alert);
        self.file(id, catalog);
    }

    fn put(&mut self, id: AlertId, alert: Alert) {
        self.take(id);
        if let Some(deadline) = alert.deadline() {
            self.timers.insert((deadline, id));
        }
        match &alert.received {
            Some(from) => {
                self.ends.insert((from.ends_at, id));
            }
            None => {
                self.by_rule.entry(alert.rule.clone()).or_default().insert(id);
            }
        }
        self.alerts.insert(id, Arc::new(alert));
    }

    fn take(&mut self, id: AlertId) -> Option<Arc<Alert>> {
        let alert = self.alerts.remove(&id)?;
        if let Some(deadline) = alert.deadline() {
            self.timers.remove(&(deadline, id));
        }
        if let Some(from) = &alert.received {
            self.ends.remove(&(from.ends_at, id));
        } else if let Some(alerts) = self.by_rule.get_mut(&alert.rule) {
            alerts.remove(&id);
            if alerts.is_empty() {
                self.by_rule.remove(&alert.rule);
            }
        }
        Some(alert)
    }
}

fn pending(rule: &Name, labels: &Labels, value: Value, at: Timestamp, catalog: &Catalog) -> Alert {
    let held_for = definition(catalog, rule).map(|rule| *rule.held_for).unwrap_or_default();
    Alert {
        rule: rule.clone(),
        labels: labels.clone(),
        annotations: Labels::default(),
        value,
        phase: Phase::Pending { since: at, fires_at: at + held_for },
        service: catalog.service_of(labels).map(Name::from),
        urgency: urgency(labels),
        heard: at,
        received: None,
        suppressed: Vec::new(),
        told_since: at,
        dismissed: false,
    }
}

fn firing(fired: &AlertFired, at: Timestamp) -> Alert {
    Alert {
        rule: fired.rule.clone(),
        labels: fired.labels.clone(),
        annotations: fired.annotations.clone(),
        value: fired.value,
        phase: Phase::Firing { since: fired.since, fired_at: at, held_until: None },
        service: fired.service.clone(),
        urgency: fired.urgency,
        heard: at,
        received: fired.received.clone(),
        suppressed: fired.suppressed.clone(),
        told_since: at,
        dismissed: false,
    }
}
