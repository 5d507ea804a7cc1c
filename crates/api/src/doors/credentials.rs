//! What a request proves itself by: a token of a program, or the cookie of a sign-in.

use andon_cycle::State;
use andon_identity::{Accounts, Change, Digest, How, Presented, Principal, Secret, User};
use andon_vocabulary::{Name, Timestamp};
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::entrance::SESSION_COOKIE;

/// How old the note of when something was last of use may be.
const SEEN_MS: i64 = 5 * 60 * 1000;

/// Who it proves, and how.
pub(super) struct Proven {
    pub principal: Principal,
    pub session: Option<Digest>,
    /// To be noted, now and then.
    pub seen: Option<Change>,
}

/// What is to be proven by it is tried in this order: a token is meant, a cookie comes along by itself.
pub(super) fn prove(
    headers: &HeaderMap,
    accounts: &Accounts,
    state: &State,
    now: Timestamp,
) -> Option<Proven> {
    if let Some(given) = token(headers) {
        return by_token(&given, accounts, state, now);
    }
    let cookie = cookie(headers, SESSION_COOKIE).map(Secret::new)?;
    let (session, user) = accounts.session(&cookie, now)?;
    let digest = cookie.digest();
    let is_old = now.as_ms() - session.seen.as_ms() > SEEN_MS;
    let seen = is_old.then(|| Change::Seen { session: Some(digest.clone()), token: None });
    let principal = principal(user, How::Session, state, now);
    Some(Proven { principal, session: Some(digest), seen })
}

fn by_token(given: &Presented, accounts: &Accounts, state: &State, now: Timestamp) -> Option<Proven> {
    let (token, user) = accounts.token(given, now)?;
    let mut principal = principal(user, How::Token(token.id.clone()), state, now);
    principal.limited_to.clone_from(&token.scopes);
    let is_old = token.used.is_none_or(|used| now.as_ms() - used.as_ms() > SEEN_MS);
    let seen = is_old.then(|| Change::Seen { session: None, token: Some(token.id.clone()) });
    Some(Proven { principal, session: None, seen })
}

pub(super) fn principal(user: &User, how: How, state: &State, now: Timestamp) -> Principal {
    let teams = state.catalog().teams.iter();
    let theirs =
        teams.filter(|(_, team)| team.people.contains_key(&*user.handle)).map(|(name, _)| name.as_str());
    let mut principal = Principal::of(user, theirs, how);
    principal.glass = glass(&user.handle, state, now);
    principal
}

fn glass(handle: &Name, state: &State, now: Timestamp) -> Option<Timestamp> {
    let broken = state.instance.glass.values();
    broken.filter(|glass| glass.person == *handle && glass.until > now).map(|glass| glass.until).max()
}

/// As `Bearer`, or as the password of `Basic`, which is what Alertmanager's and Prometheus's clients can be told.
fn token(headers: &HeaderMap) -> Option<Presented> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = text.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Presented::read(rest.trim());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let decoded = String::from_utf8(BASE64_STANDARD.decode(rest.trim()).ok()?).ok()?;
        return Presented::read(decoded.split_once(':')?.1);
    }
    None
}

pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let texts = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}
