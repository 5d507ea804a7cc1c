//! When a run next changes by itself.

use std::time::Duration;

use andon_definitions::{Action, Does, Repeat};
use andon_vocabulary::Timestamp;

use super::run::{Doing, Run};
use super::verify;

/// A reading or a lookup that takes longer than this will not come. A restart of Andon, whose samples come back with
/// the next scrapes, takes less.
pub(super) const READING_WAIT_MAX: Duration = Duration::from_secs(60);

/// Where the instance is halted, what would only repeat a change waits for its release and not for a time.
pub(super) fn deadline(run: &Run, halted: bool) -> Option<Timestamp> {
    let whole = run.runbook.guardrails.max_duration.map(|max| run.started + max.0);
    let blind = run.blind_since.map(|since| since + READING_WAIT_MAX);
    [whole, blind, step(run, halted)].into_iter().flatten().min()
}

fn step(run: &Run, halted: bool) -> Option<Timestamp> {
    let (step, doing) = run.at()?;
    let Does::Act(act) = &step.does else {
        return match doing {
            Doing::Asking(ask) => Some(ask.expires),
            _ => None,
        };
    };
    match doing {
        Doing::Began { at } => matches!(act.action, Action::Promql(_)).then_some(*at + READING_WAIT_MAX),
        Doing::Asking(ask) => Some(ask.expires),
        Doing::InFlight(attempt) => Some(attempt.expires()),
        Doing::Unknown { look_after, .. } => {
            let repeats = matches!(act.repeat, Repeat::Harmless | Repeat::WithKey);
            (!(halted && repeats)).then_some(*look_after)
        }
        Doing::LookingUp { since, .. } => Some(*since + READING_WAIT_MAX),
        Doing::Retrying { at, .. } => (!halted).then_some(*at),
        Doing::Verifying { until, held_since, blank_since, .. } => {
            let held = held_since.zip(act.verify.as_ref()).map(|(since, verify)| since + verify.held_for.0);
            let blank =
                blank_since.filter(|_| verify::fails_without_data(act)).map(|since| since + READING_WAIT_MAX);
            [Some(*until), held, blank].into_iter().flatten().min()
        }
        _ => None,
    }
}
