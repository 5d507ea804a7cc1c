//! The journal as the loop needs it.

use andon_journal::{Journal, JournalError, MemoryJournal, SqliteJournal, Standing};

/// A journal that the loop's thread can own, and that may belong somewhere.
pub trait Keep: Journal + Send {
    /// It was copied or restored, so its state may owe what has been done elsewhere.
    fn is_moved(&self) -> bool;

    /// A person has looked and released it: this is its home from now on.
    fn settle(&mut self) -> Result<(), JournalError>;
}

impl Keep for SqliteJournal {
    fn is_moved(&self) -> bool {
        *self.standing() != Standing::Home
    }

    fn settle(&mut self) -> Result<(), JournalError> {
        SqliteJournal::settle(self)
    }
}

/// In memory nothing can have been moved.
impl Keep for MemoryJournal {
    fn is_moved(&self) -> bool {
        false
    }

    fn settle(&mut self) -> Result<(), JournalError> {
        Ok(())
    }
}
