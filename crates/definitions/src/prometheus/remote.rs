//! `remote_write`: where samples are sent on to, and in what portions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::client::HttpClient;
use crate::absent::Absent;
use crate::relabel::RelabelRule;
use crate::scalar::Period;

/// One receiver.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
pub struct RemoteWrite {
    #[schemars(extend("format" = "andon-url"))]
    pub url: String,
    #[serde(default)]
    pub name: String,
    #[serde(default = "half_a_minute")]
    pub remote_timeout: Period,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    #[serde(default)]
    pub write_relabel_configs: Vec<RelabelRule>,
    #[serde(default)]
    pub send_exemplars: bool,
    #[serde(default)]
    pub send_native_histograms: bool,
    #[serde(default)]
    #[schemars(extend("x-absent" = "the receiver's addresses are not asked in turn"))]
    pub round_robin_dns: Option<Absent>,
    #[serde(default)]
    pub protobuf_message: Message,
    #[serde(default)]
    pub queue_config: Queue,
    #[serde(default)]
    pub metadata_config: Metadata,
    #[serde(default)]
    #[schemars(extend("x-absent" = "requests are not signed for AWS; put a signing proxy before the receiver"))]
    pub sigv4: Option<Absent>,
    #[serde(default)]
    #[schemars(extend("x-absent" = "requests go out without Azure's token; write `authorization`"))]
    pub azuread: Option<Absent>,
    #[serde(default)]
    #[schemars(extend("x-absent" = "requests go out without Google's token; write `authorization`"))]
    pub google_iam: Option<Absent>,
    #[serde(flatten)]
    pub client: HttpClient,
}

impl RemoteWrite {
    /// With every default.
    pub fn to(url: &str) -> RemoteWrite {
        RemoteWrite {
            url: url.to_owned(),
            name: String::new(),
            remote_timeout: half_a_minute(),
            headers: BTreeMap::new(),
            write_relabel_configs: Vec::new(),
            send_exemplars: false,
            send_native_histograms: false,
            round_robin_dns: None,
            protobuf_message: Message::default(),
            queue_config: Queue::default(),
            metadata_config: Metadata::default(),
            sigv4: None,
            azuread: None,
            google_iam: None,
            client: HttpClient::default(),
        }
    }

    /// A receiver without a name is called by its address.
    pub fn called(&self) -> &str {
        if self.name.is_empty() { &self.url } else { &self.name }
    }
}

fn half_a_minute() -> Period {
    Period::seconds(30)
}

/// The version of remote write, by the message it sends.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize, JsonSchema)]
pub enum Message {
    #[default]
    #[serde(rename = "prometheus.WriteRequest")]
    V1,
    #[serde(rename = "io.prometheus.write.v2.Request")]
    V2,
}

/// How much is sent at once, and how failures are waited out.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Queue {
    pub capacity: u32,
    pub max_shards: u32,
    pub min_shards: u32,
    pub max_samples_per_send: u32,
    pub batch_send_deadline: Period,
    pub min_backoff: Period,
    pub max_backoff: Period,
    pub retry_on_http_429: bool,
    /// Older samples are not sent; 0: all are.
    pub sample_age_limit: Period,
}

impl Default for Queue {
    fn default() -> Self {
        Queue {
            capacity: 10_000,
            max_shards: 50,
            min_shards: 1,
            max_samples_per_send: 2000,
            batch_send_deadline: Period::seconds(5),
            min_backoff: Period(std::time::Duration::from_millis(30)),
            max_backoff: Period::seconds(5),
            retry_on_http_429: false,
            sample_age_limit: Period::ZERO,
        }
    }
}

/// What is said about metrics themselves.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Metadata {
    pub send: bool,
    pub send_interval: Period,
    pub max_samples_per_send: u32,
}

impl Default for Metadata {
    fn default() -> Self {
        Metadata { send: true, send_interval: Period::minutes(1), max_samples_per_send: 2000 }
    }
}
