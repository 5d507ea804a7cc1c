//! An incident: one disturbance of one service, however many alerts it raises.

use std::sync::Arc;

use andon_definitions::Catalog;
use andon_definitions::instance::Flapping;
use andon_vocabulary::{
    AlertFired, AlertId, ChangeEvent, ChangeId, Event, IncidentId, IncidentResolvedReason, IntentId,
    MonitorEvent, Name, NoticeNext, PageReason, PlatformStatus, RespondEvent, RunId, SeverityReason,
    SuppressedBy, Timestamp, Urgency,
};
use imbl::{OrdMap, Vector};

use crate::belonging::Belonging;
use crate::joined::{AlertPhase, Joined, JoinedAlert};
use crate::notice::{self, Notices};

/// The name under which alerts that no service claims are grouped.
pub const UNASSIGNED: &str = "unassigned";
/// As many incidents of what no service claims there are at most.
const UNASSIGNED_MAX: usize = 64;
/// More than any instance asks for.
const REOPENED_KEPT: usize = 100;

#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    pub id: IncidentId,
    /// A service of the catalogue, or [`UNASSIGNED`].
    pub service: Name,
    pub team: Option<Name>,
    pub title: String,
    pub opened_at: Timestamp,
    pub phase: Phase,
    pub severity: u8,
    pub severity_why: SeverityReason,
    /// A person declared it; it ends when a person says so.
    pub declared: bool,
    /// The name of the alert that joined first.
    called: Option<Name>,
    pub alerts: Joined,
    /// When it came back, the last times of many.
    pub reopened: Vector<Timestamp>,
    /// Whoever acknowledged it last and let no acknowledgement lapse since.
    pub held_by: Option<Name>,
    pub escalation: Progress,
    pub suspects: Vector<Suspect>,
    pub runs: Vector<RunId>,
    /// Who was to be told of it, each with the contact point used last.
    pub contacts: OrdMap<Name, usize>,
    /// Of those whom a provider took something for, the notice that it took last.
    reached: OrdMap<Name, IntentId>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Nobody has acknowledged it.
    Open,
    Acknowledged {
        by: Name,
        at: Timestamp,
        expires: Timestamp,
    },
    /// It reopens when it comes back soon, else it is closed.
    Resolved {
        at: Timestamp,
        why: IncidentResolvedReason,
    },
}

/// How far the escalation has gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing here is urgent enough to page.
    Quiet,
    /// `next` is the index of the next step of the team's escalation; its times count from `base`.
    Paging { base: Timestamp, next: u32, round: u32 },
    /// Every step and repetition was taken; the last round began then.
    Exhausted { began: Timestamp },
}

impl Progress {
    /// When its round began, with a page to the first people.
    pub(crate) fn began(&self) -> Option<Timestamp> {
        match self {
            Progress::Quiet => None,
            Progress::Paging { base: began, .. } | Progress::Exhausted { began } => Some(*began),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    pub change: ChangeId,
    pub what: String,
    pub at: Timestamp,
    pub why: String,
}

impl Incident {
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Resolved { .. })
    }

    /// Alerts that still disturb: firing, or lost from sight.
    pub fn active_alerts(&self) -> impl Iterator<Item = (&AlertId, &JoinedAlert)> {
        self.alerts.iter().filter(|(_, alert)| alert.is_active())
    }

    /// Whether nobody is told of what disturbs most here: what is worth a page is silenced, whatever tickets are beside
    /// it. What a person declared is nobody's to silence.
    pub fn is_suppressed(&self) -> bool {
        !self.declared && self.alerts.counted().is_suppressed()
    }

    /// How often it came back lately, where that is so often that it flaps.
    pub fn flaps(&self, flapping: &Flapping, now: Timestamp) -> Option<u32> {
        let lately = self.reopened.iter().filter(|at| **at + *flapping.within > now).count() as u32;
        (lately >= flapping.times).then_some(lately)
    }

    /// Those for whom a provider took something of it, and has not said since that it failed.
    pub fn reached(&self) -> impl Iterator<Item = &Name> {
        self.contacts.keys().filter(|person| self.reached.contains_key(*person))
    }

    /// Those whom something was owed to, and whom nothing reached.
    pub fn not_reached(&self) -> impl Iterator<Item = &Name> {
        self.contacts.keys().filter(|person| !self.reached.contains_key(*person))
    }

    pub fn urgency(&self) -> Urgency {
        self.alerts.counted().urgency().unwrap_or(Urgency::Ticket)
    }
}

