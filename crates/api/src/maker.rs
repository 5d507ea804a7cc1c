//! Whose a silence is: whoever has signed in, whatever name they send with it.

use andon_cycle::State;
use andon_monitor::{SilencePhase, Silenced};
use andon_vocabulary::{Silence, SilenceId};

use crate::doors::Visitor;

impl Visitor {
    /// Makes the silence theirs, where they have said who they are. `posted` is whom their client calls its maker, which
    /// is kept beside them: behind a program that many people use it is all that tells them apart. Who lengthens or
    /// shortens somebody's silence leaves it theirs.
    pub fn makes(
        &self,
        silence: &mut Silence,
        replaces: Option<SilenceId>,
        posted: Option<String>,
        state: &State,
    ) {
        silence.posted_by = None;
        let Some(handle) = self.handle() else { return };
        let said = posted.as_ref().unwrap_or(&silence.created_by);
        let old = replaces.and_then(|id| state.monitor.silences.get(id));
        match old.filter(|old| goes_on(old, silence) && is_of(&old.silence, said)) {
            Some(Silenced { silence: old, .. }) => {
                silence.created_by.clone_from(&old.created_by);
                silence.posted_by.clone_from(&old.posted_by);
            }
            None => {
                silence.posted_by = posted.filter(|posted| **posted != **handle);
                silence.created_by = handle.to_string();
            }
        }
    }
}

/// It silences what it did.
fn goes_on(old: &Silenced, new: &Silence) -> bool {
    let is_over = matches!(old.phase, SilencePhase::Ended { .. });
    !is_over && old.silence.matchers == new.matchers && old.silence.weekly == new.weekly
}

fn is_of(silence: &Silence, said: &str) -> bool {
    silence.created_by == said || silence.posted_by.as_deref() == Some(said)
}
