//! The words that everything speaks: times, labels, ids, inputs, events, effects.
//!
//! Contract: values only. `Event` is the only durable type of the core, so what is written here is read forever.
//! Never: behaviour, decisions, I/O, a clock.

#![forbid(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod access;
mod effect;
mod event;
mod hands;
mod ids;
mod incumbent;
mod input;
mod labels;
mod notification;
mod oncall;
mod order;
mod place;
mod received;
mod record;
mod silence;
mod span;
mod timestamp;
mod value;
mod weekly;

pub use access::*;
pub use effect::*;
pub use event::*;
pub use hands::*;
pub use ids::*;
pub use incumbent::*;
pub use input::*;
pub use labels::{Labels, METRIC_NAME};
pub use notification::*;
pub use oncall::*;
pub use order::*;
pub use place::{is_off_limits, is_this_machine};
pub use received::*;
pub use record::Record;
pub use silence::*;
pub use span::Span;
pub use timestamp::{Timestamp, duration_ms};
pub use value::Value;
pub use weekly::Weekly;
