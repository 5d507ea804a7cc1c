//! Every incident that pages is acknowledged, over, or on its way to somebody.

use andon_respond::{Phase, Progress};
use andon_vocabulary::{Event, NoticeKind, RespondEvent, Urgency};

use crate::play::{Play, SeenWhat};

pub fn check(play: &Play) -> Vec<String> {
    let mut violations = Vec::new();
    for incident in play.state.respond.incidents.open.values() {
        let urgent = incident.active_alerts().any(|(_, alert)| alert.urgency == Urgency::Page);
        if incident.phase != Phase::Open || !urgent {
            continue;
        }
        let told = play.seen.iter().any(|seen| {
            matches!(&seen.what, SeenWhat::Event(Event::Respond(RespondEvent::NoticeOwed { delivery, .. }))
                if delivery.incident == Some(incident.id) && delivery.kind == NoticeKind::Page)
        });
        if !told || incident.escalation == Progress::Quiet {
            violations
                .push(format!("{} {} is open and nobody was ever paged for it", incident.id, incident.title));
        }
    }
    violations
}
