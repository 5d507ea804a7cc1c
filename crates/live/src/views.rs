//! What the rest of the process sees of the state.
//!
//! A record is made thousands of times a second when things go wrong. Whoever only follows the definitions is not woken
//! for each: every one that is would be served before those who wait for an answer.

use std::sync::Arc;

use andon_cycle::State;
use tokio::sync::watch;

pub type View = watch::Receiver<Arc<State>>;

/// The loop's end of it.
#[derive(Debug)]
pub struct Views {
    every: watch::Sender<Arc<State>>,
    plans: watch::Sender<Arc<State>>,
}

impl Views {
    /// With the view that wakes for every durable record, and the one that wakes for other plans only.
    pub fn of(state: &State) -> (Views, View, View) {
        let state = Arc::new(state.clone());
        let (every, view) = watch::channel(state.clone());
        let (plans, planned) = watch::channel(state);
        (Views { every, plans }, view, planned)
    }

    /// It is durable.
    pub fn show(&self, state: &State) {
        let state = Arc::new(state.clone());
        let is_planned_anew = differs(&self.plans.borrow(), &state);
        self.every.send_replace(state.clone());
        if is_planned_anew {
            self.plans.send_replace(state);
        }
    }
}

/// In what runs beside the loop: scrapes, probes, hands, calendars, what is sent on.
fn differs(a: &State, b: &State) -> bool {
    !Arc::ptr_eq(a.catalog(), b.catalog()) || a.change.platforms != b.change.platforms
}
