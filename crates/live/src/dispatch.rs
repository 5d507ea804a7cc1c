//! Hands out what the state owes the world: each attempt once in the life of this process.
//!
//! What is handed out but never heard of again is owed by the next process, whose state says what may follow.

mod lanes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use andon_cycle::State;
use andon_definitions::instance::Instance;
use andon_vocabulary::{Delivery, Effect, Input, IntentId, Notify, Outcome, Owed};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::accounts::Book;
use crate::deliver::{Desk, Owing};
use crate::halt::Halt;
use crate::hands::Errand;
use crate::notify::Notifier;
use crate::queue::Queue;
use lanes::Lanes;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Deliver,
    Notify,
    Carry,
    LookUp,
}

type Key = (IntentId, u32, Kind);

#[derive(Debug)]
pub struct Dispatch {
    pub desk: Arc<Desk>,
    pub accounts: Arc<Book>,
    pub notifier: Arc<Notifier>,
    pub hands: mpsc::UnboundedSender<Errand>,
    pub halt: Halt,
    pub queue: Queue,
    pub runtime: Handle,
    /// And whether its outcome has come in. Until then it is remembered whatever the state says: a halt hides what
    /// is owed, and the release must not hand it out a second time.
    handed_out: BTreeMap<Key, bool>,
    lanes: Lanes,
}

impl Dispatch {
    pub fn new(
        desk: Arc<Desk>,
        accounts: Arc<Book>,
        notifier: Arc<Notifier>,
        hands: mpsc::UnboundedSender<Errand>,
        halt: Halt,
        queue: Queue,
        runtime: Handle,
    ) -> Dispatch {
        Dispatch {
            desk,
            accounts,
            notifier,
            hands,
            halt,
            queue,
            runtime,
            handed_out: BTreeMap::new(),
            lanes: Lanes::default(),
        }
    }

    /// `owed` is everything that `state` owes at this moment, and all of it is durable.
    pub fn hand_out(&mut self, owed: Vec<Owed>, state: &State) {
        let keys: BTreeSet<Key> = owed.iter().map(key).collect();
        self.handed_out.retain(|key, heard| !*heard || keys.contains(key));
        // What has not left can be owed again, say after a halt.
        for withdrawn in self.lanes.withdraw(&keys) {
            self.handed_out.remove(&withdrawn);
        }
        for owed in owed {
            let key = key(&owed);
            if self.handed_out.contains_key(&key) || self.held_back(&owed.effect) {
                continue;
            }
            self.handed_out.insert(key, false);
            self.send(owed, state);
        }
    }

    /// An outcome came in.
    pub fn heard(&mut self, intent: IntentId, attempt: u32, outcome: &Outcome) {
        let kinds = match outcome {
            Outcome::Delivered { .. } | Outcome::NotDelivered { .. } => &[Kind::Deliver, Kind::Notify][..],
            Outcome::Carried(_) => &[Kind::Carry],
            Outcome::LookedUp(_) => &[Kind::LookUp],
        };
        for kind in kinds {
            if let Some(heard) = self.handed_out.get_mut(&(intent, attempt, *kind)) {
                *heard = true;
            }
        }
    }

    /// The file is looked at here, at the last moment: it may be newer than anything that the loop knows. What a
    /// person commands directly is no automation.
    fn held_back(&self, effect: &Effect) -> bool {
        matches!(effect, Effect::Carry(order) if order.run.is_some()) && self.halt.stands()
    }

    fn send(&mut self, owed: Owed, state: &State) {
        let Owed { intent, attempt, effect } = owed;
        match effect {
            Effect::Deliver(delivery) => self.deliver(intent, attempt, delivery, state),
            Effect::Notify(notify) => self.notify(intent, attempt, notify, state),
            Effect::Carry(order) => self.order(Errand::Carry { intent, attempt, order }),
            Effect::LookUp(look_up) => self.order(Errand::LookUp { intent, attempt, look_up }),
        }
    }

    fn order(&self, errand: Errand) {
        // They are gone only when this process ends, and then the order is owed by the next one.
        if self.hands.send(errand).is_err() {
            tracing::warn!("the hands have left; an order waits for the next start");
        }
    }

    fn deliver(&mut self, intent: IntentId, attempt: u32, delivery: Delivery, state: &State) {
        let (desk, queue) = (self.desk.clone(), self.queue.clone());
        let place = self.lanes.queue(&delivery.channel, (intent, attempt, Kind::Deliver));
        let catalog = Arc::clone(state.catalog());
        let (preview, now) = (state.respond.asked(&delivery), state.at);
        let url = state.respond.url(&catalog.instance);
        let can_answer = self.can_answer(&delivery.person, &catalog.instance);
        let restarted = state.respond.notices.may_have_left(intent);
        let owing = Owing { intent, attempt, restarted, delivery, preview, can_answer, url, now };
        self.runtime.spawn(async move {
            let Some(_travels) = place.turn().await else { return };
            let outcome = desk.deliver(&owing, &catalog.instance).await;
            queue.input(Input::Outcome { intent, attempt, outcome }).await;
        });
    }

    /// As the doors for answers will ask: whoever gets an account later is told so at the next attempt.
    fn can_answer(&self, person: &str, instance: &Instance) -> bool {
        instance.identity.is_none() || self.accounts.read().enabled(person).is_some()
    }

    /// How many travel to an integration at once is in what the state owes: one that hangs holds up no other.
    fn notify(&self, intent: IntentId, attempt: u32, notify: Notify, state: &State) {
        let (notifier, queue, state) = (self.notifier.clone(), self.queue.clone(), state.clone());
        self.runtime.spawn(async move {
            let now = state.at;
            let outcome = notifier.notify(&state, intent, &notify, now).await;
            queue.input(Input::Outcome { intent, attempt, outcome }).await;
        });
    }
}

fn key(owed: &Owed) -> Key {
    let kind = match &owed.effect {
        Effect::Deliver(_) => Kind::Deliver,
        Effect::Notify(_) => Kind::Notify,
        Effect::Carry(_) => Kind::Carry,
        Effect::LookUp(_) => Kind::LookUp,
    };
    (owed.intent, owed.attempt, kind)
}

#[cfg(test)]
mod tests;
