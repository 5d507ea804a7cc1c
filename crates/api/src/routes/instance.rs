//! This Andon: its status, its journal, who is on call, and why somebody was or was not paged.

use andon_vocabulary::Timestamp;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use crate::problem::Problem;
use crate::wire;

const PAGE_MAX: usize = 1_000;

pub async fn status(State(shared): State<Shared>) -> Json<Value> {
    let records = shared.history().head();
    Json(wire::status(&shared.view(), records))
}

#[derive(Deserialize)]
pub struct Page {
    #[serde(default)]
    from: u64,
    limit: Option<usize>,
}

pub async fn journal(State(shared): State<Shared>, Query(page): Query<Page>) -> Result<Json<Value>, Problem> {
    let limit = page.limit.unwrap_or(100).min(PAGE_MAX);
    let records = blocking(move || shared.history().read(page.from.max(1), limit)).await?;
    Ok(Json(json!(
        records.iter().map(|(seq, record)| json!({ "seq": seq, "record": record })).collect::<Vec<_>>()
    )))
}

pub async fn oncall(State(shared): State<Shared>, Query(at): Query<At>) -> Result<Json<Value>, Problem> {
    let at = at.or(shared.now())?;
    let view = shared.view();
    let mut shifts = Vec::new();
    for (name, team) in &view.catalog().teams {
        for rotation in team.oncall.keys() {
            let shift = andon_definitions::oncall::on_call(team, rotation, at);
            shifts.push(json!({
                "team": name,
                "rotation": rotation,
                "person": shift.as_ref().map(|shift| &shift.person),
                "from": shift.as_ref().map(|shift| shift.from),
                "until": shift.as_ref().map(|shift| shift.until),
            }));
        }
    }
    Ok(Json(json!(shifts)))
}

#[derive(Deserialize)]
pub struct At {
    at: Option<String>,
}

impl At {
    fn or(&self, now: Timestamp) -> Result<Timestamp, Problem> {
        match &self.at {
            None => Ok(now),
            Some(text) => text.parse().map_err(|_| {
                Problem::new(StatusCode::BAD_REQUEST, format!("{text:?} is not a time"))
                    .hint("write it as 2026-11-20T14:02:00Z")
            }),
        }
    }
}

#[derive(Deserialize)]
pub struct WhyQuery {
    person: String,
    at: Option<String>,
}

/// Why somebody was or was not paged at a time: the loop's own reasons, from the journal.
pub async fn why(
    State(shared): State<Shared>,
    Query(query): Query<WhyQuery>,
) -> Result<Json<Value>, Problem> {
    let at = At { at: query.at }.or(shared.now())?;
    let person = query.person;
    if !shared.view().catalog().teams.values().any(|team| team.people.contains_key(&person)) {
        return Err(Problem::not_found(format!("nobody is called {person}")));
    }
    let reasons = blocking(move || {
        let mut records = Vec::new();
        loop {
            let page = shared.history().read(records.len() as u64 + 1, PAGE_MAX)?;
            let done = page.len() < PAGE_MAX;
            records.extend(page.into_iter().map(|(_, record)| record));
            if done {
                return Ok(andon_cycle::why(&records, &person, at));
            }
        }
    })
    .await?;
    Ok(Json(json!({ "at": at, "reasons": reasons })))
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, Problem> {
    let failed = |why| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, why);
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(failed),
        Err(error) => Err(failed(error.to_string())),
    }
}
