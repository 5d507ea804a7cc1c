//! What happens between an alert and the receivers of an `alertmanager.yml`: which groups it belongs to, when their
//! time comes, what each integration of their receivers needs to be told, and what it is owed until it was.
//!
//! The times and rules are Alertmanager's; beyond it, all of this is in the journal: a restart forgets no timer and
//! nothing that was told, so nobody is told the same again. A group without news has no timer, however many there are.

mod alert;
mod apply;
mod flush;
mod group;
mod log;
mod message;
mod moved;
mod outbox;
mod parted;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use andon_definitions::Context;
use andon_vocabulary::{
    AlertId, Event, GroupId, Input, InstanceEvent, IntentId, Owed, SuppressedBy, Timestamp,
};
use imbl::{OrdMap, OrdSet};

pub use alert::Member;
pub use group::{Group, Line};
pub use log::Told;
pub use outbox::{Outbox, Owing};

use alert::Routed;
use group::GroupNo;
use parted::Parted;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dispatch {
    /// Those that fire, in groups or not, and those that have ended and are still in a group.
    alerts: OrdMap<AlertId, Arc<Routed>>,
    groups: OrdMap<GroupNo, Arc<Group>>,
    numbers: OrdMap<GroupId, GroupNo>,
    members: OrdMap<(GroupNo, AlertId), Standing>,
    timers: OrdSet<(Timestamp, GroupNo)>,
    /// Ended, in a group, and suppressed when they ended: by what.
    ended: OrdMap<SuppressedBy, OrdSet<AlertId>>,
    pub outbox: Outbox,
    parted: Parted,
    last: GroupNo,
}

/// Of an alert in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Stays,
    /// It had ended when the group's time came: it goes once everybody was told.
    Leaves,
}

impl Dispatch {
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values().map(|group| &**group)
    }

    /// In the order of their ids, with why nobody is told of them.
    pub fn members<'a>(&'a self, group: &Group) -> impl Iterator<Item = (&'a Member, &'a [SuppressedBy])> {
        self.routed(group.no).map(|(_, routed)| (&*routed.member, &routed.suppressed[..]))
    }

    /// The groups that an alert is in.
    pub fn groups_of(&self, alert: AlertId) -> impl Iterator<Item = &Group> {
        let groups = self.alerts.get(&alert).map(|routed| &routed.groups[..]).unwrap_or_default();
        groups.iter().map(|no| &*self.groups[no])
    }

    /// Those of a group, none where it is gone.
    pub(crate) fn alerts_of(&self, group: &GroupId) -> Vec<AlertId> {
        let Some(no) = self.numbers.get(group) else { return Vec::new() };
        let members = self.members.range((*no, AlertId(0))..=(*no, AlertId(u64::MAX)));
        members.map(|((_, alert), _)| *alert).collect()
    }

    fn routed(&self, no: GroupNo) -> impl Iterator<Item = (Standing, &Arc<Routed>)> {
        let members = self.members.range((no, AlertId(0))..=(no, AlertId(u64::MAX)));
        members.map(|((_, alert), standing)| (*standing, &self.alerts[alert]))
    }

    pub(crate) fn decide(&self, input: &Input, cx: &Context) -> Vec<Event> {
        match input {
            Input::Outcome { intent, attempt, outcome } => {
                self.outbox.on_outcome(*intent, *attempt, outcome, cx).into_iter().collect()
            }
            Input::Tick => self.flush(cx),
            _ => Vec::new(),
        }
    }

    /// What other definitions leave without a group or an integration is owed to nobody.
    pub(crate) fn react(&self, event: &Event, cx: &Context) -> Vec<Event> {
        let Event::Instance(InstanceEvent::CatalogChanged { .. }) = event else { return Vec::new() };
        let is_owed = |intent: IntentId, owing: &Owing| {
            let line = self.groups.get(&owing.no).and_then(|group| group.line(owing.notify.integration));
            let integrations = flush::integrations(cx.catalog, &owing.notify.receiver).len();
            let is_there = usize::try_from(owing.notify.integration).is_ok_and(|at| at < integrations);
            is_there && line.is_some_and(|line| line.owed == Some(intent))
        };
        let orphans = self.outbox.all().filter(|(intent, owing)| !is_owed(*intent, owing));
        let why = "the definitions no longer lead its alerts there";
        orphans.map(|(intent, owing)| flush::dropped(intent, owing, why)).collect()
    }

    pub(crate) fn owed(&self, now: Timestamp) -> impl Iterator<Item = Owed> + '_ {
        self.outbox.owed(now)
    }

    pub(crate) fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let flush = self.timers.get_min().map(|(at, _)| *at);
        flush.into_iter().chain(self.outbox.next_deadline(now)).min()
    }
}
