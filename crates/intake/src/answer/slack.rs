//! A press of a button in Slack: version 0 of its signature, and what was pressed by whom.

use std::time::Duration;

use andon_vocabulary::Timestamp;
use serde_json::Value;

use super::Deed;
use crate::proof::is_signature;
use crate::{Refused, json};

/// How old, or how far ahead, a press may be.
pub const SIGNED_WITHIN: Duration = Duration::from_secs(300);

/// What Andon's buttons are called; those of others are not for it.
pub const BUTTON: &str = "andon";

/// Where Slack wants to be told what came of a press.
const RESPONSES: &str = "https://hooks.slack.com/";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press {
    /// The member, such as `U012AB3CD`.
    pub user: String,
    pub deed: Deed,
    /// What tells this press from every other.
    pub id: String,
    pub response_url: Option<String>,
}

/// Whether Slack signed it, not long ago.
pub fn is_proven(secret: &[u8], time: &str, signature: &str, body: &[u8], now: Timestamp) -> bool {
    let at = time.parse::<i64>().ok().and_then(|seconds| seconds.checked_mul(1000)).map(Timestamp::from_ms);
    let is_recent = at.is_some_and(|at| now.since(at) <= SIGNED_WITHIN && at.since(now) <= SIGNED_WITHIN);
    let Some(digits) = signature.strip_prefix("v0=") else { return false };
    is_recent && is_signature(secret, &[b"v0:", time.as_bytes(), b":", body], digits)
}

/// The form that Slack posts; `None`: it is nothing that Andon has to do with.
pub fn read(body: &[u8]) -> Result<Option<Press>, Refused> {
    let payload = form_urlencoded::parse(body).find(|(name, _)| name == "payload");
    let (_, payload) = payload.ok_or_else(|| Refused::new("the form has no payload"))?;
    let said: Value = json::read(payload.as_bytes(), &mut Vec::new())
        .map_err(|error| Refused::new(format!("the payload is no JSON: {error}")))?;
    let action = &said["actions"][0];
    let is_ours = action["action_id"].as_str().is_some_and(|id| id.split(' ').next() == Some(BUTTON));
    if said["type"] != "block_actions" || !is_ours {
        return Ok(None);
    }
    let text = |value: &Value, what: &str| {
        value.as_str().map(str::to_owned).ok_or_else(|| Refused::new(format!("the payload has no {what}")))
    };
    let deed = text(&action["value"], "value")?.parse().map_err(|why: String| Refused::new(why))?;
    let user = text(&said["user"]["id"], "user")?;
    let id = format!("{user}/{}", text(&action["action_ts"], "action_ts")?);
    let response_url = said["response_url"].as_str().filter(|url| url.starts_with(RESPONSES));
    Ok(Some(Press { user, deed, id, response_url: response_url.map(str::to_owned) }))
}
