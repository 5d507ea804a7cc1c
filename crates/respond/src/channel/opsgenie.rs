//! Opsgenie's request: an alert, or what becomes of it by its alias.

use andon_definitions::instance::Opsgenie;
use andon_vocabulary::NoticeKind;
use serde_json::json;

use super::{Notice, Secrets, authorized, below};
use crate::receiver::{Request, Unsendable, post_json};

/// Opsgenie takes no longer messages.
const MESSAGE_CHARS_MAX: usize = 130;

pub(super) fn compose(
    opsgenie: &Opsgenie,
    notice: &Notice,
    secrets: &Secrets,
) -> Result<Request, Unsendable> {
    let delivery = notice.delivery;
    let by_alias = |what: &str| {
        let alias: String = form_urlencoded::byte_serialize(notice.thread().as_bytes()).collect();
        below(&opsgenie.url, &format!("v2/alerts/{alias}/{what}?identifierType=alias"))
    };
    let request = match delivery.kind {
        NoticeKind::Acknowledged => {
            post_json(by_alias("acknowledge"), &json!({ "source": notice.instance, "note": notice.body() }))
        }
        NoticeKind::Resolved => {
            post_json(by_alias("close"), &json!({ "source": notice.instance, "note": notice.body() }))
        }
        kind => {
            let (alias, priority) = match kind {
                NoticeKind::Page => (notice.thread(), "P1"),
                NoticeKind::Approval | NoticeKind::Question => (delivery.key.clone(), "P3"),
                _ => (delivery.key.clone(), "P5"),
            };
            let alert = json!({
                "message": notice.subject(MESSAGE_CHARS_MAX),
                "alias": alias,
                "description": notice.body(),
                "source": notice.instance,
                "priority": priority,
                "details": { "person": &*delivery.person, "link": notice.page() },
            });
            post_json(below(&opsgenie.url, "v2/alerts"), &alert)
        }
    }?;
    Ok(authorized(request, format!("GenieKey {}", secrets.read("api_key", &opsgenie.api_key)?)))
}
