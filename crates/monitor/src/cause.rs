//! Causes: a service that others depend on pages, and nobody is told of what that explains on its dependants.
//!
//! A cause is an alert that fires, is worth a page, and that people are told of: it is not lost, not silenced, no rule
//! inhibits it, and nobody has ended its incident by hand. A symptom is explained by a cause that fired before it or at
//! the same moment, of a service that its own depends on. What people were told of before stays told, whatever becomes a
//! cause later, and be it again. Since no service is above itself (see [`andon_definitions::Dependencies`]), every chain
//! of causes ends with one that nothing explains.
//!
//! Filed by service, in the order in which they fired: a new alert looks at one entry of each service above its own, and
//! never at other alerts. Derived from the state; nothing here is written down.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use andon_definitions::{Catalog, Context};
use andon_vocabulary::{AlertId, Labels, MonitorEvent, Name, SuppressedBy, Timestamp, Urgency};
use imbl::{OrdMap, OrdSet};

use crate::{Alert, Phase, State};

/// An alert that has the label `inhibit="off"` is told of, whatever explains it.
const LABEL: (&str, &str) = ("inhibit", "off");

type ByService = OrdMap<Name, OrdSet<(Timestamp, AlertId)>>;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Causes {
    /// What explains others now.
    causes: ByService,
    /// What others may explain, and what they do explain.
    symptoms: ByService,
    /// Who explains whom.
    explained: OrdMap<AlertId, OrdSet<AlertId>>,
}

impl Causes {
    /// By the dependencies of new definitions.
    pub fn rebuild(&mut self, catalog: &Catalog, alerts: &OrdMap<AlertId, Arc<Alert>>) {
        (self.causes, self.symptoms) = Default::default();
        alerts.iter().for_each(|(id, alert)| self.file(*id, alert, catalog));
    }

    /// Where an alert belongs as it is now. Its service and when it fired never change.
    pub fn file(&mut self, id: AlertId, alert: &Alert, catalog: &Catalog) {
        let (Some(service), Some(fired_at)) = (&alert.service, alert.fired_at()) else { return };
        if is_cause(alert, catalog) {
            self.causes.entry(service.clone()).or_default().insert((fired_at, id));
        } else {
            take(&mut self.causes, service, fired_at, id);
        }
        if may_be_explained(service, &alert.labels, catalog) {
            self.symptoms.entry(service.clone()).or_default().insert((fired_at, id));
        }
    }

    /// The alert is gone.
    pub fn remove(&mut self, id: AlertId, alert: &Alert) {
        if let (Some(service), Some(fired_at)) = (&alert.service, alert.fired_at()) {
            take(&mut self.causes, service, fired_at, id);
            take(&mut self.symptoms, service, fired_at, id);
        }
        alert.cause().into_iter().for_each(|by| self.forget(by, id));
    }

    pub fn note(&mut self, by: AlertId, symptom: AlertId) {
        self.explained.entry(by).or_default().insert(symptom);
    }

    pub fn forget(&mut self, by: AlertId, symptom: AlertId) {
        if let Some(symptoms) = self.explained.get_mut(&by) {
            symptoms.remove(&symptom);
            if symptoms.is_empty() {
                self.explained.remove(&by);
            }
        }
    }
}

impl State {
    /// The alert that explains one with these labels, fired then: the oldest of the nearest service that has one.
    pub(crate) fn cause_of(
        &self,
        service: Option<&str>,
        labels: &Labels,
        fired_at: Timestamp,
        catalog: &Catalog,
    ) -> Option<AlertId> {
        let service = service.filter(|service| may_be_explained(service, labels, catalog))?;
        catalog.dependencies.above(service).iter().find_map(|above| {
            let (first, cause) = self.causes.causes.get(above)?.get_min()?;
            (*first <= fired_at).then_some(*cause)
        })
    }

    fn cause_now(&self, id: AlertId, catalog: &Catalog) -> Option<AlertId> {
        let alert = self.alerts.get(&id)?;
        self.cause_of(alert.service.as_deref(), &alert.labels, alert.fired_at()?, catalog)
    }

    /// An alert that has just fired, beside others of the same moment: one of them may explain it, or have made that what
    /// was to explain it no longer does.
    pub(crate) fn is_explained_anew(&self, id: AlertId, catalog: &Catalog) -> Vec<MonitorEvent> {
        let before = self.alerts.get(&id).and_then(|alert| alert.cause());
        let explains = |by: &AlertId| self.alerts.get(by).is_some_and(|cause| is_cause(cause, catalog));
        if before.as_ref().is_some_and(explains) {
            return Vec::new();
        }
        let begins = self.cause_now(id, catalog).map(|by| (id, by));
        let ends = before.map(|by| (by, vec![id]));
        said(begins.into_iter().collect(), ends.into_iter().collect())
    }

