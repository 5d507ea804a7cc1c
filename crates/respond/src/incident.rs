//! An incident: one disturbance of one service, however many alerts it raises.

mod apply;
mod heard;

use std::sync::Arc;

use andon_definitions::Catalog;
use andon_definitions::instance::Flapping;
use andon_vocabulary::{
    AlertFired, AlertId, ChangeId, IncidentId, IncidentResolvedReason, Name, PlatformStatus, RunId,
    SeverityReason, Timestamp, Urgency,
};
use imbl::{OrdMap, Vector};

use crate::belonging::Belonging;
use crate::joined::{Joined, JoinedAlert};
use crate::notice;
use heard::Heard;

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
    /// The last acknowledgement, unless it lapsed since: it outlives that the incident is over for a moment.
    pub(crate) held: Option<Held>,
    pub escalation: Progress,
    pub suspects: Vector<Suspect>,
    pub runs: Vector<RunId>,
    /// Who was to be told of it, each with the contact point used last.
    pub contacts: OrdMap<Name, usize>,
    heard: Heard,
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

/// An acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub by: Name,
    pub expires: Timestamp,
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

    /// Whether something disturbs here and nothing of it is worth a page.
    pub(crate) fn is_calm(&self) -> bool {
        let counted = self.alerts.counted();
        !self.declared && counted.active() > 0 && counted.pages() == 0
    }

    /// How often it came back lately, where that is so often that it flaps.
    pub fn flaps(&self, flapping: &Flapping, now: Timestamp) -> Option<u32> {
        let lately = self.reopened.iter().filter(|at| **at + *flapping.within > now).count() as u32;
        (lately >= flapping.times).then_some(lately)
    }

    /// Those for whom a provider took something of it, and has not said since that it failed.
    pub fn reached(&self) -> impl Iterator<Item = &Name> {
        self.contacts.keys().filter(|person| self.heard.has(person))
    }

    /// Those whom something was owed to, and whom nothing reached.
    pub fn not_reached(&self) -> impl Iterator<Item = &Name> {
        self.contacts.keys().filter(|person| !self.heard.has(person))
    }

    /// Whether a page reached anybody since the escalation last began at its first step.
    pub(crate) fn is_known(&self) -> bool {
        self.heard.is_known()
    }

    /// Whether somebody whom the newest step pages was reached by it, or may yet be.
    pub(crate) fn is_anybody_called(&self) -> bool {
        self.heard.is_anybody_called()
    }

    /// Whether no team has anybody of those whom the newest step paged.
    pub(crate) fn is_deserted(&self, catalog: &Catalog) -> bool {
        let mut called = self.heard.called().peekable();
        called.peek().is_some() && called.all(|person| notice::person_of(catalog, person).is_none())
    }

    /// When the escalation last began at its first step, and before that when it was opened.
    pub(crate) fn paged_at(&self) -> Timestamp {
        self.heard.began()
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
}
