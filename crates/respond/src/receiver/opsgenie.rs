//! Opsgenie's requests: one that creates an alert, two that change it, one that closes it by its alias.

use andon_definitions::Status;
use andon_definitions::alertmanager::receiver::OpsGenie;
use serde_json::{Map, Value, json};

use super::fill::Filling;
use super::{Method, Request, Unsendable, hashed, json, post_json, shortened};

/// Opsgenie takes no longer messages.
const MESSAGE_CHARS_MAX: usize = 130;

pub(super) fn compose(
    opsgenie: &OpsGenie,
    group_key: &str,
    filling: &mut Filling,
) -> Result<Vec<Request>, Unsendable> {
    let alias = hashed(group_key);
    let by_alias = |what: &str| format!("{}v2/alerts/{alias}/{what}?identifierType=alias", opsgenie.url);
    let mut requests = match filling.notification().status() {
        Status::Resolved => {
            let source = filling.aside("source", &opsgenie.source);
            vec![post_json(by_alias("close"), &json!({ "source": source }))?]
        }
        Status::Firing => {
            let created = created(opsgenie, &alias, filling);
            let mut requests = vec![post_json(format!("{}v2/alerts", opsgenie.url), &created)?];
            if opsgenie.update_alerts {
                for what in ["message", "description"] {
                    let mut update = Map::new();
                    update.extend(created.get(what).map(|text| (what.to_owned(), text.clone())));
                    requests.push(json(Method::Put, by_alias(what), &update.into())?);
                }
            }
            requests
        }
    };
    let key = filling.kept("api_key", &opsgenie.key)?;
    if key.contains(char::is_control) {
        return Err(Unsendable("`api_key` has a line break in it".to_owned()));
    }
    for request in &mut requests {
        request.headers.push(("Authorization".into(), format!("GenieKey {key}")));
    }
    Ok(requests)
}

fn created(opsgenie: &OpsGenie, alias: &str, filling: &mut Filling) -> Value {
    let mut details = Map::new();
    for (name, value) in filling.notification().common_labels.iter() {
        details.insert(name.clone(), json!(value));
    }
    for (name, words) in &opsgenie.details {
        details.insert(name.clone(), json!(filling.text("details", words)));
    }
    let message = filling.text("message", &opsgenie.message);
    let mut alert = Map::new();
    alert.insert("alias".to_owned(), json!(alias));
    alert.insert("message".to_owned(), json!(shortened(&message, MESSAGE_CHARS_MAX)));
    alert.insert("details".to_owned(), details.into());
    alert.insert("source".to_owned(), json!(filling.aside("source", &opsgenie.source)));
    for (name, text) in [
        ("description", filling.text("description", &opsgenie.description)),
        ("note", filling.aside("note", &opsgenie.note)),
        ("priority", filling.aside("priority", &opsgenie.priority)),
        ("entity", filling.aside("entity", &opsgenie.entity)),
    ] {
        if !text.is_empty() {
            alert.insert(name.to_owned(), json!(text));
        }
    }
    for (name, list) in [
        ("responders", responders(opsgenie, filling)),
        ("tags", split(&filling.aside("tags", &opsgenie.tags))),
        ("actions", split(&filling.aside("actions", &opsgenie.actions))),
    ] {
        if !list.is_empty() {
            alert.insert(name.to_owned(), list.into());
        }
    }
    alert.into()
}

/// Those that say nothing are left out: labels may name some.
fn responders(opsgenie: &OpsGenie, filling: &mut Filling) -> Vec<Value> {
    let mut found = Vec::new();
    for responder in &opsgenie.responders {
        let [id, name, username, kind] =
            [&responder.id, &responder.name, &responder.username, &responder.kind]
                .map(|words| filling.aside("responders", words));
        if [&id, &name, &username, &kind].iter().all(|text| text.is_empty()) {
            continue;
        }
        if kind == "teams" {
            found.extend(split(&name).into_iter().map(|name| json!({ "name": name, "type": "team" })));
            continue;
        }
        let mut one = Map::new();
        for (key, text) in [("id", id), ("name", name), ("username", username)] {
            if !text.is_empty() {
                one.insert(key.to_owned(), json!(text));
            }
        }
        one.insert("type".to_owned(), json!(kind));
        found.push(one.into());
    }
    found
}

fn split(text: &str) -> Vec<Value> {
    text.trim().split(',').filter(|part| !part.is_empty()).map(|part| json!(part)).collect()
}
