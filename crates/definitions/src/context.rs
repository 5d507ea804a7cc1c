//! What every stage may see of the world while it decides: the definitions in force and what comes in from outside.

use andon_vocabulary::{Event, Timestamp};

use crate::Catalog;
use crate::oncall::Duty;

/// The same for all stages, so that one turn of the loop looks at one moment. It lives here because the stages share
/// nothing else and never import each other.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub catalog: &'a Catalog,
    /// Who stands in for whom, beyond what the definitions say.
    pub duty: &'a Duty,
    pub now: Timestamp,
    /// Automation has stopped: nothing new that changes the world may be intended.
    pub halted: bool,
    /// The next free number of an `IntentId`; a stage that issues several counts on from here.
    pub next_intent: u64,
}

impl Context<'_> {
    /// The same moment once these events have their numbers.
    #[must_use]
    pub fn after<'e>(&self, events: impl IntoIterator<Item = &'e Event>) -> Self {
        let issued = events.into_iter().filter_map(Event::issues).map(|intent| intent.0 + 1);
        Context { next_intent: issued.fold(self.next_intent, u64::max), ..*self }
    }
}
