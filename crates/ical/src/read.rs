//! What a calendar says happens when: its events within a stretch of time, recurrences written out.
//!
//! Recurrence rules are worked out on the clock of the event's own zone, and each time is then looked up in the zone
//! data that is given: a shift that begins at nine begins at nine on both sides of a change of the clocks.

use std::collections::BTreeSet;
use std::time::Duration;

use andon_vocabulary::{Stretch, Timestamp};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, ToSpan};
use rrule::RRuleSet;

use crate::lines::{Line, lines};

/// Far more than a schedule of people has.
const BYTES_MAX: usize = 4 << 20;
const EVENTS_MAX: usize = 5_000;
const OCCURRENCES_MAX: usize = 20_000;
const OCCURRENCES_OF_ONE_MAX: u16 = 4_000;
/// No event lasts longer.
const LASTS_MAX: Duration = Duration::from_secs(366 * 86_400);

/// One event of a calendar, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    pub summary: String,
    pub during: Stretch,
}

/// The zones that a calendar may name, and the one that times without any are in.
pub struct Zones<'a> {
    pub find: &'a dyn Fn(&str) -> Option<TimeZone>,
    pub floating: TimeZone,
}

/// Everything that touches `within`, in order of time. The error says what cannot be read, and of which event.
pub fn read(text: &str, within: Stretch, zones: &Zones) -> Result<Vec<Occurrence>, String> {
    if text.len() > BYTES_MAX {
        return Err(format!("it has {} bytes, and {BYTES_MAX} are the most", text.len()));
    }
    let events = events(text)?;
    let floating = events.zone.as_deref().and_then(zones.find).unwrap_or_else(|| zones.floating.clone());
    let reading = Reading { zones, floating };
    let mut moved = BTreeSet::new();
    for event in &events.all {
        if let (Some(uid), Some(of)) = (event.value("UID"), event.line("RECURRENCE-ID")) {
            moved.insert((uid.to_owned(), reading.time(of)?.instant()?));
        }
    }
    let mut found = Vec::new();
    for event in &events.all {
        let summary = event.line("SUMMARY").map(Line::text).unwrap_or_default();
        let said = |why: String| format!("event {summary:?}: {why}");
        if event.value("STATUS").is_some_and(|status| status.eq_ignore_ascii_case("CANCELLED")) {
            continue;
        }
        let is_moved = event.line("RECURRENCE-ID").is_some();
        for during in reading.occurrences(event, within).map_err(said)? {
            let uid = event.value("UID").unwrap_or_default();
            if !is_moved && moved.contains(&(uid.to_owned(), during.from)) {
                continue;
            }
            found.push(Occurrence { summary: summary.clone(), during });
            if found.len() > OCCURRENCES_MAX {
                return Err(format!("more than {OCCURRENCES_MAX} events lie in the time that is asked for"));
            }
        }
    }
    found.sort_by(|a, b| a.during.cmp(&b.during).then_with(|| a.summary.cmp(&b.summary)));
    found.dedup();
    Ok(found)
}

struct Events {
    all: Vec<Event>,
    /// The calendar's own zone, if it names one.
    zone: Option<String>,
}

struct Event(Vec<Line>);

impl Event {
    fn line(&self, name: &str) -> Option<&Line> {
        self.0.iter().find(|line| line.name == name)
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.line(name).map(|line| line.value.trim())
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Line> {
        self.0.iter().filter(move |line| line.name == name)
    }
}

/// What stands in events, without the alarms in them.
fn events(text: &str) -> Result<Events, String> {
    let text = text.trim_start_matches('\u{feff}');
    let mut found = Events { all: Vec::new(), zone: None };
    let mut inside: Vec<String> = Vec::new();
    let mut is_calendar = false;
    let mut event = Vec::new();
    for line in lines(text) {
        match line.name.as_str() {
            "BEGIN" => {
                let what = line.value.trim().to_ascii_uppercase();
                is_calendar |= what == "VCALENDAR";
                if what == "VEVENT" {
                    event = Vec::new();
                }
                if inside.len() < 16 {
                    inside.push(what);
                }
            }
            "END" => {
                let ended = inside.pop();
                if ended.is_some_and(|what| what == "VEVENT") {
                    found.all.push(Event(std::mem::take(&mut event)));
                    if found.all.len() > EVENTS_MAX {
                        return Err(format!("it has more than {EVENTS_MAX} events"));
                    }
                }
            }
            "X-WR-TIMEZONE" if inside.len() == 1 => found.zone = Some(line.value.trim().to_owned()),
            _ if inside.last().is_some_and(|what| what == "VEVENT") => event.push(line),
            _ => {}
        }
    }
    if is_calendar { Ok(found) } else { Err("it is no calendar: it has no BEGIN:VCALENDAR".to_owned()) }
}

struct Reading<'a> {
    zones: &'a Zones<'a>,
    floating: TimeZone,
}

