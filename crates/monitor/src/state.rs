//! What is held: alerts that are not resolved, rules that fail, sources that are silent.

mod apply;

use std::sync::Arc;

use andon_definitions::Context;
use andon_vocabulary::{
    AlertFired, AlertId, Command, Event, IncidentId, IncidentResolvedReason, Input, InstanceEvent, Labels,
    MonitorEvent, Name, Refusal, RespondEvent, SuppressedBy, Timestamp, Urgency, Verdict,
};
use imbl::{OrdMap, OrdSet};

use crate::cause::Causes;
use crate::inhibit::Inhibitions;
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
                // What is over at the moment at which its silence ends is not released: that comes with the next look.
                let over = self.unheard(cx.now);
                if over.is_empty() { self.silences_due(cx) } else { over }
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
            Event::Monitor(MonitorEvent::AlertFired(fired)) => self.fired(fired, cx),
            Event::Monitor(MonitorEvent::AlertResolved { alert, .. }) => {
                let events = self.inhibits_no_more(*alert, cx.catalog);
                // What it inhibited may be a cause from then on, and is heard first.
                if events.is_empty() { self.explained_by([*alert], cx) } else { events }
            }
            Event::Monitor(MonitorEvent::AlertsReleased { by: SuppressedBy::Alert(by), alerts }) => {
                self.explained_by(alerts.iter().copied().chain([*by]), cx)
            }
            Event::Monitor(MonitorEvent::AlertsSuppressed {
                by: SuppressedBy::Alert(_) | SuppressedBy::Silence(_),
                alerts,
            }) => {
                let mut events = self.explained_by(alerts.iter().copied(), cx);
                events.extend(self.explained_besides(alerts, cx));
                events
            }
            Event::Monitor(MonitorEvent::AlertsReleased { by: SuppressedBy::Silence(_), alerts }) => {
                self.explained_by(alerts.iter().copied(), cx)
            }
            Event::Monitor(
                MonitorEvent::AlertLost { alert, .. }
                | MonitorEvent::AlertFound { alert, .. }
                | MonitorEvent::AlertHeld { alert, .. },
            ) => self.explained_by([*alert], cx),
            Event::Respond(RespondEvent::AlertJoined { alert, .. }) => self.explained_by([*alert], cx),
            Event::Respond(
                RespondEvent::IncidentResolved { incident, why: IncidentResolvedReason::Person { .. } }
                | RespondEvent::IncidentReopened { incident, .. },
            ) => self.explained_by(self.of_incident(*incident), cx),
            Event::Respond(RespondEvent::IncidentClosed { .. }) => self.inhibited_by_none(cx.catalog),
            _ => Vec::new(),
        };
        events.into_iter().map(Event::from).collect()
    }

    fn of_incident(&self, incident: IncidentId) -> OrdSet<AlertId> {
        self.incidents.get(&incident).cloned().unwrap_or_default()
    }

    fn fired(&self, fired: &AlertFired, cx: &Context) -> Vec<MonitorEvent> {
        let (id, catalog) = (fired.alert, cx.catalog);
        let mut events = self.is_explained_anew(id, catalog);
        let is_inhibited = self.is_inhibited_anew(id, &fired.labels, catalog);
        // What a rule inhibits explains nothing.
        if is_inhibited.is_none() {
            events.extend(self.explained_by([id], cx));
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

    /// Lost, and its incident is closed: nobody would hear that it was found, so it begins anew when it is seen. One
    /// that only goes on record never had an incident.
    pub(crate) fn is_forgotten(&self, id: AlertId) -> bool {
        let lost =
            |alert: &Arc<Alert>| matches!(alert.phase, Phase::Lost { .. }) && alert.urgency != Urgency::Log;
        self.alerts.get(&id).is_some_and(lost) && !self.incidents.values().any(|alerts| alerts.contains(&id))
    }
}

pub(crate) fn urgency(labels: &Labels) -> Urgency {
    match andon_definitions::Urgency::of(labels) {
        andon_definitions::Urgency::Log => Urgency::Log,
        andon_definitions::Urgency::Ticket => Urgency::Ticket,
        andon_definitions::Urgency::Page => Urgency::Page,
    }
}
