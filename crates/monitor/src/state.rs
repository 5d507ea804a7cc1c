//! What is held: alerts that are not resolved, rules that fail, sources that are silent.

use std::sync::Arc;

use andon_definitions::{Catalog, Context};
use andon_vocabulary::{
    AlertFired, AlertId, Command, Event, IncidentId, Input, InstanceEvent, Labels, MonitorEvent, Name,
    ReceivedFrom, Refusal, RespondEvent, SuppressedBy, Timestamp, Urgency, Value, Verdict,
};
use imbl::{OrdMap, OrdSet};

use crate::cause::Causes;
use crate::inhibit::Inhibitions;
use crate::rule::definition;
use crate::{Alert, Held, Phase, Silences};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Each alert apart, so that a tree that readers still hold is copied without its alerts.
    pub alerts: OrdMap<AlertId, Arc<Alert>>,
    /// Rules that could not be evaluated when they last were.
    pub failing: OrdMap<Name, Failing>,
    /// Targets that do not answer.
    pub silent: OrdMap<Name, SilentSource>,
    by_rule: OrdMap<Name, OrdSet<AlertId>>,
    /// Incidents that are open or could reopen, and the alerts that joined each.
    incidents: OrdMap<IncidentId, OrdSet<AlertId>>,
    timers: OrdSet<(Timestamp, AlertId)>,
    pub silences: Silences,
    pub(crate) inhibitions: Inhibitions,
    pub(crate) causes: Causes,
    /// When alerts that others raised end, unless they are repeated.
    pub(crate) ends: OrdSet<(Timestamp, AlertId)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    pub error: String,
    pub since: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SilentSource {
    pub error: String,
    pub since: Timestamp,
}

impl State {
    /// The events that an input brings; none if it does not concern alerts.
    pub fn decide(&self, input: &Input, cx: &Context) -> Result<Vec<Event>, Refusal> {
        let events = match input {
            Input::Verdict(verdict) => self.verdict(verdict, cx),
            Input::Source(seen) => self.source(seen),
            Input::Received(received) => self.received(received, cx)?,
            Input::Started(_) => self.listens_again(cx).into_iter().collect(),
            Input::Told(told) => match &told.command {
                Command::Silence { silence, replaces } => self.set_silence(silence, *replaces, cx)?,
                Command::LiftSilence { silence } => self.lift_silence(*silence, told, cx.now)?,
                _ => Vec::new(),
            },
            Input::Tick => {
                let mut due = self.silences_due(cx);
                due.extend(self.unheard(cx.now));
                due
            }
            _ => Vec::new(),
        };
        Ok(events.into_iter().map(Event::from).collect())
    }

    /// The events that follow from another event, after every stage has applied it. `cx.catalog` is the new one when
    /// the definitions changed.
    pub fn react(&self, event: &Event, cx: &Context) -> Vec<Event> {
        let events = match event {
            Event::Instance(InstanceEvent::CatalogChanged { .. }) => self.defined_anew(cx),
            Event::Monitor(MonitorEvent::AlertFired(fired)) => self.fired(fired, cx.catalog),
            Event::Monitor(MonitorEvent::AlertResolved { alert, .. }) => {
                let events = self.inhibits_no_more(*alert, cx.catalog);
                // What it inhibited may be a cause from then on, and is heard first.
                if events.is_empty() { self.explained_by([*alert], cx.catalog) } else { events }
            }
            Event::Monitor(MonitorEvent::AlertsReleased { by: SuppressedBy::Alert(by), alerts }) => {
                self.explained_by(alerts.iter().copied().chain([*by]), cx.catalog)
            }
            Event::Monitor(
                MonitorEvent::AlertsSuppressed {
                    by: SuppressedBy::Alert(_) | SuppressedBy::Silence(_),
                    alerts,
                }
                | MonitorEvent::AlertsReleased { by: SuppressedBy::Silence(_), alerts },
            ) => self.explained_by(alerts.iter().copied(), cx.catalog),
            Event::Monitor(
                MonitorEvent::AlertLost { alert, .. }
                | MonitorEvent::AlertFound { alert, .. }
                | MonitorEvent::AlertHeld { alert, .. },
            ) => self.explained_by([*alert], cx.catalog),
            Event::Respond(RespondEvent::IncidentClosed { .. }) => self.inhibited_by_none(cx.catalog),
            _ => Vec::new(),
        };
        events.into_iter().map(Event::from).collect()
    }

    fn fired(&self, fired: &AlertFired, catalog: &Catalog) -> Vec<MonitorEvent> {
        let id = fired.alert;
        let mut events: Vec<MonitorEvent> = self.is_explained_anew(id, catalog).into_iter().collect();
        let is_inhibited = self.is_inhibited_anew(id, &fired.labels, catalog);
        // What a rule inhibits explains nothing.
        if is_inhibited.is_none() {
            events.extend(self.explained_by([id], catalog));
        }
        events.extend(is_inhibited);
        events.extend(self.inhibits(id, &fired.labels, catalog));
        events
    }

