//! Nobody is paged for an incident in which everything that is worth a page, or everything that disturbs at all, is
//! silenced or explained by something else.

use std::collections::{BTreeMap, BTreeSet};

use andon_vocabulary::{
    AlertId, Event, IncidentId, MonitorEvent, NoticeKind, PageReason, RespondEvent, SuppressedBy, Urgency,
};

use crate::play::Play;

#[derive(Default)]
struct Quiet {
    suppressed: BTreeMap<AlertId, BTreeSet<SuppressedBy>>,
    firing: BTreeMap<AlertId, Urgency>,
    joined: BTreeMap<IncidentId, BTreeSet<AlertId>>,
    declared: BTreeSet<IncidentId>,
}

pub fn check(play: &Play) -> Vec<String> {
    let mut quiet = Quiet::default();
    let mut violations = Vec::new();
    for record in super::durable::records(play) {
        for event in &record.events {
            match event {
                Event::Monitor(event) => quiet.monitored(event),
                Event::Respond(
                    RespondEvent::AlertJoined { incident, alert, .. }
                    | RespondEvent::IncidentReopened { incident, alert },
                ) => {
                    quiet.joined.entry(*incident).or_default().insert(*alert);
                }
                Event::Respond(RespondEvent::IncidentOpened { incident, declared_by: Some(_), .. }) => {
                    quiet.declared.insert(*incident);
                }
                Event::Respond(RespondEvent::NoticeOwed { delivery, why, .. })
                    if delivery.kind == NoticeKind::Page && delivery.run.is_none() && is_of_alerts(why) =>
                {
                    if let Some(incident) = delivery.incident.filter(|id| quiet.is_quiet(*id)) {
                        let (at, person) = (record.at, &delivery.person);
                        violations.push(format!(
                            "{at}: {person} is paged for {incident}, in which all is suppressed"
                        ));
                    }
                }
                _ => {}
            }
        }
    }
    violations
}

/// A page because of what fires, not of what a runbook needs.
fn is_of_alerts(why: &PageReason) -> bool {
    matches!(
        why,
        PageReason::IncidentOpened
            | PageReason::AckTimedOut { .. }
            | PageReason::AckLapsed { .. }
            | PageReason::Repeated { .. }
            | PageReason::Reopened
            | PageReason::AlertJoined
            | PageReason::Raised
            | PageReason::Released
    )
}

impl Quiet {
    fn monitored(&mut self, event: &MonitorEvent) {
        match event {
            MonitorEvent::AlertFired(fired) => {
                self.firing.insert(fired.alert, fired.urgency);
                self.suppressed.insert(fired.alert, fired.suppressed.iter().copied().collect());
            }
            MonitorEvent::AlertResolved { alert, .. } => {
                self.firing.remove(alert);
            }
            MonitorEvent::AlertsSuppressed { by, alerts } => alerts.iter().for_each(|alert| {
                self.suppressed.entry(*alert).or_default().insert(*by);
            }),
            MonitorEvent::AlertsReleased { by, alerts } => alerts.iter().for_each(|alert| {
                self.suppressed.entry(*alert).or_default().remove(by);
            }),
            _ => {}
        }
    }

    /// Something fires in it, and of what is most urgent there nothing is told of.
    fn is_quiet(&self, incident: IncidentId) -> bool {
        let joined = self.joined.get(&incident).into_iter().flatten();
        let firing: Vec<_> = joined.filter_map(|alert| self.firing.get_key_value(alert)).collect();
        let pages = firing.iter().any(|(_, urgency)| **urgency == Urgency::Page);
        let mut concerned =
            firing.iter().filter(|(_, urgency)| !pages || **urgency == Urgency::Page).peekable();
        let is_suppressed = |alert: &AlertId| self.suppressed.get(alert).is_some_and(|by| !by.is_empty());
        let is_declared = self.declared.contains(&incident);
        concerned.peek().is_some() && concerned.all(|(alert, _)| is_suppressed(alert)) && !is_declared
    }
}
