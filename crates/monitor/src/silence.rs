//! Silences: which there are, what they match, and when they begin, rest, end and are forgotten.

mod set;

use std::sync::Arc;

use andon_definitions::alertmanager::AlertMatcher;
use andon_definitions::instance::Calendar;
use andon_definitions::{Catalog, Context};
use andon_vocabulary::{
    AlertId, Labels, MatchOp, MonitorEvent, Silence, SilenceEndedReason, SilenceId, SuppressedBy, Timestamp,
    Urgency,
};
use imbl::{OrdMap, OrdSet};

use crate::{Alert, State};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Silences {
    all: OrdMap<SilenceId, Arc<Silenced>>,
    timers: OrdSet<(Timestamp, SilenceId)>,
    /// When owners are reminded.
    reminders: OrdSet<(Timestamp, SilenceId)>,
}

/// A silence and how far it has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Silenced {
    pub silence: Silence,
    pub phase: SilencePhase,
    /// When it was last set or ended.
    pub changed: Timestamp,
    /// When time alone brings the next phase.
    pub due: Timestamp,
    reminds_at: Option<Timestamp>,
    matchers: Vec<AlertMatcher>,
    hours: Option<Calendar>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SilencePhase {
    /// Its time has not come, or its hours.
    Pending,
    Active,
    Ended {
        at: Timestamp,
        why: SilenceEndedReason,
    },
}

impl Silenced {
    /// One that has been set and has not begun.
    pub(crate) fn of(silence: Silence, now: Timestamp) -> Silenced {
        // What an older version accepted and this one does not read matches nothing, at no time.
        let matchers = silence.matchers.iter().map(AlertMatcher::of).collect::<Result<_, _>>();
        let matchers = matchers.unwrap_or_else(|_| vec![nothing()]);
        let hours = silence.weekly.as_ref().map(|weekly| Calendar::of(weekly).unwrap_or_default());
        let reminds_at = silence.remind_at;
        let (phase, due) = (SilencePhase::Pending, silence.starts_at);
        let mut set = Silenced { silence, phase, changed: now, due, reminds_at, matchers, hours };
        set.due = set.next(now);
        set
    }

    pub(crate) fn matches(&self, labels: &Labels, service: Option<&str>, urgency: Urgency) -> bool {
        let silence = &self.silence;
        let is_of = |services: &[andon_vocabulary::Name]| {
            service.is_some_and(|service| services.iter().any(|name| **name == *service))
        };
        silence.up_to.is_none_or(|up_to| urgency <= up_to)
            && silence.maintenance.as_ref().is_none_or(|maintained| is_of(&maintained.services))
            && self.matchers.iter().all(|matcher| matcher.matches(labels))
    }

    /// Whether it is its time.
    pub(crate) fn is_on(&self, now: Timestamp) -> bool {
        self.silence.is_active(now) && self.hours.as_ref().is_none_or(|hours| hours.contains(now))
    }

    fn is_active(&self) -> bool {
        self.phase == SilencePhase::Active
    }

    /// When it begins next; its end, where it never does.
    pub(crate) fn next(&self, now: Timestamp) -> Timestamp {
        let Silence { starts_at, ends_at, .. } = self.silence;
        let Some(hours) = &self.hours else { return starts_at };
        let span = hours.next_span(now.max(starts_at));
        span.map_or(ends_at, |(from, _)| from.max(starts_at).min(ends_at))
    }

    /// When what it silences now is told of again.
    pub(crate) fn until(&self, now: Timestamp) -> Timestamp {
        let ends_at = self.silence.ends_at;
        let span = self.hours.as_ref().and_then(|hours| hours.next_span(now));
        span.map_or(ends_at, |(_, until)| until.min(ends_at))
    }
}

impl Silences {
    pub fn get(&self, id: SilenceId) -> Option<&Silenced> {
        self.all.get(&id).map(|silenced| &**silenced)
    }

    /// In order of their ids; ended ones too, for as long as they are kept.
    pub fn all(&self) -> impl Iterator<Item = &Silenced> {
        self.all.values().map(|silenced| &**silenced)
    }

