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

use andon_identity::Permission;
use andon_vocabulary::Timestamp;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use super::{Shared, alertmanager};
use crate::doors::{Door, Routes};
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
pub fn routes(port: Shared) -> Routes {
    use Permission::{Administer, View};
    let started = port.now();
    let site = Site { port, gate: Arc::default(), started };
    let own = of_this_server(site.clone());
    Routes::new()
        // queries
        .route("/api/v1/query",                       View, get(query::instant).post(query::instant))
        .route("/api/v1/query_range",                 View, get(query::range).post(query::range))
        .route("/api/v1/query_exemplars",             View, get(exemplars::query).post(exemplars::query))
        .route("/api/v1/format_query",                View, get(format::query).post(format::query))
        // what there is
        .route("/api/v1/series",                      View, get(labels::series).post(labels::series).delete(not_there))
        .route("/api/v1/labels",                      View, get(labels::names).post(labels::names))
        .route("/api/v1/label/{name}/values",         View, get(labels::values))
        .route("/api/v1/metadata",                    View, get(targets::metadata))
        // what it comes from
        .route("/api/v1/targets",                     View, get(targets::list))
        .route("/api/v1/targets/metadata",            View, get(targets::of_targets))
        .route("/api/v1/scrape_pools",                View, get(targets::pools))
        // what follows from it
        .route("/api/v1/rules",                       View, get(rules::list))
        .route("/api/v1/alerts",                      View, get(rules::alerts).fallback(alertmanager::gone))
        .route("/api/v1/alertmanagers",               View, get(status::alertmanagers))
        // this server
        .route("/api/v1/status/buildinfo",            View, get(status::build))
        .route("/api/v1/status/runtimeinfo",          View, get(status::runtime))
        .route("/api/v1/status/config",               View, get(status::config))
        .route("/api/v1/status/flags",                View, get(status::flags))
        .route("/api/v1/status/tsdb",                 View, get(status::store))
        .route("/api/v1/status/walreplay",            View, get(status::replay))
        // the store
        .route("/api/v1/admin/tsdb/delete_series",    Administer, post(admin::delete).put(admin::delete))
        .route("/api/v1/admin/tsdb/clean_tombstones", Administer, post(admin::clean).put(admin::clean))
        .route("/api/v1/admin/tsdb/snapshot",         Administer, post(admin::snapshot).put(admin::snapshot))
        // beside the API
        .route("/federate",                           View, get(federate::federate))
        .through(|router| router.layer(from_fn(compress::compress)))
        .with_state(site)
        .merge(own.clone())
        .nest("/alertmanager", own)
}

/// Whether this server is well, and what it says of itself: below Alertmanager's route prefix too.
#[rustfmt::skip]
fn of_this_server(site: Site) -> Routes {
    use Permission::{Administer, View};
    Routes::new()
        .route("/metrics",                            View, get(own::metrics))
        .route("/-/healthy",                          Door::Public("what watches Andon has no account"), get(own::healthy))
        .route("/-/ready",                            Door::Public("what watches Andon has no account"), get(own::ready))
        .route("/-/reload",                           Administer, post(own::reload).put(own::reload))
        .through(|router| router.layer(from_fn(compress::compress)))
        .with_state(site)
}

/// So Prometheus answers this, ever since.
async fn not_there() -> Failure {
    Failure::internal("not implemented")
}
