//! `prometheus.yml`, read as Prometheus 3 reads it: the settings with every default in its place.
//!
//! What it asks for and Andon does not do is a warning at its place (see `absent`); what Prometheus refuses is an
//! error. Secrets and discovered targets lie in files that are not read here: this holds their names only.

mod assemble;
mod bytes;
mod client;
mod discovery;
mod file;
mod job;
mod lenient;
mod remote;
mod scrape;

use andon_vocabulary::Labels;

pub(crate) use assemble::{Written, client_faults, is_pattern};
pub use bytes::ByteSize;
pub use client::{Authorization, BasicAuth, HeaderValues, HttpClient, Secret, Tls, TlsVersion};
pub use discovery::{
    Discovery, DnsDiscovery, FileDiscovery, HttpDiscovery, RecordKind, TargetFile, TargetGroup,
};
pub(crate) use file::File;
pub use file::{Storage, Tsdb};
pub use job::{Job, Limits, Protocol, Scheme};
pub(crate) use lenient::lenient;
pub use remote::{Message, Metadata, Queue, RemoteWrite};
pub use scrape::Escaping;

use crate::origin::Origin;
use crate::scalar::Period;

/// What a `prometheus.yml` says.
#[derive(Clone, PartialEq, Debug)]
pub struct Prometheus {
    pub origin: Origin,
    /// Relative paths in it begin here; relative itself to the definitions' directory, or absolute.
    pub directory: String,
    pub evaluation_interval: Period,
    pub rule_query_offset: Period,
    /// Added to what leaves for other systems. `$NAME` and `${NAME}` in a value stand for the environment's.
    pub external_labels: Labels,
    /// Patterns of rule files.
    pub rule_files: Vec<String>,
    pub jobs: Vec<Job>,
    pub remote_write: Vec<RemoteWrite>,
    pub storage: Storage,
}

/// The rule files and files of scrape configs that a `prometheus.yml` names, as patterns relative to its directory;
/// nothing where `text` is no such file. Whoever reads the disk follows them.
pub fn files_named(text: &str) -> Vec<String> {
    #[derive(serde::Deserialize, Default)]
    struct Names {
        #[serde(default)]
        global: Option<serde::de::IgnoredAny>,
        #[serde(default)]
        scrape_configs: Option<serde::de::IgnoredAny>,
        #[serde(default)]
        rule_files: Option<Vec<String>>,
        #[serde(default)]
        scrape_config_files: Option<Vec<String>>,
        /// promtool's test files name rule files too; those are not in force.
        #[serde(default)]
        tests: Option<serde::de::IgnoredAny>,
    }
    // Most files are not meant; they cost no parse.
    if !text.contains("rule_files") && !text.contains("scrape_config_files") {
        return Vec::new();
    }
    let names: Names = serde_saphyr::from_str(text).unwrap_or_default();
    let is_prometheus = names.tests.is_none()
        && (names.global.is_some() || names.scrape_configs.is_some() || names.scrape_config_files.is_some());
    let named = names.rule_files.into_iter().chain(names.scrape_config_files);
    if is_prometheus { named.flatten().collect() } else { Vec::new() }
}

/// The target groups of a file for `file_sd_configs` or of an answer for `http_sd_configs`.
pub fn target_groups(text: &str, is_json: bool) -> Result<Vec<TargetGroup>, String> {
    /// Files are often written by programs, and a number is no text to YAML.
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Group {
        #[serde(default)]
        targets: Option<Vec<String>>,
        #[serde(default)]
        labels: Option<std::collections::BTreeMap<String, Option<serde_json::Value>>>,
    }
    let groups: Result<Option<Vec<Group>>, String> = if is_json {
        serde_json::from_str(text).map_err(|error| error.to_string())
    } else {
        serde_saphyr::from_str(text).map_err(|error| error.to_string())
    };
    let groups = groups.map_err(|why| format!("not a list of target groups: {why}"))?.unwrap_or_default();
    let plain = |value: Option<serde_json::Value>| match value {
        None => Ok(String::new()),
        Some(serde_json::Value::String(text)) => Ok(text),
        Some(value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_))) => Ok(value.to_string()),
        Some(_) => Err("not a list of target groups: a label's value must be text".to_owned()),
    };
    let read = |group: Group| {
        let labels = group.labels.unwrap_or_default().into_iter();
        let labels = labels.map(|(name, value)| Ok((name, plain(value)?)));
        let labels = labels.collect::<Result<_, String>>()?;
        Ok(TargetGroup { targets: group.targets.unwrap_or_default(), labels })
    };
    groups.into_iter().map(read).collect()
}
