//! `/api/v2/silences` and `/api/v2/silence/{silenceID}`: what nobody is told of, who wanted it so, and until when.

use std::cmp::Reverse;
use std::hash::{BuildHasher, RandomState};

use andon_definitions::alertmanager::AlertMatcher;
use andon_monitor::{SilencePhase, Silenced};
use andon_vocabulary::{Command, SilenceId, Timestamp, Told, Via};
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::failure::{Failure, json};
use super::filter::Query;
use super::silence::{self, State as Now};
use super::{Site, posted};
use crate::doors::Visitor;
use crate::port::TellError;
use crate::routes::prometheus::go;

/// Who ends a silence is not said here.
const SOMEBODY: &str = "alertmanager-api";
const PERSON_BYTES_MAX: usize = 100;

pub async fn list(State(site): State<Site>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let matchers = Query::of(query.as_deref()).matchers("filter").map_err(Failure::bad)?;
    let (view, now) = (site.port.view(), site.port.now());
    let wanted: Vec<_> = matchers.iter().map(AlertMatcher::plain).collect();
    let has_all = |one: &&Silenced| wanted.iter().all(|matcher| one.silence.matchers.contains(matcher));
    let mut found: Vec<&Silenced> = view.monitor.silences.all().filter(has_all).collect();
    found.sort_by_key(|one| order(one, now));
    let mut out = Vec::new();
    super::encode::list(found, &mut out, |one, out| silence::write(one, now, out));
    out.push(b'\n');
    Ok(json(StatusCode::OK, out))
}

/// Active ones by when they end, then pending ones by when they start, then expired ones, the last to end first.
fn order(one: &Silenced, now: Timestamp) -> (Now, Result<Timestamp, Reverse<Timestamp>>) {
    let (state, starts_at, ends_at) = silence::state(one, now);
    let by = match state {
        Now::Active => Ok(ends_at),
        Now::Pending => Ok(starts_at),
        Now::Expired => Err(Reverse(ends_at)),
    };
    (state, by)
}

pub async fn show(State(site): State<Site>, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = parsed(&id)?;
    let (view, now) = (site.port.view(), site.port.now());
    let found = view.monitor.silences.get(id).ok_or_else(Failure::no_silence)?;
    let mut out = Vec::new();
    silence::write(found, now, &mut out);
    out.push(b'\n');
    Ok(json(StatusCode::OK, out))
}

pub async fn set(
    State(site): State<Site>,
    visitor: Visitor,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    posted::check("silence", &headers, &body)?;
    let id = fresh_id();
    let (mut silence, replaces) = silence::read(&body, id, site.port.now())?;
    if let Some(weekly) =
        replaces.and_then(|old| site.port.view().monitor.silences.get(old)?.silence.weekly.clone())
    {
        return Err(Failure::bad(format!(
            "Failed to create silence: this one silences every {weekly} only, which cannot be said here; use andon silence"
        )));
    }
    let author = silence.created_by.trim();
    let is_name =
        !author.is_empty() && author.len() <= PERSON_BYTES_MAX && !author.contains(char::is_control);
    let who = visitor.who(if is_name { author } else { SOMEBODY }, Via::Api);
    let key = format!("silence-{id}");
    let view = site.port.view();
    let posted = silence.created_by.clone();
    visitor.makes(&mut silence, replaces, Some(posted), &view);
    let command = Command::Silence { silence: silence.into(), replaces };
    visitor.may_tell(&command, &view)?;
    let told = Told { who, key, command };
    let holds = site.port.tell(told).await?.silence.unwrap_or(id);
    let mut out = Vec::new();
    go::push(&mut out, format_args!("{{\"silenceID\":\"{holds}\"}}\n"));
    Ok(json(StatusCode::OK, out))
}

pub async fn lift(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let id = parsed(&id)?;
    visitor.may_tell(&Command::LiftSilence { silence: id }, &site.port.view())?;
    let has_ended = || {
        let view = site.port.view();
        let found = view.monitor.silences.get(id).ok_or_else(Failure::no_silence)?;
        Ok::<bool, Failure>(matches!(found.phase, SilencePhase::Ended { .. }))
    };
    if has_ended()? {
        return Ok(StatusCode::OK.into_response());
    }
    let who = visitor.who(SOMEBODY, Via::Api);
    let key = format!("lift-{}", fresh_id());
    match site.port.tell(Told { who, key, command: Command::LiftSilence { silence: id } }).await {
        Ok(_) => Ok(StatusCode::OK.into_response()),
        // Somebody else was faster.
        Err(TellError::Refused(_)) if has_ended()? => Ok(StatusCode::OK.into_response()),
        Err(error) => Err(error.into()),
    }
}

fn parsed(id: &str) -> Result<SilenceId, Failure> {
    let wrong =
        |_| Failure::invalid(601, format!("silenceID in path must be of type uuid: {}", go::quote(id)));
    id.parse().map_err(wrong)
}

/// A UUID of version 4, unlike every other: the operating system seeds each hasher.
fn fresh_id() -> SilenceId {
    let word =
        |salt: u8| u128::from(RandomState::new().hash_one((salt, jiff::Timestamp::now().as_nanosecond())));
    SilenceId::from_bits(word(0) << 64 | word(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_random_uuids() {
        let ids: std::collections::BTreeSet<SilenceId> = (0..1000).map(|_| fresh_id()).collect();
        assert_eq!(ids.len(), 1000);
        for id in ids {
            let text = id.to_string();
            assert!(text[14..].starts_with('4') && matches!(&text[19..20], "8" | "9" | "a" | "b"), "{text}");
        }
    }
}
