//! Who is on call: a function of the team's definition and a time, with zones from the bundled database.

use andon_vocabulary::Timestamp;
use jiff::civil::{Date, Time, Weekday, date};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Span, ToSpan};

use crate::instance::{Calendar, Day};
use crate::team::{Rotation, Team};

/// One person's turn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shift {
    pub person: String,
    pub from: Timestamp,
    pub until: Timestamp,
}

/// Where turns are counted from when a rotation names no date: a Monday.
const FIRST_TURN: Date = date(2024, 1, 1);

/// Who is on call in a team's rotation, since when and until when.
pub fn on_call(team: &Team, rotation: &str, at: Timestamp) -> Option<Shift> {
    team.oncall.get(rotation)?.shift(at)
}

impl Rotation {
    /// `None` only for what the loader refuses: nobody, no turn, an unknown zone.
    pub fn shift(&self, at: Timestamp) -> Option<Shift> {
        let people = i64::try_from(self.people.len()).ok().filter(|people| *people > 0)?;
        let days = i64::try_from(self.every.as_secs() / 86_400).ok().filter(|days| *days > 0)?;
        let (zone, time) = match &self.handover {
            Some(handover) => (zone(&handover.timezone)?, time_of_day(&handover.at)?),
            None => (TimeZone::UTC, Time::midnight()),
        };
        let first = self.first_turn()?;
        let boundary = |turn: i64| -> Option<Timestamp> {
            let day = first.checked_add(Span::new().try_days(turn.checked_mul(days)?).ok()?).ok()?;
            zone.to_timestamp(day.to_datetime(time)).ok().map(Timestamp::from_jiff)
        };
        let today = zone.to_datetime(at.to_jiff()).date();
        let since = i64::from(first.until(today).ok()?.get_days());
        let mut turn = since.div_euclid(days);
        if boundary(turn)? > at {
            turn -= 1;
        }
        let person = usize::try_from(turn.rem_euclid(people)).ok()?;
        Some(Shift { person: self.people[person].clone(), from: boundary(turn)?, until: boundary(turn + 1)? })
    }

    /// The date of the first handover: the anchor, moved on to the day of the week that turns begin on.
    fn first_turn(&self) -> Option<Date> {
        let anchor = match &self.starts {
            Some(date) => date.parse().ok()?,
            None => FIRST_TURN,
        };
        let day = self.handover.as_ref().and_then(|handover| handover.day);
        match day.map(weekday) {
            Some(day) if day != anchor.weekday() => anchor.nth_weekday(1, day).ok(),
            _ => Some(anchor),
        }
    }
}

impl Calendar {
    /// Whether a time lies in it. One whose end is before its beginning runs over midnight into the next day.
    pub fn contains(&self, at: Timestamp) -> bool {
        let parts = (zone(&self.timezone), time_of_day(&self.from), time_of_day(&self.to));
        let (Some(zone), Some(from), Some(to)) = parts else { return false };
        let now = zone.to_datetime(at.to_jiff());
        let has = |date: Date| self.days.iter().any(|day| weekday(*day) == date.weekday());
        if from <= to {
            has(now.date()) && now.time() >= from && now.time() < to
        } else {
            let yesterday = now.date().checked_sub(1.day()).unwrap_or(now.date());
            (has(now.date()) && now.time() >= from) || (has(yesterday) && now.time() < to)
        }
    }
}

/// A zone of the bundled database; the machine's own is never asked.
pub fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

fn time_of_day(text: &str) -> Option<Time> {
    Time::strptime("%H:%M", text).ok()
}

fn weekday(day: Day) -> Weekday {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::Period;
    use crate::team::Handover;

    fn weekly(zone: &str) -> Rotation {
        Rotation {
            people: vec!["ana".to_owned(), "ben".to_owned()],
            every: Period::minutes(7 * 24 * 60),
            handover: Some(Handover { day: Some(Day::Mon), at: "09:00".into(), timezone: zone.into() }),
            starts: None,
            rest_after_night_page: None,
        }
    }

    fn shift(rotation: &Rotation, at: &str) -> String {
        let shift = rotation.shift(at.parse().unwrap()).unwrap();
        format!("{} {} {}", shift.person, shift.from, shift.until)
    }

    #[test]
    fn turns_pass_at_the_local_time_of_the_handover() {
        let madrid = weekly("Europe/Madrid");
        let ana = "ana 2026-11-16T08:00:00.000Z 2026-11-23T08:00:00.000Z";
        assert_eq!(shift(&madrid, "2026-11-16T08:00:00Z"), ana);
        assert_eq!(shift(&madrid, "2026-11-20T22:00:00+01:00"), ana);
        assert_eq!(shift(&madrid, "2026-11-23T07:59:59.999Z"), ana);
        let ben = "ben 2026-11-23T08:00:00.000Z 2026-11-30T08:00:00.000Z";
        assert_eq!(shift(&madrid, "2026-11-23T08:00:00Z"), ben);
    }

    #[test]
    fn a_turn_over_the_end_of_summer_time_is_an_hour_longer() {
        let shift = weekly("Europe/Madrid").shift("2026-10-24T12:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(shift.until.since(shift.from).as_secs(), (7 * 24 + 1) * 3600);
    }

    #[test]
    fn an_anchor_names_the_first_turn() {
        let daily = Rotation {
            every: Period::minutes(24 * 60),
            handover: None,
            starts: Some("2026-11-20".into()),
            ..weekly("UTC")
        };
        assert_eq!(
            shift(&daily, "2026-11-20T12:00:00Z"),
            "ana 2026-11-20T00:00:00.000Z 2026-11-21T00:00:00.000Z"
        );
        assert_eq!(
            shift(&daily, "2026-11-19T12:00:00Z"),
            "ben 2026-11-19T00:00:00.000Z 2026-11-20T00:00:00.000Z"
        );
    }

    #[test]
    fn a_calendar_may_run_over_midnight() {
        let nights = Calendar {
            days: vec![Day::Fri],
            from: "22:00".into(),
            to: "06:00".into(),
            timezone: "Europe/Madrid".into(),
        };
        let contains = |at: &str| nights.contains(at.parse().unwrap());
        assert!(contains("2026-11-20T22:00:00+01:00"));
        assert!(contains("2026-11-21T05:59:00+01:00"));
        assert!(!contains("2026-11-21T06:00:00+01:00"));
        assert!(!contains("2026-11-21T23:00:00+01:00"));
    }
}
