//! How incidents stand, as the journal tells it: what of them is worth a page, whether people are told of it, and
//! whether somebody has them. Kept here once more, apart from the code that is checked.

use std::collections::{BTreeMap, BTreeSet};

use andon_vocabulary::{
    AlertId, Event, IncidentId, MonitorEvent, Name, PageReason, RespondEvent, SuppressedBy, Urgency,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Had {
    ByNobody,
    BySomebody,
    Over,
}

#[derive(Debug)]
pub struct Standing {
    pub team: Option<Name>,
    pub had: Had,
    declared: bool,
    alerts: BTreeSet<AlertId>,
}

#[derive(Default)]
pub struct Standings {
    pub incidents: BTreeMap<IncidentId, Standing>,
    /// Firing or lost, and worth a page.
    pages: BTreeSet<AlertId>,
    suppressed: BTreeMap<AlertId, BTreeSet<SuppressedBy>>,
    /// Somebody ended their incident by hand while they fired: they know.
    dismissed: BTreeSet<AlertId>,
}

impl Standings {
    pub fn hear(&mut self, event: &Event) {
        match event {
            Event::Monitor(MonitorEvent::AlertFired(fired)) => {
                if fired.urgency == Urgency::Page {
                    self.pages.insert(fired.alert);
                }
                self.suppressed.insert(fired.alert, fired.suppressed.iter().copied().collect());
                self.dismissed.remove(&fired.alert);
            }
            Event::Monitor(MonitorEvent::AlertResolved { alert, .. }) => {
                self.pages.remove(alert);
            }
            Event::Monitor(MonitorEvent::AlertsSuppressed { by, alerts }) => {
                for alert in alerts {
                    self.suppressed.entry(*alert).or_default().insert(*by);
                }
            }
            Event::Monitor(MonitorEvent::AlertsReleased { by, alerts }) => {
                for alert in alerts {
                    self.suppressed.entry(*alert).or_default().remove(by);
                    self.dismissed.remove(alert);
                }
            }
            Event::Respond(event) => self.responded(event),
            _ => {}
        }
    }

    fn responded(&mut self, event: &RespondEvent) {
        use RespondEvent as E;
        match event {
            E::IncidentOpened { incident, team, declared_by, .. } => {
                let (team, declared, alerts) = (team.clone(), declared_by.is_some(), BTreeSet::new());
                self.incidents.insert(*incident, Standing { team, had: Had::ByNobody, declared, alerts });
            }
            E::IncidentAssigned { incident, team } => {
                self.with(*incident, |standing| standing.team = Some(team.clone()));
            }
            E::AlertJoined { incident, alert, .. } => {
                self.with(*incident, |standing| standing.alerts.extend([*alert]));
            }
            E::IncidentReopened { incident, alert } => {
                self.dismissed.remove(alert);
                self.with(*incident, |standing| {
                    standing.alerts.insert(*alert);
                    standing.had = Had::ByNobody;
                });
            }
            E::Acknowledged { incident, .. } | E::IncidentFlaps { incident, by: Some(_), .. } => {
                self.with(*incident, |standing| standing.had = Had::BySomebody);
            }
            E::AckLapsed { incident, .. } | E::Escalated { incident, why: PageReason::Raised, .. } => {
                self.with(*incident, |standing| standing.had = Had::ByNobody);
            }
            E::IncidentResolved { incident, .. } => {
                if let Some(standing) = self.incidents.get_mut(incident) {
                    standing.had = Had::Over;
                    self.dismissed.extend(self.pages.intersection(&standing.alerts));
                }
            }
            E::IncidentClosed { incident } => {
                self.incidents.remove(incident);
            }
            _ => {}
        }
    }

    fn with(&mut self, incident: IncidentId, change: impl FnOnce(&mut Standing)) {
        if let Some(standing) = self.incidents.get_mut(&incident) {
            change(standing);
        }
    }

    /// What of it is worth a page and told of.
    pub fn told<'a>(&'a self, standing: &'a Standing) -> impl Iterator<Item = AlertId> + 'a {
        let is_told = |alert: &&AlertId| {
            self.pages.contains(*alert) && self.suppressed.get(*alert).is_none_or(BTreeSet::is_empty)
        };
        standing.alerts.iter().filter(is_told).copied()
    }

    /// The same, without what somebody ended by hand since it began.
    pub fn told_anew<'a>(&'a self, standing: &'a Standing) -> impl Iterator<Item = AlertId> + 'a {
        self.told(standing).filter(|alert| !self.dismissed.contains(alert))
    }

    /// Whether there is nothing of it that anybody is to be paged for. What a person declared is theirs to end.
    pub fn is_over(&self, incident: IncidentId) -> bool {
        self.incidents.get(&incident).is_none_or(|standing| {
            standing.had == Had::Over || !standing.declared && self.told(standing).next().is_none()
        })
    }
}
