//! Which alerts were worth a page, as the journal remembers a stretch of time.

use std::time::Duration;

use andon_cycle::{Actionable, Ledger};
use andon_vocabulary::{Name, Timestamp};

use crate::port::History;

/// Where nobody says since when.
pub const LOOKS_BACK: Duration = Duration::from_secs(30 * 86_400);
const PAGE: usize = 1_000;
/// More records than this are read from their end on.
const RECORDS_MAX: u64 = 500_000;

/// Blocking: it reads the journal.
pub fn rules(history: &dyn History, since: Timestamp) -> Result<Vec<(Name, Actionable)>, String> {
    let mut ledger = Ledger::default();
    let mut next = first(history, since)?.max(history.head().saturating_sub(RECORDS_MAX) + 1);
    loop {
        let page = history.read(next, PAGE)?;
        let done = page.len() < PAGE;
        for (seq, record) in &page {
            ledger.record(record);
            next = seq + 1;
        }
        if done {
            return Ok(ledger.rules());
        }
    }
}

/// The first record of that time or later: the times of records never go back.
fn first(history: &dyn History, since: Timestamp) -> Result<u64, String> {
    let (mut low, mut high) = (1, history.head() + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        match history.read(middle, 1)?.first() {
            Some((_, record)) if record.at < since => low = middle + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}
