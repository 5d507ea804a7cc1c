//! Who is on call: now, in the days to come, as a calendar; what was agreed on since; how the load is shared.

use std::time::Duration;

use andon_definitions::Team;
use andon_definitions::oncall::{By, Schedule};
use andon_ical::Entry;
use andon_vocabulary::{ShiftOverride, Stretch, SwapOffer, Timestamp};
use axum::Json;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use super::instance::At;
use crate::port::View;
use crate::problem::Problem;

const DAYS_MAX: u32 = 366;
const DAY: Duration = Duration::from_secs(86_400);
/// A calendar tells of the week before and of twelve weeks to come.
const CALENDAR: (u32, u32) = (7, 84);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    at: Option<String>,
    /// Every shift of so many days, instead of the one now.
    days: Option<u32>,
    team: Option<String>,
    person: Option<String>,
}

/// Every rotation with who has it at a time, or every shift of the days from then on.
pub async fn oncall(
    State(shared): State<Shared>,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, Problem> {
    let at = At::of(asked.at.clone()).or(shared.now())?;
    let view = shared.view();
    let mut rows = Vec::new();
    for (team, rotation, schedule) in rotations(&view, asked.team.as_deref())? {
        let shifts = match asked.days {
            None => vec![schedule.shift(at)],
            Some(days) => {
                let until = at + DAY * days.min(DAYS_MAX);
                schedule.shifts(at, until).into_iter().map(Some).collect()
            }
        };
        let whose = |person: &str| asked.person.as_deref().is_none_or(|wanted| wanted == person);
        for shift in shifts {
            if asked.person.is_some() && !shift.as_ref().is_some_and(|shift| whose(&shift.person)) {
                continue;
            }
            rows.push(json!({
                "team": team.name,
                "rotation": rotation,
                "person": shift.as_ref().map(|shift| &shift.person),
                "from": shift.as_ref().map(|shift| shift.from),
                "until": shift.as_ref().map(|shift| shift.until),
                "by": shift.as_ref().map(|shift| by(shift.by)),
            }));
        }
    }
    Ok(Json(json!(rows)))
}

/// What puts somebody on call, for people to read.
fn by(by: By) -> String {
    match by {
        By::Turn(0, _) => "turn".to_owned(),
        By::Turn(layer, _) => format!("layer {layer}"),
        By::Calendar(_) => "calendar".to_owned(),
        By::File(_) => "override".to_owned(),
        By::Taken(id) => id.to_string(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whose {
    team: Option<String>,
    person: Option<String>,
}

/// The shifts as a calendar to subscribe to.
pub async fn calendar(State(shared): State<Shared>, Query(whose): Query<Whose>) -> Result<Response, Problem> {
    let (view, now) = (shared.view(), shared.now());
    let instance = &view.catalog().instance.name;
    let mut entries = Vec::new();
    for (team, rotation, schedule) in rotations(&view, whose.team.as_deref())? {
        for shift in whole(&schedule, now - DAY * CALENDAR.0, now + DAY * CALENDAR.1) {
            if whose.person.as_deref().is_some_and(|wanted| wanted != shift.person) {
                continue;
            }
            entries.push(Entry {
                // Who has it may change; it is the same entry then.
                uid: format!("{}/{rotation}/{}@{instance}", team.name, shift.from.as_ms()),
                during: Stretch { from: shift.from, until: shift.until },
                summary: format!("{} on call: {}/{rotation}", shift.person, team.name),
                description: by(shift.by),
            });
        }
    }
    // Somebody who has left may still have had a shift.
    if let Some(person) = whose.person.as_deref().filter(|_| entries.is_empty())
        && !view.catalog().teams.values().any(|team| team.people.contains_key(person))
    {
        return Err(Problem::new(StatusCode::NOT_FOUND, format!("no team has a person {person:?}"))
            .hint("a person is asked for by the handle that stands in a team's `people`"));
    }
    let name = [Some("On call"), whose.team.as_deref(), whose.person.as_deref()];
    let name = name.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let body = andon_ical::write(&name, &entries, now);
    Ok(([(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], body).into_response())
}

/// Shifts that lie in these bounds at least in part, none of them cut.
fn whole(schedule: &Schedule, from: Timestamp, until: Timestamp) -> Vec<andon_definitions::Shift> {
    let from = schedule.shift(from).map_or(from, |shift| shift.from);
    let until = schedule.shift(until).map_or(until, |shift| shift.until);
    schedule.shifts(from, until)
}

/// What was agreed on beside the files and is not over, and what is offered.
pub async fn changes(State(shared): State<Shared>) -> Json<Value> {
    let (view, now) = (shared.view(), shared.now());
    let duty = &view.respond.duty;
    let taken = duty.overrides.values().filter(|one| one.during.until > now).map(|one| {
        let ShiftOverride { id, team, rotation, person, during, reason } = one;
        let state = if duty.lost.contains(id) { "lost with its rotation" } else { "taken" };
        json!({
            "id": id, "state": state, "team": team, "rotation": rotation, "person": person,
            "from": during.from, "until": during.until, "reason": reason,
        })
    });
    let offers = duty.offers.values().filter(|one| one.gives.from > now).map(|one| {
        let SwapOffer { id, team, rotation, by, to, gives, takes, reason } = one;
        json!({
            "id": id, "state": "offered", "team": team, "rotation": rotation, "person": to, "by": by,
            "from": gives.from, "until": gives.until, "takes": takes, "reason": reason,
        })
    });
    // What a calendar said before stays in force, and somebody should know.
    let failing = duty.calendars_failing(view.catalog()).map(|(team, rotation, kept)| {
        let failing = kept.and_then(|kept| kept.failing.as_ref());
        let reason = failing.map_or("it was not read yet", |(_, why)| why);
        json!({
            "id": null, "state": "calendar not read", "team": team.name, "rotation": rotation, "person": null,
            "from": failing.map(|(since, _)| since), "until": null, "reason": reason,
        })
    });
    Json(taken.chain(offers).chain(failing).collect())
}

/// Pages of the last four weeks by person and rotation, and what would share them better.
pub async fn load(State(shared): State<Shared>) -> Json<Value> {
    let view = shared.view();
    let loads = andon_respond::loads(&view.respond.duty, view.catalog(), shared.now());
    let rows = loads.iter().flat_map(|load| {
        load.people.iter().map(move |borne| {
            let proposal = load.proposal.as_ref().filter(|it| it.by == borne.person);
            json!({
                "team": load.team,
                "rotation": load.rotation,
                "person": borne.person,
                "shifts": borne.shifts,
                "hours": borne.on_call.as_secs() / 3600,
                "pages": borne.pages,
                "pages_per_shift": f64::from(borne.pages) / f64::from(borne.shifts.max(1)),
                "at_night": borne.at_night,
                "at_weekends": borne.at_weekends,
                "weight": borne.weight(),
                "proposal": proposal.map(|it| json!({
                    "to": it.to, "gives": it.gives, "takes": it.takes, "why": it.why,
                })),
            })
        })
    });
    Json(rows.collect())
}

fn rotations<'a>(
    view: &'a View,
    team: Option<&str>,
) -> Result<Vec<(&'a Team, &'a str, Schedule<'a>)>, Problem> {
    let teams = &view.catalog().teams;
    if let Some(name) = team.filter(|name| !teams.contains_key(*name)) {
        let known: Vec<&str> = teams.keys().map(String::as_str).collect();
        return Err(Problem::new(StatusCode::NOT_FOUND, format!("there is no team {name:?}"))
            .hint(format!("the teams are {}", known.join(", "))));
    }
    let wanted = teams.values().filter(|one| team.is_none_or(|name| one.name == name));
    let rotations = wanted.flat_map(|team| team.oncall.keys().map(move |rotation| (team, rotation.as_str())));
    let duty = &view.respond.duty;
    Ok(rotations
        .filter_map(|(team, rotation)| Some((team, rotation, duty.schedule(team, rotation)?)))
        .collect())
}
