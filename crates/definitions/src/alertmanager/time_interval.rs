//! Times of day, week, month and year, as `time_intervals` write them.

use std::borrow::Cow;
use std::marker::PhantomData;

use andon_vocabulary::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::scalar::Location;

/// Holds at a time that all of its parts hold at; a part that is left out always does.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
pub struct TimeInterval {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<Vec<TimesOfDay>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weekdays: Option<Vec<Stretch<Weekdays>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    days_of_month: Option<Vec<Stretch<DaysOfMonth>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    months: Option<Vec<Stretch<Months>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    years: Option<Vec<Stretch<Years>>>,
    /// UTC without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
}

/// From a minute on until before another, within a day.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
pub struct TimesOfDay {
    #[schemars(extend("format" = "andon-minute"))]
    pub start_time: String,
    #[schemars(extend("format" = "andon-minute"))]
    pub end_time: String,
}

/// `monday:friday`, `1:15`, `december`: both ends belong to it. What is counted is the parameter's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch<T> {
    first: i16,
    last: i16,
    counted: PhantomData<T>,
}

/// What a [`Stretch`] is of.
pub trait Counted {
    const FORMAT: &'static str;
    const DESCRIPTION: &'static str;
    /// What to mind where the first does not come before the last.
    const ORDER: &'static str;
    /// The number of a name or of digits, in small letters.
    fn number(text: &str) -> Option<i16>;
    /// How that number is written.
    fn name(number: i16) -> String {
        number.to_string()
    }
    fn in_order(first: i16, last: i16) -> bool {
        first <= last
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Weekdays;
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DaysOfMonth;
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Months;
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Years;

const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

fn place(names: &[&str], text: &str) -> Option<i16> {
    let at = names.iter().position(|name| *name == text)?;
    i16::try_from(at).ok()
}

impl Counted for Weekdays {
    const FORMAT: &'static str = "andon-weekdays";
    const DESCRIPTION: &'static str = "days of the week such as saturday or monday:friday";
    const ORDER: &'static str = "a week begins with sunday here: the first day comes before the last";
    fn number(text: &str) -> Option<i16> {
        place(&WEEKDAYS, text)
    }
    fn name(number: i16) -> String {
        let name = usize::try_from(number).ok().and_then(|at| WEEKDAYS.get(at));
        (*name.expect("a number of its own")).to_owned()
    }
}

impl Counted for DaysOfMonth {
    const FORMAT: &'static str = "andon-days-of-month";
    const DESCRIPTION: &'static str = "days of the month such as 1:7, or -1 for its last";
    const ORDER: &'static str = "the first day comes before the last, in every month";
    fn number(text: &str) -> Option<i16> {
        text.parse().ok().filter(|day: &i16| *day != 0 && day.abs() <= 31)
    }
    /// A day from the end is so many days into the shortest month.
    fn in_order(first: i16, last: i16) -> bool {
        let from_start = |day: i16| if day < 0 { 28 + day } else { day };
        (first > 0 || last < 0) && from_start(first) <= from_start(last)
    }
}

impl Counted for Months {
    const FORMAT: &'static str = "andon-months";
    const DESCRIPTION: &'static str = "months such as december, 6:8 or june:august";
    const ORDER: &'static str = "the first month comes before the last; for a turn of the year write two";
    fn number(text: &str) -> Option<i16> {
        let named = place(&MONTHS, text).map(|at| at + 1);
        named.or_else(|| text.parse().ok().filter(|month| (1..=12).contains(month)))
    }
}

impl Counted for Years {
    const FORMAT: &'static str = "andon-years";
    const DESCRIPTION: &'static str = "years such as 2026 or 2026:2028";
    const ORDER: &'static str = "the first year comes before the last";
    fn number(text: &str) -> Option<i16> {
        text.parse().ok().filter(|year| *year >= 0)
    }
}

impl<T: Counted> Stretch<T> {
    pub fn parse(text: &str) -> Result<Stretch<T>, String> {
        let wrong = || format!("`{text}` is not {}", T::DESCRIPTION);
        let text = text.to_ascii_lowercase();
        let (first, last) = text.split_once(':').unwrap_or((&text, &text));
        let (first, last) = (T::number(first).ok_or_else(wrong)?, T::number(last).ok_or_else(wrong)?);
        if !T::in_order(first, last) {
            return Err(format!("`{text}`: {}", T::ORDER));
        }
        Ok(Stretch { first, last, counted: PhantomData })
    }

    fn holds(&self, number: i16) -> bool {
        (self.first..=self.last).contains(&number)
    }
}

impl Stretch<DaysOfMonth> {
    fn holds_in(&self, day: i16, days: i16) -> bool {
        let from_start = |day: i16| if day < 0 { days + day + 1 } else { day };
        let (first, last) = (from_start(self.first), from_start(self.last));
        // What begins behind the month's end is no day of it; what ends there ends with it.
        first <= days && (first..=last.min(days)).contains(&day)
    }
}

impl<'de, T: Counted> Deserialize<'de> for Stretch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Stretch::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl<T: Counted> Serialize for Stretch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{}:{}", T::name(self.first), T::name(self.last)))
    }
}

