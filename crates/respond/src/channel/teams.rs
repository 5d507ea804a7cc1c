//! The request to a workflow of Microsoft Teams: an adaptive card, whose buttons open links.

use andon_definitions::instance::Teams;
use andon_vocabulary::NoticeKind;
use serde_json::{Value, json};

use super::{Notice, Secrets};
use crate::receiver::{Request, Unsendable, post_json};

const SUBJECT_CHARS_MAX: usize = 500;

pub(super) fn compose(teams: &Teams, notice: &Notice, secrets: &Secrets) -> Result<Request, Unsendable> {
    let color = match notice.delivery.kind {
        NoticeKind::Page => "attention",
        NoticeKind::Approval | NoticeKind::Question => "warning",
        NoticeKind::Tell | NoticeKind::Acknowledged | NoticeKind::Resolved => "default",
    };
    let open = |title: &str, url: String| json!({ "type": "Action.OpenUrl", "title": title, "url": url });
    let mut actions: Vec<Value> =
        notice.deeds().iter().filter_map(|deed| Some(open(deed.label(), notice.link(deed)?))).collect();
    actions.push(open("Open", notice.page()));
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {
                "type": "TextBlock", "text": plain(&notice.subject(SUBJECT_CHARS_MAX)),
                "weight": "Bolder", "size": "Medium", "wrap": true, "color": color,
            },
            { "type": "TextBlock", "text": plain(&notice.body()), "wrap": true },
        ],
        "actions": actions,
        "msteams": { "width": "full" },
    });
    let message = json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card,
        }],
    });
    post_json(secrets.read("webhook", &teams.webhook)?, &message)
}

/// A card's texts are Markdown: what a label brings is no link.
fn plain(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace('*', "\\*").replace('_', "\\_")
}
