//! Opsgenie: an alert that is created, and closed by its alias.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::rest::or_own;
use super::{Kept, Rest, yes};
use crate::prometheus::HttpClient;
use crate::template::Words;

const URL: &str = "https://api.opsgenie.com/";
const TYPES: [&str; 5] = ["team", "teams", "user", "escalation", "schedule"];

/// Opsgenie as it is written.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
pub(crate) struct WrittenOpsGenie {
    #[serde(default = "yes")]
    pub send_resolved: bool,
    #[serde(default)]
    http_config: Option<HttpClient>,
    #[serde(default)]
    api_key: Option<Words>,
    #[serde(default)]
    api_key_file: Option<String>,
    #[serde(default)]
    #[schemars(extend("format" = "andon-http-url"))]
    api_url: Option<String>,
    #[serde(default)]
    message: Option<Words>,
    #[serde(default)]
    description: Option<Words>,
    #[serde(default)]
    source: Option<Words>,
    #[serde(default)]
    details: BTreeMap<String, Words>,
    #[serde(default)]
    entity: Words,
    #[serde(default)]
    responders: Vec<Responder>,
    #[serde(default)]
    actions: Words,
    #[serde(default)]
    tags: Words,
    #[serde(default)]
    note: Words,
    #[serde(default)]
    priority: Words,
    #[serde(default)]
    update_alerts: bool,
}

/// Who answers for an alert.
#[derive(Clone, PartialEq, Debug, Default, Deserialize, JsonSchema)]
pub struct Responder {
    #[serde(default)]
    pub id: Words,
    #[serde(default)]
    pub name: Words,
    #[serde(default)]
    pub username: Words,
    #[serde(default, rename = "type")]
    pub kind: Words,
}

/// Opsgenie.
#[derive(Clone, PartialEq, Debug)]
pub struct OpsGenie {
    pub http: HttpClient,
    pub key: Kept<Words>,
    /// With a slash at its end.
    pub url: String,
    pub message: Words,
    pub description: Words,
    pub source: Words,
    pub details: BTreeMap<String, Words>,
    pub entity: Words,
    pub responders: Vec<Responder>,
    pub actions: Words,
    pub tags: Words,
    pub note: Words,
    pub priority: Words,
    /// Whether message and description of an alert that is there follow it.
    pub update_alerts: bool,
}

impl WrittenOpsGenie {
    pub fn complete(&self, at: &str, rest: &mut Rest) -> Option<OpsGenie> {
        let http = rest.http(at, self.http_config.as_ref());
        let global = rest.global;
        let own = rest.kept(at, "api_key", self.api_key.as_ref(), self.api_key_file.as_ref());
        let key = own.or_else(|| {
            let file = global.opsgenie_api_key_file.as_ref();
            rest.kept("/global", "opsgenie_api_key", global.opsgenie_api_key.as_ref(), file)
        });
        if key.is_none() {
            let message = "`api_key` is missing, and `global` has no `opsgenie_api_key`";
            rest.add(at.to_owned(), "missing-key", message);
        }
        for (index, responder) in self.responders.iter().enumerate() {
            let at = format!("{at}/responders/{index}");
            if [&responder.id, &responder.name, &responder.username].iter().all(|words| words.is_empty()) {
                rest.add(at.clone(), "missing-key", "one of `id`, `name` and `username` is missing");
            }
            let kind = &responder.kind;
            if kind.is_plain() && !TYPES.contains(&kind.source().to_ascii_lowercase().as_str()) {
                let message = format!("the `type` of a responder is one of {}", TYPES.join(", "));
                rest.add(format!("{at}/type"), "wrong-value", message);
            }
        }
        let url = self.api_url.as_ref().or(global.opsgenie_api_url.as_ref()).map_or(URL, String::as_str);
        Some(OpsGenie {
            http,
            key: key?,
            url: format!("{}/", url.trim_end_matches('/')),
            message: or_own(self.message.as_ref(), "opsgenie.default.message"),
            description: or_own(self.description.as_ref(), "opsgenie.default.description"),
            source: or_own(self.source.as_ref(), "opsgenie.default.source"),
            details: self.details.clone(),
            entity: self.entity.clone(),
            responders: self.responders.clone(),
            actions: self.actions.clone(),
            tags: self.tags.clone(),
            note: self.note.clone(),
            priority: self.priority.clone(),
            update_alerts: self.update_alerts,
        })
    }
}
