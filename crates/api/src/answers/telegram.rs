//! Presses of buttons in Telegram: the bot's webhook.

use std::sync::Arc;

use andon_definitions::ChannelKind;
use andon_intake::answer::telegram::read;
use andon_intake::proof::is_token;
use andon_vocabulary::{Via, Who};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::{Doors, Said, Trouble, header, kind};

/// Telegram shows no more.
const SHOWN_CHARS_MAX: usize = 200;

/// The answer is a call of Telegram's API: what the person is shown.
pub(super) async fn pressed(
    State(doors): State<Arc<Doors>>,
    Path(channel): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Trouble> {
    let catalog = doors.catalog();
    let ChannelKind::Telegram(telegram) = kind(&catalog, &channel)? else { return Err(Trouble::Closed) };
    let secret = doors.secret(telegram.webhook_secret.as_ref().ok_or(Trouble::Closed)?)?;
    if !is_token(secret.as_bytes(), header(&headers, "x-telegram-bot-api-secret-token").as_bytes()) {
        return Err(Trouble::Denied("Telegram has not given the secret token of this bot's webhook"));
    }
    let Some(press) = read(&body).map_err(|refused| Trouble::Unreadable(refused.to_string()))? else {
        return Ok(Json(json!({})));
    };
    let said = match doors.person(&catalog, &channel, &press.user) {
        Some(person) => {
            let (who, key) = (Who::new(person, Via::Telegram), format!("answer/telegram/{}", press.id));
            doors.answer(&press.deed, who, key).await?
        }
        None => Said::Refused(format!("no contact at {channel} is the chat {}", press.user)),
    };
    let text: String = said.text().chars().take(SHOWN_CHARS_MAX).collect();
    let shown = json!({ "method": "answerCallbackQuery", "callback_query_id": press.id, "text": text, "show_alert": true });
    Ok(Json(shown))
}
