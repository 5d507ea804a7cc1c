//! Spans of the week in one zone, as stretches between two instants: so that the days on which clocks change have
//! them once each, too.

use andon_vocabulary::{Stretch, Timestamp, Weekly};
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
        Hours::of(self).is_some_and(|hours| hours.contains(at))
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
        let hours = Hours::of(self)?;
        let spans = hours.spans(at, -1..=DAYS_AROUND).map(|span| (span.from, span.until));
        spans.filter(|(_, until)| *until > at).min()
    }
}

/// A calendar with its zone and times at hand.
#[derive(Clone, Debug)]
pub(super) struct Hours {
    zone: TimeZone,
    days: Vec<Weekday>,
    from: Time,
    to: Time,
}

impl Hours {
    /// `None` for what the loader refuses: an unknown zone, no time of day.
    pub fn of(calendar: &Calendar) -> Option<Hours> {
        Some(Hours {
            zone: zone(&calendar.timezone)?,
            days: calendar.days.iter().map(|day| weekday(*day)).collect(),
            from: time_of_day(&calendar.from)?,
            to: time_of_day(&calendar.to)?,
        })
    }

    pub fn contains(&self, at: Timestamp) -> bool {
        self.spans(at, -1..=1).any(|span| span.contains(at))
    }

    /// When one begins or ends next.
    pub fn changes(&self, after: Timestamp) -> Option<Timestamp> {
        let bounds = self.spans(after, -1..=DAYS_AROUND).flat_map(|span| [span.from, span.until]);
        bounds.filter(|bound| *bound > after).min()
    }

    /// When one began or ended last.
    pub fn changed(&self, until: Timestamp) -> Option<Timestamp> {
        let bounds = self.spans(until, -DAYS_AROUND..=1).flat_map(|span| [span.from, span.until]);
        bounds.filter(|bound| *bound <= until).max()
    }

    /// Those that begin on one of these days, counted from that of `around`.
    fn spans(
        &self,
        around: Timestamp,
        days: std::ops::RangeInclusive<i32>,
    ) -> impl Iterator<Item = Stretch> + '_ {
        let today = self.zone.to_datetime(around.to_jiff()).date();
        let dates = days.filter_map(move |apart| today.checked_add(apart.days()).ok());
        dates.filter(|date| self.days.contains(&date.weekday())).filter_map(|date| {
            let end = if self.from <= self.to { date } else { date.tomorrow().ok()? };
            Some(Stretch { from: self.instant(date, self.from)?, until: self.instant(end, self.to)? })
        })
    }

    fn instant(&self, date: Date, time: Time) -> Option<Timestamp> {
        self.zone.to_timestamp(date.to_datetime(time)).ok().map(Timestamp::from_jiff)
    }
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
