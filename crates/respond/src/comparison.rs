//! Beside an incumbent: whom it paged and whom this Andon would have paged, pair by pair, and why they differ.
//!
//! Contract: a comparison is a function of the book, which is folded from the journal alone; in which order things came
//! in changes nothing of it. A case of the incumbent is one row, and so is a page of Andon that no case goes with.
//! Never: a page, a decision about anybody.

mod book;
mod cases;
mod counted;
mod day;
mod pair;
mod party;
mod reason;
mod row;
#[cfg(test)]
mod tests;

use std::time::Duration;

use andon_definitions::{Catalog, Context};
use andon_vocabulary::{Event, Input, RespondEvent, Timestamp};

pub use book::Book;
pub use counted::{Comparison, compare};
pub use day::Day;
pub use party::Whom;
pub use reason::Reason;
pub use row::{Row, Side, Verdict};

/// A day is reported so long after its end: pages of its last minutes have found each other by then, and what the
/// incumbent had to say twice has come.
pub const SETTLES: Duration = Duration::from_secs(3600);

/// Whether there is anything to compare, or to be compared.
pub fn compares(catalog: &Catalog) -> bool {
    catalog.instance.is_shadow() || catalog.sources.values().any(|source| source.incumbent)
}

pub(crate) fn decide(book: &Book, input: &Input, cx: &Context) -> Vec<Event> {
    match input {
        Input::Incumbent(said) => {
            let mut events: Vec<Event> = Vec::new();
            let mut fresh = std::collections::BTreeSet::new();
            for deed in &said.deeds {
                if book.has_heard(&said.source, &deed.id) || !fresh.insert(&deed.id) {
                    continue;
                }
                let (source, deed) = (said.source.clone(), Box::new(deed.clone()));
                events.push(RespondEvent::IncumbentDid { source, deed }.into());
            }
            events
        }
        Input::Tick => due(book, cx.catalog, cx.now).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// When the next day is to be reported; only shadow mode has such days.
pub(crate) fn deadline(book: &Book, catalog: &Catalog) -> Option<Timestamp> {
    next_day(book, catalog).map(|day| day.until + SETTLES)
}

fn due(book: &Book, catalog: &Catalog, now: Timestamp) -> Option<Event> {
    let day = next_day(book, catalog).filter(|day| day.until + SETTLES <= now)?;
    let counts = compare(book, catalog, &day, now).counts;
    let Day { date, from, until } = day;
    Some(RespondEvent::ShadowReported { day: date.to_string(), from, until, counts }.into())
}

/// The first day that nothing was reported of.
fn next_day(book: &Book, catalog: &Catalog) -> Option<Day> {
    let since = book.to_report().filter(|_| catalog.instance.is_shadow())?;
    Some(Day::around(since, &day::zone(catalog)))
}
