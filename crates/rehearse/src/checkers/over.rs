//! No page of what fires leaves after the moment from which nothing of its incident is worth one: it is over, silenced,
//! or explained by something else, whatever tickets remain.

use std::collections::{BTreeMap, BTreeSet};

use andon_vocabulary::{
    Event, IncidentId, IntentId, NoticeKind, NoticeNext, PageReason, RespondEvent, Timestamp,
};

use super::course::{Happened, course};
use super::standing::Standings;
use crate::play::Play;

/// Which notices are pages of what fires, and go on as such over other channels.
#[derive(Default)]
struct Pages {
    following: BTreeSet<IntentId>,
    keys: BTreeMap<String, IncidentId>,
    /// Those whose escalation goes on for an approval that nobody gave.
    asked_further: BTreeSet<IncidentId>,
}

impl Pages {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::Respond(RespondEvent::Escalated {
                incident, why: PageReason::ApprovalExpired, ..
            }) => {
                self.asked_further.insert(*incident);
            }
            Event::Respond(
                RespondEvent::Escalated { incident, step: 0, round: 0, .. }
                | RespondEvent::Acknowledged { incident, .. }
                | RespondEvent::IncidentResolved { incident, .. },
            ) => {
                self.asked_further.remove(incident);
            }
            Event::Respond(RespondEvent::NoticeOwed { intent, delivery, why })
                if delivery.kind == NoticeKind::Page && delivery.run.is_none() =>
            {
                let is_of_alerts = match why {
                    PageReason::RunRefused | PageReason::ApprovalExpired => false,
                    PageReason::ChannelFailed { .. } => self.following.contains(intent),
                    _ => true,
                };
                let incident =
                    delivery.incident.filter(|id| is_of_alerts && !self.asked_further.contains(id));
                if let Some(incident) = incident {
                    self.keys.insert(delivery.key.clone(), incident);
                }
            }
            _ => {}
        }
    }
}

pub fn check(play: &Play) -> Vec<String> {
    let mut violations = Vec::new();
    let (mut pages, mut standings) = (Pages::default(), Standings::default());
    let mut of_intent: BTreeMap<IntentId, String> = BTreeMap::new();
    let mut over_since: BTreeMap<IncidentId, Timestamp> = BTreeMap::new();
    for (now, happened) in course(play) {
        match happened {
            Happened::Record(record) => {
                for event in &record.events {
                    standings.hear(event);
                    if let Event::Respond(RespondEvent::NoticeOwed { intent, delivery, .. }) = event {
                        of_intent.insert(*intent, delivery.key.clone());
                    }
                    if let Event::Respond(RespondEvent::NoticeFailed {
                        intent,
                        next: NoticeNext::NextChannel { follows: Some(follows), .. },
                        ..
                    }) = event
                        && of_intent.get(intent).is_some_and(|key| pages.keys.contains_key(key))
                    {
                        pages.following.insert(*follows);
                    }
                    pages.hear(event);
                }
                over_since.retain(|incident, _| standings.is_over(*incident));
                for incident in standings.incidents.keys().filter(|incident| standings.is_over(**incident)) {
                    over_since.entry(*incident).or_insert(now);
                }
            }
            Happened::Tried(delivery) => {
                let since =
                    pages.keys.get(&delivery.key).and_then(|incident| over_since.get_key_value(incident));
                if let Some((incident, since)) = since.filter(|(_, since)| **since < now) {
                    violations.push(format!(
                        "{now}: {} is paged over {} for {incident}, of which nothing is worth a page since {since}",
                        delivery.person, delivery.channel
                    ));
                    // Once is said of each.
                    pages.keys.remove(&delivery.key);
                }
            }
            Happened::Back => {}
        }
    }
    violations
}