/// All incidents that are going on or may still reopen, and what they rest on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Incidents {
    pub open: OrdMap<IncidentId, Incident>,
    /// Alerts that are firing or lost, whether or not an incident holds them.
    pub(crate) alerts: OrdMap<AlertId, Arc<AlertFired>>,
    belonging: Belonging,
    pub(crate) platforms: OrdMap<Name, PlatformStatus>,
    pub(crate) last: u64,
}

impl Incidents {
    pub fn get(&self, id: IncidentId) -> Option<&Incident> {
        self.open.get(&id)
    }

    /// The incident of this service that is going on, or that may still reopen.
    pub fn of_service(&self, service: &str) -> Option<&Incident> {
        self.open.values().rev().find(|incident| &*incident.service == service)
    }

    /// The same of alerts of this name that no service claims. Senders make up names as they like: where there are very
    /// many, the newest incident takes what comes.
    pub(crate) fn unassigned(&self, name: &str) -> Option<&Incident> {
        let all = || self.open.values().rev().filter(|incident| &*incident.service == UNASSIGNED);
        let is_called = |incident: &&Incident| incident.called.as_deref() == Some(name);
        all().find(is_called).or_else(|| all().next().filter(|_| all().count() >= UNASSIGNED_MAX))
    }

    /// The incident that an alert belongs to, going on or not long over.
    pub fn of_alert(&self, alert: AlertId) -> Option<&Incident> {
        self.open.get(&self.belonging.of(alert)?)
    }

    /// The alerts of an incident that no other holds.
    pub(crate) fn only_of(&self, id: IncidentId) -> Vec<AlertId> {
        let alerts = self.open.get(&id).into_iter().flat_map(|incident| incident.alerts.keys());
        let others = || self.open.values().filter(move |incident| incident.id != id);
        let is_alone = |alert: &&AlertId| !others().any(|incident| incident.alerts.contains_key(*alert));
        alerts.filter(is_alone).copied().collect()
    }

    pub(crate) fn of_run(&self, run: RunId) -> Option<&Incident> {
        self.open.values().find(|incident| incident.runs.contains(&run))
    }

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
                        held_by: None,
                        escalation: Progress::Quiet,
                        suspects: Vector::new(),
                        runs: Vector::new(),
                        contacts: OrdMap::new(),
                        reached: OrdMap::new(),
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
                    incident.reopened.push_back(at);
                    if incident.reopened.len() > REOPENED_KEPT {
                        incident.reopened.pop_front();
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
                incident.held_by = Some(who.person.clone());
                // Of tickets alone: of a page that comes to them, nobody has said anything.
                if !incident.declared && incident.alerts.counted().pages() == 0 {
                    incident.escalation = Progress::Quiet;
                }
            }),
            E::AckExtended { incident, expires: later } => self.with(*incident, |incident| {
                if let Phase::Acknowledged { expires, .. } = &mut incident.phase {
                    *expires = *later;
                }
            }),
            E::AckLapsed { incident, .. } => self.with(*incident, |incident| {
                (incident.phase, incident.held_by) = (Phase::Open, None);
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
                    (incident.phase, incident.held_by) = (Phase::Open, None);
                }
                incident.escalation = advanced(&incident.escalation, *step, *round, at);
                incident.alerts.paged();
            }),
            E::EscalationExhausted { incident, .. } => {
                self.with(*incident, |incident| {
                    let began = incident.escalation.began().unwrap_or(at);
                    incident.escalation = Progress::Exhausted { began };
                });
            }
            E::NoticeOwed { delivery, .. } if delivery.kind.reaches_somebody() => {
                let contacts = catalog.teams.values().find_map(|team| team.people.get(&*delivery.person));
                let used =
                    contacts.and_then(|person| notice::contact_of(&person.contact, delivery)).unwrap_or(0);
                if let Some(id) = delivery.incident {
                    self.with(id, |incident| {
                        incident.contacts.insert(delivery.person.clone(), used);
                    });
                }
            }
            E::NoticeSent { intent, incident: Some(id), person, .. }
                if notices.owed.get(intent).is_some_and(|notice| notice.delivery.kind.reaches_somebody()) =>
            {
                self.with(*id, |incident| {
                    incident.reached.insert(person.clone(), *intent);
                });
            }
            // A provider may say so of what it took before.
            E::NoticeFailed { intent, incident: Some(id), person, next, .. }
                if !matches!(next, NoticeNext::Retry { .. }) =>
            {
                self.with(*id, |incident| {
                    if incident.reached.get(person) == Some(intent) {
                        incident.reached.remove(person);
                    }
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
