//! What happened: the only durable type of the core, split by stage.
//!
//! Each variant's name in the journal ends in its version. A changed shape is a new version; [`crate::record`] reads
//! the old ones through its table of upcasters, for ever.

mod about;
mod change;
mod improve;
mod instance;
mod monitor;
mod reason;
mod respond;

use serde::{Deserialize, Serialize};

use crate::IntentId;

pub use change::*;
pub use improve::*;
pub use instance::*;
pub use monitor::*;
pub use reason::*;
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

impl Event {
    /// The intent that this event issues: a number of its own, higher than all before it.
    pub fn issues(&self) -> Option<IntentId> {
        match self {
            Event::Respond(
                RespondEvent::NoticeOwed { intent, .. } | RespondEvent::LookupIntended { intent, .. },
            )
            | Event::Change(ChangeEvent::ChangeLookup { intent, .. }) => Some(*intent),
            Event::Respond(RespondEvent::NotificationOwed(owed)) => Some(owed.intent),
            Event::Respond(RespondEvent::StepIntended { order, .. })
            | Event::Change(ChangeEvent::ChangeIntended { order, .. }) => Some(order.intent),
            _ => None,
        }
    }
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
