//! How events become state. Total: an event of the journal was decided once and is never refused.

use andon_definitions::Catalog;
use andon_vocabulary::{
    Answer, ChangeEvent, ChangeId, Event, InstanceEvent, MonitorEvent, Name, OrderResult, RespondEvent,
    Timestamp, What, Who,
};

use crate::carry::LOOK_MAX;
use crate::state::{Incident, KEPT, KEPT_MAX};
use crate::{Change, Phase, State};

impl State {
    pub(crate) fn fold(&mut self, event: &Event, at: Timestamp, catalog: &Catalog) {
        match event {
            Event::Change(event) => self.changed(event, at),
            Event::Instance(InstanceEvent::Halted { .. }) => self.halted = true,
            Event::Instance(InstanceEvent::Released { .. }) => self.halted = false,
            Event::Instance(InstanceEvent::CatalogChanged { .. }) => {
                let defined = |(service, _): &(Name, _)| catalog.services.contains_key(&**service);
                self.platforms = self.platforms.clone().into_iter().filter(defined).collect();
            }
            Event::Monitor(MonitorEvent::AlertFired(fired)) => {
                self.alerts.insert(fired.alert, fired.since);
            }
            Event::Monitor(MonitorEvent::AlertResolved { alert, .. }) => {
                self.alerts.remove(alert);
            }
            Event::Respond(event) => self.responded(event, at),
            _ => {}
        }
    }

    fn responded(&mut self, event: &RespondEvent, at: Timestamp) {
        self.steps.apply(event, at);
        match event {
            RespondEvent::IncidentOpened { incident, service, .. } => {
                let known = Incident {
                    service: service.clone(),
                    opened: at,
                    first: None,
                    suspected: Default::default(),
                };
                self.incidents.insert(*incident, known);
            }
            RespondEvent::AlertJoined { incident, alert, .. } => {
                if let Some(incident) = self.incidents.get_mut(incident) {
                    incident.first.get_or_insert(*alert);
                }
            }
            RespondEvent::IncidentClosed { incident } => {
                self.incidents.remove(incident);
            }
            _ => {}
        }
    }

    fn changed(&mut self, event: &ChangeEvent, at: Timestamp) {
        match event {
            ChangeEvent::ChangeIntended { change, what, who, order } => {
                let phase = Phase::Carrying { order: order.clone() };
                self.add(*change, what, who, at, phase);
            }
            ChangeEvent::ChangeRecorded { change, what, who } => {
                let detail = "recorded".to_owned();
                self.add(*change, what, who, at, Phase::Done { detail });
            }
            ChangeEvent::ChangeCarried { change, result, .. } => self.enter(*change, |_| match result {
                OrderResult::Done { detail } => Phase::Done { detail: detail.clone() },
                OrderResult::Failed { error } => Phase::Failed { error: error.clone() },
                OrderResult::Refused { why } => Phase::Failed { error: why.clone() },
                OrderResult::Unknown { why } => Phase::Undecided { why: why.clone() },
            }),
            ChangeEvent::ChangeUnknown { change, why, look_after, .. } => {
                self.enter(*change, |phase| match phase {
                    Phase::Carrying { order } | Phase::Looking { order, .. } => {
                        Phase::Unknown { order, why: why.clone(), look_after: *look_after }
                    }
                    settled => settled,
                });
            }
            ChangeEvent::ChangeLookup { change, intent } => {
                self.enter(*change, |phase| match phase {
                    Phase::Unknown { order, .. } => {
                        Phase::Looking { order, intent: *intent, until: at + LOOK_MAX }
                    }
                    settled => settled,
                });
            }
            ChangeEvent::ChangeLookedUp { change, answer, .. } => self.enter(*change, |_| match answer {
                Answer::Happened { evidence } => Phase::Done { detail: evidence.clone() },
                Answer::DidNotHappen { evidence } => Phase::Failed { error: evidence.clone() },
                Answer::CannotTell { why } => Phase::Undecided { why: why.clone() },
            }),
            ChangeEvent::PlatformSeen { status } => {
                self.platforms.insert(status.service.clone(), status.clone());
            }
            ChangeEvent::ChangeSuspected { incident, change, .. } => {
                if let Some(incident) = self.incidents.get_mut(incident) {
                    incident.suspected.insert(*change);
                }
            }
        }
    }

    fn add(&mut self, id: ChangeId, what: &What, who: &Who, at: Timestamp, phase: Phase) {
        self.last = self.last.max(id.0);
        self.schedule(id, &phase);
        let change = Change { what: what.clone(), who: who.clone(), at, phase };
        self.changes.insert(id, change);
        self.forget(at);
    }

    /// Moves a change to its next phase; its timer and what is asked of the hands follow from that.
    fn enter(&mut self, id: ChangeId, next: impl FnOnce(Phase) -> Phase) {
        let Some(mut change) = self.changes.get(&id).cloned() else {
            return;
        };
        if let Some(due) = change.phase.due() {
            self.timers.remove(&(due, id));
        }
        if let Some(intent) = change.phase.asked() {
            self.asked.remove(&intent);
        }
        change.phase = next(change.phase);
        self.schedule(id, &change.phase);
        self.changes.insert(id, change);
    }

    fn schedule(&mut self, id: ChangeId, phase: &Phase) {
        if let Some(due) = phase.due() {
            self.timers.insert((due, id));
        }
        if let Some(intent) = phase.asked() {
            self.asked.insert(intent, id);
        }
    }

    /// The state holds what is open and the last day: history is in the journal.
    fn forget(&mut self, now: Timestamp) {
        let settled: Vec<ChangeId> =
            self.changes.iter().filter(|(_, change)| change.phase.is_settled()).map(|(id, _)| *id).collect();
        let surplus = settled.len().saturating_sub(KEPT_MAX);
        for (index, id) in settled.iter().enumerate() {
            if index < surplus || now.since(self.changes[id].at) > KEPT {
                self.changes.remove(id);
            }
        }
    }
}
