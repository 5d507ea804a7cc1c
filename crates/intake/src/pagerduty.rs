//! PagerDuty's Events API, version 2: alerts under a key, and changes.

use andon_vocabulary::Timestamp;
use ring::digest::{SHA256, digest};
use serde_json::Value;

use crate::fields::{self, Fields};
use crate::item::{Change, Draft, Item, Moment, Refused};
use crate::limits;

/// Of PagerDuty's own reference.
const DEDUP_KEY_CHARS_MAX: usize = 255;
const SUMMARY_BYTES_MAX: usize = 1024;

/// `POST /v2/enqueue`.
#[derive(Debug)]
pub struct Event {
    /// Whom it is for: it stands for a source's secret.
    pub routing_key: String,
    /// What the answer names it by.
    pub dedup_key: String,
    action: Action,
}

#[derive(Debug)]
enum Action {
    Trigger(Box<Value>),
    Acknowledge,
    Resolve,
}

impl Event {
    pub fn read(body: &[u8]) -> Result<Event, Refused> {
        let event = fields::object(body)?;
        let fields = Fields(&event);
        let mut errors = Vec::new();
        let routing_key = fields.owned("routing_key");
        if routing_key.is_none() {
            errors.push("'routing_key' is missing or blank".to_owned());
        }
        let dedup_key = fields.owned("dedup_key");
        if dedup_key.as_ref().is_some_and(|key| key.chars().count() > DEDUP_KEY_CHARS_MAX) {
            errors.push(format!(
                "'dedup_key' is too long: at most {DEDUP_KEY_CHARS_MAX} characters are allowed"
            ));
        }
        let action = fields.owned("event_action");
        match action.as_deref() {
            Some("trigger") => errors.extend(wrong_with(fields.of("payload"))),
            Some("acknowledge" | "resolve") if dedup_key.is_none() => {
                errors.push("'dedup_key' is missing or blank".to_owned());
            }
            Some("acknowledge" | "resolve") => {}
            Some(said) => errors.push(format!(
                "'event_action' is {said:?}, and only trigger, acknowledge and resolve are known"
            )),
            None => errors.push("'event_action' is missing or blank".to_owned()),
        }
        let (Some(routing_key), true) = (routing_key, errors.is_empty()) else { return Err(Refused(errors)) };
        // Sent again because the answer was lost, it is the same event.
        let dedup_key = dedup_key.unwrap_or_else(|| hex(digest(&SHA256, body).as_ref())[..32].to_owned());
        let action = match action.as_deref() {
            Some("acknowledge") => Action::Acknowledge,
            Some("resolve") => Action::Resolve,
            _ => Action::Trigger(Box::new(event)),
        };
        Ok(Event { routing_key, dedup_key, action })
    }

    pub fn item(self, moment: Moment) -> Item {
        let key = self.dedup_key;
        match self.action {
            Action::Trigger(event) => trigger(Fields(&event), key).item(moment),
            Action::Acknowledge => Item::Acknowledge { key, by: None },
            Action::Resolve => Item::End { key },
        }
    }
}

/// What is wrong with a trigger's payload.
fn wrong_with(payload: Fields<'_>) -> Vec<String> {
    if payload.0.is_null() {
        return vec!["'payload' is missing or blank".to_owned()];
    }
    let missing = ["summary", "source", "severity"].into_iter().filter(|name| payload.text(name).is_none());
    let mut errors: Vec<String> =
        missing.map(|name| format!("'payload.{name}' is missing or blank")).collect();
    if let Some(said) = payload.text("severity")
        && severity(&said).is_none()
    {
        errors.push(format!(
            "'payload.severity' is {said:?}, and only critical, error, warning and info are known"
        ));
    }
    errors
}

fn severity(said: &str) -> Option<&'static str> {
    match said {
        // Both are of high urgency there.
        "critical" | "error" => Some("critical"),
        "warning" => Some("warning"),
        "info" => Some("info"),
        _ => None,
    }
}

fn trigger(event: Fields<'_>, key: String) -> Draft {
    let payload = event.of("payload");
    let details = payload.of("custom_details");
    let mut summary = payload.owned("summary").unwrap_or_default();
    limits::cut(&mut summary, SUMMARY_BYTES_MAX);
    let mut draft = Draft::keyed(key);
    draft.label("alertname", payload.text("class").or(Some(summary.as_str().into())));
    draft.label("severity", payload.text("severity").as_deref().and_then(severity));
    draft.label("instance", payload.text("source"));
    for name in ["component", "group", "class"] {
        draft.label(name, payload.text(name));
    }
    draft.label("service", details.text("service"));
    draft.annotation("summary", Some(summary));
    draft.annotation("details", payload.json("custom_details"));
    draft.annotation("client", event.text("client"));
    draft.annotation("link", link(event));
    draft.annotation("image_url", event.list("images").iter().find_map(|image| Fields(image).text("src")));
    draft.starts_at = payload.time("timestamp");
    draft.generator = event.owned("client_url").unwrap_or_default();
    draft
}

/// The first of its links.
fn link(event: Fields<'_>) -> Option<String> {
    event.list("links").iter().find_map(|link| Fields(link).owned("href"))
}

/// `POST /v2/change/enqueue`.
#[derive(Debug)]
pub struct ChangeEvent {
    pub routing_key: String,
    pub change: Change,
    /// When it happened, where the sender says so.
    pub at: Option<Timestamp>,
}

impl ChangeEvent {
    pub fn read(body: &[u8]) -> Result<ChangeEvent, Refused> {
        let event = fields::object(body)?;
        let fields = Fields(&event);
        let payload = fields.of("payload");
        let details = payload.of("custom_details");
        let (Some(routing_key), Some(mut summary)) = (fields.owned("routing_key"), payload.owned("summary"))
        else {
            let missing = [("routing_key", fields.has("routing_key")), ("payload.summary", false)];
            let missing = missing.into_iter().filter(|(_, is_there)| !is_there);
            return Err(Refused(missing.map(|(name, _)| format!("'{name}' is missing or blank")).collect()));
        };
        limits::cut(&mut summary, SUMMARY_BYTES_MAX);
        let version = ["version", "build_number", "commit", "sha", "revision"];
        let change = Change {
            service: details.owned("service"),
            version: version
                .iter()
                .find_map(|name| details.owned(name))
                .unwrap_or_else(|| "unknown".to_owned()),
            summary,
            link: link(fields),
        };
        Ok(ChangeEvent { routing_key, change, at: payload.time("timestamp") })
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
