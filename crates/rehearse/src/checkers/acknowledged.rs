//! While an acknowledgement lives, the escalation goes no further.

use std::collections::BTreeMap;

use andon_vocabulary::{Event, IncidentId, PageReason, RespondEvent, Timestamp};

use crate::play::Play;

pub fn check(play: &Play) -> Vec<String> {
    let mut until: BTreeMap<IncidentId, Timestamp> = BTreeMap::new();
    let mut violations = Vec::new();
    for record in super::durable::records(play) {
        for event in &record.events {
            let Event::Respond(event) = event else { continue };
            match event {
                RespondEvent::Acknowledged { incident, expires, .. }
                | RespondEvent::AckExtended { incident, expires } => {
                    until.insert(*incident, *expires);
                }
                RespondEvent::AckLapsed { incident, .. }
                | RespondEvent::IncidentResolved { incident, .. }
                | RespondEvent::IncidentReopened { incident, .. }
                | RespondEvent::IncidentClosed { incident } => {
                    until.remove(incident);
                }
                // Asking further for an approval that nobody gave is another matter than who has the incident.
                RespondEvent::Escalated { why: PageReason::ApprovalExpired, .. } => {}
                // What was acknowledged as a ticket is told of once more when it is worth a page: nobody has it then.
                RespondEvent::Escalated { incident, why: PageReason::Raised, .. } => {
                    until.remove(incident);
                }
                RespondEvent::Escalated { incident, step, .. } => {
                    if let Some(expires) = until.get(incident).filter(|expires| record.at < **expires) {
                        violations.push(format!(
                            "{}: {incident} goes to step {} and is acknowledged until {expires}",
                            record.at,
                            step + 1
                        ));
                    }
                }
                _ => {}
            }
        }
    }
    violations
}
