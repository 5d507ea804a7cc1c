//! A webhook's request: version 4 of Alertmanager's message, or what the file says instead.

use andon_definitions::Notification;
use andon_definitions::alertmanager::receiver::Webhook;
use serde_json::json;

use super::fill::Filling;
use super::{Desk, Request, Unsendable, post_json};

pub(super) fn compose(
    webhook: &Webhook,
    notification: &Notification,
    group_key: &str,
    desk: Desk,
    filling: &mut Filling,
) -> Result<Request, Unsendable> {
    let (told, fewer) = notification.first(webhook.max_alerts.unwrap_or(usize::MAX));
    // What is left out is not told of in the address either.
    let mut told_of = Filling::new(&told, desk);
    let url = told_of.kept("url", &webhook.url)?;
    let body = match &webhook.payload {
        None => {
            let mut body = told.json();
            body["version"] = json!("4");
            body["groupKey"] = json!(group_key);
            body["truncatedAlerts"] = json!(fewer);
            body
        }
        Some(payload) => payload.fill(&mut |words| Ok::<_, Unsendable>(told_of.text("payload", words)))?,
    };
    filling.flaws.append(&mut told_of.flaws);
    post_json(url, &body)
}
