//! Turns: whose it is, by counting from the first.

use andon_vocabulary::Timestamp;
use jiff::Span;
use jiff::civil::{Date, Time, date};
use jiff::tz::TimeZone;

use super::calendar::{Hours, weekday};
use super::{time_of_day, zone};
use crate::team::Turns;

/// Where turns are counted from when a rotation names no date: a Monday.
const FIRST_TURN: Date = date(2024, 1, 1);

/// Turns with their zone and times at hand.
#[derive(Clone, Debug)]
pub(super) struct Taking<'a> {
    people: &'a [String],
    zone: TimeZone,
    /// When turns are handed over.
    time: Time,
    /// The date of the first handover: the anchor, moved on to the day of the week that turns begin on.
    first: Date,
    days: i64,
    /// Empty: at all times.
    hours: Vec<Hours>,
}

impl<'a> Taking<'a> {
    /// `None` for what the loader refuses: nobody, no turn, an unknown zone.
    pub fn of(turns: &'a Turns) -> Option<Taking<'a>> {
        let (zone, time) = match &turns.handover {
            Some(handover) => (zone(&handover.timezone)?, time_of_day(&handover.at)?),
            None => (TimeZone::UTC, Time::midnight()),
        };
        let days = i64::try_from(turns.every.as_secs() / 86_400).ok().filter(|days| *days > 0)?;
        let hours = turns.hours.iter().map(Hours::of).collect::<Option<Vec<_>>>()?;
        let people = Some(turns.people.as_slice()).filter(|people| !people.is_empty())?;
        Some(Taking { people, zone, time, first: first_turn(turns)?, days, hours })
    }

    /// Whose turn it is, and which; `None` outside of the hours.
    pub fn holder(&self, at: Timestamp) -> Option<(&'a str, i64)> {
        if !self.hours.is_empty() && !self.hours.iter().any(|hours| hours.contains(at)) {
            return None;
        }
        let people = i64::try_from(self.people.len()).ok()?;
        let turn = self.turn(at)?;
        let person = usize::try_from(turn.rem_euclid(people)).ok()?;
        Some((&self.people[person], turn))
    }

    /// When a turn or the hours begin or end next.
    pub fn changes(&self, after: Timestamp) -> Option<Timestamp> {
        let hours = self.hours.iter().filter_map(|hours| hours.changes(after));
        let turn = self.turn(after).and_then(|turn| self.boundary(turn + 1));
        hours.chain(turn).min()
    }

    /// When a turn or the hours began or ended last.
    pub fn changed(&self, until: Timestamp) -> Option<Timestamp> {
        let hours = self.hours.iter().filter_map(|hours| hours.changed(until));
        let turn = self.turn(until).and_then(|turn| self.boundary(turn));
        hours.chain(turn).max()
    }

    /// The last that has begun. A turn does not always begin on its date: a time of day that the clocks skip may be
    /// shown only on the next one (in Nuuk they go from 23:00 to midnight), after a date that is skipped it is two
    /// later, and clocks that go back over midnight show the date before once more.
    fn turn(&self, at: Timestamp) -> Option<i64> {
        let today = self.zone.to_datetime(at.to_jiff()).date();
        let since = i64::from(self.first.until(today).ok()?.get_days());
        let near = since.div_euclid(self.days);
        let has_begun = |turn: &i64| self.boundary(*turn).is_some_and(|begins| begins <= at);
        (near - 2..=near + 1).rev().find(has_begun)
    }

    /// When a turn begins. A time of day that the clocks skip is as long after midnight as they would have shown
    /// (RFC 5545); of one that they show twice it is the first.
    fn boundary(&self, turn: i64) -> Option<Timestamp> {
        let days = Span::new().try_days(turn.checked_mul(self.days)?).ok()?;
        let day = self.first.checked_add(days).ok()?;
        self.zone.to_timestamp(day.to_datetime(self.time)).ok().map(Timestamp::from_jiff)
    }
}

fn first_turn(turns: &Turns) -> Option<Date> {
    let anchor = match &turns.starts {
        Some(date) => date.parse().ok()?,
        None => FIRST_TURN,
    };
    let day = turns.handover.as_ref().and_then(|handover| handover.day);
    match day.map(weekday) {
        Some(day) if day != anchor.weekday() => anchor.nth_weekday(1, day).ok(),
        _ => Some(anchor),
    }
}
