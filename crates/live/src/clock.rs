//! The one clock of a live Andon. Its time never goes back, and does not jump on the first word of the machine's.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use andon_vocabulary::Timestamp;

use astray::Astray;

mod astray;

/// Slewing, load and leap seconds stay below this. What is more is a jump.
const JUMP: Duration = Duration::from_secs(5);
/// A jump forward is believed when it has stood for so long: what was wrong for a moment would stay in the journal.
const BELIEVED_AFTER: Duration = Duration::from_secs(30);

/// Follows the machine's clock. A jump forward is followed after half a minute, since a clock that was set right, or a
/// machine that slept, is really later; one that is taken back before is none. When the machine's clock is set back,
/// this one slows down until it is caught up with: timers still run, and no record is older than the one before it.
#[derive(Debug)]
pub struct Clock(Mutex<Reading>);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Reading {
    /// Since the epoch.
    time: Duration,
    taken: Instant,
    astray: Option<Astray>,
}

impl Clock {
    /// Not earlier than `last`, which is the newest time in the journal.
    pub fn starting_at(last: Timestamp) -> Clock {
        let last = Duration::from_millis(u64::try_from(last.as_ms()).unwrap_or(0));
        Clock(Mutex::new(Reading { time: last.max(wall()), taken: Instant::now(), astray: None }))
    }

    pub fn now(&self) -> Timestamp {
        let reading = self.read();
        Timestamp::from_ms(i64::try_from(reading.time.as_millis()).unwrap_or(i64::MAX))
    }

    /// What is wrong between this clock and the machine's, in words.
    pub fn trouble(&self) -> Option<String> {
        self.read().astray.map(|astray| astray.to_string())
    }

    fn read(&self) -> Reading {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *reading;
        *reading = before.next(wall(), Instant::now());
        astray::tell(before, *reading);
        *reading
    }
}

impl Reading {
    fn next(self, wall: Duration, taken: Instant) -> Reading {
        let passed = taken.saturating_duration_since(self.taken);
        let awaited = self.time + passed;
        if wall > awaited + JUMP {
            let by = wall - awaited;
            let since = self.astray.and_then(|astray| astray.jumped(by)).unwrap_or(taken);
            return match taken.saturating_duration_since(since) >= BELIEVED_AFTER {
                true => Reading { time: wall, taken, astray: None },
                false => Reading { time: awaited, taken, astray: Some(Astray::Jumped { by, since }) },
            };
        }
        if wall >= self.time {
            return Reading { time: wall, taken, astray: None };
        }
        let time = self.time + passed * 9 / 10;
        let by = time.saturating_sub(wall);
        let since = self.astray.and_then(Astray::ahead).unwrap_or(taken);
        Reading { time, taken, astray: (by > JUMP).then_some(Astray::Ahead { by, since }) }
    }
}

fn wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests;
