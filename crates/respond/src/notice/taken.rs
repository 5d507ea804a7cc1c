//! Notices that a provider took and will say more of, until it does, or until it no longer matters.

use std::time::Duration;

use andon_vocabulary::{Delivery, IntentId, NoticeKind, RespondEvent, Timestamp};
use imbl::OrdMap;

use super::Notice;

/// How long a provider's word on what became of a notice is waited for.
const FATE_WITHIN: Duration = Duration::from_secs(2 * 3600);

/// Each with when it was taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Taken(OrdMap<IntentId, (Timestamp, Notice)>);

impl Taken {
    pub fn get(&self, intent: IntentId) -> Option<&Notice> {
        self.0.get(&intent).map(|(_, notice)| notice)
    }

    pub fn put(&mut self, intent: IntentId, notice: Notice, at: Timestamp) {
        self.0.insert(intent, (at, notice));
        self.forget(|taken_at, _| taken_at + FATE_WITHIN <= at);
    }

    pub fn remove(&mut self, intent: IntentId) -> Option<Notice> {
        self.0.remove(&intent).map(|(_, notice)| notice)
    }

    /// What was taken and has had its answer: whether it arrived matters no more.
    pub fn apply(&mut self, event: &RespondEvent) {
        match event {
            RespondEvent::Acknowledged { incident, .. } | RespondEvent::IncidentResolved { incident, .. } => {
                let is_page = |notice: &Notice| notice.delivery.kind == NoticeKind::Page;
                self.forget(|_, notice| notice.delivery.incident == Some(*incident) && is_page(notice));
            }
            // Who is told of nothing by its channel is told of nothing by the next one.
            RespondEvent::IncidentSuppressed { incident } | RespondEvent::IncidentCalmed { incident } => {
                let is_page = |d: &Delivery| d.kind == NoticeKind::Page && d.run.is_none();
                self.forget(|_, notice| {
                    notice.delivery.incident == Some(*incident) && is_page(&notice.delivery)
                });
            }
            RespondEvent::Approved { run, .. }
            | RespondEvent::Rejected { run, .. }
            | RespondEvent::PersonAnswered { run, .. }
            | RespondEvent::RunFinished { run, .. } => {
                let is_page = |notice: &Notice| notice.delivery.kind == NoticeKind::Page;
                self.forget(|_, notice| notice.delivery.run == Some(*run) && !is_page(notice));
            }
            _ => {}
        }
    }

    fn forget(&mut self, is_over: impl Fn(Timestamp, &Notice) -> bool) {
        let over = self.0.iter().filter(|(_, (at, notice))| is_over(*at, notice));
        let over: Vec<IntentId> = over.map(|(intent, _)| *intent).collect();
        for intent in over {
            self.0.remove(&intent);
        }
    }
}
