//! Signing out: here, and at the provider too where it has a page for that.

use std::collections::BTreeMap;
use std::time::Duration;

use andon_api::{Desk, WayOut, cookie_of_nobody};
use andon_identity::Secret;
use andon_vocabulary::Via;
use axum::extract::{Form, Query};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;

use crate::forms::{self, text};
use crate::visit::{Visit, cookie};

type Fields = BTreeMap<String, String>;

/// What the browser brings back from the provider.
const COOKIE: &str = "andon_leaving";
const SECONDS: u32 = 600;
/// Whoever signs out is signed out, and does not wait long to hear whether they can be elsewhere too.
const PATIENCE: Duration = Duration::from_secs(3);

pub async fn sign_out(visit: Visit, Form(fields): Form<Fields>) -> Response {
    let desk = Desk { shared: &visit.shared, visitor: &visit.visitor, via: Via::Page };
    if let Err(problem) = desk.sign_out().await {
        return visit.denied(&problem);
    }
    let is_encrypted = visit.visitor.is_encrypted;
    let gone = HeaderValue::from_str(&cookie_of_nobody(is_encrypted));
    let Some((way, name)) = way_out(&visit).await else {
        return forms::leave(&fields, gone.into_iter().collect());
    };
    // A link and no redirect: pages send forms to nobody but us, and who signs out here may mean just that.
    let content = html! {
        h1 { "Signed out" }
        p { "You are signed out of Andon. " (name) " may still know this browser, and sign in whoever uses it next." }
        p { a.button.primary href=(way.url) rel="noreferrer" { "Sign out of " (name) " too" } }
        p { a href="/sign-in" { "Sign in again" } }
    };
    let mut response = visit.bare(StatusCode::OK, "Signed out", content);
    response.headers_mut().extend(gone.map(|gone| (header::SET_COOKIE, gone)));
    remember(&mut response, &way.state, SECONDS, is_encrypted);
    response
}

/// For whom the provider vouches; it may have no page for that, or not answer.
async fn way_out(visit: &Visit) -> Option<(WayOut, String)> {
    let oidc = visit.oidc()?;
    let elsewhere = visit.shared.accounts().read().user(visit.visitor.handle()?)?.elsewhere.clone()?;
    if elsewhere.issuer != oidc.issuer {
        return None;
    }
    let way = tokio::time::timeout(PATIENCE, visit.shared.provider()?.leave()).await.ok()?.ok()??;
    Some((way, oidc.name.clone()))
}

/// Back from the provider: that it was so is said to whoever went there from here, and to nobody else.
pub async fn left(visit: Visit, Query(fields): Query<Fields>, headers: HeaderMap) -> Response {
    let state = cookie(&headers, COOKIE).unwrap_or_default().to_owned();
    let is_ours = !state.is_empty() && Secret::new(state).is(&text(&fields, "state"));
    let mut response = match visit.oidc() {
        Some(oidc) if is_ours => {
            let back = BTreeMap::from([("back".to_owned(), "/sign-in".to_owned())]);
            forms::said(&back, true, format!("You are signed out, of {} too.", oidc.name))
        }
        _ => Redirect::to("/sign-in").into_response(),
    };
    remember(&mut response, "", 0, visit.visitor.is_encrypted);
    response
}

fn remember(response: &mut Response, state: &str, seconds: u32, is_encrypted: bool) {
    let secure = if is_encrypted { "; Secure" } else { "" };
    let text = format!("{COOKIE}={state}; Path=/sign-in; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    response.headers_mut().extend(HeaderValue::from_str(&text).map(|value| (header::SET_COOKIE, value)));
}
