//! PagerDuty: an event of version 2 for a routing key, of version 1 for a service key.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::rest::or_own;
use super::tree::Anything;
use super::{Kept, Rest, Tree, yes};
use crate::prometheus::HttpClient;
use crate::scalar::Period;
use crate::template::Words;

const URL: &str = "https://events.pagerduty.com/v2/enqueue";

/// What the details say where the file says nothing else of that name.
const DETAILS: [(&str, &str); 4] = [
    ("firing", "{{ .Alerts.Firing | toJson }}"),
    ("resolved", "{{ .Alerts.Resolved | toJson }}"),
    ("num_firing", "{{ len .Alerts.Firing }}"),
    ("num_resolved", "{{ len .Alerts.Resolved }}"),
];

/// PagerDuty as it is written.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
pub(crate) struct WrittenPagerDuty {
    #[serde(default = "yes")]
    pub send_resolved: bool,
    #[serde(default)]
    http_config: Option<HttpClient>,
    #[serde(default)]
    service_key: Option<Words>,
    #[serde(default)]
    service_key_file: Option<String>,
    #[serde(default)]
    routing_key: Option<Words>,
    #[serde(default)]
    routing_key_file: Option<String>,
    #[serde(default)]
    #[schemars(extend("format" = "andon-http-url"))]
    url: Option<String>,
    #[serde(default)]
    client: Option<Words>,
    #[serde(default)]
    client_url: Option<Words>,
    #[serde(default)]
    description: Option<Words>,
    #[serde(default)]
    details: BTreeMap<String, Anything>,
    #[serde(default)]
    images: Vec<Image>,
    #[serde(default)]
    links: Vec<Link>,
    #[serde(default)]
    source: Option<Words>,
    #[serde(default)]
    severity: Option<Words>,
    #[serde(default)]
    class: Option<Words>,
    #[serde(default)]
    component: Option<Words>,
    #[serde(default)]
    group: Option<Words>,
    #[serde(default)]
    timeout: Period,
}

/// A picture beside an event.
#[derive(Clone, PartialEq, Debug, Default, Deserialize, JsonSchema)]
pub struct Image {
    #[serde(default)]
    pub src: Words,
    #[serde(default)]
    pub alt: Words,
    #[serde(default)]
    pub href: Words,
}

/// A link beside an event.
#[derive(Clone, PartialEq, Debug, Default, Deserialize, JsonSchema)]
pub struct Link {
    #[serde(default)]
    pub href: Words,
    #[serde(default)]
    pub text: Words,
}

/// PagerDuty.
#[derive(Clone, PartialEq, Debug)]
pub struct PagerDuty {
    pub http: HttpClient,
    pub key: Key,
    /// For events of version 2.
    pub url: String,
    pub client: Words,
    pub client_url: Words,
    pub description: Words,
    pub details: BTreeMap<String, Tree>,
    pub images: Vec<Image>,
    pub links: Vec<Link>,
    pub source: Words,
    pub severity: Words,
    pub class: Words,
    pub component: Words,
    pub group: Words,
    /// Zero: none of its own.
    pub timeout: Period,
}

/// Whom the event is for, which decides its version.
#[derive(Clone, PartialEq, Debug)]
pub enum Key {
    /// Version 2.
    Routing(Kept<Words>),
    /// Version 1.
    Service(Kept<Words>),
}

impl WrittenPagerDuty {
    pub fn complete(&self, at: &str, rest: &mut Rest) -> Option<PagerDuty> {
        let http = rest.http(at, self.http_config.as_ref());
        let service = rest.kept(at, "service_key", self.service_key.as_ref(), self.service_key_file.as_ref());
        let routing = rest.kept(at, "routing_key", self.routing_key.as_ref(), self.routing_key_file.as_ref());
        let key = service.map(Key::Service).or(routing.map(Key::Routing));
        if key.is_none() {
            rest.add(at.to_owned(), "missing-key", "one of `routing_key` and `service_key` is missing");
        }
        let mut details: BTreeMap<String, Tree> = BTreeMap::new();
        for (name, text) in DETAILS {
            let words = Words::parse(text).expect("these are well written");
            details.insert(name.to_owned(), Tree::Text(words));
        }
        for (name, value) in &self.details {
            let pointer = format!("{at}/details/{}", crate::book::escape(name));
            details.insert(name.clone(), rest.tree(pointer, &value.0));
        }
        let client = or_own(self.client.as_ref(), "pagerduty.default.client");
        let source = self.source.clone().filter(|source| !source.is_empty());
        let severity = self.severity.clone().filter(|severity| !severity.is_empty());
        let global = rest.global.pagerduty_url.as_ref();
        Some(PagerDuty {
            http,
            key: key?,
            url: self.url.as_ref().or(global).map_or(URL, String::as_str).to_owned(),
            source: source.unwrap_or_else(|| client.clone()),
            client,
            client_url: or_own(self.client_url.as_ref(), "pagerduty.default.clientURL"),
            description: or_own(self.description.as_ref(), "pagerduty.default.description"),
            details,
            images: self.images.clone(),
            links: self.links.clone(),
            severity: severity.unwrap_or_else(|| Words::plain("error")),
            class: self.class.clone().unwrap_or_default(),
            component: self.component.clone().unwrap_or_default(),
            group: self.group.clone().unwrap_or_default(),
            timeout: self.timeout,
        })
    }
}