    /// These have begun or ceased to be causes, or may have: what follows for what they explain.
    pub(crate) fn explained_by(
        &self,
        concerned: impl IntoIterator<Item = AlertId>,
        cx: &Context,
    ) -> Vec<MonitorEvent> {
        let catalog = cx.catalog;
        if catalog.dependencies.is_empty() && self.causes.explained.is_empty() {
            return Vec::new();
        }
        let (mut begins, mut ends) = (BTreeMap::<AlertId, AlertId>::new(), BTreeMap::new());
        for id in concerned {
            match self.alerts.get(&id).filter(|alert| is_cause(alert, catalog)) {
                Some(alert) => {
                    for symptom in self.explains(alert, cx) {
                        begins.entry(symptom).or_insert(id);
                    }
                }
                None => {
                    let Some(symptoms) = self.causes.explained.get(&id) else { continue };
                    for symptom in symptoms {
                        if let Some(by) = self.cause_now(*symptom, catalog) {
                            begins.insert(*symptom, by);
                        }
                    }
                    ends.insert(id, symptoms.iter().copied().collect());
                }
            }
        }
        said(begins, ends)
    }

    /// These are suppressed by something else from now on: a cause that fires explains them, too, and goes on when that
    /// ends.
    pub(crate) fn explained_besides(&self, alerts: &[AlertId], cx: &Context) -> Vec<MonitorEvent> {
        let unexplained =
            alerts.iter().filter(|id| self.alerts.get(*id).is_some_and(|it| it.cause().is_none()));
        let begins = unexplained.filter_map(|id| Some((*id, self.cause_now(*id, cx.catalog)?)));
        said(begins.collect(), BTreeMap::new())
    }

    /// What nothing explains yet and people were not told of before, fired at the cause's moment or later.
    fn explains(&self, cause: &Alert, cx: &Context) -> Vec<AlertId> {
        let (Some(service), Some(fired_at)) = (&cause.service, cause.fired_at()) else { return Vec::new() };
        let below = cx.catalog.dependencies.below(service).iter();
        let symptoms = below.filter_map(|service| self.causes.symptoms.get(service));
        let later = symptoms.flat_map(|symptoms| symptoms.range((fired_at, AlertId(0))..));
        let unexplained = |id: &AlertId| {
            let symptom = &self.alerts[id];
            symptom.cause().is_none() && !symptom.is_told_before(cx.now)
        };
        later.map(|(_, id)| *id).filter(unexplained).collect()
    }

    /// What other dependencies make of the alerts that fire.
    pub(crate) fn explained_anew(&self, cx: &Context) -> Vec<MonitorEvent> {
        let (mut begins, mut ends) = (BTreeMap::new(), BTreeMap::<AlertId, Vec<AlertId>>::new());
        for (id, alert) in self.alerts.iter().filter(|(_, alert)| alert.fired_at().is_some()) {
            let (before, now) = (alert.cause(), self.cause_now(*id, cx.catalog));
            if before != now && !alert.is_told_before(cx.now) {
                begins.extend(now.map(|by| (*id, by)));
                before.into_iter().for_each(|by| ends.entry(by).or_default().push(*id));
            }
        }
        said(begins, ends)
    }
}

/// What begins first: nobody is told of a symptom between two causes.
fn said(begins: BTreeMap<AlertId, AlertId>, ends: BTreeMap<AlertId, Vec<AlertId>>) -> Vec<MonitorEvent> {
    let mut by_cause = BTreeMap::<AlertId, BTreeSet<AlertId>>::new();
    for (symptom, by) in begins {
        by_cause.entry(by).or_default().insert(symptom);
    }
    let begins = by_cause.into_iter().map(|(by, alerts)| MonitorEvent::AlertsSuppressed {
        by: SuppressedBy::Cause(by),
        alerts: alerts.into_iter().collect(),
    });
    let released = |(by, alerts)| MonitorEvent::AlertsReleased { by: SuppressedBy::Cause(by), alerts };
    begins.chain(ends.into_iter().map(released)).collect()
}

/// Whether people are told of it, and it is urgent enough to explain others. One that is explained itself has a cause
/// that people are told of.
fn is_cause(alert: &Alert, catalog: &Catalog) -> bool {
    let told = |by: &SuppressedBy| matches!(by, SuppressedBy::Cause(_));
    alert.urgency == Urgency::Page
        && matches!(alert.phase, Phase::Firing { .. })
        && alert.service.as_ref().is_some_and(|service| !catalog.dependencies.below(service).is_empty())
        && !alert.dismissed
        && alert.suppressed.iter().all(told)
}

fn may_be_explained(service: &str, labels: &Labels, catalog: &Catalog) -> bool {
    !catalog.dependencies.above(service).is_empty() && labels.get(LABEL.0) != Some(LABEL.1)
}

fn take(from: &mut ByService, service: &Name, fired_at: Timestamp, id: AlertId) {
    if let Some(alerts) = from.get_mut(service) {
        alerts.remove(&(fired_at, id));
        if alerts.is_empty() {
            from.remove(service);
        }
    }
}
