//! Where the targets of a job come from.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::client::HttpClient;
use crate::scalar::Period;

/// Written beside the job's other settings.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize, JsonSchema)]
pub struct Discovery {
    #[serde(default)]
    pub static_configs: Vec<TargetGroup>,
    #[serde(default)]
    pub file_sd_configs: Vec<FileDiscovery>,
    #[serde(default)]
    pub http_sd_configs: Vec<HttpDiscovery>,
    #[serde(default)]
    pub dns_sd_configs: Vec<DnsDiscovery>,
    #[serde(flatten)]
    elsewhere: Elsewhere,
}

/// Addresses with labels of their own: in a job, in a discovered file, in an HTTP answer.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize, JsonSchema)]
pub struct TargetGroup {
    #[serde(default)]
    pub targets: Vec<String>,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// Target groups in files, which are watched.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
pub struct FileDiscovery {
    /// The last part of a path may have a `*`.
    #[schemars(length(min = 1))]
    pub files: Vec<TargetFile>,
    #[serde(default = "five_minutes")]
    pub refresh_interval: Period,
}

/// The path of a file of target groups, or a pattern.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TargetFile(#[schemars(extend("format" = "andon-target-file"))] pub String);

fn five_minutes() -> Period {
    Period::minutes(5)
}

/// Target groups as JSON at an address.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
pub struct HttpDiscovery {
    #[schemars(extend("format" = "andon-url"))]
    pub url: String,
    #[serde(default = "a_minute")]
    pub refresh_interval: Period,
    #[serde(flatten)]
    pub client: HttpClient,
}

fn a_minute() -> Period {
    Period::minutes(1)
}

/// Targets by the records of a name.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
pub struct DnsDiscovery {
    #[schemars(length(min = 1))]
    pub names: Vec<String>,
    #[serde(default, rename = "type")]
    pub kind: RecordKind,
    /// SRV records have ports of their own.
    #[serde(default)]
    pub port: u16,
    #[serde(default = "half_a_minute")]
    pub refresh_interval: Period,
}

fn half_a_minute() -> Period {
    Period::seconds(30)
}

/// The kind of a DNS record; Prometheus reads it in any case.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum RecordKind {
    A,
    Aaaa,
    Mx,
    Ns,
    #[default]
    Srv,
}

impl RecordKind {
    pub fn parse(text: &str) -> Result<RecordKind, String> {
        Ok(match text.to_ascii_uppercase().as_str() {
            "A" => RecordKind::A,
            "AAAA" => RecordKind::Aaaa,
            "MX" => RecordKind::Mx,
            "NS" => RecordKind::Ns,
            "SRV" => RecordKind::Srv,
            _ => return Err(format!("`{text}` is not known here: there is SRV, A, AAAA, MX and NS")),
        })
    }
}

impl<'de> Deserialize<'de> for RecordKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RecordKind::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for RecordKind {
    fn schema_name() -> Cow<'static, str> {
        "RecordKind".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "andon-record-kind",
            "description": "a kind of DNS record: SRV, A, AAAA, MX or NS",
        })
    }
}

/// The ways of discovery that Prometheus has and Andon has not.
const ELSEWHERE: [(&str, &str); 27] = [
    ("azure", "Azure"),
    ("consul", "Consul"),
    ("digitalocean", "DigitalOcean"),
    ("docker", "Docker"),
    ("dockerswarm", "Docker Swarm"),
    ("ec2", "Amazon EC2"),
    ("eureka", "Eureka"),
    ("gce", "Google Compute Engine"),
    ("hetzner", "Hetzner"),
    ("ionos", "IONOS"),
    ("kubernetes", "Kubernetes"),
    ("kuma", "Kuma"),
    ("lightsail", "Amazon Lightsail"),
    ("linode", "Linode"),
    ("marathon", "Marathon"),
    ("nerve", "Nerve"),
    ("nomad", "Nomad"),
    ("openstack", "OpenStack"),
    ("ovhcloud", "OVHcloud"),
    ("puppetdb", "PuppetDB"),
    ("scaleway", "Scaleway"),
    ("serverset", "Serverset"),
    ("stackit", "STACKIT"),
    ("triton", "Triton"),
    ("uyuni", "Uyuni"),
    ("vultr", "Vultr"),
    ("xds", "xDS"),
];

/// Takes their keys and keeps nothing: the walk has said that no target is found there.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
struct Elsewhere;

impl<'de> Deserialize<'de> for Elsewhere {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Elsewhere)
    }
}

impl JsonSchema for Elsewhere {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Elsewhere".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let keys = ELSEWHERE.iter().map(|(key, name)| {
            let what = format!(
                "no target is discovered in {name}; let something write them to a file for `file_sd_configs`, or \
                 serve them for `http_sd_configs`"
            );
            (format!("{key}_sd_configs"), json!({ "x-absent": what }))
        });
        let keys: Map<String, Value> = keys.collect();
        json_schema!({ "type": "object", "properties": keys })
    }
}
