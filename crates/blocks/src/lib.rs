//! The sample store on disk: a head in memory, the log that protects it, and immutable blocks of the past.
//!
//! Contract: what [`Store::write`] was given is seen by every later question, once, wherever it lies by then; a crash of
//! the process loses nothing that was handed to the operating system, a power cut nothing older than the fsync policy
//! says. Whatever cannot be read is put into quarantine and named, and the rest answers; damage never becomes a value.
//! Never: a thread but for the log's and a question's own, a clock but for fsync, an opinion about what a sample means.

mod appender;
mod block;
mod checkpoint;
mod codec;
mod compact;
mod cover;
mod cut;
mod find;
mod inspect;
mod merged;
mod ordered;
mod parallel;
mod past;
mod plan;
mod restore;
mod settings;
mod status;
mod store;
mod thin;
mod tombstones;
mod upkeep;
mod wal;

pub use appender::{Appender, Counted};
pub use block::Resolution;
pub use inspect::{Checked, Copied, Listed, compact, list, snapshot, verify};
pub use past::Quarantined;
pub use settings::{Retention, Settings};
pub use status::Status;
pub use store::{OpenError, Reading, Store};
pub use upkeep::Done;
pub use wal::Fsync;
