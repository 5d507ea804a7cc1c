//! The append-only journal: the facts that everything else in Andon is derived from.
//!
//! Records are bytes to this crate. They are numbered from 1 and chained by SHA-256, so that a flipped bit, a missing
//! record and a cut-off end are *detected*. `SqliteJournal` keeps them in a file, `MemoryJournal` keeps them for
//! rehearsals; both hold to one contract, `Journal`, and pass one suite.
//!
//! Contract: what `append` has returned is durable, in the order of its seqs, and is read back unchanged or not at
//! all. Whoever was fenced, or expected another head, changes nothing. What cannot be known is called ambiguous.
//!
//! Never: it does not read a body's meaning, repair what is damaged, write after an I/O error, or let two processes
//! write one journal.

mod chain;
mod error;
mod journal;
mod memory;
mod position;
mod snapshot;
mod sqlite;
mod testimony;
mod verify;
mod witness;

#[cfg(test)]
mod conformance;

pub use chain::{Hash, Head};
pub use error::{AppendError, Damage, JournalError};
pub use journal::{Entry, Journal, Snapshot, Stored};
pub use memory::{Fault, MemoryJournal};
pub use position::{Seq, Term};
pub use sqlite::{Home, Reader, SqliteJournal, Standing};
pub use verify::{Verdict, verify};
