//! What people did in an outage, and what the world answered, as entries of a scenario's world.

use std::time::Duration;

use andon_definitions::Period;
use andon_vocabulary::{Answer, NoticeKind, PersonAnswer, RespondEvent, Timestamp};

use super::Outage;
use super::scenario::whole;

/// What people did, and what the world answered.
pub fn deeds(outage: &Outage) -> Vec<String> {
    let mut entries = Vec::new();
    for (at, event) in outage.responses() {
        match event {
            RespondEvent::Acknowledged { who, .. } => {
                entries.extend(person(outage, at, &who.person, NoticeKind::Page, "acknowledge"));
            }
            RespondEvent::Approved { who, .. } => {
                entries.extend(person(outage, at, &who.person, NoticeKind::Approval, "approve"));
            }
            RespondEvent::Rejected { who, .. } => {
                entries.extend(person(outage, at, &who.person, NoticeKind::Approval, "reject"));
            }
            RespondEvent::PersonAnswered { who, answer, .. } => {
                let does = match answer {
                    PersonAnswer::Done => "mark_done",
                    PersonAnswer::Repeat => "repeat",
                    PersonAnswer::Abort => "abort",
                };
                entries.extend(person(outage, at, &who.person, NoticeKind::Question, does));
            }
            RespondEvent::StepIntended { order, .. } => entries.extend(crash(outage, at, &order.step)),
            RespondEvent::LookedUp { step, answer, .. } => {
                let done = match answer {
                    Answer::Happened { .. } => true,
                    Answer::DidNotHappen { .. } => false,
                    Answer::CannotTell { .. } => continue,
                };
                entries.push(format!("{{ when: {{ lookup: {step} }}, reply: {{ done: {done} }} }}"));
            }
            _ => {}
        }
    }
    entries
}

/// As long after being told as it was. One who was not told did it in the place of the first who was.
fn person(outage: &Outage, at: Timestamp, who: &str, kind: NoticeKind, does: &str) -> Option<String> {
    let told = |name: Option<&str>| {
        outage.responses().take_while(|(when, _)| *when <= at).find_map(|(when, event)| match event {
            RespondEvent::NoticeOwed { delivery, .. }
                if delivery.kind == kind && name.is_none_or(|name| *delivery.person == *name) =>
            {
                Some((when, delivery.person.to_string()))
            }
            _ => None,
        })
    };
    let (when, whom) = told(Some(who)).or_else(|| told(None))?;
    let asked = match kind {
        NoticeKind::Approval => format!("asked: {whom}, for: approval"),
        NoticeKind::Question => format!("asked: {whom}, for: outcome"),
        NoticeKind::Page | NoticeKind::Tell | NoticeKind::Acknowledged | NoticeKind::Resolved => {
            format!("paged: {whom}")
        }
    };
    let after = Period(whole(at.since(when)).max(Duration::from_secs(1)));
    Some(format!("{{ when: {{ {asked} }}, after: {after}, does: {does} }}"))
}

/// Andon was started again before it had heard of the step: it died in between.
fn crash(outage: &Outage, asked: Timestamp, step: &str) -> Option<String> {
    let heard = outage.responses().find(|(at, event)| {
        *at >= asked
            && matches!(event, RespondEvent::StepCarried { step: of, .. } | RespondEvent::StepUnknown { step: of, .. } if **of == *step)
    });
    let heard = heard.map_or(outage.end(), |(at, _)| at);
    let back = outage.starts.iter().find(|start| **start > asked && **start <= heard)?;
    let back_after = Period(whole(back.since(asked)).max(Duration::from_secs(1)));
    Some(format!("{{ when: {{ sent: {step} }}, crash: {{ back_after: {back_after} }} }}"))
}
