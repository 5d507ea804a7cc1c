//! Webhooks: a notification as JSON, to any address.

use schemars::JsonSchema;
use serde::Deserialize;

use super::tree::Anything;
use super::{Kept, Rest, Tree, yes};
use crate::format::http_url;
use crate::prometheus::HttpClient;
use crate::scalar::Period;
use crate::template::Words;

/// A webhook as it is written.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
pub(crate) struct WrittenWebhook {
    #[serde(default = "yes")]
    pub send_resolved: bool,
    #[serde(default)]
    http_config: Option<HttpClient>,
    /// Where to; it may have a key in it.
    #[serde(default)]
    url: Option<Words>,
    #[serde(default)]
    url_file: Option<String>,
    /// More alerts than these are only counted; 0: all are sent.
    #[serde(default)]
    max_alerts: u64,
    #[serde(default)]
    timeout: Period,
    /// What is sent instead.
    #[serde(default)]
    payload: Option<Anything>,
}

/// A webhook.
#[derive(Clone, PartialEq, Debug)]
pub struct Webhook {
    pub http: HttpClient,
    pub url: Kept<Words>,
    /// None: all are sent.
    pub max_alerts: Option<usize>,
    /// Zero: none of its own.
    pub timeout: Period,
    /// What is sent instead of the notification.
    pub payload: Option<Tree>,
}

impl WrittenWebhook {
    pub fn complete(&self, at: &str, rest: &mut Rest) -> Option<Webhook> {
        let http = rest.http(at, self.http_config.as_ref());
        let url = rest.kept(at, "url", self.url.as_ref(), self.url_file.as_ref());
        match &url {
            Some(Kept::Here(url)) if url.is_plain() => {
                if let Err(flaw) = http_url(url.source()) {
                    let message = format!("this is not an address: {flaw}");
                    rest.add(format!("{at}/url"), "wrong-value", message);
                }
            }
            Some(_) => {}
            None => rest.add(at.to_owned(), "missing-key", "one of `url` and `url_file` is missing"),
        }
        let payload = self.payload.as_ref().map(|payload| &payload.0).filter(|payload| !payload.is_null());
        let payload = payload.map(|payload| rest.tree(format!("{at}/payload"), payload));
        Some(Webhook {
            http,
            url: url?,
            max_alerts: usize::try_from(self.max_alerts).ok().filter(|most| *most > 0),
            timeout: self.timeout,
            payload,
        })
    }
}
