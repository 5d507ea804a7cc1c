//! Spans of the week in one zone, as stretches between two instants: so that the days on which clocks change have
//! them once each, too.

use andon_vocabulary::Timestamp;
use jiff::ToSpan;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;

use super::{time_of_day, zone};
use crate::instance::{Calendar, Day};

/// A week and a day to both sides of a time hold the nearest span of any calendar.
const DAYS_AROUND: i32 = 8;

impl Calendar {
    /// Whether a time lies in it. One whose end is before its beginning runs over midnight into the next day.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.spans(at, -1..=1).iter().any(|(from, until)| *from <= at && at < *until)
    }

    /// When one begins or ends next.
    pub(super) fn changes(&self, after: Timestamp) -> Option<Timestamp> {
        let bounds = self.spans(after, -1..=DAYS_AROUND).into_iter().flat_map(|(from, until)| [from, until]);
        bounds.filter(|bound| *bound > after).min()
    }

    /// When one began or ended last.
    pub(super) fn changed(&self, until: Timestamp) -> Option<Timestamp> {
        let bounds = self.spans(until, -DAYS_AROUND..=1).into_iter().flat_map(|(from, until)| [from, until]);
        bounds.filter(|bound| *bound <= until).max()
    }

    /// Those that begin on one of these days, counted from that of `around`.
    fn spans(&self, around: Timestamp, days: std::ops::RangeInclusive<i32>) -> Vec<(Timestamp, Timestamp)> {
        let parts = (zone(&self.timezone), time_of_day(&self.from), time_of_day(&self.to));
        let (Some(zone), Some(from), Some(to)) = parts else { return Vec::new() };
        let today = zone.to_datetime(around.to_jiff()).date();
        let dates = days.filter_map(|apart| today.checked_add(apart.days()).ok());
        let dates = dates.filter(|date| self.days.iter().any(|day| weekday(*day) == date.weekday()));
        let spans = dates.filter_map(|date| {
            let end = if from <= to { date } else { date.tomorrow().ok()? };
            Some((instant(&zone, date, from)?, instant(&zone, end, to)?))
        });
        spans.collect()
    }
}

fn instant(zone: &TimeZone, date: Date, time: Time) -> Option<Timestamp> {
    zone.to_timestamp(date.to_datetime(time)).ok().map(Timestamp::from_jiff)
}

pub(super) fn weekday(day: Day) -> Weekday {
    match day {
        Day::Mon => Weekday::Monday,
        Day::Tue => Weekday::Tuesday,
        Day::Wed => Weekday::Wednesday,
        Day::Thu => Weekday::Thursday,
        Day::Fri => Weekday::Friday,
        Day::Sat => Weekday::Saturday,
        Day::Sun => Weekday::Sunday,
    }
}
