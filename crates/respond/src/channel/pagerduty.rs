//! PagerDuty's request: an event of version 2. All that is told of one incident has one key, so that what it triggers
//! is acknowledged and resolved with the incident.

use andon_definitions::instance::Pagerduty;
use andon_vocabulary::NoticeKind;
use serde_json::json;

use super::{Notice, Secrets};
use crate::receiver::{Request, Unsendable, post_json};

/// PagerDuty takes no longer summaries.
const SUMMARY_CHARS_MAX: usize = 1024;

pub(super) fn compose(
    pagerduty: &Pagerduty,
    notice: &Notice,
    secrets: &Secrets,
) -> Result<Request, Unsendable> {
    let key = match (&notice.delivery.to, &pagerduty.routing_key) {
        (Some(_), _) => secrets.to(notice)?,
        (None, Some(key)) => secrets.read("routing_key", key)?,
        (None, None) => {
            return Err(Unsendable("neither the channel nor the contact has a routing key".to_owned()));
        }
    };
    let (action, severity) = match notice.delivery.kind {
        NoticeKind::Page => ("trigger", "critical"),
        NoticeKind::Approval | NoticeKind::Question => ("trigger", "warning"),
        NoticeKind::Tell => ("trigger", "info"),
        NoticeKind::Acknowledged => ("acknowledge", "info"),
        NoticeKind::Resolved => ("resolve", "info"),
    };
    // What only asks or informs is an alert of its own: it must not close with another's answer.
    let thread = match notice.delivery.kind {
        NoticeKind::Approval | NoticeKind::Question | NoticeKind::Tell => notice.delivery.key.clone(),
        NoticeKind::Page | NoticeKind::Acknowledged | NoticeKind::Resolved => notice.thread(),
    };
    let event = json!({
        "routing_key": key,
        "event_action": action,
        "dedup_key": thread,
        "client": "Andon",
        "client_url": notice.page(),
        "links": [{ "href": notice.page(), "text": "Open in Andon" }],
        "payload": {
            "summary": notice.subject(SUMMARY_CHARS_MAX),
            "source": notice.instance,
            "severity": severity,
            "custom_details": { "body": notice.body(), "person": &*notice.delivery.person },
        },
    });
    post_json(pagerduty.url.clone(), &event)
}
