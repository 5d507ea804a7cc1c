//! What becomes of an order: carried out, unknown, looked up.

use std::time::Duration;

use andon_definitions::Context;
use andon_vocabulary::{Answer, ChangeEvent, ChangeId, IntentId, Order, OrderResult, Outcome, Timestamp};

use crate::{Change, Phase, State};

/// A look-up without an answer for this long could not tell.
pub(crate) const LOOK_MAX: Duration = Duration::from_secs(60);

impl State {
    /// An outcome of what was asked. Repeated and foreign outcomes bring nothing; a late one is evidence.
    pub(crate) fn outcome(&self, intent: IntentId, outcome: &Outcome, now: Timestamp) -> Vec<ChangeEvent> {
        match outcome {
            Outcome::Carried(result) => self.carried(intent, result, now),
            Outcome::LookedUp(answer) => self.looked_up(intent, answer),
            _ => Vec::new(),
        }
    }

    fn carried(&self, intent: IntentId, result: &OrderResult, now: Timestamp) -> Vec<ChangeEvent> {
        let ordered = |change: &Change| change.phase.order().is_some_and(|order| order.intent == intent);
        let Some((id, change)) = self.changes.iter().find(|(_, change)| ordered(change)) else {
            return Vec::new();
        };
        match (result, &change.phase) {
            (OrderResult::Unknown { why }, Phase::Carrying { order }) => {
                vec![unknown(*id, order, why.clone(), now)]
            }
            // It is unknown already.
            (OrderResult::Unknown { .. }, _) => Vec::new(),
            _ => vec![ChangeEvent::ChangeCarried { change: *id, intent, result: result.clone() }],
        }
    }

    fn looked_up(&self, intent: IntentId, answer: &Answer) -> Vec<ChangeEvent> {
        let Some(change) = self.asked.get(&intent) else {
            return Vec::new();
        };
        match self.changes.get(change).map(|change| &change.phase) {
            Some(Phase::Looking { intent: asked, .. }) if *asked == intent => {
                vec![ChangeEvent::ChangeLookedUp { change: *change, intent, answer: answer.clone() }]
            }
            _ => Vec::new(),
        }
    }

    /// A driver has begun: whatever an earlier one asked of the hands, nobody will hear the answer.
    pub(crate) fn started(&self, now: Timestamp) -> Vec<ChangeEvent> {
        let why = "Andon stopped before it heard the answer";
        let asked = |(id, change): (&ChangeId, &Change)| match &change.phase {
            Phase::Carrying { order } | Phase::Looking { order, .. } => {
                Some(unknown(*id, order, why.to_owned(), now))
            }
            _ => None,
        };
        self.changes.iter().filter_map(asked).collect()
    }

    /// What the passing of time brings. Looking up is automation and waits for the end of a halt.
    pub(crate) fn due(&self, cx: &Context) -> Vec<ChangeEvent> {
        let mut intent = cx.next_intent;
        let mut events = Vec::new();
        for (_, id) in self.timers.iter().take_while(|(at, _)| *at <= cx.now) {
            match self.changes.get(id).map(|change| &change.phase) {
                Some(Phase::Carrying { order }) => {
                    events.push(unknown(*id, order, "no answer came in time".to_owned(), cx.now));
                }
                Some(Phase::Unknown { .. }) if !cx.halted => {
                    events.push(ChangeEvent::ChangeLookup { change: *id, intent: IntentId(intent) });
                    intent += 1;
                }
                Some(Phase::Looking { intent, .. }) => events.push(ChangeEvent::ChangeLookedUp {
                    change: *id,
                    intent: *intent,
                    answer: Answer::CannotTell { why: "no answer came in time".to_owned() },
                }),
                _ => {}
            }
        }
        events
    }
}

impl Phase {
    /// What was asked of the hands, as long as it is not known how it ended.
    pub fn order(&self) -> Option<&Order> {
        match self {
            Phase::Carrying { order } | Phase::Unknown { order, .. } | Phase::Looking { order, .. } => {
                Some(order)
            }
            _ => None,
        }
    }

    /// When it has to be looked at again.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        match self {
            Phase::Carrying { order } => Some(over(order)),
            Phase::Unknown { look_after, .. } => Some(*look_after),
            Phase::Looking { until, .. } => Some(*until),
            Phase::Undecided { .. } | Phase::Done { .. } | Phase::Failed { .. } => None,
        }
    }

    /// What the hands have been asked and have not answered.
    pub(crate) fn asked(&self) -> Option<IntentId> {
        match self {
            Phase::Carrying { order } => Some(order.intent),
            Phase::Looking { intent, .. } => Some(*intent),
            _ => None,
        }
    }
}

/// When an order that was sent at the last moment has surely been answered or given up.
fn over(order: &Order) -> Timestamp {
    order.not_after + order.timeout
}

fn unknown(change: ChangeId, order: &Order, why: String, now: Timestamp) -> ChangeEvent {
    ChangeEvent::ChangeUnknown { change, intent: order.intent, why, look_after: over(order).max(now) }
}
