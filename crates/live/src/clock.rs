//! The one clock of a live Andon. Its time never goes back, whatever happens to the machine's.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use andon_vocabulary::Timestamp;

/// Follows the machine's clock forward at once. When that clock is set back, this one slows down until it is caught
/// up with: timers still run, and no record is older than the one before it.
#[derive(Debug)]
pub struct Clock(Mutex<Reading>);

#[derive(Clone, Copy, Debug)]
struct Reading {
    /// Since the epoch.
    time: Duration,
    taken: Instant,
}

impl Clock {
    /// Not earlier than `last`, which is the newest time in the journal.
    pub fn starting_at(last: Timestamp) -> Clock {
        let last = Duration::from_millis(u64::try_from(last.as_ms()).unwrap_or(0));
        Clock(Mutex::new(Reading { time: last.max(wall()), taken: Instant::now() }))
    }

    pub fn now(&self) -> Timestamp {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *reading = reading.next(wall(), Instant::now());
        Timestamp::from_ms(i64::try_from(reading.time.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Reading {
    fn next(self, wall: Duration, taken: Instant) -> Reading {
        let passed = taken.saturating_duration_since(self.taken);
        let slowed = self.time + passed * 9 / 10;
        Reading { time: if wall >= self.time { wall } else { slowed }, taken }
    }
}

fn wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_set_back_slows_time_but_never_turns_it() {
        let start = Instant::now();
        let s = Duration::from_secs;
        let at = |reading: Reading, wall, passed| reading.next(s(wall), start + s(passed));
        let reading = Reading { time: s(1000), taken: start };
        let ahead = at(reading, 1010, 10);
        assert_eq!(ahead.time, s(1010));
        let set_back = at(ahead, 900, 20);
        assert_eq!(set_back.time, s(1019));
        let caught_up = at(set_back, 1020, 140);
        assert_eq!(caught_up.time, s(1020));
    }

    #[test]
    fn a_journal_from_the_future_is_not_answered_with_the_past() {
        let future = Timestamp::from_ms(4_000_000_000_000);
        assert!(Clock::starting_at(future).now() >= future);
    }
}
