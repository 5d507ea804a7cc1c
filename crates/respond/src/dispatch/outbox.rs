//! What receivers are owed: each notification until a provider took it, with pauses that grow, or until a newer one
//! takes its place.
//!
//! Of what waits for one integration only so much is offered at a time: one that hangs keeps no other waiting, and a
//! flood of groups costs nothing but its own time.

use std::sync::Arc;
use std::time::Duration;

use andon_definitions::Context;
use andon_vocabulary::{
    Effect, Event, IntentId, Name, NotificationNext, NotificationOwed, NotificationReason, Notify, Outcome,
    Owed, RespondEvent, Timestamp,
};
use imbl::{OrdMap, OrdSet};

use super::alert::Member;
use super::group::GroupNo;

/// Notifications that travel to one integration at the same time.
const TRAVEL_MAX: usize = 32;
/// The longest pause between two attempts.
const RETRY_WAIT_MAX: Duration = Duration::from_secs(60);

/// No more of what a provider asks for is waited.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(600);

/// A notification that nobody has taken yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Owing {
    pub notify: Notify,
    pub reason: NotificationReason,
    /// As they were when it was decided.
    pub firing: Vec<Arc<Member>>,
    pub resolved: Vec<Arc<Member>>,
    pub attempt: u32,
    /// Since when, or from when on, this attempt travels.
    pub attempt_at: Timestamp,
    pub last_error: Option<String>,
    pub(super) no: GroupNo,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outbox {
    owed: OrdMap<IntentId, Arc<Owing>>,
    queues: OrdMap<(Name, u32), OrdSet<(Timestamp, IntentId)>>,
}

impl Outbox {
    pub fn get(&self, intent: IntentId) -> Option<&Owing> {
        self.owed.get(&intent).map(|owing| &**owing)
    }

    /// In the order in which they were decided.
    pub fn all(&self) -> impl Iterator<Item = (IntentId, &Owing)> {
        self.owed.iter().map(|(intent, owing)| (*intent, &**owing))
    }

    pub(super) fn on_outcome(
        &self,
        intent: IntentId,
        attempt: u32,
        outcome: &Outcome,
        cx: &Context,
    ) -> Option<Event> {
        let owing = self.get(intent)?;
        let Notify { receiver, integration, .. } = owing.notify.clone();
        let event = match outcome {
            Outcome::Delivered { receipt } => {
                RespondEvent::NotificationSent { intent, receiver, integration, receipt: receipt.clone() }
            }
            // An answer to an attempt that is no longer the current one tells nothing new.
            Outcome::NotDelivered { error, lasting, retry_after_s } if attempt == owing.attempt => {
                let error = error.clone();
                let attempt = attempt + 1;
                let asked = Duration::from_secs(retry_after_s.unwrap_or(0)).min(RETRY_AFTER_MAX);
                let next = match lasting {
                    true => NotificationNext::GiveUp,
                    false => NotificationNext::Retry { at: cx.now + pause(attempt).max(asked), attempt },
                };
                RespondEvent::NotificationFailed { intent, receiver, integration, error, next }
            }
            _ => return None,
        };
        Some(event.into())
    }

    pub(super) fn put(
        &mut self,
        owed: &NotificationOwed,
        no: GroupNo,
        firing: Vec<Arc<Member>>,
        resolved: Vec<Arc<Member>>,
        at: Timestamp,
    ) {
        let notify = Notify {
            key: owed.key.as_str().into(),
            receiver: owed.receiver.clone(),
            integration: owed.integration,
        };
        let owing = Owing {
            notify,
            reason: owed.reason,
            firing,
            resolved,
            attempt: 1,
            attempt_at: at,
            last_error: None,
            no,
        };
        self.insert(owed.intent, owing);
    }

    pub(super) fn retry(&mut self, intent: IntentId, at: Timestamp, attempt: u32, error: &str) {
        if let Some(owing) = self.take(intent) {
            let last_error = Some(error.to_owned());
            self.insert(intent, Owing { attempt, attempt_at: at, last_error, ..(*owing).clone() });
        }
    }

    fn insert(&mut self, intent: IntentId, owing: Owing) {
        let queue = self.queues.entry((owing.notify.receiver.clone(), owing.notify.integration)).or_default();
        queue.insert((owing.attempt_at, intent));
        self.owed.insert(intent, Arc::new(owing));
    }

    pub(super) fn take(&mut self, intent: IntentId) -> Option<Arc<Owing>> {
        let owing = self.owed.remove(&intent)?;
        let line = (owing.notify.receiver.clone(), owing.notify.integration);
        if let Some(queue) = self.queues.get_mut(&line) {
            queue.remove(&(owing.attempt_at, intent));
            if queue.is_empty() {
                self.queues.remove(&line);
            }
        }
        Some(owing)
    }

    /// What may travel now, the longest waiting of each integration first.
    pub(super) fn owed(&self, now: Timestamp) -> impl Iterator<Item = Owed> + '_ {
        let due = self
            .queues
            .values()
            .flat_map(move |queue| queue.iter().take_while(move |(at, _)| *at <= now).take(TRAVEL_MAX));
        due.map(|(_, intent)| {
            let owing = &self.owed[intent];
            let effect = Effect::Notify(owing.notify.clone());
            Owed { intent: *intent, attempt: owing.attempt, effect }
        })
    }

    /// When the next pause ends.
    pub(super) fn next_deadline(&self, after: Timestamp) -> Option<Timestamp> {
        let later = (after + Duration::from_millis(1), IntentId(0));
        let next = self.queues.values().filter_map(|queue| queue.range(later..).next());
        next.map(|(at, _)| *at).min()
    }
}

/// 2 s, 4 s, 8 s … up to a minute.
fn pause(attempt: u32) -> Duration {
    Duration::from_secs(1 << attempt.saturating_sub(1).min(6)).min(RETRY_WAIT_MAX)
}
