//! What is held of changes: those of the last day, what each platform says, and which incidents are open.

use std::time::Duration;

use andon_definitions::{Catalog, Context};
use andon_vocabulary::{
    AlertId, ChangeEvent, ChangeId, Effect, Event, IncidentId, Input, IntentId, LookUp, Name, Order, Owed,
    PlatformStatus, Refusal, Timestamp, What, Who,
};
use imbl::{OrdMap, OrdSet};

use crate::steps::Steps;

/// Settled changes leave the state after this time, or when there are more than `KEPT_MAX` of them.
pub(crate) const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
pub(crate) const KEPT_MAX: usize = 200;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub changes: OrdMap<ChangeId, Change>,
    pub platforms: OrdMap<Name, PlatformStatus>,
    /// Orders and look-ups that wait for an outcome.
    pub(crate) asked: OrdMap<IntentId, ChangeId>,
    /// When each unsettled change has to be looked at again.
    pub(crate) timers: OrdSet<(Timestamp, ChangeId)>,
    pub(crate) incidents: OrdMap<IncidentId, Incident>,
    /// Since when the condition of each firing alert holds.
    pub(crate) alerts: OrdMap<AlertId, Timestamp>,
    pub(crate) steps: Steps,
    pub(crate) halted: bool,
    pub(crate) last: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub what: What,
    pub who: Who,
    pub at: Timestamp,
    pub phase: Phase,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The hands were asked.
    Carrying {
        order: Box<Order>,
    },
    /// It may or may not have happened. Nobody looks before `look_after`, when the request has surely ended.
    Unknown {
        order: Box<Order>,
        why: String,
        look_after: Timestamp,
    },
    /// The platform is being asked whether it happened.
    Looking {
        order: Box<Order>,
        intent: IntentId,
        until: Timestamp,
    },
    /// Not even looking could tell. A person looks, and commands again if need be.
    Undecided {
        why: String,
    },
    Done {
        detail: String,
    },
    /// It certainly did not happen.
    Failed {
        error: String,
    },
}

/// An incident that is open or could reopen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Incident {
    pub service: Name,
    pub opened: Timestamp,
    /// The alert that joined first: its condition's beginning is the incident's.
    pub first: Option<AlertId>,
    pub suspected: OrdSet<ChangeId>,
}

impl State {
    /// The events that an input brings; none if it does not concern changes.
    pub fn decide(&self, input: &Input, cx: &Context) -> Result<Vec<Event>, Refusal> {
        let events = match input {
            Input::Told(told) => self.told(told, cx)?,
            Input::Outcome { intent, outcome, .. } => self.outcome(*intent, outcome, cx.now),
            Input::Started(_) => self.started(cx.now),
            Input::Platform(status) if self.platforms.get(&status.service) != Some(status) => {
                vec![ChangeEvent::PlatformSeen { status: status.clone() }]
            }
            Input::Tick => self.due(cx),
            _ => Vec::new(),
        };
        Ok(events.into_iter().map(Event::from).collect())
    }

    /// The events that follow from another event, after every stage has applied it.
    pub fn react(&self, event: &Event, cx: &Context) -> Vec<Event> {
        let suspected = self.suspects(event, cx);
        suspected.into_iter().map(Event::from).collect()
    }

    pub fn apply(&mut self, event: &Event, at: Timestamp, catalog: &Catalog) {
        self.fold(event, at, catalog);
    }

    /// When a change has to be looked at again. While everything is halted nothing is looked up, so nothing is due.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let asked = |id| self.changes.get(id).is_some_and(|change| change.phase.asked().is_some());
        let mut due = self.timers.iter().filter(|(_, change)| !self.halted || asked(change));
        due.next().map(|(at, _)| *at)
    }

    /// Every intent without an outcome.
    pub fn owed(&self) -> Vec<Owed> {
        let owed = |(intent, change): (&IntentId, &ChangeId)| {
            let effect = match &self.changes.get(change)?.phase {
                Phase::Carrying { order } => Effect::Carry(order.clone()),
                Phase::Looking { order, .. } => {
                    Effect::LookUp(Box::new(LookUp { order: (**order).clone(), http: None }))
                }
                _ => return None,
            };
            Some(Owed { intent: *intent, attempt: 1, effect })
        };
        self.asked.iter().filter_map(owed).collect()
    }
}

impl Phase {
    pub fn is_settled(&self) -> bool {
        matches!(self, Phase::Undecided { .. } | Phase::Done { .. } | Phase::Failed { .. })
    }
}
