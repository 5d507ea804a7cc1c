//! Slack's request: a message with one attachment.

use andon_definitions::alertmanager::receiver::{Action, Kept, Slack};
use serde_json::{Map, Value, json};

use super::fill::Filling;
use super::{Request, Unsendable, post_json, shortened};

/// Slack takes no longer titles.
const TITLE_CHARS_MAX: usize = 1024;

pub(super) fn compose(slack: &Slack, filling: &mut Filling) -> Result<Request, Unsendable> {
    let url = match &slack.url {
        Kept::Here(url) => url.0.clone(),
        file => filling.read("api_url", file)?,
    };
    let mut message = Map::new();
    for (name, text) in [
        ("channel", filling.aside("channel", &slack.channel)),
        ("username", filling.aside("username", &slack.username)),
        ("icon_emoji", filling.aside("icon_emoji", &slack.icon_emoji)),
        ("icon_url", filling.aside("icon_url", &slack.icon_url)),
    ] {
        set(&mut message, name, text);
    }
    if slack.link_names {
        message.insert("link_names".to_owned(), json!(true));
    }
    set(&mut message, "text", filling.text("message_text", &slack.message_text));
    message.insert("attachments".to_owned(), json!([attachment(slack, filling)]));
    post_json(url, &message.into())
}

fn attachment(slack: &Slack, filling: &mut Filling) -> Value {
    let mut attachment = Map::new();
    let title = filling.text("title", &slack.title);
    set(&mut attachment, "title", shortened(&title, TITLE_CHARS_MAX));
    set(&mut attachment, "title_link", filling.aside("title_link", &slack.title_link));
    set(&mut attachment, "pretext", filling.text("pretext", &slack.pretext));
    for (name, text) in [
        ("text", filling.text("text", &slack.text)),
        ("fallback", filling.text("fallback", &slack.fallback)),
        ("callback_id", filling.aside("callback_id", &slack.callback_id)),
        ("footer", filling.aside("footer", &slack.footer)),
    ] {
        attachment.insert(name.to_owned(), json!(text));
    }
    for (name, words) in
        [("image_url", &slack.image_url), ("thumb_url", &slack.thumb_url), ("color", &slack.color)]
    {
        set(&mut attachment, name, filling.aside(name, words));
    }
    let mut fields = Vec::new();
    for field in &slack.fields {
        let mut written = Map::new();
        set(&mut written, "title", filling.text("fields", &field.title));
        set(&mut written, "value", filling.text("fields", &field.value));
        written.insert("short".to_owned(), json!(field.short));
        fields.push(Value::Object(written));
    }
    let actions: Vec<Value> = slack.actions.iter().map(|one| action(one, filling)).collect();
    for (name, list) in [("fields", fields), ("actions", actions)] {
        if !list.is_empty() {
            attachment.insert(name.to_owned(), list.into());
        }
    }
    attachment.insert("mrkdwn_in".to_owned(), json!(slack.mrkdwn_in));
    attachment.into()
}

fn action(action: &Action, filling: &mut Filling) -> Value {
    let mut written = Map::new();
    for (name, words) in [
        ("type", &action.kind),
        ("text", &action.text),
        ("url", &action.url),
        ("style", &action.style),
        ("name", &action.name),
        ("value", &action.value),
    ] {
        set(&mut written, name, filling.aside("actions", words));
    }
    if let Some(confirm) = &action.confirm {
        let mut asked = Map::new();
        for (name, words) in [
            ("text", &confirm.text),
            ("title", &confirm.title),
            ("ok_text", &confirm.ok_text),
            ("dismiss_text", &confirm.dismiss_text),
        ] {
            set(&mut asked, name, filling.aside("actions", words));
        }
        written.insert("confirm".to_owned(), asked.into());
    }
    written.into()
}

/// What is empty is left out.
fn set(written: &mut Map<String, Value>, name: &str, text: String) {
    if !text.is_empty() {
        written.insert(name.to_owned(), json!(text));
    }
}
