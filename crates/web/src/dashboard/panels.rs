//! Which panels a service's metrics allow. Names are those of the common client libraries and of OpenTelemetry.

use std::collections::{BTreeMap, BTreeSet};

/// Metric → the names of its labels.
pub type Measured = BTreeMap<String, BTreeSet<String>>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panel {
    pub title: &'static str,
    pub unit: &'static str,
    pub query: String,
}

/// Of everything that is counted, what counts work that came in; first found, first taken.
const REQUESTS: [&str; 8] = [
    "http_requests_total",
    "http_server_requests_total",
    "http_server_requests_seconds_count",
    "http_server_request_duration_seconds_count",
    "http_request_duration_seconds_count",
    "grpc_server_handled_total",
    "requests_total",
    "rpc_server_duration_seconds_count",
];

const STATUS: [&str; 5] = ["code", "status", "status_code", "http_response_status_code", "grpc_code"];

/// Rate, errors, duration, saturation, as far as the metrics go. `own` is the selector of the service, without braces.
pub fn panels(measured: &Measured, own: &str) -> Vec<Panel> {
    let mut panels = Vec::new();
    let requests = REQUESTS.iter().map(|name| (*name).to_owned()).find(|name| measured.contains_key(name));
    let requests =
        requests.or_else(|| ending(measured, &["_requests_total", "_duration_seconds_count"], &[]));
    if let Some(requests) = &requests {
        let status = STATUS.iter().find(|label| measured[requests].contains(**label));
        panels.push(Panel {
            title: "Rate",
            unit: "requests a second",
            query: format!("sum(rate({requests}{{{own}}}[5m]))"),
        });
        if let Some(status) = status {
            let bad = if *status == "grpc_code" {
                "Unknown|Internal|Unavailable|DataLoss|DeadlineExceeded"
            } else {
                "5.."
            };
            let query = format!(
                "100 * (sum(rate({requests}{{{own},{status}=~\"{bad}\"}}[5m])) or vector(0)) / sum(rate({requests}{{{own}}}[5m]))"
            );
            panels.push(Panel { title: "Errors", unit: "% of requests", query });
        }
    }
    let failures = ending(measured, &["_failures_total", "_errors_total", "_failed_total"], &[]);
    if let (Some(failures), false) = (failures, panels.iter().any(|panel| panel.title == "Errors")) {
        panels.push(Panel {
            title: "Errors",
            unit: "a second",
            query: format!("sum(rate({failures}{{{own}}}[5m]))"),
        });
    }
    panels.extend(duration(measured, own));
    panels.extend(saturation(measured, own));
    if measured.contains_key("up") {
        panels.push(Panel { title: "Up", unit: "instances that answer", query: format!("sum(up{{{own}}})") });
    }
    panels
}

fn duration(measured: &Measured, own: &str) -> Option<Panel> {
    let buckets = ending(
        measured,
        &["_duration_seconds_bucket", "_latency_seconds_bucket", "_seconds_bucket"],
        &["gc"],
    );
    let query = match buckets {
        Some(buckets) => format!("histogram_quantile(0.99, sum by (le) (rate({buckets}{{{own}}}[5m])))"),
        None => {
            let sum = ending(measured, &["_duration_seconds_sum", "_seconds_sum"], &["gc"])?;
            let count = sum.trim_end_matches("sum").to_owned() + "count";
            format!("sum(rate({sum}{{{own}}}[5m])) / sum(rate({count}{{{own}}}[5m]))")
        }
    };
    let title = if query.starts_with("histogram") { "Duration, p99" } else { "Duration, mean" };
    Some(Panel { title, unit: "seconds", query })
}

fn saturation(measured: &Measured, own: &str) -> Vec<Panel> {
    let mut panels = Vec::new();
    // A pool says how full it is by its size.
    let pools = measured.keys().filter_map(|name| {
        let stem = name.strip_suffix("_in_use").or_else(|| name.strip_suffix("_used"))?;
        let size = ["_size", "_max", "_limit"].map(|end| format!("{stem}{end}"));
        Some((name, size.into_iter().find(|size| measured.contains_key(size))?))
    });
    if let Some((used, size)) = pools.into_iter().next() {
        let query = format!("100 * max({used}{{{own}}} / {size}{{{own}}})");
        panels.push(Panel { title: "Saturation, pool", unit: "% of the fullest", query });
    }
    let mut plain = |metric: &str, title, unit, query: String| {
        if measured.contains_key(metric) {
            panels.push(Panel { title, unit, query });
        }
    };
    let cpu = "process_cpu_seconds_total";
    plain(cpu, "Saturation, processor", "cores", format!("sum(rate({cpu}{{{own}}}[5m]))"));
    let memory = "process_resident_memory_bytes";
    plain(memory, "Saturation, memory", "bytes", format!("sum({memory}{{{own}}})"));
    panels
}

/// The first metric by name with one of these endings, the endings in order of preference.
fn ending(measured: &Measured, endings: &[&str], never: &[&str]) -> Option<String> {
    let fits =
        |name: &&String, end: &str| name.ends_with(end) && !never.iter().any(|word| name.contains(word));
    endings.iter().find_map(|end| measured.keys().find(|name| fits(name, end)).cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(metrics: &[(&str, &[&str])]) -> Measured {
        let labels = |labels: &[&str]| labels.iter().map(|label| (*label).to_owned()).collect();
        metrics.iter().map(|(name, of)| ((*name).to_owned(), labels(of))).collect()
    }

    fn titles(panels: &[Panel]) -> Vec<&str> {
        panels.iter().map(|panel| panel.title).collect()
    }

    #[test]
    fn a_common_web_service_has_all_four() {
        let measured = measured(&[
            ("http_requests_total", &["code", "instance"]),
            ("http_request_duration_seconds_bucket", &["le"]),
            ("process_cpu_seconds_total", &[]),
            ("up", &[]),
        ]);
        let panels = panels(&measured, "job=\"api\"");
        assert_eq!(titles(&panels), ["Rate", "Errors", "Duration, p99", "Saturation, processor", "Up"]);
        assert_eq!(panels[0].query, "sum(rate(http_requests_total{job=\"api\"}[5m]))");
        for panel in &panels {
            let expr = andon_promql::parse(&panel.query).expect(&panel.query);
            assert!(expr.unsupported().is_empty(), "{}", panel.query);
        }
    }

    #[test]
    fn what_is_not_measured_has_no_panel() {
        assert_eq!(panels(&measured(&[("cache_hits", &[])]), ""), []);
        let pool = panels(&measured(&[("db_pool_in_use", &[]), ("db_pool_size", &[])]), "service=\"x\"");
        assert_eq!(titles(&pool), ["Saturation, pool"]);
        let failures = panels(&measured(&[("checkout_failures_total", &[])]), "service=\"x\"");
        assert_eq!(titles(&failures), ["Errors"]);
    }
}
