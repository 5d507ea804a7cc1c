//! Silences: which there are, what they match, and when they begin, end and are forgotten.

use std::sync::Arc;

use andon_definitions::Context;
use andon_definitions::alertmanager::AlertMatcher;
use andon_vocabulary::{
    AlertId, LabelMatch, Labels, MatchOp, MonitorEvent, Refusal, RefusalKind, Silence, SilenceEndedReason,
    SilenceId, SuppressedBy, Timestamp, Told,
};
use imbl::{OrdMap, OrdSet};

use crate::State;

/// Silences that have not been forgotten yet, at most.
const SILENCES_MAX: usize = 10_000;
const MATCHERS_MAX: usize = 100;
/// Of a name, a value, a comment.
const TEXT_MAX: usize = 4096;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Silences {
    all: OrdMap<SilenceId, Arc<Silenced>>,
    timers: OrdSet<(Timestamp, SilenceId)>,
}

/// A silence and how far it has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Silenced {
    pub silence: Silence,
    pub phase: SilencePhase,
    /// When it was last set or ended.
    pub changed: Timestamp,
    matchers: Vec<AlertMatcher>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SilencePhase {
    Pending,
    Active,
    Ended { at: Timestamp, why: SilenceEndedReason },
}

impl Silenced {
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.matches(labels))
    }

    fn is_active(&self) -> bool {
        self.phase == SilencePhase::Active
    }

    /// When time alone brings the next phase.
    fn deadline(&self) -> Timestamp {
        match self.phase {
            SilencePhase::Pending => self.silence.starts_at,
            SilencePhase::Active => self.silence.ends_at,
            SilencePhase::Ended { at, .. } => at + Silence::KEPT,
        }
    }

    /// Whether `new` may be the same silence, changed: what was silenced in the past stays as it was.
    fn becomes(&self, new: &Silence, now: Timestamp) -> bool {
        let old = &self.silence;
        let in_time = match self.phase {
            SilencePhase::Pending => new.starts_at >= now,
            SilencePhase::Active => new.starts_at == old.starts_at && new.ends_at >= now,
            SilencePhase::Ended { .. } => false,
        };
        in_time && new.matchers == old.matchers
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

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.get_min().map(|(at, _)| *at)
    }

    /// The active ones that match.
    pub(crate) fn matching(&self, labels: &Labels) -> impl Iterator<Item = SuppressedBy> {
        let active = self.all().filter(|silenced| silenced.is_active());
        active.filter(|silenced| silenced.matches(labels)).map(|s| SuppressedBy::Silence(s.silence.id))
    }

    pub(crate) fn apply(&mut self, event: &MonitorEvent, at: Timestamp) {
        match event {
            MonitorEvent::SilenceSet { silence } => {
                let before = self.take(silence.id).map(|silenced| silenced.phase.clone());
                let phase = before.filter(|phase| *phase == SilencePhase::Active);
                // What an older version accepted and this one does not read matches nothing.
                let matchers = silence.matchers.iter().map(AlertMatcher::of).collect::<Result<_, _>>();
                let matchers = matchers.unwrap_or_else(|_| vec![nothing()]);
                let phase = phase.unwrap_or(SilencePhase::Pending);
                self.put(Silenced { silence: silence.clone(), phase, changed: at, matchers });
            }
            MonitorEvent::SilenceBegan { silence } => self.enter(*silence, SilencePhase::Active, None),
            MonitorEvent::SilenceEnded { silence, why } => {
                self.enter(*silence, SilencePhase::Ended { at, why: why.clone() }, Some(at));
            }
            MonitorEvent::SilenceForgotten { silence } => {
                self.take(*silence);
            }
            _ => {}
        }
    }

    fn enter(&mut self, id: SilenceId, phase: SilencePhase, changed: Option<Timestamp>) {
        if let Some(before) = self.take(id) {
            let changed = changed.unwrap_or(before.changed);
            self.put(Silenced { phase, changed, ..(*before).clone() });
        }
    }

    fn put(&mut self, silenced: Silenced) {
        self.timers.insert((silenced.deadline(), silenced.silence.id));
        self.all.insert(silenced.silence.id, Arc::new(silenced));
    }

    fn take(&mut self, id: SilenceId) -> Option<Arc<Silenced>> {
        let silenced = self.all.remove(&id)?;
        self.timers.remove(&(silenced.deadline(), id));
        Some(silenced)
    }
}

