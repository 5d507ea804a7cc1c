//! Every page is taken by a provider, goes on over another channel or to the next step of the escalation, or is no
//! longer needed: none is left lying, and none given up while a channel of that person had failed only for the moment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use andon_vocabulary::{
    Delivery, Event, IncidentId, Input, IntentId, NoticeKind, NoticeNext, Outcome, RespondEvent, Timestamp,
};

use crate::play::Play;

/// The end of a play is quiet: whatever was owed for longer was to arrive.
const ARRIVES_WITHIN: Duration = Duration::from_secs(300);

/// The same told through one channel after another, by the intent it began with; and what each channel said last.
#[derive(Default)]
struct Channels {
    begun: BTreeMap<IntentId, IntentId>,
    refuses: BTreeMap<IntentId, bool>,
}

impl Channels {
    fn began(&self, intent: IntentId) -> IntentId {
        self.begun.get(&intent).copied().unwrap_or(intent)
    }

    fn hear(&mut self, input: &Input) {
        match input {
            Input::Outcome { intent, outcome: Outcome::NotDelivered { lasting, .. }, .. } => {
                self.refuses.insert(*intent, *lasting);
            }
            // What was taken, and then could not be delivered, is not sent there again.
            Input::Reported(reported) => {
                self.refuses.insert(reported.intent, true);
            }
            _ => {}
        }
    }

    fn all_refuse(&self, intent: IntentId) -> bool {
        let began = self.began(intent);
        self.refuses.iter().all(|(other, refuses)| *refuses || self.began(*other) != began)
    }
}

pub fn check(play: &Play) -> Vec<String> {
    let mut channels = Channels::default();
    let mut pages: BTreeMap<IntentId, (Timestamp, Delivery)> = BTreeMap::new();
    let mut violations = Vec::new();
    let mut owed: BTreeMap<IntentId, (Timestamp, Delivery)> = BTreeMap::new();
    let mut went_on: BTreeSet<IncidentId> = BTreeSet::new();
    let mut gave_up: BTreeMap<IncidentId, String> = BTreeMap::new();
    for record in super::durable::records(play) {
        channels.hear(&record.input);
        for event in &record.events {
            let Event::Respond(event) = event else { continue };
            match event {
                RespondEvent::NoticeOwed { intent, delivery, .. } if delivery.kind == NoticeKind::Page => {
                    owed.insert(*intent, (record.at, delivery.clone()));
                    pages.insert(*intent, (record.at, delivery.clone()));
                }
                RespondEvent::NoticeFailed { intent, next: NoticeNext::GiveUp, incident, person, .. } => {
                    if !channels.all_refuse(*intent) {
                        let at = record.at;
                        violations
                            .push(format!("{at}: {person} was given up, and not every channel refuses"));
                    }
                    let given_up = owed.remove(intent);
                    if let (Some((at, delivery)), Some(incident)) = (given_up, incident) {
                        gave_up.insert(*incident, format!("{at}: {} could not be paged", delivery.person));
                    }
                }
                RespondEvent::NoticeFailed {
                    intent, next: NoticeNext::NextChannel { follows, .. }, ..
                } => {
                    owed.remove(intent);
                    let began = channels.began(*intent);
                    channels.begun.extend(follows.map(|follows| (follows, began)));
                }
                RespondEvent::NoticeFailed {
                    intent,
                    next: NoticeNext::EarlierChannel { intent: back, .. },
                    ..
                } => {
                    owed.remove(intent);
                    owed.extend(pages.get(back).map(|page| (*back, page.clone())));
                }
                // Who could not be reached is followed by the next step, or there is none left.
                RespondEvent::Escalated { incident, .. }
                | RespondEvent::EscalationExhausted { incident, .. }
                | RespondEvent::Acknowledged { incident, .. }
                | RespondEvent::IncidentSuppressed { incident }
                | RespondEvent::IncidentResolved { incident, .. } => {
                    went_on.insert(*incident);
                    gave_up.remove(incident);
                }
                event => {
                    if let Some(intent) = event.outcome_of()
                        && !matches!(event, RespondEvent::NoticeFailed { .. })
                    {
                        owed.remove(&intent);
                    }
                }
            }
        }
    }
    let lying = owed.values().filter(|(at, _)| *at + ARRIVES_WITHIN < play.now);
    violations
        .extend(lying.map(|(at, delivery)| format!("{at}: the page to {} never arrived", delivery.person)));
    violations.extend(
        gave_up.into_iter().filter(|(incident, _)| !went_on.contains(incident)).map(|(_, words)| words),
    );
    violations
}
