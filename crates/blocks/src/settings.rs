//! What a store is told when it opens.

use std::time::Duration;

use andon_timeseries::Limits;

use crate::block::Resolution;
use crate::wal::Fsync;

#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What the head takes.
    pub limits: Limits,
    pub fsync: Fsync,
    pub retention: Retention,
    /// The span of a block when it is first written. Longer ones are whole multiples of it.
    pub block: Duration,
}

/// How long the past is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Every sample.
    pub raw: Duration,
    /// Steps of five minutes; zero makes none.
    pub five_minutes: Duration,
    /// Steps of an hour; zero makes none.
    pub hour: Duration,
    /// All blocks together; the oldest go first. None sets no limit.
    pub bytes: Option<u64>,
}

const DAY: Duration = Duration::from_secs(86_400);

impl Default for Retention {
    fn default() -> Self {
        Retention { raw: 15 * DAY, five_minutes: 90 * DAY, hour: 730 * DAY, bytes: None }
    }
}

impl Retention {
    pub fn of(&self, resolution: Resolution) -> Duration {
        match resolution {
            Resolution::Raw => self.raw,
            Resolution::FiveMinutes => self.five_minutes,
            Resolution::Hour => self.hour,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            limits: Limits::default(),
            fsync: Fsync::Every(Duration::from_secs(1)),
            retention: Retention::default(),
            block: Duration::from_secs(7_200),
        }
    }
}
