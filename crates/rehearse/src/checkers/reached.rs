//! Every page is taken by a provider, goes on over another channel or to the next step of the escalation, or is no
//! longer needed: none is left lying.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use andon_vocabulary::{
    Delivery, Event, IncidentId, IntentId, NoticeKind, NoticeNext, RespondEvent, Timestamp,
};

use crate::play::Play;

/// The end of a play is quiet: whatever was owed for longer was to arrive.
const ARRIVES_WITHIN: Duration = Duration::from_secs(300);

pub fn check(play: &Play) -> Vec<String> {
    let mut owed: BTreeMap<IntentId, (Timestamp, Delivery)> = BTreeMap::new();
    let mut went_on: BTreeSet<IncidentId> = BTreeSet::new();
    let mut gave_up: BTreeMap<IncidentId, String> = BTreeMap::new();
    for record in super::durable::records(play) {
        for event in &record.events {
            let Event::Respond(event) = event else { continue };
            match event {
                RespondEvent::NoticeOwed { intent, delivery, .. } if delivery.kind == NoticeKind::Page => {
                    owed.insert(*intent, (record.at, delivery.clone()));
                }
                RespondEvent::NoticeFailed { intent, next: NoticeNext::GiveUp, incident, .. } => {
                    let given_up = owed.remove(intent);
                    if let (Some((at, delivery)), Some(incident)) = (given_up, incident) {
                        gave_up.insert(*incident, format!("{at}: {} could not be paged", delivery.person));
                    }
                }
                RespondEvent::NoticeFailed { intent, next: NoticeNext::NextChannel { .. }, .. } => {
                    owed.remove(intent);
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
    let mut violations: Vec<String> =
        lying.map(|(at, delivery)| format!("{at}: the page to {} never arrived", delivery.person)).collect();
    violations.extend(
        gave_up.into_iter().filter(|(incident, _)| !went_on.contains(incident)).map(|(_, words)| words),
    );
    violations
}
