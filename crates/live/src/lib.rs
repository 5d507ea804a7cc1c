//! Drives the loop in real time: the clock, the disk, scrapes, probes, deliveries and the hands.
//!
//! Contract: whatever turns the loop comes in through one queue and is answered only after it is durable; what the
//! state owes is carried out once per process for each intent and attempt, and its outcome comes in again.
//! Never: a decision. What to do, whom to tell and when is `cycle`'s alone, so that a rehearsal decides the same.

mod accounts;
mod batch;
mod calendars;
mod caller;
mod clock;
mod deliver;
mod descriptors;
mod directory;
mod discovery;
mod dispatch;
mod elsewhere;
mod evaluations;
mod greeting;
mod halt;
mod hands;
mod host;
mod http;
mod keep;
mod keeper;
mod live;
mod loop_thread;
#[cfg(test)]
mod loopback;
mod notify;
mod observing;
mod oidc;
mod plan;
mod pools;
mod probe;
mod queue;
mod receive;
mod reload;
mod remote_write;
mod replay;
mod roster;
mod scrape;
mod send;
mod source;
mod sources;
mod start;
mod store;
mod views;
mod watchers;

pub use accounts::{AccountsError, Book};
pub use andon_monitor::selector;
pub use directory::{Directory, glob};
pub use elsewhere::{Elsewhere, Said, Silence, Unsaid};
pub use halt::Halt;
pub use live::{Live, Running};
pub use loop_thread::Ended;
pub use oidc::{Begun, Leaving, NotSaid, Returned, SignIns, Somebody};
pub use probe::certificate_ends;
pub use queue::TellError;
pub use receive::Receiver;
pub use reload::Read;
pub use remote_write::Outgoing;
pub use replay::{ReplayError, replay};
pub use scrape::described::Descriptions;
pub use sources::{Pool, Source, Standing};
pub use start::{Options, StartError, start};
pub use store::{SharedStore, Store};
