//! Opsgenie's Alert API: created by `POST /v2/alerts`, closed and acknowledged by their alias.
//!
//! An alert without an alias gets one of its own, and its id is its alias: both name it here.

use ring::digest::{SHA256, digest};

use crate::fields::{self, Fields};
use crate::item::{Draft, Item, Moment, Refused};
use crate::limits::{KEY_BYTES_MAX, cut};
use crate::pagerduty::hex;

/// Of Opsgenie's own reference.
const MESSAGE_BYTES_MAX: usize = 520;

/// `POST /v2/alerts`.
pub fn create(body: &[u8], moment: Moment) -> Result<Item, Refused> {
    let payload = fields::object(body)?;
    let alert = Fields(&payload);
    let Some(mut message) = alert.owned("message") else {
        return Err(Refused::new("Message can not be empty"));
    };
    cut(&mut message, MESSAGE_BYTES_MAX);
    let key = alert.owned("alias").unwrap_or_else(|| id_of(body));
    if key.len() > KEY_BYTES_MAX {
        return Err(Refused::new(format!("Alias can not be longer than {KEY_BYTES_MAX} bytes")));
    }
    let severity = match alert.text("priority").as_deref() {
        Some("P1" | "P2") => "critical",
        Some("P3" | "P4") | None => "warning",
        Some("P5") => "info",
        Some(_) => return Err(Refused::new("Priority must be one of P1, P2, P3, P4 and P5")),
    };
    let details = alert.of("details");
    let mut draft = Draft::keyed(key);
    draft.label("alertname", Some(&message));
    draft.label("severity", Some(severity));
    draft.label("entity", alert.text("entity"));
    draft.label("service", details.text("service"));
    draft.annotation("summary", Some(&message));
    for name in ["description", "source", "note", "user"] {
        draft.annotation(name, alert.text(name));
    }
    draft.annotation("priority", alert.text("priority"));
    draft.annotation("tags", Some(joined(alert, "tags")));
    draft.annotation("responders", Some(joined(alert, "responders")));
    draft.annotations_of(details);
    Ok(draft.item(moment))
}

/// Texts, or the names of objects.
fn joined(alert: Fields<'_>, list: &str) -> String {
    let named = alert.list(list).iter().filter_map(|item| {
        let item_fields = Fields(item);
        let by_name = || ["name", "username", "id"].iter().find_map(|name| item_fields.text(name));
        fields::scalar(item).or_else(by_name)
    });
    named.collect::<Vec<_>>().join(", ")
}

/// What is done to an alert at `POST /v2/alerts/{identifier}/{action}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Close,
    Acknowledge,
}

impl Action {
    pub fn parse(text: &str) -> Result<Action, Refused> {
        match text {
            "close" => Ok(Action::Close),
            "acknowledge" => Ok(Action::Acknowledge),
            _ => Err(Refused::new(format!("{text:?} is not taken from outside: close and acknowledge are"))),
        }
    }
}

/// Close or acknowledge. The body may be empty.
pub fn act(
    action: Action,
    identifier: &str,
    identifier_type: Option<&str>,
    body: &[u8],
) -> Result<Item, Refused> {
    if !matches!(identifier_type, None | Some("id" | "alias")) {
        return Err(Refused::new("identifierType must be id or alias"));
    }
    if identifier.is_empty() || identifier.len() > KEY_BYTES_MAX {
        return Err(Refused::new(format!("the identifier must have 1 to {KEY_BYTES_MAX} bytes")));
    }
    let key = identifier.to_owned();
    match action {
        Action::Close => Ok(Item::End { key }),
        Action::Acknowledge if body.is_empty() => Ok(Item::Acknowledge { key, by: None }),
        Action::Acknowledge => {
            let payload = fields::object(body)?;
            Ok(Item::Acknowledge { key, by: Fields(&payload).owned("user") })
        }
    }
}

/// An id in the shape of Opsgenie's, from what it stands for: the same request again has the same.
pub fn id_of(bytes: &[u8]) -> String {
    let hex = hex(digest(&SHA256, bytes).as_ref());
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32])
}
