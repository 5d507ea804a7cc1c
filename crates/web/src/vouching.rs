//! Signing in elsewhere: to the provider and back. What a browser has to remember meanwhile is in a cookie of ten
//! minutes, so that nobody else's answer is taken for its own.

use std::collections::BTreeMap;

use andon_api::{Back, Problem};
use andon_identity::Secret;
use axum::extract::Query;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::entrance;
use crate::forms::{self, safe, text};
use crate::visit::{Visit, cookie};

type Fields = BTreeMap<String, String>;

const COOKIE: &str = "andon_vouching";
const SECONDS: u32 = 600;

pub async fn leave(visit: Visit, Query(fields): Query<Fields>) -> Response {
    let next = safe(fields.get("next")).to_owned();
    let shared = visit.shared.clone();
    let Some(provider) = shared.provider().filter(|_| visit.oidc().is_some()) else {
        return Redirect::to("/sign-in").into_response();
    };
    match provider.begin().await {
        Ok(way) => {
            let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
            let held = format!("{}.{}.{}.{next}", way.state, way.nonce, way.verifier);
            let Ok(url) = HeaderValue::from_str(&way.url) else {
                return entrance::not_vouched(
                    visit,
                    "/",
                    &Problem::new(StatusCode::BAD_GATEWAY, "the provider's address is none"),
                );
            };
            let mut response = StatusCode::SEE_OTHER.into_response();
            response.headers_mut().insert(header::LOCATION, url);
            remember(&mut response, &held, SECONDS, visit.visitor.is_encrypted);
            response
        }
        Err(why) => entrance::not_vouched(visit, &next, &why.into()),
    }
}

pub async fn back(visit: Visit, Query(fields): Query<Fields>, headers: HeaderMap) -> Response {
    let is_encrypted = visit.visitor.is_encrypted;
    let held = cookie(&headers, COOKIE).unwrap_or_default().to_owned();
    let mut parts = held.splitn(4, '.').map(str::to_owned);
    let mut part = || parts.next().unwrap_or_default();
    let (state, nonce, verifier, next) = (part(), part(), part(), part());
    let next =
        form_urlencoded::parse(format!("next={next}").as_bytes()).next().map(|(_, next)| next.into_owned());
    let next = safe(next.as_ref()).to_owned();
    let shared = visit.shared.clone();
    let mut response = if state.is_empty() || !Secret::new(state).is(&text(&fields, "state")) {
        let what = "this sign-in was not begun by this browser, or longer than ten minutes ago";
        let problem = Problem::new(StatusCode::BAD_REQUEST, what).hint("begin once more from this page");
        shared.entrance().turn_away(&shared, &visit.visitor, None, &problem).await;
        entrance::not_vouched(visit, "/", &problem)
    } else if fields.contains_key("error") {
        // Only a word of the protocol is shown of what comes by an address.
        let word = text(&fields, "error");
        let is_word = word.len() <= 64 && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        let what =
            format!("the provider signs nobody in: {}", if is_word { &word } else { "it does not say why" });
        let problem = Problem::new(StatusCode::FORBIDDEN, what);
        shared.entrance().turn_away(&shared, &visit.visitor, None, &problem).await;
        entrance::not_vouched(visit, &next, &problem)
    } else {
        let back = Back { code: text(&fields, "code"), nonce, verifier };
        match shared.entrance().vouch(&shared, back, &visit.visitor).await {
            Ok(signed_in) => {
                let cookie = HeaderValue::from_str(&signed_in.cookie(visit.now, is_encrypted));
                forms::leave(&BTreeMap::from([("back".to_owned(), next)]), cookie.into_iter().collect())
            }
            Err(problem) => entrance::not_vouched(visit, &next, &problem),
        }
    };
    remember(&mut response, "", 0, is_encrypted);
    response
}

fn remember(response: &mut Response, held: &str, seconds: u32, is_encrypted: bool) {
    let secure = if is_encrypted { "; Secure" } else { "" };
    let text = format!("{COOKIE}={held}; Path=/sign-in; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    response.headers_mut().extend(HeaderValue::from_str(&text).map(|value| (header::SET_COOKIE, value)));
}
