//! Drives the loop in real time: the clock, the disk, scrapes, probes, deliveries and the hands.
//!
//! Contract: whatever turns the loop comes in through one queue and is answered only after it is durable; what the
//! state owes is carried out once per process for each intent and attempt, and its outcome comes in again.
//! Never: a decision. What to do, whom to tell and when is `cycle`'s alone, so that a rehearsal decides the same.

mod clock;
pub mod deliver;
pub mod directory;
mod halt;
pub mod hands;
pub mod host;
pub mod http;
#[cfg(test)]
mod loopback;
pub mod probe;
pub mod queue;
pub mod scrape;
mod source;
mod store;

pub use clock::Clock;
pub use halt::Halt;
pub use store::{SharedStore, Store};
