//! Spans of the week in one zone, as stretches between two instants: so that the days on which clocks change have
//! them once each, too.

use andon_vocabulary::{Timestamp, Weekly};
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

    /// What somebody wrote, if there are such days, such hours and such a zone.
    pub fn of(weekly: &Weekly) -> Result<Calendar, String> {
        let day = |text: &String| {
            Day::ALL.into_iter().find(|day| name(*day) == text).ok_or_else(|| {
                format!("`{text}` is no day of the week: write mon, tue, wed, thu, fri, sat or sun")
            })
        };
        let days = weekly.days.iter().map(day).collect::<Result<Vec<_>, _>>()?;
        for text in [&weekly.from, &weekly.to] {
            time_of_day(text).ok_or_else(|| format!("`{text}` is no time of day, such as 02:00"))?;
        }
        if weekly.from == weekly.to {
            return Err(format!("from {} to {} lasts no time", weekly.from, weekly.to));
        }
        zone(&weekly.timezone)
            .ok_or_else(|| format!("`{}` is no time zone, such as Europe/Madrid", weekly.timezone))?;
        let (from, to) = (weekly.from.as_str().into(), weekly.to.as_str().into());
        Ok(Calendar { days, from, to, timezone: weekly.timezone.as_str().into() })
    }

    pub fn weekly(&self) -> Weekly {
        Weekly {
            days: self.days.iter().map(|day| name(*day).to_owned()).collect(),
            from: self.from.to_string(),
            to: self.to.to_string(),
            timezone: self.timezone.to_string(),
        }
    }

    /// The one that a time lies in, or the next one.
    pub fn next_span(&self, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
        self.spans(at, -1..=DAYS_AROUND).into_iter().filter(|(_, until)| *until > at).min()
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

fn name(day: Day) -> &'static str {
    match day {
        Day::Mon => "mon",
        Day::Tue => "tue",
        Day::Wed => "wed",
        Day::Thu => "thu",
        Day::Fri => "fri",
        Day::Sat => "sat",
        Day::Sun => "sun",
    }
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
