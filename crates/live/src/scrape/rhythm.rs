//! When a target is asked: at moments of its own, so that not all come together, and the same ones after a restart.

use std::time::Duration;

use andon_vocabulary::Timestamp;
use tokio::time::{Instant, MissedTickBehavior};

/// A scrape this little late counts as on time: evenly spaced samples take less room.
const TOLERANCE: Duration = Duration::from_millis(2);

#[derive(Debug)]
pub struct Rhythm {
    ticks: tokio::time::Interval,
    every: Duration,
    /// The first of the moments, on both clocks.
    began: (Instant, Timestamp),
}

impl Rhythm {
    /// `seed` says where in the interval the moments lie.
    pub fn new(every: Duration, seed: u64, now: Timestamp) -> Rhythm {
        let length = u64::try_from(every.as_millis()).unwrap_or(u64::MAX).max(1);
        let into = u64::try_from(now.as_ms()).unwrap_or(0) % length;
        let wait = Duration::from_millis((seed % length + length - into) % length);
        let began = Instant::now() + wait;
        let mut ticks = tokio::time::interval_at(began, every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Rhythm { ticks, every, began: (began, now + wait) }
    }

    /// Waits for the next moment and says which it was. Cancel safe.
    pub async fn next(&mut self) -> Nominal {
        let tick = self.ticks.tick().await;
        let since = tick.saturating_duration_since(self.began.0);
        Nominal { at: self.began.1 + since, tolerance: TOLERANCE.min(self.every / 100) }
    }
}

/// A moment as it was meant.
#[derive(Clone, Copy, Debug)]
pub struct Nominal {
    at: Timestamp,
    tolerance: Duration,
}

/// What to write at the samples of a scrape that begins `now`.
pub fn stamp(now: Timestamp, nominal: Nominal) -> Timestamp {
    let is_close = now.since(nominal.at).max(nominal.at.since(now)) <= nominal.tolerance;
    if is_close { nominal.at } else { now }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn moments_lie_where_the_seed_says_and_stay_there() {
        let every = Duration::from_secs(15);
        let now = Timestamp::from_ms(1_000_000_007_123);
        let mut first = Rhythm::new(every, 4_321, now);
        let meant = first.next().await.at;
        assert_eq!(meant.as_ms() % 15_000, 4_321);
        assert!(meant.since(now) < every);
        assert_eq!(first.next().await.at, meant + every);
        let mut again = Rhythm::new(every, 4_321, now + Duration::from_secs(3));
        assert_eq!(again.next().await.at.as_ms() % 15_000, 4_321);
    }

    #[test]
    fn a_little_late_is_on_time() {
        let nominal = Nominal { at: Timestamp::from_ms(1000), tolerance: TOLERANCE };
        assert_eq!(stamp(Timestamp::from_ms(1002), nominal).as_ms(), 1000);
        assert_eq!(stamp(Timestamp::from_ms(1003), nominal).as_ms(), 1003);
    }
}
