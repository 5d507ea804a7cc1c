//! This Andon, in words.

use andon_vocabulary::{HaltedBy, InstanceEvent};

use super::access;

pub(super) fn say(event: &InstanceEvent) -> String {
    match event {
        InstanceEvent::Started { term, version, .. } => format!("Andon {version} started, term {term}"),
        InstanceEvent::CatalogChanged { hash, files } => {
            format!("definitions {} in force, {} files", &hash[..hash.len().min(12)], files.len())
        }
        InstanceEvent::CatalogBroken { findings } => {
            format!("definitions on disk have {} findings; the old ones stay in force", findings.len())
        }
        InstanceEvent::Halted { by: HaltedBy::Person(name), reason } => {
            format!("{name} halted all automation: {reason}")
        }
        InstanceEvent::Halted { by: HaltedBy::JournalMoved, reason } => {
            format!("all automation is halted: {reason}")
        }
        InstanceEvent::Released { who, reason } => format!("{} let automation go on: {reason}", who.person),
        InstanceEvent::Access { who, deed } => access::say(who, deed),
        InstanceEvent::GlassBroken { glass, who, reason, until } => {
            format!("{} broke the glass ({glass}) until {until}: {reason}", who.person)
        }
        InstanceEvent::GlassReviewed { glass, who, note } => {
            format!("{} reviewed {glass}: {note}", who.person)
        }
        InstanceEvent::Answered { receipt, .. } => format!("answered: {}", receipt.done),
    }
}
