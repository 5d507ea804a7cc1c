//! Every route, by stage.

mod alertmanager;
mod commands;
mod instance;
mod monitor;
mod prometheus;
mod respond;
mod stream;
mod write;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Uri;
use axum::middleware::from_fn;
use axum::routing::{any, get, post};

use crate::guard::guard;
use crate::intake;
use crate::openapi;
use crate::port::Loop;
use crate::problem::Problem;

/// Commands are small; what is larger is not one.
const BODY_BYTES_MAX: usize = 256 * 1024;

pub type Shared = Arc<dyn Loop>;

#[rustfmt::skip]
pub fn router(shared: Shared) -> Router {
    Router::new()
        .route("/api/v1/openapi.json",                 get(openapi::show))
        // this Andon
        .route("/api/v1/andon/status",                 get(instance::status))
        .route("/api/v1/andon/journal",                get(instance::journal))
        .route("/api/v1/andon/oncall",                 get(instance::oncall))
        .route("/api/v1/andon/why",                    get(instance::why))
        .route("/api/v1/andon/commands",               post(commands::tell))
        .route("/api/v1/andon/stream",                 get(stream::stream))
        // monitor
        .route("/api/v1/andon/alerts",                 get(monitor::alerts))
        .route("/api/v1/write",                        post(write::write).layer(DefaultBodyLimit::max(write::BODY_BYTES_MAX)))
        // respond
        .route("/api/v1/andon/incidents",              get(respond::incidents))
        .route("/api/v1/andon/incidents/{id}",         get(respond::incident))
        .route("/api/v1/andon/incidents/{id}/timeline", get(respond::incident_timeline))
        .route("/api/v1/andon/runs",                   get(respond::runs))
        .route("/api/v1/andon/runs/{id}",              get(respond::run))
        .route("/api/v1/andon/preview/{runbook}",      get(respond::preview))
        // change, improve
        .route("/api/v1/andon/changes",                get(respond::changes))
        .route("/api/v1/andon/reviews",                get(respond::reviews))
        .route("/api/{*path}",                         any(nothing_here))
        .with_state(Arc::clone(&shared))
        .merge(prometheus::router(Arc::clone(&shared)))
        .merge(alertmanager::router(Arc::clone(&shared)))
        .merge(intake::router(shared))
        .layer(from_fn(guard))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// A program hears of a wrong path in its own words, not in a page.
async fn nothing_here(uri: Uri) -> Problem {
    Problem::not_found(format!("there is nothing at {}", uri.path()))
        .hint("/api/v1/openapi.json tells of everything that there is")
}
