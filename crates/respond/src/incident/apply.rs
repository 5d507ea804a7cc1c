//! What each event makes of the incidents.

use std::sync::Arc;

use andon_definitions::Catalog;
use andon_vocabulary::{
    AlertId, ChangeEvent, Event, IncidentId, MonitorEvent, Name, NoticeNext, PageReason, RespondEvent,
    SuppressedBy, Timestamp, Urgency,
};
use imbl::{OrdMap, Vector};

use super::heard::Heard;
use super::{Held, Incident, Incidents, Phase, Progress, REOPENED_KEPT, Suspect};
use crate::joined::{AlertPhase, Joined, JoinedAlert};
use crate::notice::{self, Notices};

impl Incidents {
    /// `notices` are as they were before this event.
    pub(crate) fn apply(&mut self, event: &Event, at: Timestamp, catalog: &Catalog, notices: &Notices) {
        match event {
            Event::Monitor(event) => self.apply_monitor(event, at),
            Event::Respond(event) => self.apply_respond(event, at, catalog, notices),
            Event::Change(ChangeEvent::PlatformSeen { status }) => {
                self.platforms.insert(status.service.clone(), status.clone());
            }
            Event::Change(ChangeEvent::ChangeSuspected { incident, change, what, at, why }) => {
                self.with(*incident, |incident| {
                    if !incident.suspects.iter().any(|suspect| suspect.change == *change) {
                        let (what, why) = (what.to_string(), why.to_string());
                        incident.suspects.push_back(Suspect { change: *change, what, at: *at, why });
                    }
                });
            }
            _ => {}
        }
    }

    fn apply_monitor(&mut self, event: &MonitorEvent, at: Timestamp) {
        match event {
            MonitorEvent::AlertFired(fired) => {
                self.alerts.insert(fired.alert, Arc::new(fired.clone()));
                // One that fired before, and may have been suppressed then or now.
                self.joined(fired.alert, |joined| {
                    joined.phase = AlertPhase::Firing;
                    joined.suppressed = !fired.suppressed.is_empty();
                });
            }
            MonitorEvent::AlertFound { alert, value, .. } => {
                if let Some(known) = self.alerts.get_mut(alert).map(Arc::make_mut) {
                    known.value = *value;
                }
                self.mark(*alert, AlertPhase::Firing);
            }
            MonitorEvent::AlertChanged { alert, annotations, received } => {
                if let Some(known) = self.alerts.get_mut(alert).map(Arc::make_mut) {
                    known.annotations.clone_from(annotations);
                    known.received = Some(received.clone());
                }
            }
            MonitorEvent::AlertsSuppressed { by, alerts } => {
                self.suppress(alerts, at, |suppressed| {
                    if !suppressed.contains(by) {
                        suppressed.push(*by);
                    }
                });
            }
            MonitorEvent::AlertsReleased { by, alerts } => {
                self.suppress(alerts, at, |suppressed| suppressed.retain(|other| other != by));
            }
            MonitorEvent::AlertLost { alert, .. } => self.mark(*alert, AlertPhase::Lost),
            MonitorEvent::AlertResolved { alert, .. } => {
                self.alerts.remove(alert);
                self.mark(*alert, AlertPhase::Resolved);
            }
            _ => {}
        }
    }

    fn suppress(&mut self, alerts: &[AlertId], at: Timestamp, change: impl Fn(&mut Vec<SuppressedBy>)) {
        for id in alerts {
            let Some(fired) = self.alerts.get_mut(id).map(Arc::make_mut) else { continue };
            change(&mut fired.suppressed);
            let suppressed = !fired.suppressed.is_empty();
            let Some(incident) = self.of_alert(*id).map(|incident| incident.id) else { continue };
            self.with(incident, |incident| {
                incident.alerts.change(*id, |joined| joined.suppressed = suppressed);
                if !suppressed {
                    incident.alerts.begins(*id, at);
                }
            });
        }
    }

    fn mark(&mut self, alert: AlertId, phase: AlertPhase) {
        self.joined(alert, |joined| joined.phase = phase);
    }

    /// Changes an alert in its incident, if it has one.
    fn joined(&mut self, alert: AlertId, change: impl FnOnce(&mut JoinedAlert)) {
        if let Some(id) = self.belonging.of(alert) {
            self.with(id, |incident| incident.alerts.change(alert, change));
        }
    }

