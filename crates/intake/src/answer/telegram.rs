//! A press of a button of Telegram's inline keyboard, as the bot's webhook is told of it.

use serde_json::Value;

use super::Deed;
use crate::{Refused, json};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press {
    /// The user, who in a chat with a bot has the chat's number.
    pub user: String,
    pub deed: Deed,
    /// What the answer names, and what tells this press from every other.
    pub id: String,
}

/// `None`: it is nothing that Andon has to do with, such as a message that somebody writes to the bot.
pub fn read(body: &[u8]) -> Result<Option<Press>, Refused> {
    let said: Value = json::read(body, &mut Vec::new())
        .map_err(|error| Refused::new(format!("the update is no JSON: {error}")))?;
    let Some(query) = said.get("callback_query") else { return Ok(None) };
    let (Some(user), Some(id)) = (query["from"]["id"].as_i64(), query["id"].as_str()) else {
        return Err(Refused::new("the callback names no user or has no id"));
    };
    match query["data"].as_str().map(str::parse) {
        Some(Ok(deed)) => Ok(Some(Press { user: user.to_string(), deed, id: id.to_owned() })),
        Some(Err(_)) | None => Ok(None),
    }
}
