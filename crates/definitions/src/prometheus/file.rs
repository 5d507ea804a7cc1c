//! The file as it is written, before any default is filled in.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::bytes::ByteSize;
use super::job::Protocol;
use super::remote::RemoteWrite;
use super::scrape::{Escaping, NameRule, ScrapeConfig};
use crate::absent::Absent;
use crate::scalar::Period;

/// A whole `prometheus.yml`, or a file of scrape configs that it names.
#[derive(Clone, PartialEq, Default, Debug, Deserialize, JsonSchema)]
pub(crate) struct File {
    #[serde(default)]
    pub global: Global,
    #[serde(default)]
    #[schemars(extend("x-absent" = "there is no Go runtime to tune"))]
    pub runtime: Option<Absent>,
    #[serde(default)]
    pub rule_files: Vec<String>,
    #[serde(default)]
    pub scrape_config_files: Vec<String>,
    #[serde(default)]
    pub scrape_configs: Vec<ScrapeConfig>,
    #[serde(default)]
    pub alerting: Alerting,
    #[serde(default)]
    pub remote_write: Vec<RemoteWrite>,
    #[serde(default)]
    #[schemars(extend("x-absent" = "queries do not ask the remote store; import its samples, or query it by `metrics: { prometheus: URL }` of the Instance"))]
    pub remote_read: Option<Absent>,
    #[serde(default)]
    pub storage: Storage,
    #[serde(default)]
    #[schemars(extend("x-absent" = "no traces are sent"))]
    pub tracing: Option<Absent>,
    #[serde(default)]
    #[schemars(extend("x-absent" = "OTLP is not received; let a collector expose or remote-write the samples"))]
    pub otlp: Option<Absent>,
}

/// What holds for every job that says nothing else.
#[derive(Clone, PartialEq, Default, Debug, Deserialize, JsonSchema)]
pub(crate) struct Global {
    #[serde(default)]
    pub scrape_interval: Period,
    #[serde(default)]
    pub scrape_timeout: Period,
    #[serde(default)]
    pub scrape_protocols: Option<Vec<Protocol>>,
    #[serde(default)]
    pub evaluation_interval: Period,
    #[serde(default)]
    pub rule_query_offset: Period,
    #[serde(default)]
    #[schemars(extend("x-absent" = "queries are not logged to a file"))]
    pub query_log_file: Option<Absent>,
    #[serde(default)]
    #[schemars(extend("x-absent" = "failed scrapes are told on the page Targets and in Andon's log, not in a file"))]
    pub scrape_failure_log_file: Option<Absent>,
    #[serde(default)]
    pub external_labels: BTreeMap<String, String>,
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
    pub keep_dropped_targets: u64,
    #[serde(default)]
    pub metric_name_validation_scheme: Option<NameRule>,
    #[serde(default)]
    pub metric_name_escaping_scheme: Option<Escaping>,
    #[serde(default)]
    #[schemars(extend("x-absent" = "classic histograms stay as they are"))]
    pub convert_classic_histograms_to_nhcb: Option<Absent>,
    #[serde(default)]
    pub always_scrape_classic_histograms: bool,
}

/// Andon pages people itself.
#[derive(Clone, PartialEq, Default, Debug, Deserialize, JsonSchema)]
pub(crate) struct Alerting {
    #[serde(default)]
    #[schemars(extend("x-absent" = "alerts are not sent to an Alertmanager: Andon groups them and pages the teams of these definitions"))]
    pub alertmanagers: Option<Absent>,
    #[serde(default)]
    #[schemars(extend("x-absent" = "the labels of alerts stay as their rules give them"))]
    pub alert_relabel_configs: Option<Absent>,
}

/// How samples are kept.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize, JsonSchema)]
pub struct Storage {
    #[serde(default)]
    pub tsdb: Tsdb,
    #[serde(default)]
    #[schemars(extend("x-absent" = "the number of exemplars that are kept stays as it is"))]
    exemplars: Option<Absent>,
}

/// Samples themselves.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize, JsonSchema)]
pub struct Tsdb {
    /// How much older than a series' newest sample another may be.
    #[serde(default)]
    pub out_of_order_time_window: Period,
}
