//! How Andon dies and comes back: memory is lost, the journal and the world stay.

use std::time::Duration;

use andon_cycle::{Observer, State};
use andon_journal::{Entry, Journal, MemoryJournal, Seq};
use andon_vocabulary::{Event, Input, MonitorEvent, Record, RespondEvent, Started};

use super::{Happening, Play, Sabotage, SeenWhat};

impl Play<'_> {
    /// Everything in memory is gone; the journal and the world stay.
    pub(super) fn crash(&mut self, back_after: Duration) {
        if self.down {
            return;
        }
        self.see(SeenWhat::Crashed);
        self.down = true;
        self.life += 1;
        self.dispatched.clear();
        self.world.forget();
        self.state = State::default();
        self.agenda.put(self.now + back_after, Happening::Back);
    }

    pub(super) fn come_back(&mut self) {
        self.down = false;
        self.see(SeenWhat::Back);
        self.journal = std::mem::take(&mut self.journal).restart();
        if self.sabotage == Sabotage::LoseTheTail {
            self.journal = without_tail(&self.journal);
        }
        self.term = self.journal.acquire("rehearsal").expect("the one before is dead");
        self.state = replay_but(&self.journal, |event| self.sabotage.forgets(event));
        self.remembers_since = self.andon_now();
        self.observer = Observer::new(&self.state, self.remembers_since);
        self.turn(Input::Started(Started {
            term: self.term.0,
            version: "rehearsal".to_owned(),
            moved: false,
            address: None,
        }));
        for status in self.platform.services.clone().into_values() {
            self.happen(Happening::Platform(status));
        }
        self.dispatch();
    }
}

/// A copy from which the last record is missing.
fn without_tail(journal: &MemoryJournal) -> MemoryJournal {
    let mut shorter = MemoryJournal::new();
    let term = shorter.acquire("rehearsal").expect("a new journal has no other writer");
    let stored = journal.read(Seq::START.next(), usize::MAX).expect("a journal in memory is whole");
    for stored in &stored[..stored.len().saturating_sub(1)] {
        let entry = Entry { body: stored.body.clone(), subjects: Vec::new() };
        shorter.append(term, shorter.head().seq, &[entry]).expect("memory takes it");
    }
    shorter
}

impl Sabotage {
    /// Whether the event is left out when the journal is read again; what it says of suppression is.
    fn forgets(self, event: &mut Event) -> bool {
        match (self, event) {
            (
                Sabotage::ForgetWhatWasTold,
                Event::Respond(
                    RespondEvent::GroupsFlushed { .. }
                    | RespondEvent::NotificationOwed(_)
                    | RespondEvent::NotificationSent { .. },
                ),
            )
            | (
                Sabotage::ForgetSuppression,
                Event::Monitor(MonitorEvent::SilenceSet { .. } | MonitorEvent::AlertsSuppressed { .. })
                | Event::Respond(RespondEvent::IncidentSuppressed { .. }),
            )
            | (
                Sabotage::ForgetAcknowledgements,
                Event::Respond(RespondEvent::Acknowledged { .. } | RespondEvent::AckExtended { .. }),
            ) => true,
            (Sabotage::ForgetSuppression, Event::Monitor(MonitorEvent::AlertFired(fired))) => {
                fired.suppressed.clear();
                false
            }
            _ => false,
        }
    }
}

/// The state that a journal folds to.
pub fn replay(journal: &impl Journal) -> State {
    replay_but(journal, |_| false)
}

fn replay_but(journal: &impl Journal, forgets: impl Fn(&mut Event) -> bool) -> State {
    let mut state = State::default();
    for stored in journal.read(Seq::START.next(), usize::MAX).expect("a journal in memory is whole") {
        let mut record = Record::decode(&stored.body).expect("what was written by this binary is read by it");
        record.events.retain_mut(|event| !forgets(event));
        state.apply(&record);
    }
    state
}
