//! Runs of runbooks: a state machine that asks, changes, verifies and takes back, one event at a time.
//!
//! `react` answers each event of a run with the one that follows from it, so a run advances until it waits for a
//! person, for the hands, for a reading or for a time. It relies on each reaction being applied, with all that
//! follows from it, before the next event of the same turn.

mod action;
mod apply;
mod approval;
mod commands;
mod conditions;
mod guard;
mod inputs;
mod known;
mod launch;
mod preview;
mod readings;
mod run;
mod step;
#[cfg(test)]
mod tests;
mod timers;
mod transition;
mod unknown;
mod verify;
mod watches;

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_definitions::Context;
use andon_vocabulary::{
    Effect, Event, IncidentId, Input, InstanceEvent, IntentId, Name, OrderResult, Outcome, Owed, Preview,
    Refusal, RespondEvent, RunId, Timestamp, UnknownReason,
};
use imbl::{OrdMap, OrdSet};

use guard::{Lock, Past};
use known::Known;
use launch::{Per, Said};
pub use run::{Approval, Ask, Attempt, Doing, Ending, Phase, Run, StepOutcome, StepRecord};
pub use watches::Watch;

use crate::incident::Incidents;

/// Every run that is going on, those of incidents that are not closed yet, and what guardrails still count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Runs {
    all: OrdMap<RunId, Arc<Run>>,
    /// Those that are not finished.
    open: OrdSet<RunId>,
    locks: OrdMap<String, Lock>,
    /// Intents whose outcome may still come.
    intents: OrdMap<IntentId, RunId>,
    past: OrdMap<RunId, Past>,
    /// What a runbook ran for, as long as the incident is not closed.
    ran: OrdMap<(Name, Per), (RunId, IncidentId)>,
    said: OrdMap<(Name, IncidentId), Said>,
    /// Where people reach this Andon.
    address: Option<String>,
    halted: bool,
    last: u64,
}

