//! Through which of a person's channels the same was tried before, and which of them may be gone back to.

use andon_definitions::Catalog;
use andon_definitions::team::Contact;
use andon_vocabulary::{Delivery, IntentId, Name, NoticeNext, Timestamp};
use imbl::Vector;

use super::{Notice, Notices, rate_of};

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Trail {
    /// Where the same was tried before: channels, and addresses there. The person may have others by now.
    before: Vector<(Name, Option<String>)>,
    /// The same notice through those that failed only for the moment, each with when it may be sent again.
    left: Vector<(IntentId, Notice)>,
    /// Every channel has failed, and the escalation was told.
    pub unreached: bool,
}

impl Trail {
    /// The next of a person's contacts, after the one of this delivery, at which it was not tried yet.
    pub fn next(&self, delivery: &Delivery, contacts: &[Contact]) -> Option<usize> {
        let after = contacts.iter().position(|it| is_of(it, delivery)).map_or(0, |used| used + 1);
        let was_tried = |contact: &Contact| {
            let is_there = |(channel, to): &(Name, Option<String>)| is_at(contact, channel, to.as_deref());
            is_of(contact, delivery) || self.before.iter().any(is_there)
        };
        let mut others = (0..contacts.len()).map(|number| (after + number) % contacts.len());
        others.find(|other| !was_tried(&contacts[*other]))
    }

    /// The one whose pause is over first, of those that the person still has.
    pub fn first_back(&self, contacts: &[Contact]) -> Option<(IntentId, Timestamp, &Notice)> {
        let is_theirs = |notice: &Notice| contacts.iter().any(|contact| is_of(contact, &notice.delivery));
        let left = self.left.iter().filter(|(_, notice)| is_theirs(notice));
        let back = left.filter_map(|(intent, notice)| Some((*intent, notice.retry_at?, notice)));
        back.min_by_key(|(intent, at, _)| (*at, *intent))
    }

    fn leave(&mut self, intent: IntentId, mut notice: Notice, back_at: Option<Timestamp>) {
        let Delivery { channel, to, .. } = &notice.delivery;
        let place = (channel.clone(), to.clone());
        if !self.before.contains(&place) {
            self.before.push_back(place);
        }
        if back_at.is_some() {
            notice.retry_at = back_at;
            notice.trail = Trail::default();
            self.left.push_back((intent, notice));
        }
    }

    fn take(&mut self, intent: IntentId) -> Option<Notice> {
        let at = self.left.iter().position(|(left, _)| *left == intent)?;
        Some(self.left.remove(at).1)
    }
}

/// Whether a delivery goes to exactly this contact.
pub(super) fn is_of(contact: &Contact, delivery: &Delivery) -> bool {
    is_at(contact, &delivery.channel, delivery.to.as_deref())
}

fn is_at(contact: &Contact, channel: &str, to: Option<&str>) -> bool {
    contact.channel == *channel && contact.to.as_deref() == to
}

impl Notice {
    /// The channels that failed for the moment, each with when it is asked again at the earliest.
    pub fn left(&self) -> impl Iterator<Item = (IntentId, &Name, Timestamp)> + '_ {
        let left = self.trail.left.iter();
        left.filter_map(|(intent, notice)| Some((*intent, &notice.delivery.channel, notice.retry_at?)))
    }
}

impl Notices {
    /// A notice that failed, and is owed no more, becomes what follows.
    pub(super) fn go_on(
        &mut self,
        intent: IntentId,
        mut notice: Notice,
        next: &NoticeNext,
        now: Timestamp,
        catalog: &Catalog,
    ) {
        match next {
            NoticeNext::Retry { at, attempt } => self.again(intent, notice, *attempt, *at, now, catalog),
            NoticeNext::NextChannel { follows: Some(follows), back_at, .. } => {
                let mut trail = std::mem::take(&mut notice.trail);
                trail.leave(intent, notice, *back_at);
                self.following.insert(*follows, trail);
            }
            NoticeNext::EarlierChannel { intent: earlier, at, attempt, back_at, .. } => {
                let mut trail = std::mem::take(&mut notice.trail);
                let Some(mut back) = trail.take(*earlier) else { return };
                trail.leave(intent, notice, *back_at);
                back.trail = trail;
                self.again(*earlier, back, *attempt, *at, now, catalog);
            }
            NoticeNext::NextChannel { follows: None, .. } | NoticeNext::GiveUp => {}
        }
    }

    /// Owed for another attempt, at a time at which its channel has a place.
    fn again(
        &mut self,
        intent: IntentId,
        mut notice: Notice,
        attempt: u32,
        wanted: Timestamp,
        now: Timestamp,
        catalog: &Catalog,
    ) {
        let rate = rate_of(catalog, &notice.delivery);
        let place = rate.map_or(wanted, |rate| self.place_for(&notice.delivery, wanted, rate, now));
        (notice.attempt, notice.wanted, notice.retry_at, notice.restarted) =
            (attempt, wanted, Some(place), false);
        self.owed.insert(intent, notice);
    }
}
