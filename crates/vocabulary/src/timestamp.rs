//! When something happened: milliseconds since the Unix epoch, written as RFC 3339 in UTC.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time with the resolution of a millisecond. Nothing in the core makes one up: it comes in with an input.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    pub const EPOCH: Timestamp = Timestamp(0);
    /// As far as RFC 3339 reaches in every zone: 9999-12-30T22:00:00.999Z. What never ends, ends then; it is written and
    /// read back as the same moment.
    pub const MAX: Timestamp = Timestamp(253_402_207_200_999);
    const MIN: Timestamp = Timestamp(-377_705_023_201_000);

    pub const fn from_ms(ms: i64) -> Self {
        Timestamp(ms)
    }

    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not later.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// For calendars and zones. Samples may carry any number of milliseconds: beyond what can be written it is the
    /// nearest that can.
    pub fn to_jiff(self) -> jiff::Timestamp {
        let Timestamp(ms) = self.clamp(Timestamp::MIN, Timestamp::MAX);
        // By parts, since jiff takes milliseconds in one number only up to the last whole second.
        let nanos = i32::try_from(ms.rem_euclid(1000) * 1_000_000).unwrap_or_default();
        jiff::Timestamp::new(ms.div_euclid(1000), nanos).unwrap_or_default()
    }

    /// For people, who do not count in thousandths: `2026-11-20T21:00:00Z`.
    pub fn second(self) -> impl fmt::Display {
        jiff::fmt::strtime::format("%Y-%m-%dT%H:%M:%SZ", self.to_jiff()).unwrap_or_default()
    }

    pub fn from_jiff(at: jiff::Timestamp) -> Self {
        Timestamp(at.as_millisecond())
    }
}

fn ms(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// Ends at what can be written, so that no sum is another moment when it is read back from the journal.
impl Add<Duration> for Timestamp {
    type Output = Timestamp;
    fn add(self, span: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(ms(span))).min(self.max(Timestamp::MAX))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Timestamp;
    fn sub(self, span: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub(ms(span))).max(self.min(Timestamp::MIN))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.to_jiff())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = jiff::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<jiff::Timestamp>().map(Timestamp::from_jiff)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(|error| serde::de::Error::custom(format!("not an RFC 3339 time: {error}")))
    }
}

/// Durations in the journal are whole milliseconds: `#[serde(with = "duration_ms")]`.
pub mod duration_ms {
    use super::*;

    pub fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(ms(*span))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_read_back_as_the_same_moment() {
        let beyond = Timestamp::from_ms(0) + Duration::MAX;
        let before = Timestamp::from_ms(0) - Duration::MAX;
        assert_eq!((before, beyond), (Timestamp::MIN, Timestamp::MAX));
        assert_eq!(Timestamp::from_jiff(jiff::Timestamp::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::from_jiff(jiff::Timestamp::MIN), Timestamp::MIN);
        let others =
            [-62_135_596_800_001, -1, 0, 1_700_000_000_123, 253_402_207_200_500].map(Timestamp::from_ms);
        for at in [before, beyond].into_iter().chain(others) {
            let written = serde_json::to_string(&at).unwrap();
            assert_eq!(serde_json::from_str::<Timestamp>(&written).unwrap(), at, "{written}");
        }
    }

    #[test]
    fn a_sample_from_beyond_the_calendar_is_not_moved_by_a_sum() {
        let (first, last) = (Timestamp::from_ms(i64::MIN), Timestamp::from_ms(i64::MAX));
        let day = Duration::from_secs(86_400);
        assert_eq!((first - day, last + day), (first, last));
        assert_eq!(first.to_string(), Timestamp::MIN.to_string());
        assert_eq!(last.to_string(), Timestamp::MAX.to_string());
    }
}
