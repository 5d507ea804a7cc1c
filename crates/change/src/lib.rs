//! Changes: a person's deploy, roll-back or switched fault, what others changed, and what an incident is suspected
//! to come from.
//!
//! Contract: a command becomes one intent with every argument resolved. It is carried out at most once: where
//! nobody knows whether it happened, it is looked up, and never repeated. A halt stops automation; a person's own
//! command is none and stays possible, since taking back a bad version is what a halt often waits for.
//! Never: a change that nobody commanded, another stage's state, a clock.

#![forbid(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod apply;
mod carry;
mod command;
mod state;
mod steps;
mod suspect;
#[cfg(test)]
mod tests;

pub use andon_definitions::Context;
pub use state::{Change, Phase, State};
