//! The fold: an event becomes state. It never fails; a finished run absorbs whatever still comes.

use std::sync::Arc;
use std::time::Duration;

use andon_definitions::Runbook;
use andon_vocabulary::{
    Event, InstanceEvent, Name, RespondEvent, RunId, RunOutcome, RunRefusedReason, RunStarted, Timestamp,
};
use imbl::OrdMap;

use super::guard::{Lock, Past};
use super::known::Alert;
use super::launch::{Per, Said};
use super::run::{Attempt, Ending, Phase, Run};
use super::{Runs, conditions};
use crate::incident::Incidents;

/// How long a finished run that no incident holds stays for people to look at.
const KEEP_FINISHED: Duration = Duration::from_secs(3600);

impl Runs {
    pub(crate) fn apply(&mut self, event: &Event, at: Timestamp, incidents: &Incidents) {
        match event {
            Event::Instance(InstanceEvent::Started { address, .. }) => self.address.clone_from(address),
            Event::Instance(InstanceEvent::Halted { .. }) => self.halted = true,
            Event::Instance(InstanceEvent::Released { .. }) => {
                self.halted = false;
                keep(&mut self.said, |_, said| *said != Said::Halted);
            }
            Event::Respond(event) => self.apply_respond(event, at, incidents),
            _ => {}
        }
    }

    fn apply_respond(&mut self, event: &RespondEvent, at: Timestamp, incidents: &Incidents) {
        use RespondEvent as E;
        match event {
            E::RunProposed { runbook, incident, .. } => {
                self.said.insert((runbook.clone(), *incident), Said::Proposed);
            }
            E::RunRefused { runbook, incident: Some(incident), why } => {
                let said = if *why == RunRefusedReason::Halted { Said::Halted } else { Said::Refused };
                self.said.insert((runbook.clone(), *incident), said);
            }
            // Another outage: whatever was refused in the last one is looked at again.
            E::IncidentReopened { incident, .. } => {
                keep(&mut self.said, |(_, of), said| of != incident || *said != Said::Refused);
            }
            E::RunStarted(started) => self.start(started, at, incidents),
            E::LockTaken { run, lock } => {
                self.locks.insert(lock.clone(), Lock { by: *run, until: None });
                self.with(*run, |run| run.phase = Phase::Between { next: 0 });
            }
            E::StepIntended { order, .. } => {
                if let Some(run) = order.run {
                    self.intents.insert(order.intent, run);
                }
                self.fold(event, at);
            }
            E::LookupIntended { run, intent, .. } => {
                self.intents.insert(*intent, *run);
                self.fold(event, at);
            }
            E::StepCarried { intent, .. } | E::LookedUp { intent, .. } => {
                self.intents.remove(intent);
                self.fold(event, at);
            }
            E::RunFinished { run, outcome, why, .. } => self.finish(*run, *outcome, why, at, incidents),
            E::IncidentClosed { incident } => {
                keep(&mut self.ran, |_, (_, of)| of != incident);
                keep(&mut self.said, |(_, of), _| of != incident);
                self.prune(at, incidents);
            }
            _ => self.fold(event, at),
        }
    }

    fn start(&mut self, started: &RunStarted, at: Timestamp, incidents: &Incidents) {
        self.last = self.last.max(started.run.0);
        let trigger = started.alert.and_then(|alert| Alert::of(incidents, alert));
        let (runbook, unreadable) = match serde_json::from_value::<Runbook>(started.definition.clone()) {
            Ok(runbook) => (runbook, None),
            Err(error) => {
                (without_steps(&started.runbook), Some(format!("its definition cannot be read: {error}")))
            }
        };
        let mut run = Run::new(started, Arc::new(runbook), trigger, at);
        run.ending = unreadable.map(|why| Ending { outcome: RunOutcome::Failed, why });
        if let Some(incident) = started.incident {
            let service = conditions::service_of(&run, incidents);
            let per = Per::of(&run.runbook, incident, started.alert, service);
            self.ran.insert((started.runbook.clone(), per), (started.run, incident));
        }
        self.past.insert(started.run, Past::new(&run, at));
        self.open.insert(started.run);
        self.all.insert(started.run, Arc::new(run));
        self.prune(at, incidents);
    }

    fn finish(&mut self, id: RunId, outcome: RunOutcome, why: &str, at: Timestamp, incidents: &Incidents) {
        self.free(id);
        self.with(id, |run| {
            run.phase = Phase::Finished { ending: Ending { outcome, why: why.to_owned() }, at };
        });
        self.open.remove(&id);
        keep(&mut self.intents, |_, run| *run != id);
        if let Some(past) = self.past.get_mut(&id) {
            past.finished.get_or_insert(at);
        }
        self.prune(at, incidents);
    }

    /// Its lock is free once nothing of it can still happen.
    fn free(&mut self, id: RunId) {
        let Some(run) = self.get(id) else { return };
        let until = run.attempt().filter(|_| run.is_in_flight()).map(Attempt::look_after);
        let Some(lock) =
            run.lock.clone().filter(|lock| self.locks.get(lock).is_some_and(|held| held.by == id))
        else {
            return;
        };
        match until {
            Some(_) => self.locks.insert(lock, Lock { by: id, until }),
            None => self.locks.remove(&lock),
        };
    }

    /// What is closed leaves the state: its history is the journal's.
    fn prune(&mut self, at: Timestamp, incidents: &Incidents) {
        keep(&mut self.all, |_, run| match (&run.phase, run.incident) {
            (Phase::Finished { .. }, Some(incident)) if incidents.get(incident).is_some() => true,
            (Phase::Finished { at: finished, .. }, _) => at < *finished + KEEP_FINISHED,
            _ => true,
        });
        keep(&mut self.locks, |_, lock| lock.is_held(at));
        keep(&mut self.past, |_, past| past.counts(at));
    }

    fn with(&mut self, id: RunId, change: impl FnOnce(&mut Run)) {
        if let Some(run) = self.all.get_mut(&id).map(Arc::make_mut)
            && !run.is_finished()
        {
            change(run);
        }
    }

    fn fold(&mut self, event: &RespondEvent, at: Timestamp) {
        if let Some(id) = event.run() {
            self.with(id, |run| run.apply(event, at));
        }
    }
}

/// The map stays shared where nothing leaves it.
fn keep<K: Ord + Clone, V: Clone>(map: &mut OrdMap<K, V>, holds: impl Fn(&K, &V) -> bool) {
    let gone: Vec<K> =
        map.iter().filter(|(key, value)| !holds(key, value)).map(|(key, _)| key.clone()).collect();
    for key in gone {
        map.remove(&key);
    }
}

/// Stands for a definition of another time, so that the run ends and says why.
fn without_steps(name: &Name) -> Runbook {
    let owner = andon_definitions::TeamRef::new("unknown");
    Runbook {
        name: name.to_string(),
        origin: Default::default(),
        doc: String::new(),
        owner,
        on: None,
        run_per: Default::default(),
        inputs: Default::default(),
        scope: Default::default(),
        trust: Default::default(),
        guardrails: Default::default(),
        steps: Vec::new(),
    }
}
