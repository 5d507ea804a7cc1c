//! Orders and changes in the words of the person who decides about them.

use andon_change::Phase;
use andon_vocabulary::{Action, What};
use maud::Markup;

use crate::chips::{Tone, chip};

/// What a button says: `Roll back checkout v42 → v41`. Runbooks run another version only to go back.
pub fn imperative(action: &Action) -> String {
    match action {
        Action::Run { service, from, version } => format!("Roll back {service} {from} → {version}"),
        Action::Scale { service, from, to } => format!("Scale {service} {from} → {to}"),
        Action::Restart { service, instances } if instances.is_empty() => {
            format!("Restart {service}, every instance")
        }
        Action::Restart { instances, .. } => format!("Restart {}", instances.join(", ")),
        Action::Http { method, url, .. } => format!("Send {method} {url}"),
        Action::Process { argv, .. } => format!("Run {}", argv.first().map_or("a program", String::as_str)),
        Action::Fault { service, fault, on, .. } => {
            format!("Switch {fault} of {service} {}", if *on { "on" } else { "off" })
        }
    }
}

pub fn target(action: &Action) -> String {
    match action {
        Action::Run { service, .. } | Action::Scale { service, .. } | Action::Fault { service, .. } => {
            format!("{service}, every instance")
        }
        Action::Restart { service, instances } if instances.is_empty() => {
            format!("{service}, every instance")
        }
        Action::Restart { instances, .. } => instances.join(", "),
        Action::Http { url, .. } => url.clone(),
        Action::Process { .. } => "this machine".to_owned(),
    }
}

/// `deploy v41 → v42`.
pub fn change(what: &What) -> String {
    let from = |from: &Option<andon_vocabulary::Name>| {
        from.as_ref().map_or_else(String::new, |from| format!("{from} → "))
    };
    match what {
        What::Deploy { version, from: before, .. } => format!("deploy {}{version}", from(before)),
        What::RollBack { version, from: before, .. } => format!("roll-back {}{version}", from(before)),
        What::Fault { fault, on, .. } => format!("fault {fault} {}", if *on { "on" } else { "off" }),
    }
}

pub fn change_state(phase: &Phase) -> Markup {
    match phase {
        Phase::Carrying { .. } => chip(Tone::Warn, "under way"),
        Phase::Unknown { .. } | Phase::Looking { .. } => chip(Tone::Warn, "outcome unknown"),
        Phase::Undecided { .. } => chip(Tone::Bad, "undecided"),
        Phase::Done { .. } => chip(Tone::Good, "done"),
        Phase::Failed { .. } => chip(Tone::Bad, "failed"),
    }
}
