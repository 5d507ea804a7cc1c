//! Presses of buttons in Slack: the app's Interactivity Request URL.

use std::sync::Arc;

use andon_definitions::ChannelKind;
use andon_intake::answer::slack::{Press, is_proven, read};
use andon_vocabulary::{Via, Who};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::json;

use super::{Doors, Said, Trouble, header, kind};

pub(super) async fn pressed(
    State(doors): State<Arc<Doors>>,
    Path(channel): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Trouble> {
    let catalog = doors.catalog();
    let ChannelKind::Slack(slack) = kind(&catalog, &channel)? else { return Err(Trouble::Closed) };
    let secret = doors.secret(slack.signing_secret.as_ref().ok_or(Trouble::Closed)?)?;
    let (time, signature) =
        (header(&headers, "x-slack-request-timestamp"), header(&headers, "x-slack-signature"));
    let now = doors.shared.now();
    if !is_proven(secret.as_bytes(), time, signature, &body, now) {
        return Err(Trouble::Denied("Slack has not signed this within the last five minutes"));
    }
    let Some(press) = read(&body).map_err(|refused| Trouble::Unreadable(refused.to_string()))? else {
        return Ok(StatusCode::OK);
    };
    if !doors.seen.is_new(signature, now) {
        return Err(Trouble::Replayed);
    }
    let said = match doors.person(&catalog, &channel, &press.user) {
        Some(person) => {
            let (who, key) = (Who::new(person, Via::Slack), format!("answer/slack/{}", press.id));
            doors.answer(&press.deed, who, key).await.inspect_err(|_| doors.seen.forget(signature))?
        }
        None => Said::Refused(format!("no contact at {channel} is the member {}", press.user)),
    };
    tell(&doors, press, &said);
    Ok(StatusCode::OK)
}

/// Slack shows no answer to a press but what is posted to the address that came with it. Nobody waits for that: the
/// answer itself is durable.
fn tell(doors: &Doors, press: Press, said: &Said) {
    let Some(url) = press.response_url else { return };
    let kind = match said {
        Said::Done(_) => "in_channel",
        Said::Refused(_) => "ephemeral",
    };
    let body = json!({ "text": said.text(), "response_type": kind, "replace_original": false });
    let shared = Arc::clone(&doors.shared);
    tokio::spawn(async move {
        if let Err(why) = shared.reach().post(url, body.to_string()).await {
            tracing::warn!(%why, "Slack was not told what came of a press");
        }
    });
}
