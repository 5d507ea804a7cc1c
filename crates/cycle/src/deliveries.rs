//! Everything that was to be sent to somebody: each page, notice and notification with its attempts and how it ended,
//! folded from what the journal says of it.

use std::collections::BTreeMap;

use andon_vocabulary::{
    Event, IncidentId, IntentId, NoticeKind, NoticeNext, NotificationNext, Record, RespondEvent, Timestamp,
};
use serde::Serialize;

use crate::State;
use crate::words;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sending {
    pub intent: IntentId,
    pub kind: SendingKind,
    /// A person, or a receiver of an `alertmanager.yml`.
    pub to: String,
    /// The channel of a person; which of a receiver's integrations.
    pub through: String,
    pub what: String,
    /// The reason of the decision, in its words.
    pub why: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// When it was decided.
    pub at: Timestamp,
    pub record: u64,
    pub state: SendingState,
    pub attempts: Vec<Attempt>,
    /// When the next attempt is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SendingKind {
    Page,
    Approval,
    Question,
    Tell,
    Notification,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SendingState {
    /// No provider has taken it yet.
    Owed,
    /// A provider took it.
    Accepted,
    /// The provider says later that it has arrived.
    Arrived,
    /// None did, and nothing more is tried under this name: another channel, or the group's next notification, is.
    Failed,
    /// It was no longer needed.
    Dropped,
    /// It would have been sent, but for shadow mode.
    Withheld,
}

impl SendingState {
    pub const ALL: [SendingState; 6] = [
        SendingState::Owed,
        SendingState::Accepted,
        SendingState::Arrived,
        SendingState::Failed,
        SendingState::Dropped,
        SendingState::Withheld,
    ];

    pub fn word(self) -> &'static str {
        match self {
            SendingState::Owed => "owed",
            SendingState::Accepted => "accepted",
            SendingState::Arrived => "arrived",
            SendingState::Failed => "failed",
            SendingState::Dropped => "dropped",
            SendingState::Withheld => "withheld",
        }
    }
}

impl SendingKind {
    pub fn word(self) -> &'static str {
        match self {
            SendingKind::Page => "page",
            SendingKind::Approval => "approval",
            SendingKind::Question => "question",
            SendingKind::Tell => "information",
            SendingKind::Notification => "notification",
        }
    }
}

/// One answer of a provider, or that it took no answer any more.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attempt {
    pub at: Timestamp,
    pub record: u64,
    pub text: String,
}

/// Those that `records` tell of, the newest first. What they begin in the middle of is left out; what is still owed is
/// there, from the state, however old it is.
pub fn deliveries(state: &State, records: &[(u64, Record)]) -> Vec<Sending> {
    let mut found: BTreeMap<IntentId, Sending> = BTreeMap::new();
    for (seq, record) in records {
        for event in &record.events {
            let Event::Respond(event) = event else { continue };
            match begun(event, *seq, record.at) {
                Some(sending) => {
                    found.insert(sending.intent, sending);
                }
                None => follow(&mut found, event, *seq, record.at),
            }
        }
    }
    for (intent, notice) in &state.respond.notices.owed {
        let owed = RespondEvent::NoticeOwed {
            intent: *intent,
            delivery: notice.delivery.clone(),
            why: notice.why.clone(),
        };
        let sending = found.entry(*intent).or_insert_with(|| {
            begun(&owed, 0, notice.delivery.at).expect("a notice that is owed begins a delivery")
        });
        // It may have been left for another channel, and come back to.
        sending.state = SendingState::Owed;
        sending.next = notice.retry_at;
    }
    for (intent, owing) in state.respond.dispatch.outbox.all() {
        if let Some(sending) = found.get_mut(&intent) {
            sending.next = Some(owing.attempt_at).filter(|_| owing.last_error.is_some());
        }
    }
    found.into_values().rev().collect()
}

fn begun(event: &RespondEvent, seq: u64, at: Timestamp) -> Option<Sending> {
    let sending = |intent, kind, to: &str, through: String, what: String, why: String| Sending {
        intent,
        kind,
        to: to.to_owned(),
        through,
        what,
        why,
        incident: None,
        at,
        record: seq,
        state: SendingState::Owed,
        attempts: Vec::new(),
        next: None,
    };
    match event {
        RespondEvent::NoticeOwed { intent, delivery, why } => {
            let kind = match delivery.kind {
                NoticeKind::Page => SendingKind::Page,
                NoticeKind::Approval => SendingKind::Approval,
                NoticeKind::Question => SendingKind::Question,
                NoticeKind::Tell | NoticeKind::Acknowledged | NoticeKind::Resolved => SendingKind::Tell,
            };
            let (through, what) = (delivery.channel.to_string(), delivery.subject.clone());
            let sending = sending(*intent, kind, &delivery.person, through, what, why.to_string());
            Some(Sending { incident: delivery.incident, ..sending })
        }
        RespondEvent::NotificationOwed(owed) => {
            let counted = format!("{} firing, {} resolved", owed.firing.len(), owed.resolved.len());
            let what = format!("{} ({counted})", owed.group);
            let through = format!("integration {}", owed.integration);
            let (kind, why) = (SendingKind::Notification, owed.reason.to_string());
            Some(sending(owed.intent, kind, &owed.receiver, through, what, why))
        }
        _ => None,
    }
}

fn follow(found: &mut BTreeMap<IntentId, Sending>, event: &RespondEvent, seq: u64, at: Timestamp) {
    let Some(sending) = event.outcome_of().and_then(|intent| found.get_mut(&intent)) else { return };
    sending.attempts.push(Attempt { at, record: seq, text: words::say(&Event::Respond(event.clone())) });
    sending.state = match event {
        RespondEvent::NoticeSent { .. } | RespondEvent::NotificationSent { .. } => SendingState::Accepted,
        RespondEvent::NoticeArrived { .. } => SendingState::Arrived,
        RespondEvent::NoticeWithheld { .. } | RespondEvent::NotificationWithheld { .. } => {
            SendingState::Withheld
        }
        RespondEvent::NoticeDropped { .. } | RespondEvent::NotificationDropped { .. } => {
            SendingState::Dropped
        }
        RespondEvent::NoticeFailed {
            next: NoticeNext::NextChannel { .. } | NoticeNext::EarlierChannel { .. } | NoticeNext::GiveUp,
            ..
        }
        | RespondEvent::NotificationFailed { next: NotificationNext::GiveUp, .. } => SendingState::Failed,
        _ => sending.state,
    };
}
