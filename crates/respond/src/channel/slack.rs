//! Slack's request: a message of blocks, with buttons where their presses can be proven.

use andon_definitions::instance::Slack;
use andon_intake::answer::Deed;
use andon_intake::answer::slack::BUTTON;
use serde_json::{Value, json};

use super::{Notice, Secrets, authorized, below};
use crate::receiver::{Request, Unsendable, post_json, shortened};

/// Slack takes no longer texts in a section, and no longer header.
const SECTION_CHARS_MAX: usize = 2900;
const SUBJECT_CHARS_MAX: usize = 250;

pub(super) fn compose(slack: &Slack, notice: &Notice, secrets: &Secrets) -> Result<Request, Unsendable> {
    let mut blocks = vec![
        section(&format!("*{}*", escaped(&notice.subject(SUBJECT_CHARS_MAX)))),
        section(&escaped(&notice.body())),
    ];
    let mut buttons: Vec<Value> = match &slack.signing_secret {
        Some(_) => notice.deeds().iter().map(button).collect(),
        None => Vec::new(),
    };
    buttons.push(json!({
        "type": "button", "action_id": "open", "url": notice.page(), "text": plain("Open"),
    }));
    blocks.push(json!({ "type": "actions", "elements": buttons }));
    let text = escaped(&notice.subject(SUBJECT_CHARS_MAX));
    match (&slack.token, &slack.webhook) {
        (Some(token), _) => {
            let message = json!({ "channel": secrets.to(notice)?, "text": text, "blocks": blocks });
            let request = post_json(below(&slack.api_url, "chat.postMessage"), &message)?;
            Ok(authorized(request, format!("Bearer {}", secrets.read("token", token)?)))
        }
        (None, Some(webhook)) => {
            if notice.delivery.to.is_some() {
                let member = secrets.to(notice)?;
                blocks.insert(0, section(&format!("<@{}>", escaped(&member))));
            }
            post_json(secrets.read("webhook", webhook)?, &json!({ "text": text, "blocks": blocks }))
        }
        (None, None) => Err(Unsendable("the channel has neither a token nor a webhook".to_owned())),
    }
}

/// A change is not approved by a slip of the finger.
fn button(deed: &Deed) -> Value {
    let (id, style) = match deed {
        Deed::Acknowledge(_) => ("ack", "primary"),
        Deed::Approve { .. } => ("yes", "primary"),
        Deed::Reject { .. } => ("no", "danger"),
    };
    let mut button = json!({
        "type": "button", "action_id": format!("{BUTTON} {id}"), "style": style,
        "value": deed.to_string(), "text": plain(deed.label()),
    });
    if let Deed::Approve { run, .. } = deed {
        button["confirm"] = json!({
            "title": plain("Approve"), "text": plain(&format!("Approve what {run} would do, as written here?")),
            "confirm": plain("Approve"), "deny": plain("Not yet"),
        });
    }
    button
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": shortened(text, SECTION_CHARS_MAX) } })
}

fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text })
}

/// What a label brings mentions nobody and links nowhere.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
