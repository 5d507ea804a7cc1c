//! A schedule as PagerDuty's REST API gives it (`GET /schedules/ID`, overrides of `GET /schedules/ID/overrides` beside
//! it if they are there).

use std::collections::BTreeMap;

use andon_vocabulary::{Stretch, Timestamp};
use serde_json::{Value, json};

use super::fields::{list, read, stretch, text, time};
use super::layer::{Hours, Layer, rotation};
use super::written::{Handles, overrides, slug, team};
use super::{Imported, Rendered, compared};
use crate::diagnostic::SourceFile;
use crate::oncall::zone;

/// The rotation that the schedule becomes.
const ROTATION: &str = "primary";

/// `now` says which layers and overrides are over.
pub fn pagerduty_schedule(text_of_file: &str, now: Timestamp) -> Result<Imported, String> {
    let file = read(text_of_file)?;
    let schedule = file.get("schedule").unwrap_or(&file);
    if schedule.get("schedule_layers").is_none() {
        return Err("it has no `schedule_layers`: save what GET /schedules/ID answers".to_owned());
    }
    let zone_name = text(schedule, "time_zone").ok_or("it has no `time_zone`")?;
    let zone = zone(zone_name).ok_or_else(|| format!("{zone_name:?} is no time zone"))?;
    let called = text(schedule, "name").or(text(schedule, "summary")).unwrap_or("imported");
    let mut said = Vec::new();
    let mut handles = Handles::default();

    let mut layers: Vec<Vec<Value>> = Vec::new();
    for layer in list(schedule, "schedule_layers") {
        if time(layer, "end").is_some_and(|end| end <= now) {
            continue;
        }
        match layer_of(layer, &mut handles).and_then(|layer| layer.turns(zone_name, &zone)) {
            Ok(turns) => layers.push(turns),
            Err(why) => said.push(why),
        }
        if let Some(end) = time(layer, "end") {
            said.push(format!("{} ends at {}; turns here go on", named(layer), end.second()));
        }
        if let Some(start) = time(layer, "start").filter(|start| *start > now) {
            said.push(format!("{} begins at {}; turns here hold at once", named(layer), start.second()));
        }
    }
    let standing_in = list(schedule, "overrides").iter().chain(list(&file, "overrides"));
    let nested =
        schedule.get("overrides_subschedule").map_or(&[][..], |it| list(it, "rendered_schedule_entries"));
    let mut entries: Rendered =
        standing_in.chain(nested).filter_map(|one| entry(one, &mut handles)).collect();
    entries.retain(|(_, during)| during.until > now);
    entries.sort_by_key(|(_, during)| during.from);
    entries.dedup();
    let rendered = schedule.get("final_schedule").map_or(&[][..], |it| list(it, "rendered_schedule_entries"));
    let rendered: Rendered = rendered.iter().filter_map(|one| entry(one, &mut handles)).collect();

    let name = Some(slug(called)).filter(|name| !name.is_empty()).unwrap_or_else(|| "imported".to_owned());
    let file_of = |layers: Vec<Vec<Value>>| -> Result<SourceFile, String> {
        let mut turns = rotation(layers).ok_or("no layer of it can be said here")?;
        if !entries.is_empty() {
            turns["overrides"] = overrides(&entries);
        }
        let rotations = BTreeMap::from([(ROTATION.to_owned(), turns)]);
        let from = format!("from PagerDuty's schedule {called:?}");
        team(&from, &name, zone_name, &handles, &rotations)
    };
    // The API lists the layer that decides first; an export that was put in order by hand may not.
    let top_first = file_of(layers.iter().rev().cloned().collect())?;
    let mut differing = compared(&top_first, ROTATION, &rendered);
    let mut file = top_first;
    if !differing.is_empty() && layers.len() > 1 {
        let bottom_first = file_of(layers)?;
        let others = compared(&bottom_first, ROTATION, &rendered);
        if others.is_empty() {
            (file, differing) = (bottom_first, others);
        }
    }
    said.extend(differing.into_iter().map(|one| format!("PagerDuty's final schedule differs: {one}")));
    said.push(CONTACTS.to_owned());
    Ok(Imported { file, said, compared: (!rendered.is_empty()).then_some(rendered.len()) })
}

pub const CONTACTS: &str = "everybody is reached on the page only, in the schedule's zone: write each person's `contact` and `timezone`";

fn named(layer: &Value) -> String {
    format!("layer {:?}", text(layer, "name").unwrap_or("without a name"))
}

fn person(entry: &Value, handles: &mut Handles) -> Option<String> {
    let user = entry.get("user")?;
    let id = text(user, "id")?;
    let called = ["name", "summary", "email"].into_iter().find_map(|key| text(user, key)).unwrap_or(id);
    Some(handles.of(id, called))
}

fn entry(entry: &Value, handles: &mut Handles) -> Option<(String, Stretch)> {
    let during = stretch(entry, "start", "end")?;
    Some((person(entry, handles)?, during))
}

fn layer_of(layer: &Value, handles: &mut Handles) -> Result<Layer, String> {
    let missing = |what: &str| format!("{} is left out: it has no {what}", named(layer));
    let people = list(layer, "users").iter().filter_map(|one| person(one, handles)).collect();
    let hours = list(layer, "restrictions").iter().map(|one| {
        restriction(one)
            .ok_or_else(|| format!("{} is left out: its restriction {one} is not known", named(layer)))
    });
    let hours = hours.collect::<Result<Vec<_>, _>>()?;
    Ok(Layer {
        name: text(layer, "name").unwrap_or_default().to_owned(),
        people,
        first: time(layer, "rotation_virtual_start").ok_or_else(|| missing("rotation_virtual_start"))?,
        turn_seconds: layer
            .get("rotation_turn_length_seconds")
            .and_then(Value::as_i64)
            .ok_or_else(|| missing("rotation_turn_length_seconds"))?,
        hours,
    })
}

/// `daily_restriction`, or `weekly_restriction` on one day of the week, 1 being Monday.
fn restriction(one: &Value) -> Option<Hours> {
    let lasts = one.get("duration_seconds").and_then(Value::as_i64).filter(|lasts| *lasts > 0)?;
    let from = of_day(text(one, "start_time_of_day")?)?;
    match text(one, "type")? {
        "daily_restriction" => Some(Hours { days: (0..7).collect(), from, lasts }),
        "weekly_restriction" => {
            let day = one.get("start_day_of_week").unwrap_or(&json!(1)).as_u64()?;
            let day = usize::try_from(day).ok().filter(|day| (1..=7).contains(day))?;
            Some(Hours { days: vec![day - 1], from, lasts })
        }
        _ => None,
    }
}

/// `09:00:00`, as seconds of the day.
fn of_day(text: &str) -> Option<i64> {
    let time: jiff::civil::Time = text.parse().ok()?;
    Some(i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second()))
}
