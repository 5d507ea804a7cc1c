//! What an incident teaches: the facts of each are gathered while it lasts, a review is drafted when it resolves,
//! and people finish it.
//!
//! Contract: a review never ends without a linked change or a waiver that expires, and not before somebody has
//! written what made the incident possible. Its facts are read off events alone; nobody types them.
//! Never: a verdict on a person, a history of closed reviews (that is read from the journal), another stage's state.

#![forbid(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod command;
mod facts;
mod state;
#[cfg(test)]
mod tests;

pub use andon_definitions::Context;
pub use facts::Facts;
pub use state::{ActionItem, Review, State};
