//! What happened: the only durable type of the core, split by stage.
//!
//! Each variant's name in the journal ends in its version. A changed shape is a new version; [`crate::record`] reads
//! the old ones through its table of upcasters, for ever.

mod change;
mod improve;
mod instance;
mod monitor;
mod respond;

use serde::{Deserialize, Serialize};

pub use change::*;
pub use improve::*;
pub use instance::*;
pub use monitor::*;
pub use respond::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Instance(InstanceEvent),
    Monitor(MonitorEvent),
    Respond(RespondEvent),
    Change(ChangeEvent),
    Improve(ImproveEvent),
}

macro_rules! from_stage {
    ($($variant:ident($event:ident)),*) => {
        $(impl From<$event> for Event {
            fn from(event: $event) -> Event {
                Event::$variant(event)
            }
        })*
    };
}

from_stage!(
    Instance(InstanceEvent),
    Monitor(MonitorEvent),
    Respond(RespondEvent),
    Change(ChangeEvent),
    Improve(ImproveEvent)
);
