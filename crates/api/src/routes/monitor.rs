//! Alerts, and queries in the shape that Prometheus gives its answers.

use std::time::Duration;

use andon_vocabulary::{Labels, Timestamp, Value as SampleValue};
use axum::Json;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use super::instance::blocking;
use crate::wire;

/// Prometheus's bound on the points of one series.
const POINTS_MAX: u128 = 11_000;

pub async fn alerts(State(shared): State<Shared>) -> Json<Value> {
    let view = shared.view();
    Json(view.monitor.alerts.iter().map(|(id, alert)| wire::alert(*id, alert, &view)).collect())
}

#[derive(Deserialize)]
pub struct Instant {
    query: String,
    time: Option<String>,
}

#[derive(Deserialize)]
pub struct Range {
    query: String,
    start: String,
    end: String,
    step: String,
}

pub async fn query(State(shared): State<Shared>, Query(asked): Query<Instant>) -> Response {
    answer(instant(shared, asked).await)
}

pub async fn query_form(State(shared): State<Shared>, Form(asked): Form<Instant>) -> Response {
    answer(instant(shared, asked).await)
}

pub async fn query_range(State(shared): State<Shared>, Query(asked): Query<Range>) -> Response {
    answer(range(shared, asked).await)
}

pub async fn query_range_form(State(shared): State<Shared>, Form(asked): Form<Range>) -> Response {
    answer(range(shared, asked).await)
}

/// The values of a label; those of `__name__` are the metrics.
pub async fn label_values(State(shared): State<Shared>, Path(label): Path<String>) -> Response {
    let values = blocking(move || match label.as_str() {
        "__name__" => Ok(shared.query().metric_names()),
        label => Ok(shared.query().label_values(label)),
    });
    answer(values.await.map(|values| json!(values)).map_err(|problem| problem.detail))
}

async fn instant(shared: Shared, asked: Instant) -> Result<Value, String> {
    let at = asked.time.as_deref().map_or(Ok(shared.now()), time)?;
    let elements =
        blocking(move || shared.query().instant(&asked.query, at)).await.map_err(|problem| problem.detail)?;
    let shown = |(labels, value): (Labels, f64)| json!({ "metric": labels, "value": point(at, value) });
    Ok(json!({ "resultType": "vector", "result": elements.into_iter().map(shown).collect::<Vec<_>>() }))
}

async fn range(shared: Shared, asked: Range) -> Result<Value, String> {
    let (start, end, step) = (time(&asked.start)?, time(&asked.end)?, span(&asked.step)?);
    if end < start {
        return Err("the end is before the start".to_owned());
    }
    if end.since(start).as_millis() / step.as_millis() > POINTS_MAX {
        return Err(format!("more than {POINTS_MAX} points for each series: make the step longer"));
    }
    let series = blocking(move || shared.query().range(&asked.query, start, end, step));
    let series = series.await.map_err(|problem| problem.detail)?;
    let result: Vec<Value> = series
        .into_iter()
        .map(|series| {
            let values = series.samples.into_iter().map(|(at, value)| point(at, value));
            json!({ "metric": series.labels, "values": values.collect::<Vec<_>>() })
        })
        .collect();
    Ok(json!({ "resultType": "matrix", "result": result }))
}

fn answer(result: Result<Value, String>) -> Response {
    match result {
        Ok(data) => Json(json!({ "status": "success", "data": data })).into_response(),
        Err(why) => {
            let body = json!({ "status": "error", "errorType": "bad_data", "error": why });
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
    }
}

fn point(at: Timestamp, value: f64) -> Value {
    json!([at.as_ms() as f64 / 1000.0, SampleValue(value)])
}

/// Seconds since the epoch, or RFC 3339.
fn time(text: &str) -> Result<Timestamp, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() => Ok(Timestamp::from_ms((seconds * 1000.0).round() as i64)),
        _ => text.parse().map_err(|_| {
            format!("{text:?} is neither seconds since the epoch nor a time such as 2026-11-20T14:02:00Z")
        }),
    }
}

/// Seconds, or a number with its unit.
fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a step: write seconds, or a number with ms, s, m or h");
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
    let unit_ms = match unit {
        "" | "s" => 1000.0,
        "ms" => 1.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        _ => return Err(wrong()),
    };
    let ms = number.parse::<f64>().map_err(|_| wrong())? * unit_ms;
    if (1.0..=1e15).contains(&ms) { Ok(Duration::from_millis(ms as u64)) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_steps_are_read_as_prometheus_reads_them() {
        assert_eq!(time("1.5"), Ok(Timestamp::from_ms(1500)));
        assert_eq!(time("1970-01-01T00:00:02Z"), Ok(Timestamp::from_ms(2000)));
        assert!(time("yesterday").is_err());
        assert_eq!(span("15"), Ok(Duration::from_secs(15)));
        assert_eq!(span("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(span("2m"), Ok(Duration::from_secs(120)));
        assert!(span("0").is_err() && span("-1s").is_err() && span("NaN").is_err());
    }
}
