//! From the journal to the state.

use andon_cycle::State;
use andon_journal::{Journal, JournalError, Seq};
use andon_vocabulary::Record;

/// How many records are in memory at once.
const PAGE: usize = 1024;

/// Why a journal cannot be folded.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(
        "record {seq} of the journal cannot be understood by this andon ({what}); run the version that wrote it, or a newer one (nothing was changed)"
    )]
    Unknown { seq: Seq, what: String },
}

/// Folds every record, each of which the journal checks against its chain.
pub fn replay(journal: &impl Journal) -> Result<State, ReplayError> {
    let mut state = State::default();
    let mut from = Seq::START.next();
    loop {
        let page = journal.read(from, PAGE)?;
        let Some(last) = page.last() else { return Ok(state) };
        from = last.seq.next();
        for stored in &page {
            let record = Record::decode(&stored.body)
                .map_err(|error| ReplayError::Unknown { seq: stored.seq, what: error.to_string() })?;
            state.apply(&record);
        }
    }
}
