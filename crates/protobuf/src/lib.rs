//! The wire format of protobuf: a message is a list of numbered fields, read without copying, or written.
//!
//! Contract: any bytes give fields and then an end or one [`Broken`]; what a field's number means, its reader knows.
//! Fields that a reader does not know are skipped, as the format wants it.
//! Never: a schema, an allocation while reading, recursion, groups (which nothing that Andon speaks has).

#![forbid(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod read;
mod write;

use std::fmt;

pub use read::{Fields, Value, delimited};
pub use write::Message;

/// Why bytes are no message, or not the one that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken(pub &'static str);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Broken {}
