//! Silences, as Andon knows them; what Alertmanager's clients ask for is answered in their own shape, beside this.

use std::collections::BTreeMap;

use andon_definitions::alertmanager::AlertMatcher;
use andon_definitions::instance::Calendar;
use andon_vocabulary::{Command, Input, Silence, SilenceId, Timestamp, Told, Via, Who};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Shared;
use crate::problem::Problem;
use crate::wire;

/// What a preview names one by one.
const SHOWN_MAX: usize = 20;
/// Whoever only looks.
const PREVIEW: &str = "preview";

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

/// What one with these matchers would silence now. Whoever says more of it, such as its end or its hours, hears whether it
/// would be taken, and when it begins.
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
    let begins = match asked(&fields, &matchers, shared.now()).map_err(bad)? {
        Some(silence) => Some(begins(&view, silence, shared.now())?),
        None => None,
    };
    let fires = view.monitor.alerts.values().filter(|alert| alert.fired_at().is_some()).count();
    let matched: Vec<_> = view.monitor.silenced_by(&matchers).map(|id| &view.monitor.alerts[&id]).collect();
    let mut services = BTreeMap::<&str, usize>::new();
    for alert in &matched {
        *services.entry(alert.service.as_deref().unwrap_or("unassigned")).or_default() += 1;
    }
    let shown: Vec<_> = matched.iter().take(SHOWN_MAX).map(|alert| &alert.labels).collect();
    let alerts = matched.len();
    let mut found = json!({ "fires": fires, "alerts": alerts, "services": services, "shown": shown });
    if let Some((from, until)) = begins {
        found["begins"] = json!({ "from": from, "until": until });
    }
    Ok(Json(found))
}

/// The silence, where more than its matchers is given.
fn asked(
    fields: &BTreeMap<String, String>,
    matchers: &[AlertMatcher],
    now: Timestamp,
) -> Result<Option<Silence>, String> {
    let given = |name| fields.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let Some(ends_at) = given("ends_at") else { return Ok(None) };
    let starts_at =
        given("starts_at").map_or(Ok(now), str::parse).map_err(|why| format!("starts_at: {why}"))?;
    let matchers = matchers.iter().map(AlertMatcher::plain).collect();
    let comment = given("comment").unwrap_or_default().to_owned();
    let ends_at = ends_at.parse().map_err(|why| format!("ends_at: {why}"))?;
    let weekly = given("weekly").map(str::parse).transpose()?;
    let silence = Silence::new(SilenceId(0), matchers, starts_at, ends_at, PREVIEW.to_owned(), comment);
    Ok(Some(Silence { weekly, owner: given("owner").map(Into::into), ..silence }))
}

/// From when until when it would silence first, if the loop takes it: that is asked on a copy of the state.
fn begins(
    view: &andon_cycle::State,
    silence: Silence,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), Problem> {
    let (starts_at, ends_at) = (silence.starts_at.max(now), silence.ends_at);
    let hours = silence.weekly.as_ref().and_then(|weekly| Calendar::of(weekly).ok());
    let who = Who::new(PREVIEW, Via::Api);
    let command = Command::Silence { silence: silence.into(), replaces: None };
    let told = Told { who, key: SilenceId(0).to_string(), command };
    andon_cycle::turn(&mut view.clone(), Input::Told(told), now).answer?;
    let span = hours.and_then(|hours| hours.next_span(starts_at)).unwrap_or((starts_at, ends_at));
    Ok((span.0.max(starts_at), span.1.min(ends_at)))
}
