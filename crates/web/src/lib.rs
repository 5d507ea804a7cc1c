//! The pages: what is on fire, what waits for me, what happened, and the forms that answer.
//!
//! Contract: every page is whole without JavaScript and is rendered from one view; every form is a command with its
//! own idempotency key; whatever came from outside is escaped. Scripts only keep a page fresh, tick its clocks and
//! draw its charts.
//! Never: a decision, a state of its own, an asset from elsewhere, an inline script.

mod account;
mod actions;
mod alerts;
mod approval;
mod assets;
mod chart;
mod chips;
mod dashboard;
mod deliveries;
mod durations;
mod elsewhere;
mod entrance;
mod explore;
mod flash;
mod forms;
mod glass;
mod impact;
mod incident;
mod incidents;
mod invitations;
mod layout;
mod leaving;
mod listing;
mod may;
mod noisy;
mod now;
mod numbers;
mod oncall;
mod prose;
mod receivers;
mod review;
mod reviews;
mod rules;
mod run;
mod services;
mod shadow;
mod sidebar;
mod silences;
mod targets;
#[cfg(test)]
mod tests;
mod threshold;
mod timeline;
mod times;
mod unknowns;
mod users;
mod visit;
mod vouching;
mod waits;
mod welcome;
mod why;

use std::sync::Arc;

use andon_api::{Answering, Door, Loop, Routes};
use andon_identity::Permission;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{get, post};

/// The longest note has 16 KiB; percent-encoding triples it at worst.
const BODY_BYTES_MAX: usize = 64 * 1024;

pub(crate) type Shared = Arc<dyn Loop>;

/// Behind the guard; whoever does not get through is shown a page.
pub fn router(shared: Shared) -> Router {
    let people = Answering::People(entrance::refused);
    routes(Arc::clone(&shared)).guarded(shared, people).layer(from_fn(layout::fenced))
}

/// Every route, with who may use it. What a form asks for says itself what it needs.
#[rustfmt::skip]
pub fn routes(shared: Shared) -> Routes {
    use Permission::{Administer, View};
    const FORM: Door = Door::SignedIn;
    const ENTRANCE: Door = Door::Public("it is how people get in");
    Routes::new()
        .route("/",                           View, get(now::page))
        // respond
        .route("/incidents",                  (View, FORM), get(incidents::page).post(forms::declare))
        .route("/incidents/{id}",             View, get(incident::page))
        .route("/incidents/{id}/acknowledge", FORM, post(forms::acknowledge))
        .route("/incidents/{id}/resolve",     FORM, post(forms::resolve))
        .route("/incidents/{id}/note",        FORM, post(forms::note))
        .route("/alerts",                     View, get(alerts::page))
        .route("/alerts/noisy",               View, get(noisy::page))
        .route("/silences",                   (View, FORM), get(silences::page).post(silences::set))
        .route("/silences/{id}/lift",         FORM, post(silences::lift))
        .route("/deliveries",                 View, get(deliveries::page))
        .route("/shadow",                     View, get(shadow::page))
        .route("/why",                        View, get(why::page))
        .route("/oncall",                     View, get(oncall::page))
        .route("/oncall/taken",               FORM, post(oncall::take))
        .route("/oncall/taken/{id}/give-back", FORM, post(oncall::give_back))
        .route("/oncall/swaps",               FORM, post(oncall::swap))
        .route("/oncall/swaps/{id}/accept",   FORM, post(oncall::accept))
        .route("/oncall/swaps/{id}/decline",  FORM, post(oncall::decline))
        .route("/runs/{id}",                  View, get(run::page))
        .route("/runs/{id}/approve",          FORM, post(forms::approve))
        .route("/runs/{id}/reject",           FORM, post(forms::reject))
        .route("/runs/{id}/answer",           FORM, post(forms::answer))
        .route("/runs/{id}/abort",            FORM, post(forms::abort))
        // monitor
        .route("/explore",                    View, get(explore::page))
        .route("/services",                   View, get(dashboard::list))
        .route("/services/{name}",            View, get(dashboard::page))
        .route("/targets",                    View, get(targets::page))
        .route("/rules",                      View, get(rules::page))
        // improve
        .route("/reviews",                    View, get(reviews::page))
        .route("/reviews/{id}",               View, get(review::page))
        .route("/reviews/{id}/edit",          FORM, post(forms::edit_review))
        .route("/reviews/{id}/actions",       FORM, post(forms::add_action))
        .route("/reviews/{id}/close",         FORM, post(forms::close_review))
        // who gets in, and who may
        .route("/sign-in",                    ENTRANCE, get(entrance::page).post(entrance::sign_in))
        .route("/sign-in/elsewhere",          ENTRANCE, get(vouching::leave))
        .route("/sign-in/back",               ENTRANCE, get(vouching::back))
        .route("/welcome",                    ENTRANCE, get(welcome::page).post(welcome::accept))
        .route("/sign-in/left",               ENTRANCE, get(leaving::left))
        .route("/sign-out",                   FORM, post(leaving::sign_out))
        .route("/account",                    FORM, get(account::page))
        .route("/account/password",           FORM, post(account::password))
        .route("/account/tokens",             FORM, post(account::issue))
        .route("/account/tokens/{id}/revoke", FORM, post(account::revoke))
        .route("/account/glass",              FORM, post(glass::smash))
        .route("/glass/{id}/review",          FORM, post(glass::review))
        .route("/users",                      Administer, get(users::page).post(invitations::invite))
        .route("/users/{handle}/grants",      Administer, post(users::grant))
        .route("/users/{handle}/disable",     Administer, post(users::disable))
        .route("/users/invitations/{id}/revoke", Administer, post(invitations::revoke))
        .route("/users/{handle}/enable",      Administer, post(users::enable))
        // this Andon, this visitor
        .route("/halt",                       FORM, post(forms::halt))
        .route("/release",                    FORM, post(forms::release))
        .route("/me",                         FORM, post(forms::me))
        .route("/theme",                      Door::Public("which colours one likes is no secret"), post(forms::theme))
        .route("/assets/{file}",              Door::Public("style and scripts, the same for everybody"), get(assets::file))
        .through(|router| router.fallback(layout::nothing_here).layer(DefaultBodyLimit::max(BODY_BYTES_MAX)))
        .with_state(shared)
}
