//! Incidents, runs, changes and reviews, to read. What is closed is read from the journal.

use std::collections::BTreeMap;
use std::str::FromStr;

use andon_cycle::words;
use andon_definitions::Context;
use andon_vocabulary::{IncidentId, RunId};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Shared;
use super::instance::blocking;
use crate::deliveries::{Sought, sendings};
use crate::problem::Problem;
use crate::shadow::{NoDay, beside, reported};
use crate::{past, timeline, wire};

const ENTRIES_MAX: usize = 20_000;
/// Deliveries in one answer, where nobody asks for more.
const DELIVERIES: usize = 1_000;

/// Those that are going on and those that may still reopen, newest first.
pub async fn incidents(State(shared): State<Shared>) -> Json<Value> {
    let view = shared.view();
    let newest_first = view.respond.incidents.open.values().rev();
    Json(newest_first.map(|incident| wire::incident(incident, &view)).collect())
}

pub async fn incident(State(shared): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let id = known::<IncidentId>(&id)?;
    let view = shared.view();
    if let Some(incident) = view.respond.incidents.get(id) {
        return Ok(Json(wire::incident(incident, &view)));
    }
    let past = blocking(move || past::incident_at_its_end(shared.history(), id)).await?;
    let incident = past.as_ref().and_then(|state| state.respond.incidents.get(id));
    incident
        .map(|incident| Json(wire::incident(incident, &view)))
        .ok_or_else(|| unknown(&id.to_string(), "incidents"))
}

pub async fn incident_timeline(
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let id = known::<IncidentId>(&id)?;
    let entries = blocking(move || {
        let records = shared.history().about(&id.to_string(), ENTRIES_MAX)?;
        let view = shared.view();
        let past = match view.respond.incidents.get(id) {
            Some(_) => None,
            None => past::incident_at_its_end(shared.history(), id)?,
        };
        let state = past.as_ref().unwrap_or(&view);
        Ok(timeline(&records, |event| words::subject(event, state).incident == Some(id)))
    })
    .await?;
    if entries.is_empty() { Err(unknown(&id.to_string(), "incidents")) } else { Ok(Json(json!(entries))) }
}

/// Newest first.
pub async fn runs(State(shared): State<Shared>) -> Json<Value> {
    let view = shared.view();
    let halted = view.instance.halt.is_some();
    Json(view.respond.runs.iter().rev().map(|run| wire::run(run, halted)).collect())
}

pub async fn run(State(shared): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let id = known::<RunId>(&id)?;
    let view = shared.view();
    if let Some(run) = view.respond.runs.get(id) {
        return Ok(Json(wire::run(run, view.instance.halt.is_some())));
    }
    let past = blocking(move || past::run_at_its_end(shared.history(), id)).await?;
    let run = past.as_ref().and_then(|state| state.respond.runs.get(id));
    run.map(|run| Json(wire::run(run, false))).ok_or_else(|| unknown(&id.to_string(), "runs"))
}

/// What a run would do: its inputs are the query's other parameters.
pub async fn preview(
    State(shared): State<Shared>,
    Path(runbook): Path<String>,
    Query(mut inputs): Query<BTreeMap<String, String>>,
) -> Result<Json<Value>, Problem> {
    let incident = inputs.remove("incident").map(|id| known::<IncidentId>(&id)).transpose()?;
    let view = shared.view();
    let halted = view.instance.halt.is_some();
    let cx = Context {
        catalog: view.catalog(),
        duty: &view.respond.duty,
        now: shared.now(),
        halted,
        next_intent: 1,
    };
    let preview = view.respond.preview(&runbook, &inputs, incident, &cx)?;
    Ok(Json(wire::preview(&preview)))
}

/// Of the last day, newest first.
pub async fn changes(State(shared): State<Shared>) -> Json<Value> {
    let view = shared.view();
    Json(view.change.changes.iter().rev().map(|(id, change)| wire::change(*id, change)).collect())
}

/// Those that are open.
pub async fn reviews(State(shared): State<Shared>) -> Json<Value> {
    Json(shared.view().improve.reviews.values().map(wire::review).collect())
}

/// What was to be sent to somebody, newest first.
pub async fn deliveries(
    State(shared): State<Shared>,
    Query(fields): Query<BTreeMap<String, String>>,
) -> Result<Json<Value>, Problem> {
    let sought = Sought::of(&fields).map_err(|why| Problem::new(StatusCode::BAD_REQUEST, why))?;
    let (mut found, left_out) = blocking(move || sendings(&*shared, &sought)).await?;
    let limit = fields.get("limit").map(|limit| limit.parse::<usize>());
    let limit =
        limit.transpose().map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "`limit` is a number"))?;
    let all = found.len();
    found.truncate(limit.filter(|limit| *limit > 0).unwrap_or(DELIVERIES).min(ENTRIES_MAX));
    Ok(Json(json!({ "found": all, "older_records_left_out": left_out, "deliveries": found })))
}

/// A day beside the incumbent.
pub async fn shadow(
    State(shared): State<Shared>,
    Query(fields): Query<BTreeMap<String, String>>,
) -> Result<Json<Value>, Problem> {
    let limit = fields.get("limit").map(|limit| limit.parse::<usize>());
    let limit =
        limit.transpose().map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "`limit` is a number"))?;
    let day = fields.get("day").cloned();
    let found = blocking(move || Ok(beside(&*shared, day.as_deref()))).await?;
    let mut found = found.map_err(|why| match why {
        NoDay::Unasked(why) => Problem::new(StatusCode::BAD_REQUEST, why),
        NoDay::Unread(why) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, why),
    })?;
    let (all, said) = (found.comparison.rows.len(), found.comparison.counts.to_string());
    found.comparison.rows.truncate(limit.filter(|limit| *limit > 0).unwrap_or(DELIVERIES).min(ENTRIES_MAX));
    let mut answer = json!(found);
    answer["found"] = all.into();
    answer["said"] = said.into();
    Ok(Json(answer))
}

/// The days that were reported, newest first.
pub async fn shadow_days(State(shared): State<Shared>) -> Result<Json<Value>, Problem> {
    let days = blocking(move || reported(&*shared)).await?;
    Ok(Json(json!({ "days": days })))
}

fn known<T: FromStr<Err = String>>(id: &str) -> Result<T, Problem> {
    id.parse().map_err(|why| Problem::new(StatusCode::BAD_REQUEST, why))
}

fn unknown(id: &str, list: &str) -> Problem {
    Problem::not_found(format!("there is no {id}")).hint(format!("/api/v1/andon/{list} lists what there is"))
}
