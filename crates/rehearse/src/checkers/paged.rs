//! Every incident that pages is acknowledged, over, or on its way to somebody.

use andon_respond::{Phase, Progress};
use andon_vocabulary::{Event, NoticeKind, RespondEvent, Urgency};

use crate::play::Play;

pub fn check(play: &Play) -> Vec<String> {
    let (mut violations, records) = (Vec::new(), super::durable::records(play));
    for incident in play.state.respond.incidents.open.values() {
        let urgent = incident.active_alerts().any(|(_, alert)| alert.urgency == Urgency::Page);
        if incident.phase != Phase::Open || !urgent {
            continue;
        }
        // By the journal: what was owed when Andon died is owed all the same.
        let told = records.iter().flat_map(|record| &record.events).any(|event| {
            matches!(event, Event::Respond(RespondEvent::NoticeOwed { delivery, .. })
                if delivery.incident == Some(incident.id) && delivery.kind == NoticeKind::Page)
        });
        if !told || incident.escalation == Progress::Quiet {
            violations
                .push(format!("{} {} is open and nobody was ever paged for it", incident.id, incident.title));
        }
    }
    violations
}
