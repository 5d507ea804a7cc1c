//! A job: a scrape config with every default in its place.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::client::HttpClient;
use super::discovery::Discovery;
use super::file::Global;
use super::scrape::{Escaping, NameRule, ScrapeConfig};
use crate::relabel::RelabelRule;
use crate::scalar::Period;

/// How one kind of target is found and scraped.
#[derive(Clone, PartialEq, Debug)]
pub struct Job {
    pub name: String,
    /// Relative paths in it begin here.
    pub directory: String,
    pub interval: Period,
    pub timeout: Period,
    /// What is asked for, the dearest first.
    pub protocols: Vec<Protocol>,
    /// How an answer is read that does not say what it is.
    pub fallback: Option<Protocol>,
    pub scheme: Scheme,
    pub path: String,
    pub params: BTreeMap<String, Vec<String>>,
    pub honor_labels: bool,
    pub honor_timestamps: bool,
    pub track_timestamps_staleness: bool,
    /// Ask for gzip.
    pub compressed: bool,
    pub limits: Limits,
    pub legacy_names_only: bool,
    pub escaping: Escaping,
    /// Classic buckets beside a native histogram of the same name.
    pub classic_histograms: bool,
    pub discovery: Discovery,
    pub client: HttpClient,
    pub relabel: Vec<RelabelRule>,
    pub metric_relabel: Vec<RelabelRule>,
}

/// What a scrape may bring; beyond it, the scrape fails as a whole. None: no limit.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Limits {
    pub body_bytes: Option<u64>,
    pub samples: Option<u64>,
    pub labels: Option<u64>,
    pub label_name_bytes: Option<u64>,
    pub label_value_bytes: Option<u64>,
    pub histogram_buckets: Option<u64>,
    /// Targets of the job; with more, none is scraped.
    pub targets: Option<u64>,
    /// Targets dropped by relabelling that are still shown.
    pub dropped_shown: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    #[default]
    Http,
    Https,
}

/// A format that a target may be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
pub enum Protocol {
    #[serde(rename = "PrometheusProto")]
    Protobuf,
    #[serde(rename = "PrometheusText0.0.4")]
    Text004,
    #[serde(rename = "PrometheusText1.0.0")]
    Text100,
    #[serde(rename = "OpenMetricsText0.0.1")]
    OpenMetrics001,
    #[serde(rename = "OpenMetricsText1.0.0")]
    OpenMetrics100,
}

/// Prometheus's own order.
pub(super) const PROTOCOLS: [Protocol; 4] =
    [Protocol::OpenMetrics100, Protocol::OpenMetrics001, Protocol::Text100, Protocol::Text004];

impl Global {
    pub(super) fn interval(&self) -> Period {
        set(self.scrape_interval).unwrap_or(Period::minutes(1))
    }

    fn timeout(&self) -> Period {
        set(self.scrape_timeout).unwrap_or(Period::seconds(10).min(self.interval()))
    }

    pub(super) fn evaluation_interval(&self) -> Period {
        set(self.evaluation_interval).unwrap_or(Period::minutes(1))
    }
}

impl Job {
    /// A job that says nothing but its name.
    pub fn named(name: &str) -> Job {
        let written = serde_json::json!({ "job_name": name });
        let written = serde_json::from_value(written).expect("a name is all that a scrape config needs");
        Job::of(&written, &Global::default(), "")
    }

    pub(super) fn of(written: &ScrapeConfig, global: &Global, directory: &str) -> Job {
        let written = written.clone();
        let limit = |own: u64, global: u64| [own, global].into_iter().find(|limit| *limit != 0);
        let interval = set(written.scrape_interval).unwrap_or(global.interval());
        let names = written.metric_name_validation_scheme.or(global.metric_name_validation_scheme);
        let legacy = names == Some(NameRule::Legacy);
        let escaping = written.metric_name_escaping_scheme.or(global.metric_name_escaping_scheme);
        let plain = if legacy { Escaping::Underscores } else { Escaping::AllowUtf8 };
        Job {
            name: written.job_name,
            directory: directory.to_owned(),
            interval,
            timeout: set(written.scrape_timeout).unwrap_or(global.timeout().min(interval)),
            protocols: written
                .scrape_protocols
                .or_else(|| global.scrape_protocols.clone())
                .unwrap_or_else(|| PROTOCOLS.to_vec()),
            fallback: written.fallback_scrape_protocol,
            scheme: written.scheme,
            path: written.metrics_path,
            params: written.params,
            honor_labels: written.honor_labels,
            honor_timestamps: written.honor_timestamps,
            track_timestamps_staleness: written.track_timestamps_staleness,
            compressed: written.enable_compression,
            limits: Limits {
                body_bytes: limit(written.body_size_limit.0, global.body_size_limit.0),
                samples: limit(written.sample_limit, global.sample_limit),
                labels: limit(written.label_limit, global.label_limit),
                label_name_bytes: limit(written.label_name_length_limit, global.label_name_length_limit),
                label_value_bytes: limit(written.label_value_length_limit, global.label_value_length_limit),
                histogram_buckets: limit(written.native_histogram_bucket_limit, 0),
                targets: limit(written.target_limit, global.target_limit),
                dropped_shown: limit(written.keep_dropped_targets, global.keep_dropped_targets),
            },
            legacy_names_only: legacy,
            escaping: escaping.unwrap_or(plain),
            classic_histograms: written
                .always_scrape_classic_histograms
                .unwrap_or(global.always_scrape_classic_histograms),
            discovery: written.discovery,
            client: written.client,
            relabel: written.relabel_configs,
            metric_relabel: written.metric_relabel_configs,
        }
    }
}

fn set(period: Period) -> Option<Period> {
    (*period != Duration::ZERO).then_some(period)
}