impl Runs {
    pub fn get(&self, run: RunId) -> Option<&Run> {
        self.all.get(&run).map(|run| &**run)
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Run> {
        self.all.values().map(|run| &**run)
    }

    pub fn open(&self) -> impl Iterator<Item = &Run> {
        self.open.iter().filter_map(|run| self.get(*run))
    }

    /// The address and port that people reach this Andon at, where that is known.
    pub(crate) fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// The events that an input brings about; those that follow from them are `react`'s.
    pub(crate) fn decide(
        &self,
        incidents: &Incidents,
        input: &Input,
        cx: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        let known = Known { runs: self, incidents };
        match input {
            Input::Told(told) => commands::decide(known, told, cx),
            Input::Outcome { intent, outcome, .. } => Ok(self.on_outcome(*intent, outcome, cx)),
            Input::Reading(reading) => Ok(readings::decide(known, reading, cx)),
            Input::Started(_) => Ok(self.open().filter_map(unknown::on_restart).collect()),
            // One at a time: what is due next is due under what follows from this. The loop ticks until nothing is.
            Input::Tick => {
                Ok(self.open().find_map(|run| known.advance([run], cx).pop()).into_iter().collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    /// What follows from an event that every stage has applied.
    pub(crate) fn react(&self, incidents: &Incidents, event: &Event, cx: &Context) -> Vec<Event> {
        use RespondEvent as E;
        let known = Known { runs: self, incidents };
        let event = match event {
            Event::Respond(event) => event,
            Event::Instance(InstanceEvent::Released { .. }) => {
                let mut events = known.advance(self.open(), cx);
                events.extend(launch::on_release(known, cx));
                return events;
            }
            _ => return Vec::new(),
        };
        match event {
            E::AlertJoined { incident, alert, .. } | E::IncidentReopened { incident, alert } => {
                launch::on_alert(known, *incident, *alert, cx)
            }
            // Those that wait for a lock first, so that none of them takes it from those that end beside them.
            E::IncidentResolved { incident, .. } => {
                let of = |run: &&Run| run.incident == Some(*incident);
                let mut runs: Vec<&Run> = self.open().filter(of).collect();
                runs.sort_by_key(|run| !matches!(run.phase, Phase::Queued { .. }));
                runs.into_iter().filter_map(step::no_longer_needed).collect()
            }
            // Whoever has waited longest for the lock is next.
            E::RunFinished { run, .. } => {
                let lock = self.get(*run).and_then(|run| run.lock.as_ref());
                let waiting =
                    |run: &&Run| matches!(run.phase, Phase::Queued { .. }) && run.lock.as_ref() == lock;
                known.advance(self.open().find(|run| lock.is_some() && waiting(run)), cx)
            }
            event => known.advance(event.run().and_then(|run| self.get(run)), cx),
        }
    }

    /// What the hands are owed, in the order of the intents.
    pub fn owed(&self) -> Vec<Owed> {
        let owed = |(intent, run): (&IntentId, &RunId)| {
            let run = self.get(*run)?;
            let (attempt, effect) = match run.at()?.1 {
                Doing::InFlight(attempt) if attempt.order.intent == *intent => {
                    (attempt.number, Effect::Carry(attempt.order.clone()))
                }
                Doing::LookingUp { intent: look, lookup, .. }
                    if look == intent && unknown::lookup_query(run).is_none() =>
                {
                    (1, Effect::LookUp(lookup.clone()))
                }
                _ => return None,
            };
            Some(Owed { intent: *intent, attempt, effect })
        };
        self.intents.iter().filter_map(owed).collect()
    }

    /// What the driver must evaluate now, and whenever samples that it reads arrive.
    pub fn watches(&self) -> Vec<Watch> {
        self.open().flat_map(watches::of).collect()
    }

    /// The earliest time at which a run changes by itself.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let waits = |lock: &&String| self.open().any(|run| run.lock.as_ref() == Some(*lock));
        let freed = self.locks.iter().filter(|(lock, _)| waits(lock)).filter_map(|(_, lock)| lock.until);
        self.open().filter_map(|run| timers::deadline(run, self.halted)).chain(freed).min()
    }

    /// What a run would change, exactly, without touching anything.
    pub(crate) fn preview(
        &self,
        incidents: &Incidents,
        runbook: &str,
        inputs: &BTreeMap<String, String>,
        incident: Option<IncidentId>,
        cx: &Context,
    ) -> Result<Preview, Refusal> {
        launch::preview(Known { runs: self, incidents }, runbook, inputs, incident, cx)
    }

    fn on_outcome(&self, intent: IntentId, outcome: &Outcome, cx: &Context) -> Vec<Event> {
        let Some(run) = self.intents.get(&intent).and_then(|run| self.get(*run)) else { return Vec::new() };
        let Some((step, doing)) = run.at() else { return Vec::new() };
        let (run, step) = (run.id, Name::from(step.id.as_str()));
        let event = match (outcome, doing) {
            (Outcome::Carried(OrderResult::Unknown { why }), Doing::InFlight(attempt))
                if attempt.order.intent == intent =>
            {
                let why = UnknownReason::Reported { why: why.clone() };
                RespondEvent::StepUnknown {
                    run,
                    step,
                    intent,
                    why,
                    look_after: attempt.look_after().max(cx.now),
                }
            }
            (Outcome::Carried(OrderResult::Unknown { .. }), _) => return Vec::new(),
            (Outcome::Carried(result), _) => {
                RespondEvent::StepCarried { run, step, intent, result: result.clone() }
            }
            (Outcome::LookedUp(answer), Doing::LookingUp { intent: look, .. }) if *look == intent => {
                RespondEvent::LookedUp { run, step, intent, answer: answer.clone() }
            }
            _ => return Vec::new(),
        };
        vec![event.into()]
    }
}

impl Known<'_> {
    /// The next event of each of these runs, if it has one now.
    fn advance<'a>(self, runs: impl IntoIterator<Item = &'a Run>, cx: &Context) -> Vec<Event> {
        let mut events = Vec::new();
        let mut intent = cx.next_intent;
        for run in runs {
            if let Some(event) = step::next(self, run, IntentId(intent), cx) {
                let intends =
                    matches!(event, RespondEvent::StepIntended { .. } | RespondEvent::LookupIntended { .. });
                intent += u64::from(intends);
                events.push(event.into());
            }
        }
        events
    }
}
