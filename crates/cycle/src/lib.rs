//! One turn of the loop: (input, now) → events, applied; and what the state then owes the world.
//!
//! Contract: [`turn`] is a function of the state, the input and the time. Its record, folded into an earlier state by
//! [`State::apply`], yields the same state; deciding the same input again yields the same record.
//! Never: a clock, a file, a socket, randomness, a thread. `live` and `rehearse` drive this same code.

#![forbid(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod actionable;
mod deliveries;
mod glass;
mod instance;
mod observe;
mod state;
mod subjects;
mod turn;
mod why;
pub mod words;

pub use actionable::{Actionable, Ledger};
pub use deliveries::{Attempt, Sending, SendingKind, SendingState, deliveries};
pub use glass::Glass;
pub use instance::{Halt, Instance};
pub use observe::{Observer, Sources, Store};
pub use state::State;
pub use subjects::subjects;
pub use turn::{Turn, turn};
pub use why::{Past, Question, Sign, Stage, Step, Unasked, Why, why};

#[cfg(test)]
mod tests;
