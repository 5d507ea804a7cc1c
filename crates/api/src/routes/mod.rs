//! Every route, by stage.

mod accounts;
mod alertmanager;
mod commands;
mod instance;
mod monitor;
mod oncall;
mod prometheus;
mod respond;
mod silences;
mod stream;
mod write;

use std::sync::Arc;

use andon_identity::Permission;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::Uri;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{any, delete, get, post, put};

use crate::answers;
use crate::doors::{Answering, Door, Routes};
use crate::framework;
use crate::intake;
use crate::openapi;
use crate::port::Loop;
use crate::problem::Problem;

pub use commands::is_reserved;

/// Commands are small; what is larger is not one.
const BODY_BYTES_MAX: usize = 256 * 1024;

pub type Shared = Arc<dyn Loop>;

/// Behind the guard.
pub fn router(shared: Shared) -> Router {
    routes(Arc::clone(&shared)).guarded(shared, Answering::Programs)
}

/// Every route, with who may use it.
#[rustfmt::skip]
pub fn routes(shared: Shared) -> Routes {
    use Permission::{Send, View};
    Routes::new()
        .route("/api/v1/openapi.json",                 View, get(openapi::show))
        // this Andon
        .route("/api/v1/andon/status",                 View, get(instance::status))
        .route("/api/v1/andon/journal",                View, get(instance::journal))
        .route("/api/v1/andon/why",                    View, get(instance::why))
        .route("/api/v1/andon/commands",               Door::SignedIn, post(commands::tell))
        .route("/api/v1/andon/stream",                 View, get(stream::stream))
        // who may
        .route("/api/v1/andon/sign-in",                Door::Public("it is how a program signs in"), post(accounts::sign_in))
        .route("/api/v1/andon/me",                     Door::SignedIn, get(accounts::me))
        .route("/api/v1/andon/users",                  Permission::Administer, get(accounts::users).post(accounts::invite))
        .route("/api/v1/andon/users/{handle}",         Permission::Administer, put(accounts::change))
        .route("/api/v1/andon/invitations",            Permission::Administer, get(accounts::invitations))
        .route("/api/v1/andon/invitations/{id}",       Permission::Administer, delete(accounts::uninvite))
        .route("/api/v1/andon/tokens",                 Door::SignedIn, get(accounts::tokens).post(accounts::issue))
        .route("/api/v1/andon/tokens/{id}",            Door::SignedIn, delete(accounts::revoke))
        // monitor
        .route("/api/v1/andon/alerts",                 View, get(monitor::alerts))
        .route("/api/v1/andon/alerts/noisy",           View, get(monitor::noisy))
        .route("/api/v1/andon/silences",               View, get(silences::silences))
        .route("/api/v1/andon/silences/preview",       View, get(silences::preview))
        .route("/api/v1/andon/silences/{id}",          View, get(silences::silence))
        // respond
        .route("/api/v1/andon/incidents",              View, get(respond::incidents))
        .route("/api/v1/andon/incidents/{id}",         View, get(respond::incident))
        .route("/api/v1/andon/incidents/{id}/timeline", View, get(respond::incident_timeline))
        .route("/api/v1/andon/deliveries",             View, get(respond::deliveries))
        .route("/api/v1/andon/shadow",                 View, get(respond::shadow))
        .route("/api/v1/andon/shadow/days",            View, get(respond::shadow_days))
        .route("/api/v1/andon/runs",                   View, get(respond::runs))
        .route("/api/v1/andon/runs/{id}",              View, get(respond::run))
        .route("/api/v1/andon/preview/{runbook}",      View, get(respond::preview))
        // on call
        .route("/api/v1/andon/oncall",                 View, get(oncall::oncall))
        .route("/api/v1/andon/oncall.ics",             View, get(oncall::calendar))
        .route("/api/v1/andon/oncall/changes",         View, get(oncall::changes))
        .route("/api/v1/andon/oncall/load",            View, get(oncall::load))
        // change, improve
        .route("/api/v1/andon/changes",                View, get(respond::changes))
        .route("/api/v1/andon/reviews",                View, get(respond::reviews))
        .route("/api/{*path}",                         Door::SignedIn, any(nothing_here))
        .through(|router| router.layer(from_fn(in_problems)))
        // its senders read plain text
        .route("/api/v1/write",                        Send, post(write::write).layer(DefaultBodyLimit::max(write::BODY_BYTES_MAX)))
        .with_state(Arc::clone(&shared))
        .merge(prometheus::routes(Arc::clone(&shared)))
        .merge(alertmanager::routes(Arc::clone(&shared)))
        .merge(intake::routes(Arc::clone(&shared)))
        .merge(answers::routes(shared))
        .through(|router| router.layer(DefaultBodyLimit::max(BODY_BYTES_MAX)))
}

/// What the framework refuses is a problem as any other.
async fn in_problems(request: Request, next: Next) -> Response {
    framework::run(request, next, BODY_BYTES_MAX, Problem::from).await
}

/// A program hears of a wrong path in its own words, not in a page.
async fn nothing_here(uri: Uri) -> Problem {
    Problem::not_found(format!("there is nothing at {}", uri.path()))
        .hint("/api/v1/openapi.json tells of everything that there is")
}
