//! A schedule as Opsgenie's API gives it (`GET /v2/schedules/ID`, with the answers of `…/overrides` as `overrides` and
//! of `…/timeline` as `timeline` beside it if they are there). Its rotations are on call beside each other, so each is
//! one of ours, and the escalation pages them all.

use std::collections::BTreeMap;

use andon_vocabulary::Timestamp;
use serde_json::Value;

use super::fields::{list, read, stretch, text, time};
use super::layer::{Hours, Layer, rotation};
use super::pagerduty::CONTACTS;
use super::written::{Handles, overrides, slug, team};
use super::{Imported, Rendered, compared};
use crate::oncall::zone;

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const DAY: i64 = 86_400;
/// Of its participants' ids, for whoever is none.
const NAMELESS: &str = "";

pub fn opsgenie_schedule(text_of_file: &str, now: Timestamp) -> Result<Imported, String> {
    let file = read(text_of_file)?;
    let schedule = file.get("data").unwrap_or(&file);
    if schedule.get("rotations").is_none() {
        return Err("it has no `rotations`: save what GET /v2/schedules/ID answers".to_owned());
    }
    let zone_name = text(schedule, "timezone").ok_or("it has no `timezone`")?;
    let zone = zone(zone_name).ok_or_else(|| format!("{zone_name:?} is no time zone"))?;
    let called = text(schedule, "name").unwrap_or("imported");
    let mut said = Vec::new();
    let mut handles = Handles::default();

    let mut rotations = BTreeMap::new();
    for one in list(schedule, "rotations") {
        if time(one, "endDate").is_some_and(|end| end <= now) {
            continue;
        }
        let layer = layer_of(one, &mut handles).and_then(|layer| layer.turns(zone_name, &zone));
        match layer.map(|turns| rotation(vec![turns])) {
            Ok(Some(turns)) => drop(rotations.insert(rotation_name(one, rotations.len()), turns)),
            Ok(None) => {}
            Err(why) => said.push(why),
        }
        if let Some(end) = time(one, "endDate") {
            let name = text(one, "name").unwrap_or_default();
            said.push(format!("rotation {name:?} ends at {}; turns here go on", end.second()));
        }
    }
    if rotations.is_empty() {
        return Err(format!("no rotation of it can be said here: {}", said.join("; ")));
    }
    for one in list(&file, "overrides").iter().chain(list(schedule, "overrides")) {
        let Some(during) = stretch(one, "startDate", "endDate").filter(|during| during.until > now) else {
            continue;
        };
        let Some(person) = one.get("user").and_then(|user| person(user, &mut handles)) else {
            said.push("an override of no user is left out".to_owned());
            continue;
        };
        let meant: Vec<String> =
            list(one, "rotations").iter().filter_map(|it| text(it, "name")).map(slug).collect();
        for (name, turns) in &mut rotations {
            if meant.is_empty() || meant.contains(name) {
                let added = overrides(&[(person.clone(), during)]);
                match turns.get_mut("overrides").and_then(Value::as_array_mut) {
                    Some(all) => all.extend(added.as_array().cloned().unwrap_or_default()),
                    None => turns["overrides"] = added,
                }
            }
        }
    }
    let timeline = file.get("timeline").and_then(|it| it.get("finalTimeline"));
    let rendered: Vec<(String, Rendered)> = timeline
        .map_or(&[][..], |it| list(it, "rotations"))
        .iter()
        .map(|one| {
            let periods = list(one, "periods").iter().filter_map(|period| {
                let during = stretch(period, "startDate", "endDate")?;
                Some((person(period.get("recipient")?, &mut handles)?, during))
            });
            (text(one, "name").map(slug).unwrap_or_default(), periods.collect())
        })
        .collect();

    let name = Some(slug(called)).filter(|name| !name.is_empty()).unwrap_or_else(|| "imported".to_owned());
    let from = format!("from Opsgenie's schedule {called:?}");
    let file = team(&from, &name, zone_name, &handles, &rotations)?;
    for (name, rendered) in &rendered {
        let differing = compared(&file, name, rendered);
        said.extend(differing.into_iter().map(|one| format!("Opsgenie's timeline of {name} differs: {one}")));
    }
    if rotations.len() > 1 {
        let count = rotations.len();
        said.push(format!(
            "its {count} rotations are on call beside each other: the first step pages all of them"
        ));
    }
    said.push(CONTACTS.to_owned());
    let entries: usize = rendered.iter().map(|(_, entries)| entries.len()).sum();
    Ok(Imported { file, said, compared: (entries > 0).then_some(entries) })
}

