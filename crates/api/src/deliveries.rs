//! What was to be sent to whom, looked for in the journal.

use std::collections::BTreeMap;
use std::time::Duration;

use andon_cycle::{Sending, SendingState, deliveries};
use andon_definitions::Period;

use crate::port::Loop;
use crate::rewind::last_until;
use crate::why::{RECORDS_MAX, WINDOW_MAX, read};

const WINDOW: Duration = Duration::from_secs(24 * 3600);

/// Which deliveries are wanted, as an address says it.
#[derive(Clone, Debug)]
pub struct Sought {
    /// Each stands in what is told of it.
    words: Vec<String>,
    state: Option<SendingState>,
    window: Duration,
}

impl Sought {
    /// From `q`, `state` and `window`.
    pub fn of(fields: &BTreeMap<String, String>) -> Result<Sought, String> {
        let text = |name: &str| fields.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
        let state = match text("state") {
            None => None,
            Some(word) => {
                Some(SendingState::ALL.into_iter().find(|state| state.word() == word).ok_or_else(|| {
                    format!("`{word}` is no state: owed, accepted, failed, dropped or withheld")
                })?)
            }
        };
        let window = text("window").map(Period::parse).transpose()?.map_or(WINDOW, |window| *window);
        let words = text("q").unwrap_or_default().split_whitespace().map(str::to_lowercase).collect();
        Ok(Sought { words, state, window: window.min(WINDOW_MAX) })
    }

    fn fits(&self, sending: &Sending) -> bool {
        let incident = sending.incident.map(|id| id.to_string()).unwrap_or_default();
        let text = [
            sending.kind.word(),
            &sending.to,
            &sending.through,
            &sending.what,
            sending.state.word(),
            &incident,
        ];
        let text = text.join(" ").to_lowercase();
        self.state.is_none_or(|state| state == sending.state)
            && self.words.iter().all(|word| text.contains(word.as_str()))
    }
}

/// Those that are sought, newest first, and how many older records of the window were not looked at. Blocking: it
/// reads the window's records, the newest [`RECORDS_MAX`] of them.
pub fn sendings(shared: &dyn Loop, sought: &Sought) -> Result<(Vec<Sending>, u64), String> {
    let (history, view, now) = (shared.history(), shared.view(), shared.now());
    let last = history.head();
    let first = last_until(history, now - sought.window)? + 1;
    let from = first.max((last + 1).saturating_sub(RECORDS_MAX));
    let mut records = BTreeMap::new();
    read(history, from, last, &mut records)?;
    let records: Vec<_> = records.into_iter().collect();
    let mut found = deliveries(&view, &records);
    found.retain(|sending| sought.fits(sending));
    Ok((found, from - first))
}
