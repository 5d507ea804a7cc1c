//! Prometheus's HTTP API: the same paths, parameters, bytes and status codes, so that its clients work unchanged.

mod admin;
mod body;
mod compress;
mod encode;
mod exemplars;
mod failure;
mod federate;
mod form;
mod format;
mod gate;
pub(super) mod go;
mod histogram;
mod labels;
mod own;
mod passed;
mod query;
mod regexes;
mod rules;
mod stats;
mod status;
mod targets;
mod times;

use std::sync::Arc;

use andon_vocabulary::Timestamp;
use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use super::Shared;
use failure::Failure;
use gate::Gate;

/// What every route needs.
#[derive(Clone)]
pub struct Site {
    port: Shared,
    gate: Arc<Gate>,
    started: Timestamp,
}

#[rustfmt::skip]
pub fn router(port: Shared) -> Router {
    let started = port.now();
    Router::new()
        // queries
        .route("/api/v1/query",                       get(query::instant).post(query::instant))
        .route("/api/v1/query_range",                 get(query::range).post(query::range))
        .route("/api/v1/query_exemplars",             get(exemplars::query).post(exemplars::query))
        .route("/api/v1/format_query",                get(format::query).post(format::query))
        // what there is
        .route("/api/v1/series",                      get(labels::series).post(labels::series).delete(not_there))
        .route("/api/v1/labels",                      get(labels::names).post(labels::names))
        .route("/api/v1/label/{name}/values",         get(labels::values))
        .route("/api/v1/metadata",                    get(targets::metadata))
        // what it comes from
        .route("/api/v1/targets",                     get(targets::list))
        .route("/api/v1/targets/metadata",            get(targets::of_targets))
        .route("/api/v1/scrape_pools",                get(targets::pools))
        // what follows from it
        .route("/api/v1/rules",                       get(rules::list))
        .route("/api/v1/alerts",                      get(rules::alerts))
        .route("/api/v1/alertmanagers",               get(status::alertmanagers))
        // this server
        .route("/api/v1/status/buildinfo",            get(status::build))
        .route("/api/v1/status/runtimeinfo",          get(status::runtime))
        .route("/api/v1/status/config",               get(status::config))
        .route("/api/v1/status/flags",                get(status::flags))
        .route("/api/v1/status/tsdb",                 get(status::store))
        .route("/api/v1/status/walreplay",            get(status::replay))
        // the store
        .route("/api/v1/admin/tsdb/delete_series",    post(admin::delete).put(admin::delete))
        .route("/api/v1/admin/tsdb/clean_tombstones", post(admin::clean).put(admin::clean))
        .route("/api/v1/admin/tsdb/snapshot",         post(admin::snapshot).put(admin::snapshot))
        // beside the API
        .route("/federate",                           get(federate::federate))
        .route("/metrics",                            get(own::metrics))
        .route("/-/healthy",                          get(own::healthy))
        .route("/-/ready",                            get(own::ready))
        .route("/-/reload",                           post(own::reload).put(own::reload))
        .layer(from_fn(compress::compress))
        .with_state(Site { port, gate: Arc::default(), started })
}

/// So Prometheus answers this, ever since.
async fn not_there() -> Failure {
    Failure::internal("not implemented")
}
