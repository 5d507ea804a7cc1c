//! What runs need to know of the other stages: which alerts fire, for which incidents, and what runs where.

use andon_vocabulary::{
    AlertId, ChangeEvent, Event, IncidentId, InstanceEvent, Labels, MonitorEvent, Name, PlatformStatus,
    RespondEvent, Value,
};
use imbl::{OrdMap, OrdSet};

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts {
    pub incidents: OrdMap<IncidentId, Incident>,
    /// Firing, or lost from sight.
    pub alerts: OrdMap<AlertId, Alert>,
    pub platforms: OrdMap<Name, PlatformStatus>,
    /// Where people reach this Andon.
    pub address: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Incident {
    pub service: Name,
    pub severity: u8,
    pub resolved: bool,
    pub alerts: OrdSet<AlertId>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Alert {
    pub labels: Labels,
    pub service: Option<Name>,
    pub value: Value,
}

impl Alert {
    pub fn name(&self) -> &str {
        self.labels.get("alertname").unwrap_or("an alert")
    }
}

impl Facts {
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Instance(InstanceEvent::Started { address, .. }) => self.address.clone_from(address),
            Event::Monitor(event) => self.apply_monitor(event),
            Event::Respond(event) => self.apply_respond(event),
            Event::Change(ChangeEvent::PlatformSeen { status }) => {
                self.platforms.insert(status.service.clone(), status.clone());
            }
            _ => {}
        }
    }

    fn apply_monitor(&mut self, event: &MonitorEvent) {
        match event {
            MonitorEvent::AlertFired(fired) => {
                let (labels, service) = (fired.labels.clone(), fired.service.clone());
                self.alerts.insert(fired.alert, Alert { labels, service, value: fired.value });
            }
            MonitorEvent::AlertFound { alert, value, .. } => {
                if let Some(alert) = self.alerts.get_mut(alert) {
                    alert.value = *value;
                }
            }
            MonitorEvent::AlertResolved { alert, .. } => {
                self.alerts.remove(alert);
            }
            _ => {}
        }
    }

    fn apply_respond(&mut self, event: &RespondEvent) {
        match event {
            RespondEvent::IncidentOpened { incident, service, severity, .. } => {
                let (service, severity) = (service.clone(), *severity);
                let opened = Incident { service, severity, resolved: false, alerts: OrdSet::new() };
                self.incidents.insert(*incident, opened);
            }
            RespondEvent::AlertJoined { incident, alert, .. } => {
                if let Some(incident) = self.incidents.get_mut(incident) {
                    incident.alerts.insert(*alert);
                }
            }
            RespondEvent::IncidentReopened { incident, alert } => {
                if let Some(incident) = self.incidents.get_mut(incident) {
                    incident.resolved = false;
                    incident.alerts.insert(*alert);
                }
            }
            RespondEvent::SeverityChanged { incident, to, .. } => {
                if let Some(incident) = self.incidents.get_mut(incident) {
                    incident.severity = *to;
                }
            }
            RespondEvent::IncidentResolved { incident, .. } => {
                if let Some(incident) = self.incidents.get_mut(incident) {
                    incident.resolved = true;
                }
            }
            RespondEvent::IncidentClosed { incident } => {
                self.incidents.remove(incident);
            }
            _ => {}
        }
    }

    /// Whether an incident still disturbs. One that is not known never did.
    pub fn is_open(&self, incident: IncidentId) -> bool {
        self.incidents.get(&incident).is_some_and(|incident| !incident.resolved)
    }
}
