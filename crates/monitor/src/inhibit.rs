//! Inhibition: while one alert fires, nobody is told of those that it explains.
//!
//! For each rule, what could inhibit and what could be inhibited, by the values of the labels that must be equal: a new
//! alert looks at one entry, not at every other alert. Derived from the state; nothing here is written down.

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_definitions::alertmanager::{AlertMatcher, Inhibition};
use andon_definitions::{Catalog, Context};
use andon_vocabulary::{AlertId, Labels, MonitorEvent, SuppressedBy};
use imbl::{OrdMap, OrdSet, Vector};

use crate::{Alert, State};

type ByLabels = OrdMap<Labels, OrdSet<AlertId>>;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Inhibitions {
    /// In the order of the file.
    rules: Vector<Sides>,
    /// Who inhibits whom.
    victims: OrdMap<AlertId, OrdSet<AlertId>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Sides {
    sources: ByLabels,
    targets: ByLabels,
}

impl Inhibitions {
    /// For the rules of new definitions.
    pub fn rebuild(&mut self, catalog: &Catalog, alerts: &OrdMap<AlertId, Arc<Alert>>) {
        self.rules = rules(catalog).iter().map(|_| Sides::default()).collect();
        for (id, alert) in alerts.iter().filter(|(_, alert)| alert.fired_at().is_some()) {
            self.insert(*id, &alert.labels, catalog);
        }
    }

    pub fn insert(&mut self, id: AlertId, labels: &Labels, catalog: &Catalog) {
        for (rule, sides) in rules(catalog).iter().zip(self.rules.iter_mut()) {
            let key = || key(rule, labels);
            if all(&rule.source, labels) {
                sides.sources.entry(key()).or_default().insert(id);
            }
            if all(&rule.target, labels) {
                sides.targets.entry(key()).or_default().insert(id);
            }
        }
    }

    pub fn remove(&mut self, id: AlertId, labels: &Labels, catalog: &Catalog) {
        for (rule, sides) in rules(catalog).iter().zip(self.rules.iter_mut()) {
            let key = key(rule, labels);
            for side in [&mut sides.sources, &mut sides.targets] {
                let Some(alerts) = side.get_mut(&key) else { continue };
                alerts.remove(&id);
                if alerts.is_empty() {
                    side.remove(&key);
                }
            }
        }
    }

    pub fn note(&mut self, by: AlertId, victim: AlertId) {
        self.victims.entry(by).or_default().insert(victim);
    }

    pub fn forget(&mut self, by: AlertId, victim: AlertId) {
        if let Some(victims) = self.victims.get_mut(&by) {
            victims.remove(&victim);
            if victims.is_empty() {
                self.victims.remove(&by);
            }
        }
    }
}

impl State {
    /// The alert that inhibits this one, if there is one: by the first rule of the file that has one.
    pub(crate) fn inhibited_by(&self, id: AlertId, labels: &Labels, catalog: &Catalog) -> Option<AlertId> {
        let rules = rules(catalog).iter().zip(&self.inhibitions.rules);
        let mut fitting = rules.filter(|(rule, _)| all(&rule.target, labels));
        fitting.find_map(|(rule, sides)| {
            // What explains itself would never be told of.
            let on_both = all(&rule.source, labels);
            let sources = sides.sources.get(&key(rule, labels))?;
            let is_other = |source: &&AlertId| {
                **source != id && !(on_both && all(&rule.target, &self.alerts[*source].labels))
            };
            sources.iter().find(is_other).copied()
        })
    }

    /// An alert begins to fire beside another one of the same moment that explains it.
    pub(crate) fn is_inhibited_anew(
        &self,
        id: AlertId,
        labels: &Labels,
        catalog: &Catalog,
    ) -> Option<MonitorEvent> {
        self.alerts.get(&id).filter(|alert| alert.inhibited_by().is_none())?;
        let by = SuppressedBy::Alert(self.inhibited_by(id, labels, catalog)?);
        Some(MonitorEvent::AlertsSuppressed { by, alerts: vec![id] })
    }

    /// What an alert that begins to fire inhibits from now on.
    pub(crate) fn inhibits(&self, id: AlertId, labels: &Labels, catalog: &Catalog) -> Option<MonitorEvent> {
        let mut alerts = OrdSet::new();
        for (rule, sides) in rules(catalog).iter().zip(&self.inhibitions.rules) {
            if !all(&rule.source, labels) {
                continue;
            }
            let on_both = all(&rule.target, labels);
            let targets = sides.targets.get(&key(rule, labels)).into_iter().flatten().copied();
            let inhibited = targets.filter(|target| {
                let alert = &self.alerts[target];
                *target != id
                    && alert.inhibited_by().is_none()
                    && !(on_both && all(&rule.source, &alert.labels))
            });
            alerts.extend(inhibited);
        }
        (!alerts.is_empty()).then(|| MonitorEvent::AlertsSuppressed {
            by: SuppressedBy::Alert(id),
            alerts: alerts.into_iter().collect(),
        })
    }

    /// An alert that inhibited others has ended: another one may explain them too, and is named first, so that nobody
    /// is told in between.
    pub(crate) fn inhibits_no_more(&self, by: AlertId, catalog: &Catalog) -> Vec<MonitorEvent> {
        let Some(victims) = self.inhibitions.victims.get(&by) else { return Vec::new() };
        let alerts: Vec<AlertId> = victims.iter().copied().collect();
        let still = alerts.iter().filter_map(|id| {
            let labels = &self.alerts.get(id)?.labels;
            Some((self.inhibited_by(*id, labels, catalog)?, *id))
        });
        let mut events = suppressed(still);
        events.push(MonitorEvent::AlertsReleased { by: SuppressedBy::Alert(by), alerts });
        events
    }

    /// Alerts that nobody waits for any more have left without an end of their own.
    pub(crate) fn inhibited_by_none(&self, catalog: &Catalog) -> Vec<MonitorEvent> {
        let gone = self.inhibitions.victims.keys().filter(|by| !self.alerts.contains_key(*by));
        gone.flat_map(|by| self.inhibits_no_more(*by, catalog)).collect()
    }

    /// What other rules make of the alerts that fire.
    pub(crate) fn inhibited_anew(&self, cx: &Context) -> Vec<MonitorEvent> {
        let (mut begins, mut ends) = (Vec::new(), BTreeMap::<AlertId, Vec<AlertId>>::new());
        for (id, alert) in self.alerts.iter().filter(|(_, alert)| alert.fired_at().is_some()) {
            let (before, now) = (alert.inhibited_by(), self.inhibited_by(*id, &alert.labels, cx.catalog));
            if before == now {
                continue;
            }
            begins.extend(now.map(|by| (by, *id)));
            if let Some(by) = before {
                ends.entry(by).or_default().push(*id);
            }
        }
        let mut events = suppressed(begins.into_iter());
        let released = |(by, alerts)| MonitorEvent::AlertsReleased { by: SuppressedBy::Alert(by), alerts };
        events.extend(ends.into_iter().map(released));
        events
    }
}

fn suppressed(pairs: impl Iterator<Item = (AlertId, AlertId)>) -> Vec<MonitorEvent> {
    let mut by_source = BTreeMap::<AlertId, Vec<AlertId>>::new();
    for (by, victim) in pairs {
        by_source.entry(by).or_default().push(victim);
    }
    let event = |(by, alerts)| MonitorEvent::AlertsSuppressed { by: SuppressedBy::Alert(by), alerts };
    by_source.into_iter().map(event).collect()
}

fn rules(catalog: &Catalog) -> &[Inhibition] {
    catalog.alertmanager.as_ref().map(|alertmanager| &alertmanager.inhibitions[..]).unwrap_or_default()
}

/// Whether an alert with these labels may inhibit others.
pub(crate) fn is_source(labels: &Labels, catalog: &Catalog) -> bool {
    rules(catalog).iter().any(|rule| all(&rule.source, labels))
}

fn all(matchers: &[AlertMatcher], labels: &Labels) -> bool {
    matchers.iter().all(|matcher| matcher.matches(labels))
}

fn key(rule: &Inhibition, labels: &Labels) -> Labels {
    let equal: Vec<&str> = rule.equal.iter().map(String::as_str).collect();
    labels.only(&equal)
}
