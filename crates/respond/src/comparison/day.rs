//! A day as a zone counts it: 23 or 25 hours where the clocks change.

use andon_definitions::{Catalog, oncall};
use andon_vocabulary::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    pub date: Date,
    pub from: Timestamp,
    /// The first moment of the day after.
    pub until: Timestamp,
}

impl Day {
    /// The day that a moment belongs to.
    pub fn around(at: Timestamp, zone: &TimeZone) -> Day {
        let date = zone.to_datetime(at.to_jiff()).date();
        let day = Day::of(date, zone);
        // A zone may leave out its midnight: then a day begins later than the clock says.
        if at < day.from { Day::of(date.yesterday().unwrap_or(date), zone) } else { day }
    }

    pub fn of(date: Date, zone: &TimeZone) -> Day {
        let begins = |date: Date, or: Timestamp| {
            let midnight = date.to_zoned(zone.clone());
            midnight.map_or(or, |midnight| Timestamp::from_jiff(midnight.timestamp()))
        };
        let from = begins(date, Timestamp::EPOCH);
        let until = date.tomorrow().map_or(Timestamp::MAX, |next| begins(next, Timestamp::MAX));
        Day { date, from, until }
    }

    /// `2026-11-23`, as the instance counts its days.
    pub fn parse(text: &str, catalog: &Catalog) -> Option<Day> {
        Some(Day::of(text.parse().ok()?, &zone(catalog)))
    }

    /// The day that a moment belongs to, as the instance counts them.
    pub fn containing(at: Timestamp, catalog: &Catalog) -> Day {
        Day::around(at, &zone(catalog))
    }

    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }
}

pub(super) fn zone(catalog: &Catalog) -> TimeZone {
    let named = catalog.instance.shadow.timezone.as_ref();
    named.and_then(|name| oncall::zone(&name.0)).unwrap_or(TimeZone::UTC)
}
