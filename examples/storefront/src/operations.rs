//! The routes that are for operators and machines, not for customers: health, metrics, faults. They are not
//! counted among the requests, and no fault strikes them.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::faults::Fault;
use crate::log::Level;
use crate::metrics::{Page, resident_bytes};
use crate::shop::Shop;

/// Time for the answer to leave before the process does.
const ANSWER_FIRST: Duration = Duration::from_millis(100);

pub fn routes(shop: Arc<Shop>) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/faults", get(faults))
        .route("/faults/{name}", post(switch))
        .with_state(shop)
}

/// An empty pool does not make an instance unready: taken out of rotation, it would only push its load onto
/// the next one.
async fn ready(State(shop): State<Arc<Shop>>) -> impl IntoResponse {
    if shop.is_stopping() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
    } else {
        (StatusCode::OK, "ready\n")
    }
}

async fn metrics(State(shop): State<Arc<Shop>>) -> impl IntoResponse {
    let mut page = Page::default();
    shop.metrics.write(&mut page);
    (shop.measures)(&mut page);
    if let Some(bytes) = resident_bytes() {
        page.single("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", bytes);
    }
    page.family("storefront_build_info", "gauge", "The version that runs here; always 1.");
    page.sample("storefront_build_info", &[("version", &shop.place.version)], 1);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page.into_text())
}

async fn faults(State(shop): State<Arc<Shop>>) -> Json<Value> {
    let describe = |fault: &Fault| {
        let fault = *fault;
        json!({ "name": fault.name(), "on": shop.faults.is_on(fault), "does": fault.does() })
    };
    Json(shop.place.service.faults().iter().map(describe).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    on: bool,
}

async fn switch(
    State(shop): State<Arc<Shop>>,
    Path(name): Path<String>,
    body: String,
) -> Result<Json<Value>, Failure> {
    let has = shop.place.service.faults();
    let Some(fault) = Fault::called(&name).filter(|fault| has.contains(fault)) else {
        let names: Vec<_> = has.iter().map(|fault| fault.name()).collect();
        let (service, names) = (shop.place.service.name(), names.join(", "));
        let says = format!("{service} has no fault '{name}'; it has: {names}");
        return Err(Failure::request(StatusCode::NOT_FOUND, says));
    };
    let Switch { on } = serde_json::from_str(&body).map_err(|error| {
        let says = format!("the body must be {{\"on\": true}} or {{\"on\": false}}: {error}");
        Failure::request(StatusCode::BAD_REQUEST, says)
    })?;
    shop.faults.switch(fault, on).map_err(|says| Failure::request(StatusCode::CONFLICT, says))?;
    shop.log.say(Level::Warn, "fault switched", json!({ "fault": fault.name(), "on": on }));
    if fault == Fault::CrashLoop && on {
        shop.crash(ANSWER_FIRST);
    }
    Ok(Json(json!({ "name": fault.name(), "on": on })))
}
