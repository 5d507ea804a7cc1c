//! PagerDuty's request: an event of version 2, or of version 1 for a service key.

use andon_definitions::Status;
use andon_definitions::alertmanager::receiver::{Key, PagerDuty};
use serde_json::{Map, Value, json};

use super::fill::Filling;
use super::{Request, Unsendable, hashed, post_json, shortened};

const V1: &str = "https://events.pagerduty.com/generic/2010-04-15/create_event.json";
/// PagerDuty takes no longer descriptions.
const SUMMARY_CHARS_MAX: usize = 1024;
/// PagerDuty takes no larger events.
const EVENT_BYTES_MAX: usize = 512_000;

pub(super) fn compose(
    pagerduty: &PagerDuty,
    group_key: &str,
    filling: &mut Filling,
) -> Result<Request, Unsendable> {
    let event = match filling.notification().status() {
        Status::Firing => "trigger",
        Status::Resolved => "resolve",
    };
    let mut details = Map::new();
    for (name, tree) in &pagerduty.details {
        let value = tree.fill(&mut |words| Ok::<String, Unsendable>(filling.text("details", words)))?;
        details.insert(name.clone(), value);
    }
    let (mut message, url, place) = match &pagerduty.key {
        Key::Routing(key) => {
            let key = filling.kept("routing_key", key)?;
            let message = second(pagerduty, event, &key, group_key, filling);
            (message, pagerduty.url.clone(), "/payload/custom_details")
        }
        Key::Service(key) => {
            let key = filling.kept("service_key", key)?;
            (first(pagerduty, event, &key, group_key, filling), V1.to_owned(), "/details")
        }
    };
    if let Some(there) = message.pointer_mut(place) {
        *there = Value::Object(details);
        if message.to_string().len() > EVENT_BYTES_MAX {
            let error = "Custom details have been removed because the original event exceeds the maximum size of 512KB";
            if let Some(there) = message.pointer_mut(place) {
                *there = json!({ "error": error });
            }
        }
    }
    post_json(url, &message)
}

fn second(pagerduty: &PagerDuty, event: &str, key: &str, group_key: &str, filling: &mut Filling) -> Value {
    let mut payload = Map::new();
    let summary = filling.text("description", &pagerduty.description);
    payload.insert("summary".to_owned(), json!(shortened(&summary, SUMMARY_CHARS_MAX)));
    payload.insert("source".to_owned(), json!(filling.aside("source", &pagerduty.source)));
    payload.insert("severity".to_owned(), json!(severity(filling.aside("severity", &pagerduty.severity))));
    for (name, words) in
        [("class", &pagerduty.class), ("component", &pagerduty.component), ("group", &pagerduty.group)]
    {
        set(&mut payload, name, filling.aside(name, words));
    }
    payload.insert("custom_details".to_owned(), Value::Null);
    let mut message = Map::new();
    message.insert("routing_key".to_owned(), json!(key));
    message.insert("dedup_key".to_owned(), json!(hashed(group_key)));
    message.insert("event_action".to_owned(), json!(event));
    message.insert("payload".to_owned(), payload.into());
    set(&mut message, "client", filling.aside("client", &pagerduty.client));
    set(&mut message, "client_url", filling.aside("client_url", &pagerduty.client_url));
    let mut images = Vec::new();
    for image in &pagerduty.images {
        let [src, alt, href] =
            [&image.src, &image.alt, &image.href].map(|words| filling.aside("images", words));
        if !src.is_empty() {
            images.push(json!({ "src": src, "alt": alt, "href": href }));
        }
    }
    let mut links = Vec::new();
    for link in &pagerduty.links {
        let [href, text] = [&link.href, &link.text].map(|words| filling.aside("links", words));
        if !href.is_empty() {
            links.push(json!({ "href": href, "text": text }));
        }
    }
    for (name, list) in [("images", images), ("links", links)] {
        if !list.is_empty() {
            message.insert(name.to_owned(), list.into());
        }
    }
    message.into()
}

/// A severity that could not be filled in is an error.
fn severity(text: String) -> String {
    if text.is_empty() { "error".to_owned() } else { text }
}

fn first(pagerduty: &PagerDuty, event: &str, key: &str, group_key: &str, filling: &mut Filling) -> Value {
    let description = filling.text("description", &pagerduty.description);
    let mut message = Map::new();
    message.insert("service_key".to_owned(), json!(key));
    message.insert("incident_key".to_owned(), json!(hashed(group_key)));
    message.insert("event_type".to_owned(), json!(event));
    set(&mut message, "description", shortened(&description, SUMMARY_CHARS_MAX));
    // What both versions have, whether it says something or not.
    message.insert("event_action".to_owned(), json!(""));
    message.insert("payload".to_owned(), Value::Null);
    if event == "trigger" {
        set(&mut message, "client", filling.aside("client", &pagerduty.client));
        set(&mut message, "client_url", filling.aside("client_url", &pagerduty.client_url));
    }
    message.insert("details".to_owned(), Value::Null);
    message.into()
}

/// What is empty is left out.
fn set(message: &mut Map<String, Value>, name: &str, text: String) {
    if !text.is_empty() {
        message.insert(name.to_owned(), json!(text));
    }
}
