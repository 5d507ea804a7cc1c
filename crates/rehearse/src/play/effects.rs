//! What Andon owes the world, carried out in the model.

use std::time::Duration;

use andon_definitions::scenario::{Reply, When};
use andon_vocabulary::{
    Answer, Delivery, Effect, Input, IntentId, LookUp, NoticeKind, Notify, Order, OrderResult, Outcome, Owed,
};

use super::faults::Fault;
use super::{Happening, Play, Sabotage, SeenWhat};
use crate::people::Deed;
use crate::platform;

/// How long a provider takes to accept a message in the model.
const DELIVERY_TAKES: Duration = Duration::from_millis(200);
/// How long a target takes to answer whether something happened.
const LOOKUP_TAKES: Duration = Duration::from_millis(500);

fn refused() -> Outcome {
    Outcome::NotDelivered { error: "it refuses this".to_owned(), lasting: true, retry_after_s: None }
}

impl Play<'_> {
    /// Whatever the state owes and this life has not sent yet.
    pub(super) fn dispatch(&mut self) {
        while !self.down {
            let now = self.andon_now();
            let dispatched = &self.dispatched;
            let sort = |owed: &Owed| match owed.effect {
                Effect::Deliver(_) => "deliver",
                Effect::Notify(_) => "notify",
                Effect::Carry(_) => "carry",
                Effect::LookUp(_) => "look up",
            };
            let mut owed = self.state.owed(now).into_iter();
            let Some(next) = owed.find(|o| !dispatched.contains(&(o.intent, o.attempt, sort(o)))) else {
                return;
            };
            let sort = sort(&next);
            let forgets = self.sabotage == Sabotage::ForgetWhatWasSent && self.seed.chance(0.5);
            if forgets && matches!(&next.effect, Effect::Carry(_)) {
                self.carry_again(&next);
            }
            self.dispatched.insert((next.intent, next.attempt, sort));
            match next.effect {
                Effect::Deliver(delivery) => self.deliver(next.intent, next.attempt, delivery),
                Effect::Notify(notify) => self.notify(next.intent, next.attempt, notify),
                Effect::Carry(order) => self.carry(*order, next.attempt),
                Effect::LookUp(look_up) => self.look_up(next.intent, *look_up, next.attempt),
            }
        }
    }

    pub(super) fn carry_again(&mut self, owed: &Owed) {
        if let Effect::Carry(order) = &owed.effect {
            self.carry((**order).clone(), owed.attempt);
        }
    }

    pub(super) fn deliver(&mut self, intent: IntentId, attempt: u32, delivery: Delivery) {
        if self.sabotage == Sabotage::SwallowPages && delivery.kind == NoticeKind::Page {
            return;
        }
        let fault = self.faults.of_channel(&delivery.channel);
        let outcome = if fault.refuses {
            refused()
        } else if fault.is_down(self.now) || self.seed.chance(fault.lost) {
            Outcome::NotDelivered {
                error: "the channel lost it".to_owned(),
                lasting: false,
                retry_after_s: None,
            }
        } else {
            Outcome::Delivered { receipt: format!("{} took it", delivery.channel) }
        };
        self.see(SeenWhat::Tried(delivery));
        self.answers(&fault, DELIVERY_TAKES + fault.late, intent, attempt, outcome);
    }

    fn notify(&mut self, intent: IntentId, attempt: u32, notify: Notify) {
        let fault = self.faults.of_receiver(&notify.receiver);
        let lost = self.receivers.lost.max(fault.lost);
        let is_down = self.receivers.down.as_ref().is_some_and(|down| down.contains(&self.now));
        let outcome = if fault.refuses {
            refused()
        } else if is_down || fault.is_down(self.now) || self.seed.chance(lost) {
            Outcome::NotDelivered {
                error: "the receiver does not answer".to_owned(),
                lasting: false,
                retry_after_s: None,
            }
        } else {
            Outcome::Delivered { receipt: "200 OK".to_owned() }
        };
        self.see(SeenWhat::Notified(intent, notify));
        let late = self.receivers.late_ms;
        let takes = DELIVERY_TAKES + Duration::from_millis(if late > 0 { self.seed.below(late) } else { 0 });
        self.answers(&fault, takes + fault.late, intent, attempt, outcome);
    }

    /// What a provider answers, once or twice.
    fn answers(&mut self, fault: &Fault, takes: Duration, intent: IntentId, attempt: u32, outcome: Outcome) {
        if fault.twice {
            self.answer(takes * 2, intent, attempt, outcome.clone());
        }
        self.answer(takes, intent, attempt, outcome);
    }

    pub(super) fn carry(&mut self, order: Order, attempt: u32) {
        if self.seed.chance(self.stalls) {
            let (life, stall) = (self.life, Duration::from_millis(self.seed.below(30_000)));
            self.agenda.put(self.now + stall, Happening::Dispatch { life, order, attempt });
        } else {
            self.send(order, attempt);
        }
    }

    pub(super) fn send(&mut self, order: Order, attempt: u32) {
        if order.not_after < self.andon_now() && self.sabotage != Sabotage::SendLate {
            let why = "its time had passed before it was sent".to_owned();
            self.answer(
                Duration::ZERO,
                order.intent,
                attempt,
                Outcome::Carried(OrderResult::Refused { why }),
            );
            return;
        }
        self.see(SeenWhat::Sent(order.clone()));
        let deed = Deed::Sent { run: order.run, step: order.step.clone() };
        let life = self.life;
        self.agenda.put(self.now + platform::CHANGE_TAKES, Happening::Carried { life, order, attempt });
        self.react(&deed);
    }

    /// The change takes place in the world, whether or not anybody is left to hear of it.
    pub(super) fn carried(&mut self, life: u64, order: &Order, attempt: u32) {
        let reply = self.reply_to(|when| matches!(when, When::Sent(sent) if sent.sent == *order.step));
        let result = match reply {
            Some(Reply::Failed(error)) => Some(OrderResult::Failed { error }),
            Some(Reply::Lost(true)) => None,
            Some(Reply::Done(false)) => Some(OrderResult::Failed { error: "it did not happen".to_owned() }),
            Some(Reply::Status(status)) if status >= 400 => {
                Some(OrderResult::Failed { error: format!("answered {status}") })
            }
            Some(_) => Some(OrderResult::Done { detail: "as the scenario says".to_owned() }),
            None => self.platform.carry(order).or_else(|| {
                let step = &order.step;
                self.unscripted.push(format!("step {step} ({}) has no reply in the scenario", order.action));
                Some(OrderResult::Failed { error: "the scenario does not say what it answers".to_owned() })
            }),
        };
        for status in self.platform.services.clone().into_values() {
            self.happen(Happening::Platform(status));
        }
        if let (Some(result), true) = (result, life == self.life && !self.down) {
            let outcome = Outcome::Carried(result);
            self.turn(Input::Outcome { intent: order.intent, attempt, outcome });
        }
    }

    pub(super) fn look_up(&mut self, intent: IntentId, look_up: LookUp, attempt: u32) {
        let order = look_up.order;
        let reply =
            self.reply_to(|when| matches!(when, When::Lookup(lookup) if lookup.lookup == *order.step));
        let evidence = || "as the scenario says".to_owned();
        let answer = match reply {
            Some(Reply::Done(true)) | Some(Reply::Status(200..=299)) => {
                Answer::Happened { evidence: evidence() }
            }
            Some(Reply::Done(false)) | Some(Reply::Status(404)) => {
                Answer::DidNotHappen { evidence: evidence() }
            }
            Some(_) => Answer::CannotTell { why: evidence() },
            None => self.platform.look_up(&order),
        };
        self.react(&Deed::LookedUp { step: order.step.clone() });
        self.answer(LOOKUP_TAKES, intent, attempt, Outcome::LookedUp(answer));
    }

    pub(super) fn answer(&mut self, takes: Duration, intent: IntentId, attempt: u32, outcome: Outcome) {
        let life = self.life;
        if self.seed.chance(self.duplicates) {
            let outcome = outcome.clone();
            self.agenda.put(self.now + takes * 3, Happening::Outcome { life, intent, attempt, outcome });
        }
        self.agenda.put(self.now + takes, Happening::Outcome { life, intent, attempt, outcome });
    }
}
