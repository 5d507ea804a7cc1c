//! A scrape config as it is written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::bytes::ByteSize;
use super::client::HttpClient;
use super::discovery::Discovery;
use super::job::{Protocol, Scheme};
use crate::absent::Absent;
use crate::relabel::RelabelRule;
use crate::scalar::Period;

/// How one kind of target is found and scraped. What is 0 or left out is as `global` says.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
pub(crate) struct ScrapeConfig {
    pub job_name: String,
    #[serde(default)]
    pub scrape_interval: Period,
    #[serde(default)]
    pub scrape_timeout: Period,
    #[serde(default)]
    pub scrape_protocols: Option<Vec<Protocol>>,
    #[serde(default)]
    pub fallback_scrape_protocol: Option<Protocol>,
    #[serde(default)]
    pub always_scrape_classic_histograms: Option<bool>,
    #[serde(default)]
    #[schemars(extend("x-absent" = "classic histograms stay as they are"))]
    pub convert_classic_histograms_to_nhcb: Option<Absent>,
    #[serde(default)]
    #[schemars(extend("x-absent" = "failed scrapes are told on the page Targets and in Andon's log, not in a file"))]
    pub scrape_failure_log_file: Option<Absent>,
    #[serde(default)]
    pub honor_labels: bool,
    #[serde(default = "yes")]
    pub honor_timestamps: bool,
    #[serde(default)]
    pub track_timestamps_staleness: bool,
    #[serde(default = "path")]
    pub metrics_path: String,
    #[serde(default)]
    pub scheme: Scheme,
    #[serde(default)]
    pub params: BTreeMap<String, Vec<String>>,
    #[serde(default = "yes")]
    pub enable_compression: bool,
    #[serde(default)]
    pub body_size_limit: ByteSize,
    #[serde(default)]
    pub sample_limit: u64,
    #[serde(default)]
    pub target_limit: u64,
    #[serde(default)]
    pub label_limit: u64,
    #[serde(default)]
    pub label_name_length_limit: u64,
    #[serde(default)]
    pub label_value_length_limit: u64,
    #[serde(default)]
    pub native_histogram_bucket_limit: u64,
    #[serde(default)]
    #[schemars(extend("x-absent" = "native histograms keep the buckets that they come with"))]
    pub native_histogram_min_bucket_factor: Option<Absent>,
    #[serde(default)]
    pub keep_dropped_targets: u64,
    #[serde(default)]
    pub metric_name_validation_scheme: Option<NameRule>,
    #[serde(default)]
    pub metric_name_escaping_scheme: Option<Escaping>,
    #[serde(default)]
    pub relabel_configs: Vec<RelabelRule>,
    #[serde(default)]
    pub metric_relabel_configs: Vec<RelabelRule>,
    #[serde(flatten)]
    pub discovery: Discovery,
    #[serde(flatten)]
    pub client: HttpClient,
}

fn yes() -> bool {
    true
}

fn path() -> String {
    "/metrics".to_owned()
}

/// Which names a metric may have.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NameRule {
    /// Any text.
    #[default]
    Utf8,
    /// Letters, digits, `_` and `:`.
    Legacy,
}

/// How a target is asked to write names that are not of letters, digits and `_`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize, JsonSchema)]
pub enum Escaping {
    #[default]
    #[serde(rename = "allow-utf-8")]
    AllowUtf8,
    #[serde(rename = "underscores")]
    Underscores,
    #[serde(rename = "dots")]
    Dots,
    #[serde(rename = "values")]
    Values,
}

impl Escaping {
    /// As the `Accept` header names it.
    pub fn word(self) -> &'static str {
        match self {
            Escaping::AllowUtf8 => "allow-utf-8",
            Escaping::Underscores => "underscores",
            Escaping::Dots => "dots",
            Escaping::Values => "values",
        }
    }
}