impl<T: Counted> JsonSchema for Stretch<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        T::FORMAT.into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": T::FORMAT, "description": T::DESCRIPTION })
    }
}

/// The minute of a day that `HH:MM` names; 24:00 is its end.
pub(crate) fn minute(text: &str) -> Result<u16, String> {
    let wrong = || format!("`{text}` is not a time of day between 00:00 and 24:00");
    let (hour, minute) = text.split_once(':').filter(|_| text.len() == 5).ok_or_else(wrong)?;
    let number = |digits: &str| -> Option<u16> {
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
    };
    let (hour, minute) = (number(hour).ok_or_else(wrong)?, number(minute).ok_or_else(wrong)?);
    let of_day = hour * 60 + minute;
    if minute < 60 && of_day <= 24 * 60 { Ok(of_day) } else { Err(wrong()) }
}

impl TimesOfDay {
    /// Whether the end is behind the start.
    pub(super) fn in_order(&self) -> bool {
        minute(&self.start_time) < minute(&self.end_time)
    }

    fn holds(&self, now: u16) -> bool {
        let bounds = (minute(&self.start_time), minute(&self.end_time));
        matches!(bounds, (Ok(start), Ok(end)) if start <= now && now < end)
    }
}

/// Whether a text names a zone as Go does: in the case that the database has it in. The error says what to write.
///
/// `Local` is refused: it would be the zone of whatever machine reads the file, and nothing that is decided here may
/// depend on that.
pub(crate) fn location(text: &str) -> Result<(), String> {
    if text == "Local" {
        return Err("`Local` is the zone of the machine that reads this, which another may read otherwise: write its \
                    name, such as Europe/Madrid, or UTC"
            .to_owned());
    }
    if text.is_empty() {
        return Ok(());
    }
    let zone = TimeZoneDatabase::bundled()
        .get(text)
        .map_err(|_| format!("`{text}` is not a time zone such as Europe/Madrid or UTC"))?;
    match zone.iana_name() {
        Some(name) if name != text => Err(format!("`{text}` is no time zone to Go: write {name}")),
        _ => Ok(()),
    }
}

impl TimeInterval {
    pub(super) fn times(&self) -> &[TimesOfDay] {
        self.times.as_deref().unwrap_or_default()
    }

    pub fn contains(&self, at: Timestamp) -> bool {
        let zone = match &self.location {
            Some(name) if !name.is_empty() => TimeZoneDatabase::bundled().get(name).unwrap_or(TimeZone::UTC),
            _ => TimeZone::UTC,
        };
        self.contains_local(zone.to_datetime(at.to_jiff()))
    }

