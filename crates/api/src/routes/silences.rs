//! Silences, as Andon knows them; what Alertmanager's clients ask for is answered in their own shape, beside this.

use std::collections::BTreeMap;

use andon_definitions::alertmanager::AlertMatcher;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Shared;
use crate::problem::Problem;
use crate::wire;

/// What a preview names one by one.
const SHOWN_MAX: usize = 20;

/// Those in force first, then those to come, then those that have ended.
pub async fn silences(State(shared): State<Shared>) -> Json<Value> {
    let view = shared.view();
    let mut found: Vec<_> = view.monitor.silences.all().collect();
    found.sort_by_key(|one| (wire::silence_word(one), one.silence.ends_at, one.silence.id));
    Json(found.into_iter().map(|one| wire::silence(one, &view)).collect())
}

pub async fn silence(State(shared): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let id = id.parse().map_err(|why: String| Problem::new(StatusCode::BAD_REQUEST, why))?;
    let view = shared.view();
    let found = view.monitor.silences.get(id);
    found.map(|one| Json(wire::silence(one, &view))).ok_or_else(|| {
        Problem::not_found(format!("there is no silence {id}"))
            .hint("`andon silence list` shows those of the last five days")
    })
}

/// What one with these matchers would silence now.
pub async fn preview(
    State(shared): State<Shared>,
    Query(fields): Query<BTreeMap<String, String>>,
) -> Result<Json<Value>, Problem> {
    let bad = |why: String| Problem::new(StatusCode::BAD_REQUEST, why);
    let text = fields.get("matchers").map(String::as_str).unwrap_or_default();
    let matchers = AlertMatcher::list(text).map_err(bad)?;
    if matchers.is_empty() {
        return Err(bad("no matchers are given".to_owned()).hint("say which alerts are meant: matchers=…"));
    }
    let view = shared.view();
    let fires = view.monitor.alerts.values().filter(|alert| alert.fired_at().is_some()).count();
    let matched: Vec<_> = view.monitor.silenced_by(&matchers).map(|id| &view.monitor.alerts[&id]).collect();
    let mut services = BTreeMap::<&str, usize>::new();
    for alert in &matched {
        *services.entry(alert.service.as_deref().unwrap_or("unassigned")).or_default() += 1;
    }
    let shown: Vec<_> = matched.iter().take(SHOWN_MAX).map(|alert| &alert.labels).collect();
    Ok(Json(json!({ "fires": fires, "alerts": matched.len(), "services": services, "shown": shown })))
}
