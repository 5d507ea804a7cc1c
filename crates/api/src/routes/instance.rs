//! This Andon: its status, its journal, who is on call, and why somebody was or was not told.

use andon_definitions::Period;
use andon_vocabulary::Timestamp;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use crate::problem::Problem;
use crate::why::{Asked, NoAnswer, WINDOW, ask as ask_why};
use crate::wire;

const PAGE_MAX: usize = 1_000;

pub async fn status(State(shared): State<Shared>) -> Json<Value> {
    let records = shared.history().head();
    Json(wire::status(&shared.view(), records, shared.clock_trouble()))
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

pub struct At {
    at: Option<String>,
}

impl At {
    pub fn of(at: Option<String>) -> At {
        At { at }
    }

    pub fn or(&self, now: Timestamp) -> Result<Timestamp, Problem> {
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
    of: String,
    at: Option<String>,
    window: Option<String>,
}

/// Why somebody was told at a time, or was not: the loop's own reasons, from the journal.
pub async fn why(
    State(shared): State<Shared>,
    Query(query): Query<WhyQuery>,
) -> Result<Json<Value>, Problem> {
    let at = query.at.map(|at| At::of(Some(at)).or(shared.now())).transpose()?;
    let window = match query.window.as_deref().map(Period::parse) {
        None => WINDOW,
        Some(Ok(window)) => *window,
        Some(Err(why)) => return Err(Problem::new(StatusCode::BAD_REQUEST, why).hint("write it as 12h")),
    };
    match ask_why(shared, Asked { of: query.of, at, window }).await {
        Ok(why) => Ok(Json(json!(why))),
        Err(NoAnswer::Unasked(why)) => Err(Problem::not_found(why).hint(
            "ask about INC-7, a person, an alert by its name, or one like TargetDown{service=\"shop\"}",
        )),
        Err(NoAnswer::Unread(why)) => Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, why)),
    }
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
