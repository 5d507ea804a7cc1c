//! Calendars as values: RFC 5545 written, and read as far as who has what when.
//!
//! Contract: what [`write`] gives is a valid `VCALENDAR` whatever its texts hold; an entry has the same `UID` each
//! time, so that whoever subscribes to it sees it change and not appear twice.
//! Never: a clock, a file, the network, a zone of the machine.

#![forbid(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod lines;
mod read;
mod write;

pub use read::{Occurrence, Zones, read};
pub use write::{Entry, write};
