//! The course of a play: each record when it became durable, and each message when it left. What was durable and not
//! seen, because Andon died at that moment, stands there too.

use andon_vocabulary::{Delivery, Event, Record, Timestamp};

use crate::play::{Play, SeenWhat};

pub enum Happened {
    Record(Record),
    Tried(Delivery),
    /// Andon is there again, or there is room on the disk again.
    Back,
}

/// In order, each with when it was by the world's clock.
pub fn course(play: &Play) -> Vec<(Timestamp, Happened)> {
    let mut records = super::durable::records(play).into_iter().peekable();
    let mut course = Vec::new();
    // When Andon died last, and where that stands.
    let mut died = (play.seen.first().map_or(play.now, |seen| seen.at), 0);
    let mut seen = play.seen.iter();
    while let Some(next) = seen.next() {
        let first = match &next.what {
            SeenWhat::Tried(delivery) => {
                course.push((next.at, Happened::Tried(delivery.clone())));
                continue;
            }
            SeenWhat::Back | SeenWhat::DiskFreed => {
                course.push((next.at, Happened::Back));
                continue;
            }
            SeenWhat::Crashed => {
                died = (next.at, course.len());
                continue;
            }
            SeenWhat::Event(event) => event,
            _ => continue,
        };
        let is_next = |record: &Record| is_of(record, first, seen.as_slice());
        let mut unseen = Vec::new();
        while let Some(record) = records.next_if(|record| !is_next(record)) {
            unseen.push((died.0, Happened::Record(record)));
        }
        course.splice(died.1..died.1, unseen);
        if let Some(record) = records.next() {
            // What follows of the same record was seen with it.
            if record.events.len() > 1 {
                seen.nth(record.events.len() - 2);
            }
            course.push((next.at, Happened::Record(record)));
        }
    }
    course.splice(died.1..died.1, records.map(|record| (died.0, Happened::Record(record))));
    course
}

/// Whether this event, and those that were seen after it, are those of the record.
fn is_of(record: &Record, first: &Event, after: &[crate::play::Seen]) -> bool {
    let after = after.iter().map(|seen| match &seen.what {
        SeenWhat::Event(event) => Some(event),
        _ => None,
    });
    let mut seen = std::iter::once(Some(first)).chain(after);
    record.events.iter().all(|event| seen.next().flatten() == Some(event))
}
