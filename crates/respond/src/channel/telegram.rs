//! Telegram's request: a message to the chat with the bot, with a keyboard where its presses can be proven.

use andon_definitions::instance::Telegram;
use serde_json::{Value, json};

use super::{Notice, Secrets, below};
use crate::receiver::{Request, Unsendable, post_json};

const SUBJECT_CHARS_MAX: usize = 500;

pub(super) fn compose(
    telegram: &Telegram,
    notice: &Notice,
    secrets: &Secrets,
) -> Result<Request, Unsendable> {
    let token = secrets.read("token", &telegram.token)?;
    let is_token = |c: char| c.is_ascii_alphanumeric() || "_:-".contains(c);
    if !token.chars().all(is_token) {
        return Err(Unsendable("`token` is not one that BotFather gives".to_owned()));
    }
    let mut buttons: Vec<Value> = match &telegram.webhook_secret {
        Some(_) => {
            let deeds = notice.deeds();
            deeds
                .iter()
                .map(|deed| json!({ "text": deed.label(), "callback_data": deed.to_string() }))
                .collect()
        }
        None => Vec::new(),
    };
    // Telegram refuses the whole message where a button leads to an address that only this machine has.
    if notice.url.starts_with("https://") {
        buttons.push(json!({ "text": "Open", "url": notice.page() }));
    }
    let mut message = json!({
        "chat_id": secrets.to(notice)?,
        "text": format!("{}\n\n{}", notice.subject(SUBJECT_CHARS_MAX), notice.body()),
        "link_preview_options": { "is_disabled": true },
    });
    if !buttons.is_empty() {
        message["reply_markup"] = json!({ "inline_keyboard": [buttons] });
    }
    post_json(below(&telegram.api_url, &format!("bot{token}/sendMessage")), &message)
}
