//! What follows when a provider did not take a notice: the same channel after a pause, the person's next one, or, when
//! all were tried, back to those that failed only for the moment. Given up is what every channel refuses for good.

use std::time::Duration;

use andon_definitions::Context;
use andon_vocabulary::{
    Delivery, Event, IntentId, NoticeKind, NoticeNext, PageReason, RespondEvent, Timestamp,
};

use super::trail::is_of;
use super::{Draft, Notice, owe, person_of};

/// Deliveries that failed this often over one channel go to the person's next one.
const ATTEMPTS_PER_CHANNEL: u32 = 3;
/// The longest pause between two attempts over one channel. They go on at this pace for as long as the notice matters:
/// a provider that is down for an hour loses nothing.
const RETRY_WAIT_MAX: Duration = Duration::from_secs(60);
/// A provider that will take nothing for longer than this is left for the person's next channel, if there is one.
const BUSY_MAX: Duration = Duration::from_secs(30);
/// And where there is none, no more of what it asks for is waited.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(600);

/// Whether the same channel is worth another try.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Again {
    Soon,
    /// The provider says when.
    After(Duration),
    Never,
}

pub(super) fn on_failure(
    intent: IntentId,
    notice: &Notice,
    error: &str,
    again: Again,
    cx: &Context,
) -> Vec<Event> {
    let (delivery, trail) = (&notice.delivery, &notice.trail);
    let attempt = notice.attempt + 1;
    let back_at = back_at(attempt, again, &delivery.key, cx.now);
    let contacts = person_of(cx.catalog, &delivery.person).map_or(&[][..], |person| &person.contact);
    // What closes something at a provider means nothing anywhere else.
    let is_for_here = matches!(delivery.kind, NoticeKind::Acknowledged | NoticeKind::Resolved);
    let another = trail.next(delivery, contacts).filter(|_| !is_for_here);
    // Where the person has another address by now, this one is asked no more.
    let has_moved = another.is_some() && !contacts.iter().any(|contact| is_of(contact, delivery));
    let is_left = match again {
        _ if has_moved => true,
        Again::Never => true,
        Again::After(wait) => wait > BUSY_MAX || attempt > ATTEMPTS_PER_CHANNEL,
        Again::Soon => attempt > ATTEMPTS_PER_CHANNEL,
    };
    let failed = |next, unreached| {
        let Delivery { incident, kind, person, channel, .. } = delivery.clone();
        let error = error.to_owned();
        RespondEvent::NoticeFailed { intent, incident, kind, person, channel, error, next, unreached }.into()
    };
    // Who is told where they were reached last is told at the others, too; where all were tried, at those that other
    // definitions brought.
    if let Some(next) = another.filter(|_| is_left || trail.unreached) {
        let draft = Draft {
            kind: delivery.kind,
            incident: delivery.incident,
            run: delivery.run,
            subject: delivery.subject.clone(),
            body: delivery.body.clone(),
            why: PageReason::ChannelFailed { channel: delivery.channel.clone() },
        };
        let channel = contacts[next].channel.as_str().into();
        let follows = Some(IntentId(cx.next_intent));
        let mut events = vec![failed(NoticeNext::NextChannel { channel, follows, back_at }, false)];
        events.extend(owe(&draft, &delivery.person, next, cx.next_intent, cx));
        return events;
    }
    let unreached = is_left && !trail.unreached;
    let earlier = trail.first_back(contacts).filter(|_| is_left || trail.unreached);
    let next = match (earlier, back_at) {
        (Some((intent, at, earlier)), _) if back_at.is_none_or(|here| at < here) => {
            NoticeNext::EarlierChannel {
                channel: earlier.delivery.channel.clone(),
                intent,
                at: at.max(cx.now),
                attempt: earlier.attempt + 1,
                back_at,
            }
        }
        (_, Some(at)) => NoticeNext::Retry { at, attempt },
        (_, None) => NoticeNext::GiveUp,
    };
    vec![failed(next, unreached)]
}

/// When the channel may be asked again; none where it refuses for good.
fn back_at(attempt: u32, again: Again, key: &str, now: Timestamp) -> Option<Timestamp> {
    match again {
        Again::Never => None,
        Again::Soon => Some(now + pause(attempt, key)),
        Again::After(wait) => Some(now + pause(attempt, key).max(wait.min(RETRY_AFTER_MAX))),
    }
}

/// About 2 s, 4 s, 8 s … up to a minute: a tenth more or less, by the key, so that what failed together does not come
/// back together.
pub(super) fn pause(attempt: u32, key: &str) -> Duration {
    let whole = Duration::from_secs(1 << attempt.saturating_sub(1).min(6)).min(RETRY_WAIT_MAX);
    let spread = key.bytes().chain(attempt.to_le_bytes()).fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let percent = u32::try_from(90 + spread % 21).unwrap_or(100);
    whole * percent / 100
}
