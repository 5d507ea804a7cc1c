//! What the pages and the API need of whoever drives the loop. `live` and a rehearsal can both be it.

mod accounts;
mod elsewhere;
mod ingest;
mod metrics;
mod provider;
mod reach;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use andon_cycle::State;
use andon_vocabulary::{
    Access, IncumbentSaid, Receipt, Received, Record, Refusal, Reported, Timestamp, Told,
};
use tokio::sync::watch;

use crate::entrance::Entrance;

pub use accounts::AccountBook;
pub use elsewhere::{Elsewhere, Passed, Said, Unsaid};
pub use ingest::Ingest;
pub use metrics::{Admin, Dropped, Lookup, Metrics, Outgoing, Stats, Target, Targets};
pub use provider::{Back, NotVouched, OnTheWay, Provider, Vouched, Vouching, WayOut};
pub use reach::Reach;

/// An immutable state, as of one durable record.
pub type View = Arc<State>;

pub trait Loop: Send + Sync {
    /// Says something to the loop. Answered once it is durable.
    fn tell(&self, told: Told) -> Pin<Box<dyn Future<Output = Result<Receipt, TellError>> + Send + '_>>;

    /// Takes in alerts that others raise. Answered once they are durable.
    fn receive(&self, received: Received)
    -> Pin<Box<dyn Future<Output = Result<(), TellError>> + Send + '_>>;

    /// Takes in what the pager that is still in charge did. Answered once it is durable.
    fn compare(
        &self,
        said: IncumbentSaid,
    ) -> Pin<Box<dyn Future<Output = Result<(), TellError>> + Send + '_>>;

    /// Puts down who got in, or may. Answered once it is durable.
    fn record(&self, access: Access) -> Pin<Box<dyn Future<Output = Result<(), TellError>> + Send + '_>>;

    /// Takes in what a provider says of a notice that it took. Answered once it is durable.
    fn report(&self, reported: Reported) -> Pin<Box<dyn Future<Output = Result<(), TellError>> + Send + '_>>;

    fn view(&self) -> View;

    /// Wakes with every new view.
    fn subscribe(&self) -> watch::Receiver<View>;

    fn history(&self) -> &dyn History;

    fn metrics(&self) -> &dyn Metrics;

    fn ingest(&self) -> &dyn Ingest;

    fn reach(&self) -> &dyn Reach;

    fn accounts(&self) -> &dyn AccountBook;

    /// What is remembered of who tries to get in: one for all doors.
    fn entrance(&self) -> &Entrance;

    /// Who vouches for people, where somebody does.
    fn provider(&self) -> Option<&dyn Provider> {
        None
    }

    /// The wall clock of the driver: decisions have their own time, pages tick by this.
    fn now(&self) -> Timestamp;

    /// What is wrong between Andon's time and this machine's clock, in words.
    fn clock_trouble(&self) -> Option<String> {
        None
    }

    /// Since when nothing can be made durable for want of room on the disk.
    fn full_since(&self) -> Option<Timestamp> {
        None
    }
}

/// What the journal remembers, read apart from the loop. Blocking: call it where blocking is allowed.
pub trait History: Send + Sync {
    /// Records that name a subject (`INC-7`, `RUN-3`, `person/ana`), oldest first, at most `limit`.
    fn about(&self, subject: &str, limit: usize) -> Result<Vec<(u64, Record)>, String>;

    /// Records from `from` on.
    fn read(&self, from: u64, limit: usize) -> Result<Vec<(u64, Record)>, String>;

    /// How many records there are.
    fn head(&self) -> u64;

    /// The state after the last record that is not later than this.
    fn state_at(&self, at: Timestamp) -> Result<View, String>;
}

/// Why a command has no receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TellError {
    /// The state does not allow it: nothing was changed.
    Refused(Refusal),
    /// It could not be made durable, or the loop is gone: it may be tried again with the same key.
    Unavailable(String),
}