    fn apply_respond(&mut self, event: &RespondEvent, at: Timestamp, catalog: &Catalog, notices: &Notices) {
        use RespondEvent as E;
        match event {
            E::IncidentOpened { incident, service, team, title, severity, why, declared_by } => {
                self.last = self.last.max(incident.0);
                self.open.insert(
                    *incident,
                    Incident {
                        id: *incident,
                        service: service.clone(),
                        team: team.clone(),
                        title: title.clone(),
                        opened_at: at,
                        phase: Phase::Open,
                        severity: *severity,
                        severity_why: why.clone(),
                        declared: declared_by.is_some(),
                        called: None,
                        alerts: Joined::default(),
                        reopened: Vector::new(),
                        held: None,
                        escalation: Progress::Quiet,
                        suspects: Vector::new(),
                        runs: Vector::new(),
                        contacts: OrdMap::new(),
                        heard: Heard::new(at),
                    },
                );
            }
            E::IncidentAssigned { incident, team } => {
                self.with(*incident, |incident| incident.team = Some(team.clone()));
            }
            E::AlertJoined { incident, alert, name } => self.joins(*incident, *alert, name, at),
            E::IncidentReopened { incident, alert } => {
                // Whoever is paged for it is told which one it is.
                if self.get(*incident).is_some_and(|incident| !incident.alerts.contains_key(alert)) {
                    let fired = self.alerts.get(alert).cloned();
                    let name = fired.as_ref().and_then(|fired| fired.labels.get("alertname"));
                    self.joins(*incident, *alert, name.unwrap_or("alert"), at);
                }
                self.with(*incident, |incident| {
                    incident.alerts.begins(*alert, at);
                    incident.phase = Phase::Open;
                    // What somebody declared they have ended; what comes back is what its alerts are worth.
                    incident.declared = false;
                    incident.reopened.push_back(at);
                    if incident.reopened.len() > REOPENED_KEPT {
                        incident.reopened.pop_front();
                    }
                    // Tickets do not take up an escalation that was left when it was over.
                    if let (true, Some(began)) = (incident.is_calm(), incident.escalation.began()) {
                        incident.escalation = Progress::Exhausted { began };
                    }
                });
            }
            E::IncidentFlaps { incident, by, until, .. } => self.with(*incident, |incident| match by {
                Some(by) => incident.phase = Phase::Acknowledged { by: by.clone(), at, expires: *until },
                None => incident.escalation = Progress::Paging { base: *until, next: 0, round: 0 },
            }),
            E::EscalationWaits { incident, until } => self.with(*incident, |incident| {
                incident.escalation = Progress::Paging { base: *until, next: 0, round: 0 };
            }),
            E::SeverityChanged { incident, to, why, .. } => self.with(*incident, |incident| {
                incident.severity = *to;
                incident.severity_why = why.clone();
            }),
            E::Acknowledged { incident, who, expires } => self.with(*incident, |incident| {
                incident.phase = Phase::Acknowledged { by: who.person.clone(), at, expires: *expires };
                incident.held = Some(Held { by: who.person.clone(), expires: *expires });
                // Of tickets alone, or beside a page that was silenced before anybody heard of it: of what is worth a
                // page, nobody has said anything.
                let counted = incident.alerts.counted();
                let is_of_tickets = counted.pages() == 0 || counted.told_pages() == 0 && !incident.is_known();
                if !incident.declared && is_of_tickets {
                    incident.escalation = Progress::Quiet;
                }
            }),
            E::AckExtended { incident, expires: later } => self.with(*incident, |incident| {
                if let Phase::Acknowledged { expires, .. } = &mut incident.phase {
                    *expires = *later;
                }
                if let Some(held) = &mut incident.held {
                    held.expires = *later;
                }
            }),
            E::AckLapsed { incident, .. } => self.with(*incident, |incident| {
                (incident.phase, incident.held) = (Phase::Open, None);
            }),
            E::IncidentResolved { incident, why } => {
                self.with(*incident, |incident| incident.phase = Phase::Resolved { at, why: why.clone() });
            }
            E::IncidentClosed { incident } => {
                if let Some(closed) = self.open.remove(incident) {
                    self.belonging.leave(&closed, &self.open);
                }
            }
            E::Escalated { incident, step, round, why, .. } => self.with(*incident, |incident| {
                // It was acknowledged as a ticket: of what is worth a page, nobody has said anything.
                if *why == PageReason::Raised {
                    (incident.phase, incident.held) = (Phase::Open, None);
                }
                incident.escalation = advanced(&incident.escalation, *step, *round, at);
                incident.alerts.paged();
                incident.heard.steps();
                if (*step, *round) == (0, 0) {
                    incident.heard.begins(at);
                    // Nobody has it: an acknowledgement from before is not one of this.
                    if incident.phase == Phase::Open {
                        incident.held = None;
                    }
                }
            }),
            E::EscalationExhausted { incident, .. } => {
                self.with(*incident, |incident| {
                    let began = incident.escalation.began().unwrap_or(at);
                    incident.escalation = Progress::Exhausted { began };
                });
            }
            E::NoticeOwed { intent, delivery, .. } if delivery.kind.reaches_somebody() => {
                let contacts = catalog.teams.values().find_map(|team| team.people.get(&*delivery.person));
                let used =
                    contacts.and_then(|person| notice::contact_of(&person.contact, delivery)).unwrap_or(0);
                if let Some(id) = delivery.incident {
                    self.with(id, |incident| {
                        incident.contacts.insert(delivery.person.clone(), used);
                        incident.heard.calls(*intent, delivery);
                    });
                }
            }
            E::NoticeSent { intent, incident: Some(id), .. } => {
                if let Some(delivery) = notices.delivery(*intent) {
                    self.with(*id, |incident| incident.heard.taken(*intent, delivery));
                }
            }
            E::NoticeWithheld { intent, incident: Some(id), .. } => {
                if let Some(delivery) = notices.delivery(*intent) {
                    self.with(*id, |incident| incident.heard.withheld(*intent, delivery));
                }
            }
            E::NoticeFailed { intent, incident: Some(id), person, next, unreached, .. } => {
                self.with(*id, |incident| {
                    if *unreached {
                        incident.heard.misses(*intent, person);
                    }
                    if matches!(next, NoticeNext::Retry { .. }) {
                        return;
                    }
                    incident.heard.failed(*intent, person);
                    if let NoticeNext::EarlierChannel { channel, .. } = next {
                        let contacts = notice::person_of(catalog, person).map_or(&[][..], |it| &it.contact);
                        if let Some(back) = contacts.iter().position(|one| one.channel == **channel) {
                            incident.contacts.insert(person.clone(), back);
                        }
                    }
                });
            }
            E::RunStarted(started) => {
                if let Some(id) = started.incident {
                    self.with(id, |incident| incident.runs.push_back(started.run));
                }
            }
            _ => {}
        }
    }

