//! The pages: what is on fire, what waits for me, what happened, and the forms that answer.
//!
//! Contract: every page is whole without JavaScript and is rendered from one view; every form is a command with its
//! own idempotency key; whatever came from outside is escaped. Scripts only keep a page fresh, tick its clocks and
//! draw its charts.
//! Never: a decision, a state of its own, an asset from elsewhere, an inline script.

mod actions;
mod alerts;
mod approval;
mod assets;
mod chart;
mod chips;
mod dashboard;
mod durations;
mod elsewhere;
mod explore;
mod flash;
mod forms;
mod impact;
mod incident;
mod incidents;
mod layout;
mod now;
mod numbers;
mod prose;
mod receivers;
mod review;
mod reviews;
mod rules;
mod run;
mod services;
mod sidebar;
mod silences;
mod targets;
#[cfg(test)]
mod tests;
mod threshold;
mod timeline;
mod times;
mod unknowns;
mod visit;
mod waits;
mod why;

use std::sync::Arc;

use andon_api::{Loop, guard};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{get, post};

/// The longest note has 16 KiB; percent-encoding triples it at worst.
const BODY_BYTES_MAX: usize = 64 * 1024;

type Shared = Arc<dyn Loop>;

#[rustfmt::skip]
pub fn router(shared: Shared) -> Router {
    Router::new()
        .route("/",                           get(now::page))
        // respond
        .route("/incidents",                  get(incidents::page).post(forms::declare))
        .route("/incidents/{id}",             get(incident::page))
        .route("/incidents/{id}/acknowledge", post(forms::acknowledge))
        .route("/incidents/{id}/resolve",     post(forms::resolve))
        .route("/incidents/{id}/note",        post(forms::note))
        .route("/alerts",                     get(alerts::page))
        .route("/silences",                   get(silences::page).post(silences::set))
        .route("/silences/{id}/lift",         post(silences::lift))
        .route("/why",                        get(why::page))
        .route("/runs/{id}",                  get(run::page))
        .route("/runs/{id}/approve",          post(forms::approve))
        .route("/runs/{id}/reject",           post(forms::reject))
        .route("/runs/{id}/answer",           post(forms::answer))
        .route("/runs/{id}/abort",            post(forms::abort))
        // monitor
        .route("/explore",                    get(explore::page))
        .route("/services",                   get(dashboard::list))
        .route("/services/{name}",            get(dashboard::page))
        .route("/targets",                    get(targets::page))
        .route("/rules",                      get(rules::page))
        // improve
        .route("/reviews",                    get(reviews::page))
        .route("/reviews/{id}",               get(review::page))
        .route("/reviews/{id}/edit",          post(forms::edit_review))
        .route("/reviews/{id}/actions",       post(forms::add_action))
        .route("/reviews/{id}/close",         post(forms::close_review))
        // this Andon, this visitor
        .route("/halt",                       post(forms::halt))
        .route("/release",                    post(forms::release))
        .route("/me",                         post(forms::me))
        .route("/theme",                      post(forms::theme))
        .route("/assets/{file}",              get(assets::file))
        .fallback(layout::nothing_here)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(layout::fenced))
        .layer(from_fn(guard))
        .with_state(shared)
}
