//! A silence as Alertmanager reads and writes it.

use andon_definitions::alertmanager::AlertMatcher;
use andon_intake::json;
use andon_monitor::{SilencePhase, Silenced};
use andon_vocabulary::{LabelMatch, Labels, MatchOp, Silence, SilenceId, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::encode;
use super::failure::Failure;
use super::posted::Moment;
use crate::routes::prometheus::go;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Active,
    Pending,
    Expired,
}

/// How far a silence has come at a time, and from when until when it silences.
pub fn state(silenced: &Silenced, now: Timestamp) -> (State, Timestamp, Timestamp) {
    let Silence { starts_at, ends_at, .. } = silenced.silence;
    if let SilencePhase::Ended { at, .. } = silenced.phase {
        return (State::Expired, starts_at.min(at), ends_at.min(at));
    }
    let state = match () {
        () if ends_at <= now => State::Expired,
        () if now < starts_at => State::Pending,
        () => State::Active,
    };
    (state, starts_at, ends_at)
}

pub fn write(silenced: &Silenced, now: Timestamp, out: &mut Vec<u8>) {
    let (state, starts_at, ends_at) = state(silenced, now);
    let state = match state {
        State::Active => "active",
        State::Pending => "pending",
        State::Expired => "expired",
    };
    let silence = &silenced.silence;
    let (id, changed) = (silence.id, silenced.changed);
    go::push(
        out,
        format_args!(
            "{{\"id\":\"{id}\",\"status\":{{\"state\":\"{state}\"}},\"updatedAt\":\"{changed}\",\"comment\":"
        ),
    );
    go::escaped(&silence.comment, out);
    out.extend_from_slice(b",\"createdBy\":");
    // As it was posted: clients that keep silences as code would see it change for ever.
    go::escaped(silence.posted_by.as_ref().unwrap_or(&silence.created_by), out);
    out.extend_from_slice(b",\"endsAt\":");
    encode::time(ends_at, out);
    out.extend_from_slice(b",\"matchers\":");
    encode::list(&silence.shown(), out, |matcher, out| {
        let is_equal = matches!(matcher.op, MatchOp::Equal | MatchOp::Regex);
        let is_regex = matches!(matcher.op, MatchOp::Regex | MatchOp::NotRegex);
        go::push(out, format_args!("{{\"isEqual\":{is_equal},\"isRegex\":{is_regex},\"name\":"));
        go::escaped(&matcher.name, out);
        out.extend_from_slice(b",\"value\":");
        go::escaped(&matcher.value, out);
        out.push(b'}');
    });
    out.extend_from_slice(b",\"startsAt\":");
    encode::time(starts_at, out);
    out.push(b'}');
}

/// As it is sent. What must be there is missing in words of its own.
#[derive(Deserialize)]
#[serde(expecting = "a silence")]
struct Posted {
    #[serde(default)]
    id: Option<String>,
    comment: Option<String>,
    #[serde(rename = "createdBy")]
    created_by: Option<String>,
    #[serde(default, rename = "endsAt")]
    ends_at: Option<Moment>,
    matchers: Option<Vec<PostedMatcher>>,
    #[serde(default, rename = "startsAt")]
    starts_at: Option<Moment>,
    #[serde(default)]
    annotations: Option<Value>,
}

#[derive(Deserialize)]
#[serde(expecting = "a matcher")]
struct PostedMatcher {
    #[serde(rename = "isEqual")]
    is_equal: Option<bool>,
    #[serde(rename = "isRegex")]
    is_regex: Option<bool>,
    name: Option<String>,
    value: Option<String>,
}

/// What somebody wants silenced, with a new id, and the silence that it is to change.
pub fn read(body: &[u8], id: SilenceId, now: Timestamp) -> Result<(Silence, Option<SilenceId>), Failure> {
    let posted: Posted =
        json::read(body, &mut Vec::new()).map_err(|error| Failure::malformed("silence", error))?;
    let required = Failure::required;
    let comment = posted.comment.ok_or_else(|| required("comment"))?;
    let created_by = posted.created_by.ok_or_else(|| required("createdBy"))?;
    let Moment(ends_at) = posted.ends_at.ok_or_else(|| required("endsAt"))?;
    let matchers = posted.matchers.ok_or_else(|| required("matchers"))?;
    if matchers.is_empty() {
        return Err(Failure::invalid(612, "matchers in body should have at least 1 items"));
    }
    let matchers = matchers.into_iter().enumerate().map(|(at, matcher)| matcher.read(at));
    let matchers = matchers.collect::<Result<Vec<_>, _>>()?;
    let Moment(starts_at) = posted.starts_at.ok_or_else(|| required("startsAt"))?;
    if posted.annotations.as_ref().and_then(Value::as_object).is_some_and(|all| !all.is_empty()) {
        return Err(Failure::bad("a silence has no annotations here; write what they say into the comment"));
    }
    if starts_at >= ends_at {
        return Err(Failure::bad("Failed to create silence: start time must be before end time"));
    }
    let (starts_at, ends_at) = (starts_at.unwrap_or(now), ends_at.unwrap_or(now));
    if ends_at < now {
        return Err(Failure::bad("Failed to create silence: end time can't be in the past"));
    }
    checked(&matchers)?;
    let replaces = match posted.id.as_deref() {
        None | Some("") => None,
        Some(text) => Some(text.parse().map_err(|_| Failure::no_silence_to_change())?),
    };
    Ok((Silence::new(id, matchers, starts_at, ends_at, created_by, comment), replaces))
}

impl PostedMatcher {
    fn read(self, at: usize) -> Result<LabelMatch, Failure> {
        let required = |key: &str| Failure::required(&format!("matchers.{at}.{key}"));
        let is_regex = self.is_regex.ok_or_else(|| required("isRegex"))?;
        let name = self.name.ok_or_else(|| required("name"))?;
        let value = self.value.ok_or_else(|| required("value"))?;
        let op = match (self.is_equal.unwrap_or(true), is_regex) {
            (true, false) => MatchOp::Equal,
            (false, false) => MatchOp::NotEqual,
            (true, true) => MatchOp::Regex,
            (false, true) => MatchOp::NotRegex,
        };
        Ok(LabelMatch { name, op, value })
    }
}

/// What Alertmanager refuses, in its words; the loop refuses it too.
fn checked(matchers: &[LabelMatch]) -> Result<(), Failure> {
    let mut is_narrow = false;
    for (at, matcher) in matchers.iter().enumerate() {
        let wrong = |why: String| {
            Failure::bad(format!("invalid silence: invalid label matcher {at} in set 0: {why}"))
        };
        if matcher.name.is_empty() {
            return Err(wrong("invalid label name \"\"".to_owned()));
        }
        let compiled = AlertMatcher::of(matcher).map_err(|why| {
            wrong(format!("invalid regular expression {}: {why}", go::quote(&matcher.value)))
        })?;
        let denies = matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRegex);
        is_narrow |= denies || !compiled.matches(&Labels::default());
    }
    let why = "invalid silence: matcher set 0: at least one matcher must not match the empty string";
    if is_narrow { Ok(()) } else { Err(Failure::bad(why)) }
}