    fn joins(&mut self, id: IncidentId, alert: AlertId, name: &str, at: Timestamp) {
        let Some(incident) = self.open.get_mut(&id) else { return };
        let fired = self.alerts.get(&alert);
        // Thousands of one name may join: they share it.
        let name = match &incident.called {
            Some(called) if **called == *name => called.clone(),
            _ => Name::from(name),
        };
        incident.called.get_or_insert_with(|| name.clone());
        let joined = JoinedAlert {
            name,
            urgency: fired.map_or(Urgency::Page, |fired| fired.urgency),
            phase: AlertPhase::Firing,
            fired_at: at,
            told_since: at,
            nth: 0,
            suppressed: fired.is_some_and(|fired| !fired.suppressed.is_empty()),
        };
        incident.alerts.joins(alert, joined);
        self.belonging.joins(alert, id);
    }

    fn with(&mut self, id: IncidentId, change: impl FnOnce(&mut Incident)) {
        if let Some(incident) = self.open.get_mut(&id) {
            change(incident);
        }
    }
}

/// The first step of a round starts the clock; a later one never turns it back.
fn advanced(progress: &Progress, step: u32, round: u32, at: Timestamp) -> Progress {
    match progress {
        Progress::Paging { base, next, round: current } if step > 0 && round == *current => {
            Progress::Paging { base: *base, next: (*next).max(step + 1), round }
        }
        _ => Progress::Paging { base: at, next: step + 1, round },
    }
}