/// A time on the clock of a zone.
#[derive(Clone)]
struct Local {
    at: DateTime,
    zone: TimeZone,
    is_date: bool,
}

impl Local {
    fn instant(&self) -> Result<Timestamp, String> {
        instant(self.at, &self.zone)
    }
}

fn instant(at: DateTime, zone: &TimeZone) -> Result<Timestamp, String> {
    zone.to_timestamp(at).map(Timestamp::from_jiff).map_err(|error| error.to_string())
}

/// How long an event lasts, each time (RFC 5545, 3.8.5.3).
enum Lasts {
    /// From a time to a time: as long as the first time, whatever the clocks do.
    Exactly(SignedDuration),
    /// By a duration or by dates: so many days on the clock of its zone, and hours as they pass.
    OnTheClock(Span),
}

impl Lasts {
    fn end(&self, from: &Local) -> Result<Timestamp, String> {
        let end = match self {
            Lasts::Exactly(lasts) => from.instant()?.to_jiff().checked_add(*lasts),
            Lasts::OnTheClock(span) => {
                let from = from.zone.to_ambiguous_zoned(from.at).compatible();
                from.and_then(|from| from.checked_add(*span)).map(|end| end.timestamp())
            }
        };
        end.map(Timestamp::from_jiff).map_err(|error| error.to_string())
    }
}

