//! Remote write out: what the store takes in is sent on to the receivers that `remote_write` names.
//!
//! The store itself is the queue. What is sent is read from it by time, and how far a receiver has acknowledged it
//! stands in a file, so that neither a receiver that is away for hours nor the death of this process loses a sample:
//! the next attempt reads on from there. A sample that comes later than others of its time is sent when it comes, as
//! long as this process lives.

mod cursor;
mod outlet;
mod outlets;
mod post;
mod slice;
mod standing;
mod wanted;

pub use outlet::Around;
pub use outlets::keep;
pub use standing::{Outgoing, Standings};
