//! ntfy's request: a message with a priority, and buttons that post to links.

use andon_definitions::instance::Ntfy;
use andon_vocabulary::NoticeKind;
use serde_json::{Value, json};

use super::{Notice, Secrets, authorized};
use crate::receiver::{Request, Unsendable, post_json};

const TITLE_CHARS_MAX: usize = 250;

pub(super) fn compose(ntfy: &Ntfy, notice: &Notice, secrets: &Secrets) -> Result<Request, Unsendable> {
    let (priority, tag) = match notice.delivery.kind {
        NoticeKind::Page => (5, "rotating_light"),
        NoticeKind::Approval | NoticeKind::Question => (4, "question"),
        NoticeKind::Tell | NoticeKind::Acknowledged | NoticeKind::Resolved => (3, "information_source"),
    };
    let mut actions: Vec<Value> = Vec::new();
    for deed in notice.deeds() {
        if let Some(link) = notice.link(&deed) {
            actions.push(json!({
                "action": "http", "label": deed.label(), "url": link, "method": "POST", "clear": true,
            }));
        }
    }
    actions.push(json!({ "action": "view", "label": "Open", "url": notice.page() }));
    let message = json!({
        "topic": secrets.to(notice)?,
        "title": notice.subject(TITLE_CHARS_MAX),
        "message": notice.body(),
        "priority": priority,
        "tags": [tag],
        "click": notice.page(),
        "actions": actions,
    });
    let request = post_json(ntfy.url.clone(), &message)?;
    match &ntfy.token {
        Some(token) => Ok(authorized(request, format!("Bearer {}", secrets.read("token", token)?))),
        None => Ok(request),
    }
}