fn rotation_name(one: &Value, number: usize) -> String {
    let name = text(one, "name").map(slug).unwrap_or_default();
    if name.is_empty() { format!("rotation-{}", number + 1) } else { name }
}

fn person(user: &Value, handles: &mut Handles) -> Option<String> {
    if text(user, "type").is_some_and(|kind| kind != "user") {
        return None;
    }
    let name = ["username", "name"].into_iter().find_map(|key| text(user, key));
    let id = text(user, "id").or(name).filter(|id| *id != NAMELESS)?;
    Some(handles.of(id, name.unwrap_or(id)))
}

fn layer_of(one: &Value, handles: &mut Handles) -> Result<Layer, String> {
    let name = text(one, "name").unwrap_or_default().to_owned();
    let wrong = |why: &str| format!("rotation {name:?} is left out: {why}");
    let mut people = Vec::new();
    for participant in list(one, "participants") {
        people.push(person(participant, handles).ok_or_else(|| {
            let kind = text(participant, "type").unwrap_or("unknown");
            wrong(&format!("a participant is of the type {kind:?}; here turns are people's"))
        })?);
    }
    let length = one.get("length").and_then(Value::as_i64).unwrap_or(1);
    let unit = match text(one, "type") {
        Some("weekly") => 7 * DAY,
        Some("daily") => DAY,
        Some("hourly") => 3600,
        _ => return Err(wrong("its type is neither weekly, daily nor hourly")),
    };
    let turn_seconds =
        length.checked_mul(unit).filter(|it| *it > 0).ok_or_else(|| wrong("its length is no length"))?;
    let hours = match one.get("timeRestriction").filter(|it| !it.is_null()) {
        None => Vec::new(),
        Some(restriction) => hours(restriction).ok_or_else(|| wrong("its time restriction is not known"))?,
    };
    let first = time(one, "startDate").ok_or_else(|| wrong("it has no startDate"))?;
    Ok(Layer { name, people, first, turn_seconds, hours })
}

fn hours(restriction: &Value) -> Option<Vec<Hours>> {
    match text(restriction, "type")? {
        "time-of-day" => {
            let one = restriction.get("restriction")?;
            let (from, to) = (of_day(one, "start")?, of_day(one, "end")?);
            let lasts = (to - from).rem_euclid(DAY);
            // All of every day is no restriction.
            let all_of_it = lasts == 0;
            Some(if all_of_it { Vec::new() } else { vec![Hours { days: (0..7).collect(), from, lasts }] })
        }
        "weekday-and-time-of-day" => {
            let all = list(restriction, "restrictions").iter().map(|one| {
                let day = |key: &str| DAYS.iter().position(|day| text(one, key) == Some(day));
                let (first, last) = (day("startDay")?, day("endDay")?);
                let (from, to) = (of_day(one, "start")?, of_day(one, "end")?);
                let apart = i64::try_from(last).ok()? - i64::try_from(first).ok()?;
                let lasts = (apart * DAY + to - from).rem_euclid(7 * DAY);
                let lasts = if lasts == 0 { 7 * DAY } else { lasts };
                Some(Hours { days: vec![first], from, lasts })
            });
            all.collect()
        }
        _ => None,
    }
}

/// `startHour` and `startMin`, or those of the end, as seconds of the day.
fn of_day(one: &Value, end: &str) -> Option<i64> {
    let hour = one.get(format!("{end}Hour"))?.as_i64().filter(|hour| (0..=24).contains(hour))?;
    let minute = one.get(format!("{end}Min")).and_then(Value::as_i64).unwrap_or(0);
    Some((hour * 3600 + minute.clamp(0, 59) * 60) % DAY)
}
