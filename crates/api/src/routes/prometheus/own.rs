//! What this server says of itself: whether it is well, and its own metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use andon_monitor::Phase;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Site;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

pub async fn healthy() -> &'static str {
    "Andon is Healthy.\n"
}

/// Whoever is answered finds a loop that has read its journal.
pub async fn ready() -> &'static str {
    "Andon is Ready.\n"
}

/// Nothing needs to be asked for.
pub async fn reload() -> (StatusCode, &'static str) {
    (
        StatusCode::FORBIDDEN,
        "Lifecycle API is not enabled: definitions are read anew as soon as their files change.\n",
    )
}

pub async fn metrics(State(site): State<Site>) -> Response {
    let mut response = exposed(&site).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, TEXT);
    response
}

fn exposed(site: &Site) -> String {
    let view = site.port.view();
    let stats = site.port.metrics().stats();
    let tally = &site.gate.tally;
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let mut text = Text::default();
    text.family("andon_build_info", "gauge", "The version that runs; always 1.");
    text.sample("andon_build_info", concat!("{version=\"", env!("CARGO_PKG_VERSION"), "\"}"), 1.0);
    text.one("andon_incidents_open", "gauge", "Incidents that are going on.", {
        view.respond.incidents.open.values().filter(|incident| !incident.is_over()).count() as f64
    });
    text.family("andon_alerts", "gauge", "Alerts by state.");
    let (mut pending, mut firing, mut lost) = (0, 0, 0);
    for (_, alert) in &view.monitor.alerts {
        match alert.phase {
            Phase::Pending { .. } => pending += 1,
            Phase::Firing { .. } => firing += 1,
            Phase::Lost { .. } => lost += 1,
        }
    }
    for (labels, alerts) in
        [("{state=\"firing\"}", firing), ("{state=\"lost\"}", lost), ("{state=\"pending\"}", pending)]
    {
        text.sample("andon_alerts", labels, f64::from(alerts));
    }
    text.one("andon_notifications_owed", "gauge", "Notifications that are not yet delivered.", {
        view.respond.notices.owed.len() as f64
    });
    let halted = f64::from(u8::from(view.instance.halt.is_some()));
    text.one("andon_halted", "gauge", "Whether all automation is halted.", halted);
    text.one(
        "andon_rules_failing",
        "gauge",
        "Rules that could not be evaluated.",
        view.monitor.failing.len() as f64,
    );
    text.one(
        "andon_targets_silent",
        "gauge",
        "Targets that do not answer.",
        view.monitor.silent.len() as f64,
    );
    text.one("andon_head_series", "gauge", "Series in memory.", stats.series as f64);
    text.one("andon_head_samples", "gauge", "Samples in memory.", stats.samples as f64);
    text.family("andon_queries_total", "counter", "Queries and look-ups by outcome.");
    text.sample("andon_queries_total", "{outcome=\"answered\"}", count(&tally.answered) as f64);
    text.sample("andon_queries_total", "{outcome=\"failed\"}", count(&tally.failed) as f64);
    text.one(
        "andon_queries_running",
        "gauge",
        "Queries and look-ups under way.",
        count(&tally.running) as f64,
    );
    text.one("andon_query_seconds_total", "counter", "Time taken by queries and look-ups.", {
        count(&tally.micros) as f64 / 1e6
    });
    let started = site.started.as_ms() as f64 / 1000.0;
    text.one(
        "process_start_time_seconds",
        "gauge",
        "Start time of the process since the Unix epoch.",
        started,
    );
    if let Some(bytes) = resident() {
        text.one("process_resident_memory_bytes", "gauge", "Resident memory size.", bytes as f64);
    }
    text.0
}

/// What cannot be read is left out: a container may hide it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.0.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    fn sample(&mut self, name: &str, labels: &str, value: f64) {
        self.0.push_str(&format!("{name}{labels} {value}\n"));
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: f64) {
        self.family(name, kind, help);
        self.sample(name, "", value);
    }
}
