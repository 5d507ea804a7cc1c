//! Alertmanager's HTTP API, version 2: the same paths, parameters, JSON and status codes, so that its senders and its
//! command line work unchanged. It answers under `/api/v2` and, for who expects a route prefix, under
//! `/alertmanager/api/v2`.
//!
//! What Andon's own rules raise is shown beside what others send. Where there is no `alertmanager.yml`, everything
//! goes to one receiver, Andon itself.

mod alerts;
mod config;
mod encode;
mod failure;
mod filter;
mod groups;
mod posted;
mod routing;
mod silence;
mod silences;
mod status;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use andon_identity::Permission;
use andon_vocabulary::Timestamp;
use axum::Json;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use serde_json::json;
use tokio::sync::Semaphore;

use super::Shared;
use crate::doors::{Door, Routes};
use crate::framework;
use failure::Failure;

/// What every route needs.
#[derive(Clone)]
pub struct Site {
    port: Shared,
    /// Requests that are read or answered at the same time: each may be megabytes.
    places: Arc<Semaphore>,
    started: Timestamp,
}

const AT_ONCE: usize = 4;

#[rustfmt::skip]
pub fn routes(port: Shared) -> Routes {
    use Permission::{Send, View};
    const PAGE: Door = Door::Public("it leads to a page that asks who is there");
    let started = port.now();
    let site = Site { port, places: Arc::new(Semaphore::new(AT_ONCE)), started };
    let routes = Routes::new()
        .either("/api/v2/status",            View, get(status::show))
        .either("/api/v2/receivers",         View, get(status::receivers))
        .either("/api/v2/alerts",            (View, Send), get(alerts::list).post(alerts::take).layer(DefaultBodyLimit::max(posted::BODY_BYTES_MAX)))
        .either("/api/v2/alerts/groups",     View, get(groups::list))
        .either("/api/v2/silences",          (View, Door::SignedIn), get(silences::list).post(silences::set))
        .route("/api/v2/silence/{silenceID}", (View, Door::SignedIn), get(silences::show).delete(silences::lift))
        .route("/api/v2/{*path}",            Door::SignedIn, any(nothing_here))
        .through(|router| router.method_not_allowed_fallback(not_so).layer(from_fn(in_its_words)).layer(from_fn(never_kept)))
        .with_state(site);
    Routes::new()
        .merge(routes.clone())
        .nest("/alertmanager", routes)
        .route("/alertmanager",              PAGE, any(page))
        .route("/alertmanager/",             PAGE, any(page))
        .route("/alertmanager/api/v1/{*path}", Door::SignedIn, any(gone))
        .route("/alertmanager/{*path}",      Door::SignedIn, any(nothing_here))
}

/// Where people look who have its address by heart.
async fn page() -> Redirect {
    Redirect::temporary("/alerts")
}

/// Version 1 of the API, which Alertmanager itself no longer has.
pub async fn gone() -> Response {
    let why = "version 1 of Alertmanager's API is gone: the same is below /api/v2";
    (StatusCode::GONE, Json(json!({ "status": "deprecated", "error": why }))).into_response()
}

async fn nothing_here(uri: Uri) -> Failure {
    Failure::not_found(format!("path {} was not found", uri.path()))
}

async fn not_so(method: Method, uri: Uri) -> Failure {
    Failure::method(format!("method {method} is not allowed at {}", uri.path()))
}

/// What the framework refuses.
async fn in_its_words(request: Request, next: Next) -> Response {
    let bytes_max = if request.uri().path().trim_end_matches('/').ends_with("/alerts") {
        posted::BODY_BYTES_MAX
    } else {
        super::BODY_BYTES_MAX
    };
    framework::run(request, next, bytes_max, Failure::from).await
}

/// What it says is of this moment.
async fn never_kept(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