    fn contains_local(&self, now: DateTime) -> bool {
        fn any<T>(part: Option<&Vec<T>>, holds: impl Fn(&T) -> bool) -> bool {
            part.is_none_or(|listed| listed.iter().any(holds))
        }
        let [hour, minute] = [now.hour(), now.minute()].map(|part| u16::from(part.unsigned_abs()));
        let weekday = i16::from(now.weekday().to_sunday_zero_offset());
        let (day, days) = (i16::from(now.day()), i16::from(now.days_in_month()));
        any(self.times.as_ref(), |times| times.holds(hour * 60 + minute))
            && any(self.weekdays.as_ref(), |days| days.holds(weekday))
            && any(self.days_of_month.as_ref(), |stretch| stretch.holds_in(day, days))
            && any(self.months.as_ref(), |months| months.holds(i16::from(now.month())))
            && any(self.years.as_ref(), |years| years.holds(now.year()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(yaml: &str) -> TimeInterval {
        serde_saphyr::from_str(yaml).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn every_part_must_hold() {
        let hours =
            interval("{times: [{start_time: '09:00', end_time: '17:00'}], weekdays: ['Monday:Friday']}");
        assert!(hours.contains(at("2026-11-23T09:00:00Z")));
        assert!(hours.contains(at("2026-11-23T16:59:59Z")));
        assert!(!hours.contains(at("2026-11-23T17:00:00Z")), "the end is outside");
        assert!(!hours.contains(at("2026-11-22T12:00:00Z")), "a sunday");
        assert!(interval("{}").contains(at("2026-11-22T12:00:00Z")));
        assert!(!interval("{times: []}").contains(at("2026-11-22T12:00:00Z")), "no time is any of none");
    }

    #[test]
    fn a_place_has_its_own_day() {
        let nights =
            interval("{times: [{start_time: '22:00', end_time: '24:00'}], location: Australia/Sydney}");
        assert!(nights.contains(at("2026-11-23T11:30:00Z")), "22:30 in Sydney");
        assert!(!nights.contains(at("2026-11-23T22:30:00Z")));
    }

    #[test]
    fn days_are_counted_from_either_end_of_the_month() {
        let last = interval("{days_of_month: ['-3:-1']}");
        for (day, wanted) in [("2026-02-25", false), ("2026-02-26", true), ("2026-02-28", true)] {
            assert_eq!(last.contains(at(&format!("{day}T00:00:00Z"))), wanted, "{day}");
        }
        let late = interval("{days_of_month: ['30:31'], months: ['february:april', '12'], years: ['2026']}");
        for (day, wanted) in
            [("2026-02-28", false), ("2026-04-30", true), ("2026-12-31", true), ("2027-04-30", false)]
        {
            assert_eq!(late.contains(at(&format!("{day}T00:00:00Z"))), wanted, "{day}");
        }
    }

    #[test]
    fn what_is_written_reads_the_same() {
        let all = interval(
            "{times: [{start_time: '09:00', end_time: '17:00'}], weekdays: ['monday:friday', sunday], \
             days_of_month: ['-3:-1'], months: [june, '7:8'], years: ['2026'], location: Australia/Sydney}",
        );
        assert_eq!(interval(&serde_json::to_string(&all).unwrap()), all);
        assert_eq!(serde_json::to_string(&interval("{}")).unwrap(), "{}");
    }

    #[test]
    fn a_location_is_spelt_as_the_zone_is() {
        for zone in ["", "UTC", "Europe/Madrid", "Etc/GMT-5", "EST5EDT"] {
            assert_eq!(location(zone), Ok(()), "{zone}");
        }
        assert_eq!(
            location("europe/madrid"),
            Err("`europe/madrid` is no time zone to Go: write Europe/Madrid".to_owned())
        );
        assert!(location("utc").unwrap_err().ends_with("write UTC"));
        let local = location("Local").unwrap_err();
        assert!(local.contains("the machine") && local.contains("Europe/Madrid"), "{local}");
        assert!(location("Madrid").is_err() && location(" ").is_err() && location("../UTC").is_err());
    }

    #[test]
    fn what_is_none_is_said() {
        let say = |said: Result<Stretch<Weekdays>, String>| said.unwrap_err();
        assert_eq!(
            say(Stretch::parse("mon")),
            "`mon` is not days of the week such as saturday or monday:friday"
        );
        assert!(say(Stretch::parse("friday:monday")).contains("the first day comes before the last"));
        for wrong in ["0", "32", "-1:3", "7:1", "1:2:3", ""] {
            assert!(Stretch::<DaysOfMonth>::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Stretch::<Months>::parse("13").is_err() && Stretch::<Years>::parse("2027:2026").is_err());
        for wrong in ["9:00", "24:01", "12:60", "+9:00", "ab:cd"] {
            assert!(minute(wrong).is_err(), "{wrong}");
        }
        assert_eq!(minute("24:00"), Ok(1440));
    }
}
