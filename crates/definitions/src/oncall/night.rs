//! When a page disturbs more than work: at night, and at the weekend, on the person's own clock.

use andon_vocabulary::Timestamp;
use jiff::civil::Weekday;

use super::zone;

/// From ten in the evening until seven in the morning.
const NIGHT: [i8; 2] = [22, 7];

pub fn is_night(timezone: &str, at: Timestamp) -> bool {
    zone(timezone).is_some_and(|zone| {
        let hour = zone.to_datetime(at.to_jiff()).hour();
        hour >= NIGHT[0] || hour < NIGHT[1]
    })
}

pub fn is_weekend(timezone: &str, at: Timestamp) -> bool {
    zone(timezone).is_some_and(|zone| {
        matches!(zone.to_datetime(at.to_jiff()).weekday(), Weekday::Saturday | Weekday::Sunday)
    })
}