    /// Maintenance that goes on.
    pub fn maintenance(&self) -> impl Iterator<Item = &Silenced> {
        self.all().filter(|silenced| silenced.is_active() && silenced.silence.maintenance.is_some())
    }

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        let first = |timers: &OrdSet<(Timestamp, SilenceId)>| timers.get_min().map(|(at, _)| *at);
        first(&self.timers).into_iter().chain(first(&self.reminders)).min()
    }

    /// The active ones that keep an alert quiet.
    pub(crate) fn matching<'a>(
        &'a self,
        labels: &'a Labels,
        service: Option<&'a str>,
        urgency: Urgency,
        catalog: &'a Catalog,
    ) -> impl Iterator<Item = SuppressedBy> + 'a {
        let active = self.all().filter(|silenced| silenced.is_active());
        let matching = active.filter(move |silenced| silenced.matches(labels, service, urgency));
        let may = matching.filter(move |silenced| may_be_silenced(silenced, labels, catalog));
        may.map(|silenced| SuppressedBy::Silence(silenced.silence.id))
    }

    pub(crate) fn apply(&mut self, event: &MonitorEvent, at: Timestamp) {
        match event {
            MonitorEvent::SilenceSet { silence } => {
                let before = self.take(silence.id);
                let goes_on = before.is_some_and(|before| before.is_active());
                let mut set = Silenced::of(silence.clone(), at);
                if goes_on {
                    (set.phase, set.due) = (SilencePhase::Active, set.until(at));
                }
                self.put(set);
            }
            MonitorEvent::SilenceBegan { silence } => self.change(*silence, |silenced| {
                (silenced.phase, silenced.due) = (SilencePhase::Active, silenced.until(at));
            }),
            MonitorEvent::SilenceRests { silence, until } => self.change(*silence, |silenced| {
                (silenced.phase, silenced.due) = (SilencePhase::Pending, *until);
            }),
            MonitorEvent::SilenceEndsSoon { silence, .. } => {
                self.change(*silence, |silenced| silenced.reminds_at = None);
            }
            MonitorEvent::SilenceEnded { silence, why } => self.change(*silence, |silenced| {
                silenced.phase = SilencePhase::Ended { at, why: why.clone() };
                (silenced.changed, silenced.due, silenced.reminds_at) = (at, at + Silence::KEPT, None);
            }),
            MonitorEvent::SilenceForgotten { silence } => {
                self.take(*silence);
            }
            _ => {}
        }
    }

    fn change(&mut self, id: SilenceId, change: impl FnOnce(&mut Silenced)) {
        if let Some(before) = self.take(id) {
            let mut silenced = (*before).clone();
            change(&mut silenced);
            self.put(silenced);
        }
    }

    fn put(&mut self, silenced: Silenced) {
        let id = silenced.silence.id;
        self.timers.insert((silenced.due, id));
        self.reminders.extend(silenced.reminds_at.map(|at| (at, id)));
        self.all.insert(id, Arc::new(silenced));
    }

    fn take(&mut self, id: SilenceId) -> Option<Arc<Silenced>> {
        let silenced = self.all.remove(&id)?;
        self.timers.remove(&(silenced.due, id));
        if let Some(at) = silenced.reminds_at {
            self.reminders.remove(&(at, id));
        }
        Some(silenced)
    }
}

/// A condition that no label set fulfils.
fn nothing() -> AlertMatcher {
    AlertMatcher::new("", MatchOp::NotEqual, "").expect("no regular expression")
}

/// Of some alerts people are told whatever anybody sets; what the files say of maintenance was looked at by others.
fn may_be_silenced(silenced: &Silenced, labels: &Labels, catalog: &Catalog) -> bool {
    silenced.silence.maintenance.is_some() || !catalog.never_silenced(labels)
}

