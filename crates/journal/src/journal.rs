//! The trait that every store keeps, and the few values that pass through it.

use crate::chain::{Hash, Head};
use crate::error::{AppendError, JournalError};
use crate::position::{Seq, Term};

/// An append-only sequence of records, written by one thread.
pub trait Journal {
    /// Becomes the one writer, under the name `node`; whoever wrote before is fenced from here on.
    fn acquire(&mut self, node: &str) -> Result<Term, JournalError>;

    /// Writes `batch` after the record `expected_seq` (`Seq::START` for the first) and returns once all of it is
    /// durable: the seq of its last record. All or nothing. A whole turn's batch in one call is the group commit.
    ///
    /// Since it says where it must land, a batch of unknown fate can be tried again: it lands once, or `Conflict`.
    fn append(&mut self, term: Term, expected_seq: Seq, batch: &[Entry]) -> Result<Seq, AppendError>;

    /// Up to `limit` records from `from` on, each checked against the chain.
    fn read(&self, from: Seq, limit: usize) -> Result<Vec<Stored>, JournalError>;

    /// Up to `limit` records from `from` on that named `subject`, each checked against the chain.
    fn about(&self, subject: &str, from: Seq, limit: usize) -> Result<Vec<Stored>, JournalError>;

    /// The last durable record.
    fn head(&self) -> Head;

    /// Keeps a snapshot in place of the one before. A cache: losing it costs a longer replay, nothing else.
    fn save_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), JournalError>;

    /// The snapshot, if there is one that is whole and that this chain agrees with.
    fn load_snapshot(&self) -> Result<Option<Snapshot>, JournalError>;
}

/// What the caller wants recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub body: Vec<u8>,
    /// What the record is about ("INC-7", "RUN-3", "checkout"), for `Journal::about`. An index that can be rebuilt:
    /// neither hashed nor returned.
    pub subjects: Vec<String>,
}

/// A record as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub seq: Seq,
    pub body: Vec<u8>,
    pub hash: Hash,
}

/// A state folded up to `at`, in the caller's encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub at: Head,
    pub bytes: Vec<u8>,
}
