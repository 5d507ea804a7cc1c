//! Alerts, as Andon knows them; what Prometheus's clients ask for is answered in their own shape, beside this.

use std::collections::BTreeMap;

use andon_vocabulary::Timestamp;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Shared;
use super::instance::blocking;
use crate::alerts::AskedAlerts;
use crate::noisy;
use crate::problem::Problem;
use crate::wire;

pub async fn alerts(
    State(shared): State<Shared>,
    Query(fields): Query<BTreeMap<String, String>>,
) -> Result<Json<Value>, Problem> {
    let bad = |why: String| Problem::new(StatusCode::BAD_REQUEST, why);
    let asked = AskedAlerts::of(&fields).map_err(bad)?;
    let number = |name: &str| match fields.get(name).map(|text| text.parse::<usize>()) {
        None => Ok(None),
        Some(Ok(number)) => Ok(Some(number)),
        Some(Err(_)) => Err(bad(format!("`{name}` is a whole number"))),
    };
    let limit = number("limit")?.filter(|limit| *limit > 0).unwrap_or(usize::MAX);
    let offset = number("offset")?.unwrap_or(0);
    let view = shared.view();
    let found = asked.find(&view).into_iter().skip(offset).take(limit);
    Ok(Json(found.map(|(id, alert)| wire::alert(id, alert, &view)).collect()))
}

/// Of each rule: how often people were paged for it, and whether they did anything then.
pub async fn noisy(
    State(shared): State<Shared>,
    Query(fields): Query<BTreeMap<String, String>>,
) -> Result<Json<Value>, Problem> {
    let since = match fields.get("since") {
        None => shared.now() - noisy::LOOKS_BACK,
        Some(text) => text.parse::<Timestamp>().map_err(|_| {
            Problem::new(StatusCode::BAD_REQUEST, format!("{text:?} is not a time"))
                .hint("write it as 2026-11-20T14:02:00Z")
        })?,
    };
    let rules = blocking(move || noisy::rules(shared.history(), since)).await?;
    Ok(Json(
        rules
            .iter()
            .map(|(rule, one)| {
                json!({
                    "rule": rule,
                    "fired": one.fired,
                    "paged": one.paged,
                    "acknowledged": one.acknowledged,
                    "acted": one.acted,
                    "by_itself": one.by_itself,
                    "share": one.share(),
                })
            })
            .collect(),
    ))
}