/// A condition that no label set fulfils.
fn nothing() -> AlertMatcher {
    AlertMatcher::new("", MatchOp::NotEqual, "").expect("no regular expression")
}

impl State {
    /// The alerts that a silence with these matchers would silence now: for a look before it is set.
    pub fn silenced_by<'a>(&'a self, matchers: &'a [AlertMatcher]) -> impl Iterator<Item = AlertId> + 'a {
        let fired = self.alerts.iter().filter(|(_, alert)| alert.fired_at().is_some());
        let fits = |labels: &Labels| matchers.iter().all(|matcher| matcher.matches(labels));
        fired.filter(move |(_, alert)| fits(&alert.labels)).map(|(id, _)| *id)
    }

    pub(crate) fn set_silence(
        &self,
        asked: &Silence,
        replaces: Option<SilenceId>,
        cx: &Context,
    ) -> Result<Vec<MonitorEvent>, Refusal> {
        let now = cx.now;
        let old = match replaces {
            Some(id) => Some(self.silences.get(id).ok_or_else(|| unknown(id))?),
            None => None,
        };
        checked(asked, now)?;
        if let Some(old) = old
            && old.becomes(asked, now)
        {
            let silence = Silence { id: old.silence.id, ..asked.clone() };
            let (id, begins) = (silence.id, !old.is_active() && silence.starts_at <= now);
            let mut events = vec![MonitorEvent::SilenceSet { silence }];
            if begins {
                events.extend(self.active(id, &old.matchers));
            }
            return Ok(events);
        }
        if self.silences.all.len() >= SILENCES_MAX {
            let what = format!("there are {SILENCES_MAX} silences already");
            return Err(refusal(RefusalKind::Conflict, what, "ended ones are forgotten after five days"));
        }
        if self.silences.get(asked.id).is_some() {
            let what = format!("there is a silence {} already", asked.id);
            return Err(refusal(RefusalKind::Conflict, what, "make up another id"));
        }
        let mut events = Vec::new();
        if let Some(old) = old {
            let why = SilenceEndedReason::Replaced { by: asked.id };
            // The new one first: what both match is never told of in between.
            events.extend(self.begins(asked, now));
            events.extend(self.ends(old, why));
            return Ok(events);
        }
        events.extend(self.begins(asked, now));
        Ok(events)
    }

    fn begins(&self, asked: &Silence, now: Timestamp) -> Vec<MonitorEvent> {
        let silence = Silence { starts_at: asked.starts_at.max(now), ..asked.clone() };
        let (id, starts) = (silence.id, silence.starts_at <= now);
        let matchers: Result<Vec<_>, _> = silence.matchers.iter().map(AlertMatcher::of).collect();
        let mut events = vec![MonitorEvent::SilenceSet { silence }];
        if starts {
            events.extend(self.active(id, &matchers.expect("checked before")));
        }
        events
    }

    fn active(&self, id: SilenceId, matchers: &[AlertMatcher]) -> Vec<MonitorEvent> {
        let alerts: Vec<AlertId> = self.silenced_by(matchers).collect();
        let mut events = vec![MonitorEvent::SilenceBegan { silence: id }];
        if !alerts.is_empty() {
            events.push(MonitorEvent::AlertsSuppressed { by: SuppressedBy::Silence(id), alerts });
        }
        events
    }

