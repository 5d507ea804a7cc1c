//! Everything that is open: the fold of the journal. What is closed has left it.

use std::sync::Arc;

use andon_definitions::{Catalog, Context};
use andon_vocabulary::{Effect, Event, Input, IntentId, Owed, Record, Timestamp};

use crate::instance::Instance;

/// Cloning is cheap and shares structure, so a clone is the View that readers get.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub instance: Instance,
    pub monitor: andon_monitor::State,
    pub respond: andon_respond::State,
    pub change: andon_change::State,
    pub improve: andon_improve::State,
    next_intent: u64,
    /// When the last record was made: the loop's time never goes back behind it.
    pub at: Timestamp,
}

impl State {
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.instance.catalog
    }

    pub(crate) fn context(&self, now: Timestamp) -> Context<'_> {
        Context {
            catalog: &self.instance.catalog,
            duty: &self.respond.duty,
            now,
            halted: self.instance.halt.is_some(),
            next_intent: self.next_intent.max(1),
        }
    }

    /// Replay: fold one record.
    pub fn apply(&mut self, record: &Record) {
        for event in &record.events {
            self.apply_event(event, record.at);
        }
        if let Input::Told(told) = &record.input {
            self.instance.answered(told);
        }
    }

    pub(crate) fn apply_event(&mut self, event: &Event, at: Timestamp) {
        self.at = self.at.max(at);
        if let Some(IntentId(intent)) = event.issues() {
            self.next_intent = self.next_intent.max(intent + 1);
        }
        if let Event::Instance(event) = event {
            self.instance.apply(event, at);
        }
        let catalog = Arc::clone(&self.instance.catalog);
        self.monitor.apply(event, at, &catalog);
        self.change.apply(event, at, &catalog);
        self.respond.apply(event, at, &catalog);
        self.improve.apply(event, at, &catalog);
    }

    /// What the world is still owed: every intent without an outcome. While automation is halted nothing is carried
    /// out; while a copied journal is halted nobody is told anything either.
    pub fn owed(&self, now: Timestamp) -> Vec<Owed> {
        // What is to be sent in shadow mode is withheld when it is decided; a step that was under way when the mode
        // changed goes no further.
        if self.catalog().instance.is_shadow() {
            return Vec::new();
        }
        let mut owed = self.respond.owed(now);
        owed.extend(self.change.owed());
        if let Some(halt) = &self.instance.halt {
            owed.retain(|owed| match &owed.effect {
                Effect::Deliver(_) | Effect::Notify(_) => !halt.stops_paging(),
                Effect::Carry(order) => order.run.is_none() && !halt.stops_paging(),
                Effect::LookUp(_) => !halt.stops_paging(),
            });
        }
        owed
    }

    /// The earliest time at which a timer is due.
    pub fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let respond = self.respond.next_deadline(now, &self.instance.catalog);
        [respond, self.monitor.next_deadline(), self.change.next_deadline(), self.improve.next_deadline()]
            .into_iter()
            .flatten()
            .min()
    }
}
