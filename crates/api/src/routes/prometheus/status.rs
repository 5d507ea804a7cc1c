//! This server as Prometheus's clients ask about it: its build, its flags, its configuration, its store.

use std::collections::BTreeMap;

use andon_vocabulary::Timestamp;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::failure::Failure;
use super::form::Form;
use super::gate::{CONCURRENT_MAX, DEADLINE, SAMPLES_MAX};
use super::{Site, encode, times};

/// The release whose API this is. Clients choose by it what they may ask for, so it is no version of Andon, which
/// stands in `revision`.
const SPOKEN: &str = "3.5.0";

pub async fn build() -> Result<Response, Failure> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Build {
        version: &'static str,
        revision: &'static str,
        branch: &'static str,
        build_user: &'static str,
        build_date: &'static str,
        go_version: &'static str,
    }
    encode::answer(&Build {
        version: SPOKEN,
        revision: concat!("andon-", env!("CARGO_PKG_VERSION")),
        branch: "andon",
        build_user: "",
        build_date: "",
        go_version: "",
    })
}

pub async fn runtime(State(site): State<Site>) -> Result<Response, Failure> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Runtime {
        #[serde(serialize_with = "encode::time")]
        start_time: Option<Timestamp>,
        #[serde(rename = "CWD")]
        directory: String,
        hostname: String,
        #[serde(serialize_with = "encode::time")]
        server_time: Option<Timestamp>,
        reload_config_success: bool,
        #[serde(serialize_with = "encode::time")]
        last_config_time: Option<Timestamp>,
        corruption_count: u64,
        goroutine_count: usize,
        #[serde(rename = "GOMAXPROCS")]
        processors: usize,
        #[serde(rename = "GOMEMLIMIT")]
        memory_limit: u64,
        #[serde(rename = "GOGC")]
        gc: &'static str,
        #[serde(rename = "GODEBUG")]
        debug: &'static str,
        storage_retention: String,
    }
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    encode::answer(&Runtime {
        start_time: Some(site.started),
        directory: std::env::current_dir().map(|path| path.display().to_string()).unwrap_or_default(),
        hostname: read("/proc/sys/kernel/hostname").trim().to_owned(),
        server_time: Some(site.port.now()),
        reload_config_success: site.port.view().instance.broken.is_empty(),
        last_config_time: Some(site.started),
        corruption_count: 0,
        goroutine_count: 0,
        processors: std::thread::available_parallelism().map_or(1, usize::from),
        memory_limit: 0,
        gc: "",
        debug: "",
        storage_retention: site.port.metrics().stats().retention,
    })
}

/// The bounds that hold here, in the names of Prometheus's flags.
pub async fn flags(State(site): State<Site>) -> Result<Response, Failure> {
    let admin = site.port.metrics().admin().is_some();
    encode::answer(&BTreeMap::from([
        ("query.lookback-delta", "5m".to_owned()),
        ("query.max-concurrency", CONCURRENT_MAX.to_string()),
        ("query.max-samples", SAMPLES_MAX.to_string()),
        ("query.timeout", format!("{}s", DEADLINE.as_secs())),
        ("web.enable-admin-api", admin.to_string()),
    ]))
}

/// Not a file of Prometheus's, which there may be none of: what is scraped, as such a file would say it.
pub async fn config(State(site): State<Site>) -> Result<Response, Failure> {
    #[derive(Serialize)]
    struct Config {
        yaml: String,
    }
    let view = site.port.view();
    let mut pools: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for target in site.port.metrics().targets().active {
        pools.entry(target.pool).or_default().push(target.url);
    }
    let name = view.catalog().instance.name.replace(char::is_control, " ");
    let mut yaml = format!("# {name}, definitions {}\nscrape_configs:\n", view.catalog().hash);
    for (pool, urls) in pools {
        // JSON is YAML.
        yaml.push_str(&format!("- job_name: {}\n  static_configs:\n  - targets:\n", serde_json::json!(pool)));
        for url in urls {
            yaml.push_str(&format!("    - {}\n", serde_json::json!(url)));
        }
    }
    encode::answer(&Config { yaml })
}

/// How many series there are, and what they have in common.
pub async fn store(State(site): State<Site>, form: Form) -> Result<Response, Failure> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Store {
        head_stats: Head,
        series_count_by_metric_name: Vec<Named>,
        label_value_count_by_label_name: Vec<Named>,
        memory_in_bytes_by_label_name: Vec<Named>,
        series_count_by_label_value_pair: Vec<Named>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Head {
        num_series: u64,
        num_label_pairs: usize,
        chunk_count: u64,
        min_time: i64,
        max_time: i64,
    }
    let limit = match form.get("limit") {
        "" => 10,
        text => {
            let limit = times::count(text).ok().and_then(|limit| usize::try_from(limit).ok());
            limit
                .filter(|limit| *limit > 0)
                .ok_or_else(|| Failure::bad_data("limit must be a positive number"))?
        }
    };
    let port = site.port.clone();
    let count = move |_: &_| Ok((port.metrics().stats(), port.metrics().cardinality(limit)));
    let (stats, counted) = site.gate.pass(DEADLINE, count).await?;
    encode::answer(&Store {
        head_stats: Head {
            num_series: stats.series,
            num_label_pairs: counted.label_pairs,
            chunk_count: stats.chunks,
            // An empty head reaches from the end of time to its beginning.
            min_time: stats.span.map_or(i64::MAX, |(from, _)| from.as_ms()),
            max_time: stats.span.map_or(i64::MIN, |(_, to)| to.as_ms()),
        },
        series_count_by_metric_name: named(counted.series_by_metric),
        label_value_count_by_label_name: named(counted.values_by_label),
        memory_in_bytes_by_label_name: named(counted.bytes_by_label),
        series_count_by_label_value_pair: named(counted.series_by_pair),
    })
}

#[derive(Serialize)]
struct Named {
    name: String,
    value: usize,
}

fn named(counts: Vec<(String, usize)>) -> Vec<Named> {
    counts.into_iter().map(|(name, value)| Named { name, value }).collect()
}

/// Whoever is answered is answered by a store that has read its log.
pub async fn replay() -> Result<Response, Failure> {
    #[derive(Serialize)]
    struct Replay {
        min: u32,
        max: u32,
        current: u32,
    }
    encode::answer(&Replay { min: 0, max: 0, current: 0 })
}

/// Alerts are not handed to an Alertmanager: Andon does itself what follows from them.
pub async fn alertmanagers() -> Result<Response, Failure> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Alertmanagers {
        active_alertmanagers: [(); 0],
        dropped_alertmanagers: [(); 0],
    }
    encode::answer(&Alertmanagers { active_alertmanagers: [], dropped_alertmanagers: [] })
}