impl Reading<'_> {
    fn occurrences(&self, event: &Event, within: Stretch) -> Result<Vec<Stretch>, String> {
        let start = self.time(event.line("DTSTART").ok_or("it has no DTSTART")?)?;
        let lasts = self.lasts(event, &start)?;
        let (from, until) = (start.instant()?, lasts.end(&start)?);
        if until < from || until.since(from) > LASTS_MAX {
            return Err("it ends before it begins, or more than a year later".to_owned());
        }
        let mut all = Vec::new();
        let mut add = |at: &Local| {
            let during = Stretch { from: at.instant()?, until: lasts.end(at)? };
            if during.overlaps(&within) {
                all.push(during);
            }
            Ok::<(), String>(())
        };
        let recurs = event.line("RRULE").is_some() && event.line("RECURRENCE-ID").is_none();
        if recurs {
            for at in self.recurring(event, &start, within, until.since(from))? {
                add(&Local { at, ..start.clone() })?;
            }
        } else {
            add(&start)?;
        }
        for line in event.all("RDATE") {
            for at in self.times(line)? {
                add(&at)?;
            }
        }
        Ok(all)
    }

    /// A day for a date without an end; nothing for a time without one, as RFC 5545 has it.
    fn lasts(&self, event: &Event, start: &Local) -> Result<Lasts, String> {
        Ok(match (event.line("DTEND"), event.value("DURATION")) {
            (Some(end), _) => {
                let end = self.time(end)?;
                if start.is_date && end.is_date {
                    let days = start.at.date().until(end.at.date()).map_err(|error| error.to_string())?;
                    Lasts::OnTheClock(days)
                } else {
                    Lasts::Exactly(end.instant()?.to_jiff().duration_since(start.instant()?.to_jiff()))
                }
            }
            (None, Some(lasts)) => {
                Lasts::OnTheClock(lasts.parse().map_err(|_| format!("{lasts:?} is no duration"))?)
            }
            (None, None) if start.is_date => Lasts::OnTheClock(1.day()),
            (None, None) => Lasts::Exactly(SignedDuration::ZERO),
        })
    }

    /// The rule is given local times as if they were UTC, and gives local times back.
    fn recurring(
        &self,
        event: &Event,
        start: &Local,
        within: Stretch,
        lasts: Duration,
    ) -> Result<Vec<DateTime>, String> {
        if start.at.year() < 1990 {
            return Err("it recurs since before 1990".to_owned());
        }
        let mut rules = format!("DTSTART:{}\n", as_utc(start.at));
        for line in event.all("RRULE") {
            rules.push_str(&format!("RRULE:{}\n", self.rule(&line.value, &start.zone)?));
        }
        for line in event.all("EXDATE") {
            for at in self.times(line)? {
                // On the clock of the event, whatever zone the exception names.
                let at = start.zone.to_datetime(at.instant()?.to_jiff());
                rules.push_str(&format!("EXDATE:{}\n", as_utc(at)));
            }
        }
        let set: RRuleSet = rules.parse().map_err(|error| format!("its rule cannot be read: {error}"))?;
        let day = Duration::from_secs(86_400);
        let utc = |at: Timestamp| {
            let local = as_utc(start.zone.to_datetime(at.to_jiff()));
            let one: Result<RRuleSet, _> = format!("DTSTART:{local}\nRDATE:{local}").parse();
            one.map(|one| *one.get_dt_start()).map_err(|error| error.to_string())
        };
        let set = set.after(utc(within.from - lasts - day)?).before(utc(within.until + day)?);
        let found = set.all(OCCURRENCES_OF_ONE_MAX);
        if found.limited && found.dates.len() >= usize::from(OCCURRENCES_OF_ONE_MAX) {
            return Err(format!("it recurs more than {OCCURRENCES_OF_ONE_MAX} times"));
        }
        let times = found.dates.iter().map(|date| {
            let at = jiff::Timestamp::from_second(date.timestamp()).map_err(|error| error.to_string())?;
            Ok(TimeZone::UTC.to_datetime(at))
        });
        times.collect()
    }

    /// An end that is given in UTC is one on the event's own clock.
    fn rule(&self, rule: &str, zone: &TimeZone) -> Result<String, String> {
        let parts = rule.trim().split(';').map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match name.to_ascii_uppercase().as_str() {
                "FREQ" if matches!(value.to_ascii_uppercase().as_str(), "SECONDLY" | "MINUTELY") => {
                    Err(format!("it recurs {value}, which no shift does"))
                }
                "UNTIL" => {
                    let until = match value.strip_suffix('Z') {
                        Some(_) => {
                            let at = parse_time(value, &TimeZone::UTC)?.instant()?;
                            zone.to_datetime(at.to_jiff())
                        }
                        // A date means all of its day.
                        None if value.len() == 8 => parse_date(value)?.at(23, 59, 59, 0),
                        None => parse_time(value, zone)?.at,
                    };
                    Ok(format!("UNTIL={}", as_utc(until)))
                }
                _ => Ok(part.to_owned()),
            }
        });
        let parts: Vec<String> = parts.collect::<Result<_, String>>()?;
        Ok(parts.join(";"))
    }

    fn time(&self, line: &Line) -> Result<Local, String> {
        self.times(line)?.into_iter().next().ok_or_else(|| format!("{} holds no time", line.name))
    }

    fn times(&self, line: &Line) -> Result<Vec<Local>, String> {
        let zone = match line.parameter("TZID") {
            None => self.floating.clone(),
            Some(name) => {
                let name = name.trim_start_matches('/');
                (self.zones.find)(name).ok_or_else(|| format!("{name:?} is no time zone that is known"))?
            }
        };
        let is_date = line.parameter("VALUE").is_some_and(|kind| kind.eq_ignore_ascii_case("DATE"));
        let values = line.value.split(',').map(str::trim).filter(|value| !value.is_empty()).take(EVENTS_MAX);
        values
            .map(|value| {
                // A period's beginning.
                let value = value.split('/').next().unwrap_or(value);
                if is_date || value.len() == 8 {
                    let at = parse_date(value)?.at(0, 0, 0, 0);
                    return Ok(Local { at, zone: zone.clone(), is_date: true });
                }
                parse_time(value, &zone)
            })
            .collect()
    }
}

fn as_utc(at: DateTime) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn parse_date(value: &str) -> Result<Date, String> {
    Date::strptime("%Y%m%d", value).map_err(|_| format!("{value:?} is no date"))
}

fn parse_time(value: &str, zone: &TimeZone) -> Result<Local, String> {
    let (text, zone) = match value.strip_suffix('Z') {
        Some(text) => (text, TimeZone::UTC),
        None => (value, zone.clone()),
    };
    let at = DateTime::strptime("%Y%m%dT%H%M%S", text).map_err(|_| format!("{value:?} is no time"))?;
    Ok(Local { at, zone, is_date: false })
}

#[cfg(test)]
mod tests;
