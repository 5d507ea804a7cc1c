//! The hands: a process of its own that carries out one approved step at a time and supervises what runs on this
//! machine.
//!
//! Contract: lines of JSON in, lines of JSON out (`andon_vocabulary::{ToHands, FromHands}`). An order is checked
//! again here, against its warrant and the clock, just before it is sent; each ends within its timeout as done,
//! failed, refused or, where nobody can know, unknown. What is supervised outlives this process and is adopted by
//! the next.
//! Never: decides that something should be done, listens on a port, runs a shell, repeats an order by itself.

mod carry;
mod http;
mod leader;
mod leftover;
mod look_up;
mod loopback;
mod output;
mod platform;
mod proc;
mod process;
mod secrets;
mod serve;
mod warrant;

pub use serve::serve;
