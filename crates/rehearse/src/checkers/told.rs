//! Receivers of an `alertmanager.yml` hear of every alert that fires and that nothing suppresses, of no other, and of
//! nothing twice before its time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use andon_definitions::alertmanager::Alertmanager;
use andon_vocabulary::{
    AlertId, Event, GroupId, IntentId, MonitorEvent, NotificationOwed, RespondEvent, SuppressedBy, Timestamp,
};

use crate::play::Play;

/// An alert that began this long before the end was to be told of by now, whatever its group waits for.
const HEARD_WITHIN: Duration = Duration::from_secs(600);

pub fn check(play: &Play) -> Vec<String> {
    let Some(alertmanager) = play.state.catalog().alertmanager.clone() else { return Vec::new() };
    let mut violations = unheard(play, &alertmanager);
    let mut hearing = Hearing::default();
    for record in super::durable::records(play) {
        for event in &record.events {
            violations.extend(hearing.hears(event, record.at, &alertmanager));
        }
    }
    violations
}

/// The end of a play is quiet: by then everybody was told of everything.
fn unheard(play: &Play, alertmanager: &Alertmanager) -> Vec<String> {
    let dispatch = &play.state.respond.dispatch;
    let firing = play.state.monitor.alerts.iter().filter(|(_, alert)| alert.fired_at().is_some());
    let mut violations = Vec::new();
    for (id, alert) in firing {
        let (groups, routes) =
            (dispatch.groups_of(*id).count(), alertmanager.route.matching(&alert.labels).len());
        if groups != routes {
            violations.push(format!("{id} fires and is in {groups} groups, where {routes} routes lead it"));
        }
    }
    for group in dispatch.groups() {
        let receiver = &alertmanager.receivers[&*group.receiver];
        let members = dispatch.members(group).filter(|(_, suppressed)| suppressed.is_empty());
        let members = members.filter(|(m, _)| m.ended_at.is_none() && m.starts_at + HEARD_WITHIN < play.now);
        for (member, _) in members {
            for (integration, _) in (0..).zip(&receiver.integrations) {
                let told = group.line(integration).and_then(|line| line.told.as_ref());
                if !told.is_some_and(|told| told.firing.contains(&member.alert)) {
                    let (who, since) = (&group.receiver, member.starts_at);
                    violations.push(format!("{who} never heard that {} fires since {since}", member.alert));
                }
            }
        }
    }
    violations
}

/// What the journal says, one event after the other.
#[derive(Default)]
struct Hearing {
    suppressed: BTreeMap<AlertId, BTreeSet<SuppressedBy>>,
    owed: BTreeMap<IntentId, NotificationOwed>,
    told: BTreeMap<(GroupId, u32), Told>,
}

struct Told {
    at: Timestamp,
    firing: BTreeSet<AlertId>,
    resolved: BTreeSet<AlertId>,
}

impl Hearing {
    fn hears(&mut self, event: &Event, at: Timestamp, alertmanager: &Alertmanager) -> Vec<String> {
        match event {
            Event::Monitor(event) => self.monitored(event),
            Event::Respond(RespondEvent::NotificationOwed(owed)) => {
                let violations = self.owes(owed, at, alertmanager);
                self.owed.insert(owed.intent, (**owed).clone());
                return violations;
            }
            Event::Respond(RespondEvent::NotificationSent { intent, .. }) => {
                if let Some(owed) = self.owed.remove(intent) {
                    let firing = owed.firing.into_iter().collect();
                    let resolved = owed.resolved.into_iter().collect();
                    self.told.insert((owed.group, owed.integration), Told { at, firing, resolved });
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn monitored(&mut self, event: &MonitorEvent) {
        match event {
            MonitorEvent::AlertFired(fired) => {
                self.suppressed.insert(fired.alert, fired.suppressed.iter().copied().collect());
            }
            MonitorEvent::AlertsSuppressed { by, alerts } => {
                for alert in alerts {
                    self.suppressed.entry(*alert).or_default().insert(*by);
                }
            }
            MonitorEvent::AlertsReleased { by, alerts } => {
                for alert in alerts {
                    self.suppressed.entry(*alert).or_default().remove(by);
                }
            }
            // What fires again is news.
            MonitorEvent::AlertResolved { alert, .. } => {
                self.told.values_mut().for_each(|told| {
                    told.firing.remove(alert);
                });
            }
            _ => {}
        }
    }

    fn owes(&self, owed: &NotificationOwed, at: Timestamp, alertmanager: &Alertmanager) -> Vec<String> {
        let mut violations = Vec::new();
        let is_suppressed = |alert: &&AlertId| self.suppressed.get(alert).is_some_and(|by| !by.is_empty());
        if let Some(alert) = owed.firing.iter().find(is_suppressed) {
            violations.push(format!("{at}: {} is told of {alert}, which is suppressed", owed.receiver));
        }
        let Some(told) = self.told.get(&(owed.group.clone(), owed.integration)) else { return violations };
        let is_known = |ids: &[AlertId], known: &BTreeSet<AlertId>| ids.iter().all(|id| known.contains(id));
        let knows = !owed.firing.is_empty()
            && is_known(&owed.firing, &told.firing)
            && is_known(&owed.resolved, &told.resolved);
        let route = alertmanager.route.at(&owed.group.route).expect("the definitions do not change");
        if knows && at.since(told.at) <= *route.repeat_interval {
            violations.push(format!("{at}: {} is told again of {}", owed.receiver, owed.group));
        }
        violations
    }
}
