//! Rehearse: outages of hours played in milliseconds, on the loop that runs in production.
//!
//! Contract: the same scenario, definitions and seed bring the same play, to the last event. A scenario passes only
//! if every expectation was met and nothing was asked of the world that the scenario does not answer.
//! Never: a loop of its own, a clock, a file, chance that is not from the seed.

#![forbid(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod agenda;
mod checkers;
mod expect;
#[cfg(test)]
mod golden;
mod people;
mod platform;
mod play;
pub mod rule_tests;
mod seed;
mod series;
pub mod swarm;
#[cfg(test)]
mod tests;
mod verdict;
mod why;

pub use expect::{describe, span};
pub use play::{CrashPlan, Play, Receivers, Sabotage, Seen, SeenWhat, replay};
pub use seed::Seed;
pub use verdict::{Failure, Verdict, rehearse};
