//! States as chips: a colour, and always a word.

use andon_monitor::Phase as AlertPhase;
use andon_respond::{AlertPhase as JoinedPhase, Incident, Phase};
use maud::{Markup, html};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Bad,
    Warn,
    Good,
    Plain,
}

pub fn chip(tone: Tone, word: &str) -> Markup {
    let class = match tone {
        Tone::Bad => "chip bad",
        Tone::Warn => "chip warn",
        Tone::Good => "chip good",
        Tone::Plain => "chip",
    };
    html! { span class=(class) { (word) } }
}

pub fn severity(severity: u8) -> Markup {
    let tone = if severity <= 2 { Tone::Bad } else { Tone::Warn };
    chip(tone, &format!("SEV{severity}"))
}

pub fn incident(incident: &Incident) -> Markup {
    match incident.phase {
        Phase::Open => chip(Tone::Bad, "open"),
        Phase::Acknowledged { .. } => chip(Tone::Warn, "acknowledged"),
        Phase::Resolved { .. } => chip(Tone::Good, "resolved"),
    }
}

pub fn alert(phase: &AlertPhase) -> Markup {
    match phase {
        AlertPhase::Pending { .. } => chip(Tone::Warn, "pending"),
        AlertPhase::Firing { .. } => chip(Tone::Bad, "firing"),
        AlertPhase::Lost { .. } => chip(Tone::Warn, "lost"),
    }
}

pub fn joined(phase: JoinedPhase) -> Markup {
    match phase {
        JoinedPhase::Firing => chip(Tone::Bad, "firing"),
        JoinedPhase::Lost => chip(Tone::Warn, "lost"),
        JoinedPhase::Resolved => chip(Tone::Good, "resolved"),
    }
}

/// The words of [`andon_api::steps`] and [`andon_api::phase_words`].
pub fn step(state: &str) -> Markup {
    let tone = match state {
        "done" | "approved" | "verified" => Tone::Good,
        "failed" | "did not help" | "outcome unknown" => Tone::Bad,
        "halted" | "needs approval" | "needs an answer" | "verifying" | "taking back" | "at work"
        | "rolled back" | "stopped" | "expired" | "aborted" | "rejected" => Tone::Warn,
        _ => Tone::Plain,
    };
    chip(tone, state)
}
