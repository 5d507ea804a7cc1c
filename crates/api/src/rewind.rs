//! The state as it was at a time: folded from the journal, from the nearest state that is kept.
//!
//! The first question about the past folds the journal once and keeps a state every so many records on the way; later
//! questions fold only what lies between. States share what they have in common, so keeping one costs what changed
//! since the one before.

use std::sync::{Arc, Mutex, PoisonError};

use andon_cycle::State;
use andon_vocabulary::Timestamp;

use crate::port::{History, View};

/// Records that are in memory at once.
const PAGE: usize = 1024;
/// Between two states that are kept, at first. It doubles when there are too many of them.
const SPACING: u64 = 8192;
const KEPT_MAX: usize = 32;

#[derive(Default)]
pub struct Rewinder {
    /// Held while folding: one at a time is enough for people, and a flood of questions is no flood of work.
    kept: Mutex<Kept>,
}

struct Kept {
    spacing: u64,
    /// After which record each is, in order.
    states: Vec<(u64, View)>,
    /// What was asked for last: a page is looked at twice.
    last: Option<(u64, View)>,
}

impl Default for Kept {
    fn default() -> Kept {
        Kept { spacing: SPACING, states: Vec::new(), last: None }
    }
}

impl Rewinder {
    /// The state after the last record that is not later than `at`.
    pub fn state_at(&self, history: &dyn History, at: Timestamp) -> Result<View, String> {
        let end = last_until(history, at)?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((seq, view)) = &kept.last
            && *seq == end
        {
            return Ok(Arc::clone(view));
        }
        let before = kept.states.partition_point(|(seq, _)| *seq <= end);
        let (mut seq, mut state) = match before.checked_sub(1).map(|nearest| &kept.states[nearest]) {
            Some((seq, view)) => (*seq, State::clone(view)),
            None => (0, State::default()),
        };
        while seq < end {
            let most = usize::try_from(end - seq).unwrap_or(PAGE).min(PAGE);
            let page = history.read(seq + 1, most)?;
            if page.is_empty() {
                return Err(format!("record {} of the journal is not there", seq + 1));
            }
            for (number, record) in page {
                state.apply(&record);
                seq = number;
                kept.keep(seq, &state);
            }
        }
        let view: View = Arc::new(state);
        kept.last = Some((end, Arc::clone(&view)));
        Ok(view)
    }
}

impl Kept {
    fn keep(&mut self, seq: u64, state: &State) {
        let is_newest = self.states.last().is_none_or(|(last, _)| *last < seq);
        if !is_newest || !seq.is_multiple_of(self.spacing) {
            return;
        }
        self.states.push((seq, Arc::new(state.clone())));
        if self.states.len() > KEPT_MAX {
            self.spacing *= 2;
            let spacing = self.spacing;
            self.states.retain(|(seq, _)| seq.is_multiple_of(spacing));
        }
    }
}

/// The number of the last record that is not later than `at`; 0 where all are. A record is never earlier than the one
/// before it, so a few of them have to be looked at.
pub fn last_until(history: &dyn History, at: Timestamp) -> Result<u64, String> {
    let (mut low, mut high) = (0, history.head());
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        let read = history.read(middle, 1)?;
        let (_, record) =
            read.first().ok_or_else(|| format!("record {middle} of the journal is not there"))?;
        if record.at <= at {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::port::Loop;
    use crate::scene;

    #[test]
    fn the_past_is_what_it_was_however_it_is_reached() {
        let still = scene::leaking(scene::EVENING);
        let (head, now) = (still.head(), still.now());
        let rewinder = Rewinder { kept: Mutex::new(Kept { spacing: 2, states: Vec::new(), last: None }) };
        for seconds in [0, 900, 725, 0, 100_000, 752] {
            let at = scene::EVENING + Duration::from_secs(seconds);
            let mut naive = State::default();
            for (_, record) in still.read(1, usize::MAX).unwrap() {
                if record.at <= at {
                    naive.apply(&record);
                }
            }
            let state = rewinder.state_at(&still, at).unwrap();
            assert_eq!(
                (state.at, &state.respond, &state.monitor),
                (naive.at, &naive.respond, &naive.monitor)
            );
        }
        assert!(rewinder.kept.lock().unwrap().states.len() > 2);
        assert_eq!(last_until(&still, now).unwrap(), head);
        assert_eq!(last_until(&still, Timestamp::EPOCH).unwrap(), 0);
    }
}
