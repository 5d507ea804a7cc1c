//! The loop's turn: observe, decide, make durable; and what is not durable did not happen.

use std::collections::BTreeSet;
use std::time::Duration;

use andon_journal::{AppendError, Entry, Fault, Journal};
use andon_vocabulary::{Event, Input, NoticeKind, Record, RespondEvent};

use super::{Happening, Play, Sabotage, Seen, SeenWhat};
use crate::people;

impl Play<'_> {
    /// Evaluates rules and watched queries whose samples have arrived or whose time has come.
    pub(super) fn observe(&mut self, changed: &BTreeSet<String>) {
        let now = self.andon_now();
        let known = self.world.known(now.since(self.remembers_since));
        let changed = changed.iter().map(String::as_str).collect();
        let inputs = self.observer.observe(&self.state, &mut self.world, &known, &changed, now);
        for input in inputs {
            if !self.down {
                self.turn(input);
            }
        }
        self.dispatch();
    }

    pub(super) fn turn(&mut self, input: Input) {
        let now = self.andon_now();
        let before = self.state.clone();
        let turn = andon_cycle::turn(&mut self.state, input, now);
        let Some(mut record) = turn.record else { return };
        if self.sabotage == Sabotage::PageTwice {
            let page = record.events.iter().find(|event| is_page(event)).cloned();
            record.events.extend(page);
        }
        if self.sabotage == Sabotage::EffectBeforeCommit {
            self.dispatch();
        }
        if !self.commit(&record) {
            if !self.down {
                self.state = before;
            }
            return;
        }
        for event in &record.events {
            if let Event::Respond(RespondEvent::NoticeOwed { intent, delivery, .. }) = event {
                self.deliveries.insert(*intent, delivery.clone());
            }
            if let Event::Respond(RespondEvent::NoticeDropped { intent, .. }) = event
                && self.sabotage == Sabotage::SendWhatWasDropped
                && let Some(delivery) = self.deliveries.get(intent).cloned()
            {
                self.agenda.put(self.now + Duration::from_secs(60), Happening::Leaves(delivery));
            }
            self.seen.push(Seen { at: self.now, by_andon: now, what: SeenWhat::Event(event.clone()) });
        }
        for deed in people::deeds(&record.events, |intent| self.deliveries.get(&intent).cloned()) {
            self.react(&deed);
        }
        self.dispatch();
    }

    /// False: the record is not durable, so nothing of it happened.
    pub(super) fn commit(&mut self, record: &Record) -> bool {
        self.appends += 1;
        let plan = self.crashes.iter().find(|plan| plan.at_append == self.appends).copied();
        match plan {
            Some(plan) if plan.committed => self.journal.fail_next(Fault::AmbiguousAfterCommit),
            Some(_) => self.journal.fail_next(Fault::AmbiguousBeforeCommit),
            None if self.disk_full => self.journal.fail_next(Fault::Full),
            None => {}
        }
        let entry = Entry { body: record.encode(), subjects: andon_cycle::subjects(record, &self.state) };
        match self.journal.append(self.term, self.journal.head().seq, &[entry]) {
            Ok(_) => true,
            Err(AppendError::Full) => false,
            // Live exits on an append of unknown fate; what is durable is found at the next start.
            Err(_) => {
                self.crash(plan.map_or(Duration::from_secs(1), |plan| plan.back_after));
                false
            }
        }
    }
}

fn is_page(event: &Event) -> bool {
    matches!(event, Event::Respond(RespondEvent::NoticeOwed { delivery, .. }) if delivery.kind == NoticeKind::Page)
}