    fn ends(&self, silenced: &Silenced, why: SilenceEndedReason) -> Vec<MonitorEvent> {
        if matches!(silenced.phase, SilencePhase::Ended { .. }) {
            return Vec::new();
        }
        let id = silenced.silence.id;
        let by = SuppressedBy::Silence(id);
        let mut events = vec![MonitorEvent::SilenceEnded { silence: id, why }];
        let alerts = self.alerts.iter().filter(|(_, alert)| alert.suppressed.contains(&by));
        let alerts: Vec<AlertId> = alerts.map(|(id, _)| *id).collect();
        if !alerts.is_empty() {
            events.push(MonitorEvent::AlertsReleased { by, alerts });
        }
        events
    }

    pub(crate) fn lift_silence(&self, id: SilenceId, told: &Told) -> Result<Vec<MonitorEvent>, Refusal> {
        let silenced = self.silences.get(id).ok_or_else(|| unknown(id))?;
        let events = self.ends(silenced, SilenceEndedReason::Lifted { who: told.who.clone() });
        if events.is_empty() {
            let what = format!("silence {id} has ended already");
            return Err(refusal(RefusalKind::Conflict, what, "there is nothing to lift"));
        }
        Ok(events)
    }

    /// What time brings to silences.
    pub(crate) fn silences_due(&self, now: Timestamp) -> Vec<MonitorEvent> {
        let due = self.silences.timers.iter().take_while(|(at, _)| *at <= now);
        let due = due.filter_map(|(_, id)| self.silences.get(*id));
        due.flat_map(|silenced| match silenced.phase {
            SilencePhase::Pending => self.active(silenced.silence.id, &silenced.matchers),
            SilencePhase::Active => self.ends(silenced, SilenceEndedReason::Expired),
            SilencePhase::Ended { .. } => {
                vec![MonitorEvent::SilenceForgotten { silence: silenced.silence.id }]
            }
        })
        .collect()
    }
}

fn checked(silence: &Silence, now: Timestamp) -> Result<(), Refusal> {
    let invalid = |what: String, hint: &str| Err(refusal(RefusalKind::Invalid, what, hint));
    if silence.matchers.is_empty() || silence.matchers.len() > MATCHERS_MAX {
        let what = format!("a silence has 1 to {MATCHERS_MAX} matchers, not {}", silence.matchers.len());
        return invalid(what, "say which labels the alerts have");
    }
    let mut is_narrow = false;
    for matcher in &silence.matchers {
        let LabelMatch { name, value, .. } = matcher;
        if name.is_empty() || name.len() > TEXT_MAX || value.len() > TEXT_MAX {
            let what = format!("a matcher's name has 1 to {TEXT_MAX} bytes, its value no more");
            return invalid(what, "shorten it");
        }
        let compiled = AlertMatcher::of(matcher).or_else(|why| {
            invalid(format!("{matcher}: {why}"), "mend the regular expression").map(|()| nothing())
        })?;
        // One that denies counts as narrow, as in Alertmanager: `team!="db"` is asked for, `.*` is a slip.
        let denies = matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRegex);
        is_narrow |= denies || !compiled.matches(&Labels::default());
    }
    if !is_narrow {
        let what = "every matcher matches a label that is not there".to_owned();
        return invalid(what, "at least one must demand something, such as alertname=\"…\"");
    }
    if silence.ends_at <= silence.starts_at || silence.ends_at <= now {
        let what = format!("it would end at {} and so silence nothing", silence.ends_at.second());
        return invalid(what, "let it end later than it begins, and than now");
    }
    if silence.comment.len() > TEXT_MAX || silence.created_by.len() > TEXT_MAX {
        return invalid(format!("the comment and the author have at most {TEXT_MAX} bytes"), "shorten it");
    }
    Ok(())
}

fn unknown(id: SilenceId) -> Refusal {
    refusal(RefusalKind::NotFound, format!("there is no silence {id}"), "ended ones are kept for five days")
}

fn refusal(kind: RefusalKind, what: String, hint: &str) -> Refusal {
    Refusal { kind, what, hint: Some(hint.to_owned()) }
}