    /// What other definitions make of the alerts, each step seen by the next: what ends with its rule inhibits nobody,
    /// and what other rules inhibit explains nothing.
    fn defined_anew(&self, cx: &Context) -> Vec<MonitorEvent> {
        let mut after = self.clone();
        let mut events = Vec::new();
        for step in [State::removed, State::maintained, State::inhibited_anew, State::explained_anew] {
            let follows = step(&after, cx);
            follows.iter().for_each(|event| after.monitored(event, cx.now, cx.catalog));
            events.extend(follows);
        }
        events
    }

    /// When a silence begins, ends or is forgotten, or an alert that others raised ends. What time brings to an alert
    /// of a rule needs a fresh verdict, so those deadlines are the driver's to keep, through [`crate::Schedule`].
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let ends = self.ends.get_min().map(|(at, _)| *at);
        ends.into_iter().chain(self.silences.next_deadline()).min()
    }

    /// Why nobody would be told of an alert with these labels that fires now.
    pub(crate) fn suppressed(
        &self,
        id: AlertId,
        labels: &Labels,
        service: Option<&str>,
        cx: &Context,
    ) -> Vec<SuppressedBy> {
        let silenced = self.silences.matching(labels, service, urgency(labels), cx.catalog);
        let inhibited = self.inhibited_by(id, labels, cx.catalog).map(SuppressedBy::Alert);
        let explained = self.cause_of(service, labels, cx.now, cx.catalog).map(SuppressedBy::Cause);
        silenced.chain(inhibited).chain(explained).collect()
    }

    /// What a verdict would bring. One that brings nothing is never an input.
    pub fn consider(&self, verdict: &Verdict, cx: &Context) -> Vec<MonitorEvent> {
        self.verdict(verdict, cx)
    }

    /// The alerts of a rule, for its evaluation.
    pub fn held(&self, rule: &str) -> Vec<Held> {
        let alerts = self.by_rule.get(rule).into_iter().flat_map(|alerts| alerts.iter());
        let held = |id: &AlertId| {
            let alert = &self.alerts[id];
            Held { alert: *id, labels: alert.labels.clone(), has_fired: alert.fired_at().is_some() }
        };
        alerts.map(held).collect()
    }

    /// The alerts of a rule, in no order that means anything.
    pub fn of_rule<'a>(&'a self, rule: &str) -> impl Iterator<Item = &'a Alert> + use<'a> {
        let alerts = self.by_rule.get(rule).into_iter().flat_map(|alerts| alerts.iter());
        alerts.map(|alert| &*self.alerts[alert])
    }

    /// When a pending alert's `for` has passed, or a held one's `keep_firing_for`, earliest first, with the rule that
    /// must be evaluated then.
    pub fn deadlines(&self) -> impl Iterator<Item = (Timestamp, &Name)> {
        self.timers.iter().map(|(at, alert)| (*at, &self.alerts[alert].rule))
    }

    pub fn apply(&mut self, event: &Event, at: Timestamp, catalog: &Catalog) {
        match event {
            Event::Monitor(event) => self.monitored(event, at, catalog),
            Event::Instance(InstanceEvent::CatalogChanged { .. }) => {
                self.inhibitions.rebuild(catalog, &self.alerts);
                self.causes.rebuild(catalog, &self.alerts);
            }
            Event::Respond(RespondEvent::AlertJoined { incident, alert, .. }) => {
                self.incidents.entry(*incident).or_default().insert(*alert);
            }
            Event::Respond(RespondEvent::IncidentClosed { incident }) => {
                self.closed(*incident, catalog);
            }
            _ => {}
        }
    }

    /// Lost, and its incident is closed: nobody would hear that it was found, so it begins anew when it is seen. One
    /// that only goes on record never had an incident.
    pub(crate) fn is_forgotten(&self, id: AlertId) -> bool {
        let lost =
            |alert: &Arc<Alert>| matches!(alert.phase, Phase::Lost { .. }) && alert.urgency != Urgency::Log;
        self.alerts.get(&id).is_some_and(lost) && !self.incidents.values().any(|alerts| alerts.contains(&id))
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

    fn monitored(&mut self, event: &MonitorEvent, at: Timestamp, catalog: &Catalog) {
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
    }
}

pub(crate) fn urgency(labels: &Labels) -> Urgency {
    match andon_definitions::Urgency::of(labels) {
        andon_definitions::Urgency::Log => Urgency::Log,
        andon_definitions::Urgency::Ticket => Urgency::Ticket,
        andon_definitions::Urgency::Page => Urgency::Page,
    }
}