impl State {
    /// The alerts that a silence with these matchers would silence now: for a look before it is set.
    pub fn silenced_by<'a>(&'a self, matchers: &'a [AlertMatcher]) -> impl Iterator<Item = AlertId> + 'a {
        let fired = self.alerts.iter().filter(|(_, alert)| alert.fired_at().is_some());
        let fits = |labels: &Labels| matchers.iter().all(|matcher| matcher.matches(labels));
        fired.filter(move |(_, alert)| fits(&alert.labels)).map(|(id, _)| *id)
    }

    /// What fires and is kept quiet by this silence while it is its time.
    pub(crate) fn quiet(&self, silenced: &Silenced, catalog: &Catalog) -> Vec<AlertId> {
        let is_quiet = |alert: &Alert| {
            alert.fired_at().is_some()
                && silenced.matches(&alert.labels, alert.service.as_deref(), alert.urgency)
                && may_be_silenced(silenced, &alert.labels, catalog)
        };
        self.alerts.iter().filter(|(_, alert)| is_quiet(alert)).map(|(id, _)| *id).collect()
    }

    fn begins(&self, silenced: &Silenced, catalog: &Catalog) -> Vec<MonitorEvent> {
        let (id, alerts) = (silenced.silence.id, self.quiet(silenced, catalog));
        let mut events = vec![MonitorEvent::SilenceBegan { silence: id }];
        if !alerts.is_empty() {
            events.push(MonitorEvent::AlertsSuppressed { by: SuppressedBy::Silence(id), alerts });
        }
        events
    }

    pub(crate) fn ends(&self, silenced: &Silenced, why: SilenceEndedReason) -> Vec<MonitorEvent> {
        if matches!(silenced.phase, SilencePhase::Ended { .. }) {
            return Vec::new();
        }
        let silence = silenced.silence.id;
        self.releases(silence, MonitorEvent::SilenceEnded { silence, why })
    }

    fn rests(&self, silenced: &Silenced, until: Timestamp) -> Vec<MonitorEvent> {
        let silence = silenced.silence.id;
        self.releases(silence, MonitorEvent::SilenceRests { silence, until })
    }

    fn releases(&self, id: SilenceId, event: MonitorEvent) -> Vec<MonitorEvent> {
        let by = SuppressedBy::Silence(id);
        let alerts = self.alerts.iter().filter(|(_, alert)| alert.suppressed.contains(&by));
        let alerts: Vec<AlertId> = alerts.map(|(id, _)| *id).collect();
        let mut events = vec![event];
        if !alerts.is_empty() {
            events.push(MonitorEvent::AlertsReleased { by, alerts });
        }
        events
    }

    /// What time brings to silences.
    pub(crate) fn silences_due(&self, cx: &Context) -> Vec<MonitorEvent> {
        let due = |timers: &OrdSet<(Timestamp, SilenceId)>| -> Vec<SilenceId> {
            timers.iter().take_while(|(at, _)| *at <= cx.now).map(|(_, id)| *id).collect()
        };
        let reminded = due(&self.silences.reminders).into_iter().filter_map(|id| self.reminder(id));
        let mut events: Vec<MonitorEvent> = reminded.collect();
        for silenced in due(&self.silences.timers).into_iter().filter_map(|id| self.silences.get(id)) {
            events.extend(match silenced.phase {
                SilencePhase::Ended { .. } => {
                    vec![MonitorEvent::SilenceForgotten { silence: silenced.silence.id }]
                }
                _ if silenced.silence.ends_at <= cx.now => self.ends(silenced, SilenceEndedReason::Expired),
                SilencePhase::Pending if silenced.is_on(cx.now) => self.begins(silenced, cx.catalog),
                // While nobody looked its hours passed.
                SilencePhase::Pending | SilencePhase::Active => self.rests(silenced, silenced.next(cx.now)),
            });
        }
        events
    }

    fn reminder(&self, id: SilenceId) -> Option<MonitorEvent> {
        let silence = &self.silences.get(id)?.silence;
        let owner = silence.owner.clone()?;
        let matchers: Vec<String> = silence.shown().iter().map(ToString::to_string).collect();
        let what = format!("{{{}}}", matchers.join(", "));
        Some(MonitorEvent::SilenceEndsSoon { silence: id, owner, what, ends_at: silence.ends_at })
    }
}
