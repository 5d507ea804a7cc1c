//! What is wrong between Andon's clock and the machine's, and the words for it.

use std::fmt;
use std::time::{Duration, Instant};

use andon_definitions::Period;

use super::{BELIEVED_AFTER, JUMP, Reading};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Astray {
    /// The machine's clock jumped forward, and is not believed yet.
    Jumped { by: Duration, since: Instant },
    /// The machine's clock was set back, or the journal is of a later time: this one waits for it.
    Ahead { by: Duration, since: Instant },
}

impl Astray {
    /// Since when the machine's clock has been ahead by this much.
    pub fn jumped(self, now: Duration) -> Option<Instant> {
        match self {
            Astray::Jumped { by, since } if now.abs_diff(by) <= JUMP => Some(since),
            _ => None,
        }
    }

    pub fn ahead(self) -> Option<Instant> {
        match self {
            Astray::Ahead { since, .. } => Some(since),
            Astray::Jumped { .. } => None,
        }
    }
}

impl fmt::Display for Astray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Astray::Jumped { by, .. } => write!(
                f,
                "this machine's clock jumped forward by {}; it is followed when it has stayed so for {}",
                span(*by),
                span(BELIEVED_AFTER)
            ),
            Astray::Ahead { by, .. } => write!(
                f,
                "Andon's time is {} ahead of this machine's clock, which was set back; it goes a tenth slower until \
                 that clock has caught up, in about {}, and who is on call, silences and what is due follow it until \
                 then",
                span(*by),
                span(*by * 10)
            ),
        }
    }
}

/// Says what changed from one reading to the next, and once an hour what still is.
pub(super) fn tell(before: Reading, after: Reading) {
    let followed = || after.time.saturating_sub(before.time) > JUMP;
    match (before.astray, after.astray) {
        (Some(Astray::Jumped { since, .. }), Some(Astray::Jumped { since: still, .. })) if since == still => {
        }
        (_, Some(jumped @ Astray::Jumped { .. })) => tracing::warn!("{jumped}"),
        (Some(Astray::Ahead { since, .. }), Some(ahead @ Astray::Ahead { .. })) => {
            let hours = |at: Instant| at.saturating_duration_since(since).as_secs() / 3600;
            if hours(before.taken) != hours(after.taken) {
                tracing::error!("{ahead}");
            }
        }
        (_, Some(ahead @ Astray::Ahead { .. })) => tracing::error!("{ahead}"),
        (Some(Astray::Jumped { by, .. }), None) if followed() => {
            tracing::warn!("this machine's clock stayed {} ahead, and is followed", span(by));
        }
        (Some(Astray::Jumped { .. }), None) => {
            tracing::info!("this machine's clock is back from its jump, which was not followed");
        }
        (Some(Astray::Ahead { .. }), None) => {
            tracing::info!("this machine's clock has caught up with Andon's time");
        }
        (None, None) => {}
    }
}

fn span(span: Duration) -> Period {
    Period::seconds(span.as_secs())
}
