//! The write-ahead log: what the head in memory holds, and no block yet.

mod files;
mod frame;
mod log;
mod record;
mod replay;

pub use files::{UNFINISHED, checkpoint, create, sync_parent};
pub use log::{Fsync, Log, forget};
pub use record::{Encoder, Extra, Record};
pub use replay::{Replayed, replay, verify};
