//! A layer of turns as other programs have it (a first hand-over, a length, people, hours), as turns of ours.

use andon_vocabulary::Timestamp;
use jiff::ToSpan;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

const DAY: i64 = 86_400;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

pub struct Layer {
    pub name: String,
    /// Handles, in the order of their turns.
    pub people: Vec<String>,
    /// When the first person's first turn began.
    pub first: Timestamp,
    pub turn_seconds: i64,
    /// None: at all times.
    pub hours: Vec<Hours>,
}

/// On some days of the week (0 is Monday), from a second of the day on, for so many seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    pub days: Vec<usize>,
    pub from: i64,
    pub lasts: i64,
}

impl Layer {
    /// The turns that say the same: several where a turn is a part of a day. The error says why there are none.
    pub fn turns(&self, zone_name: &str, zone: &TimeZone) -> Result<Vec<Value>, String> {
        let wrong = |why: String| format!("layer {:?} is left out: {why}", self.name);
        if self.people.is_empty() {
            return Err(wrong("nobody is in it".to_owned()));
        }
        if self.turn_seconds > 0 && self.turn_seconds % DAY == 0 {
            return self.whole_days(zone_name, zone).map(|turns| vec![turns]).map_err(wrong);
        }
        if self.turn_seconds <= 0 || DAY % self.turn_seconds != 0 {
            let hours = self.turn_seconds as f64 / 3600.0;
            return Err(wrong(format!(
                "turns of {hours} hours are neither whole days nor an equal part of one"
            )));
        }
        if !self.hours.is_empty() {
            return Err(wrong(
                "turns that are a part of a day cannot have hours of their own, too".to_owned(),
            ));
        }
        self.parts_of_days(zone_name, zone).map_err(wrong)
    }

    fn whole_days(&self, zone_name: &str, zone: &TimeZone) -> Result<Value, String> {
        let first = zone.to_datetime(self.first.to_jiff());
        let days = self.turn_seconds / DAY;
        let mut handover = Map::new();
        if days % 7 == 0 {
            let day = usize::try_from(first.weekday().to_monday_zero_offset()).unwrap_or(0);
            handover.insert("day".to_owned(), json!(DAYS[day]));
        }
        handover.insert("at".to_owned(), json!(minute(first.time())?));
        handover.insert("timezone".to_owned(), json!(zone_name));
        let every = if days % 7 == 0 { format!("{}w", days / 7) } else { format!("{days}d") };
        let mut turns = json!({
            "people": self.people, "every": every, "handover": handover, "starts": first.date().to_string(),
        });
        if !self.hours.is_empty() {
            turns["hours"] = json!(spans(&self.hours, zone_name)?);
        }
        Ok(turns)
    }

    /// Each part of the day has turns of its own, in which people follow each other day by day.
    fn parts_of_days(&self, zone_name: &str, zone: &TimeZone) -> Result<Vec<Value>, String> {
        let first = zone.to_datetime(self.first.to_jiff());
        let parts = DAY / self.turn_seconds;
        let count = self.people.len();
        let mut all = Vec::new();
        for part in 0..parts {
            let begins =
                first.checked_add((part * self.turn_seconds).seconds()).map_err(|error| error.to_string())?;
            let step = usize::try_from(parts).unwrap_or(1);
            let offset = usize::try_from(part).unwrap_or(0);
            let people: Vec<&str> =
                (0..count).map(|day| self.people[(day * step + offset) % count].as_str()).collect();
            let every_day =
                Hours { days: (0..7).collect(), from: seconds(begins.time()), lasts: self.turn_seconds };
            all.push(json!({
                "people": people,
                "every": "1d",
                "handover": { "at": minute(begins.time())?, "timezone": zone_name },
                "starts": begins.date().to_string(),
                "hours": spans(&[every_day], zone_name)?,
            }));
        }
        Ok(all)
    }
}

fn seconds(time: Time) -> i64 {
    i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second())
}

fn minute(time: Time) -> Result<String, String> {
    of_day(seconds(time))
}

fn of_day(second: i64) -> Result<String, String> {
    if second % 60 != 0 {
        return Err("times of day are whole minutes here".to_owned());
    }
    Ok(format!("{:02}:{:02}", second / 3600 % 24, second / 60 % 60))
}

/// Spans of the week that end on the day that they begin on, or in the night after it.
pub fn spans(hours: &[Hours], zone_name: &str) -> Result<Vec<Value>, String> {
    let mut all = Vec::new();
    for one in hours {
        for (days, from, lasts) in pieces(one) {
            let days: Vec<&str> = days.iter().map(|day| DAYS[day % 7]).collect();
            let (from, to) = (of_day(from)?, of_day(from + lasts)?);
            all.push(json!({ "days": days, "from": from, "to": to, "timezone": zone_name }));
        }
    }
    Ok(all)
}

/// Whole days are two halves: a span that ends when it begins would be none.
fn pieces(hours: &Hours) -> Vec<(Vec<usize>, i64, i64)> {
    if hours.lasts < DAY {
        return vec![(hours.days.clone(), hours.from, hours.lasts)];
    }
    let (mut from, mut left, mut apart) = (hours.from, hours.lasts.min(7 * DAY), 0);
    let mut pieces = Vec::new();
    while left > 0 {
        let days: Vec<usize> = hours.days.iter().map(|day| day + apart).collect();
        let lasts = left.min(DAY - from);
        if lasts == DAY {
            pieces.push((days.clone(), 0, DAY / 2));
            pieces.push((days, DAY / 2, DAY / 2));
        } else {
            pieces.push((days, from, lasts));
        }
        left -= lasts;
        from = 0;
        apart += 1;
    }
    pieces
}

/// One rotation from layers, the weakest first: a layer without hours hides all that is before it.
pub fn rotation(layers: Vec<Vec<Value>>) -> Option<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for layer in layers {
        if layer.iter().all(|turns| turns.get("hours").is_none()) {
            kept.clear();
        }
        kept.extend(layer);
    }
    let mut kept = kept.into_iter();
    let mut rotation = kept.next()?;
    let over: Vec<Value> = kept.collect();
    if !over.is_empty() {
        rotation["layers"] = json!(over);
    }
    Some(rotation)
}
