//! One door for every command: who says what, under which idempotency key.

use andon_vocabulary::{Command, Receipt, Told, Via};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::Shared;
use crate::doors::Visitor;
use crate::problem::Problem;

const KEY_BYTES_MAX: usize = 200;
const PERSON_BYTES_MAX: usize = 100;
/// What the keys begin with under which links, buttons and other systems say something. They can be guessed, so nobody
/// else may use one first: what comes later under a key is taken for a repetition, or refused.
const RESERVED: [&str; 2] = ["answer/", "in/"];

/// Whether only Andon itself makes such keys.
pub fn is_reserved(key: &str) -> bool {
    RESERVED.iter().any(|of_andon| key.starts_with(of_andon))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    /// Left out where people sign in: it is whoever has.
    #[serde(default)]
    who: String,
    #[serde(default = "api")]
    via: Via,
    command: Command,
}

fn api() -> Via {
    Via::Api
}

pub async fn tell(
    State(shared): State<Shared>,
    visitor: Visitor,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Receipt>, Problem> {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    if key.is_empty() || key.len() > KEY_BYTES_MAX {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "a command needs an Idempotency-Key of 1 to 200 bytes",
        )
        .hint("make one up for each command, and send it again when you repeat the command"));
    }
    if is_reserved(key) {
        let what = format!("the key {key:?} is one that Andon makes: of a link, a button, or another system");
        return Err(Problem::new(StatusCode::BAD_REQUEST, what).hint("make up another"));
    }
    let mut body: Body = serde_json::from_slice(&body).map_err(|error| {
        Problem::new(StatusCode::BAD_REQUEST, format!("the command cannot be read: {error}"))
            .hint(r#"send {"who": "ana", "command": {"acknowledge": {"incident": "INC-1"}}}"#)
    })?;
    // It stands in every list and every terminal from then on.
    let is_said = visitor.principal().is_none();
    if is_said
        && (body.who.trim().is_empty()
            || body.who.len() > PERSON_BYTES_MAX
            || body.who.contains(char::is_control))
    {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "say who you are in `who`")
            .hint("your handle in team.yaml, such as ana; at most 100 bytes on one line"));
    }
    let view = shared.view();
    if let Command::Silence { silence, replaces } = &mut body.command {
        visitor.makes(silence, *replaces, None, &view);
    }
    visitor.may_tell(&body.command, &view)?;
    let who = visitor.who(&body.who, body.via);
    let told = Told { who, key: key.to_owned(), command: body.command };
    Ok(Json(shared.tell(told).await?))
}
