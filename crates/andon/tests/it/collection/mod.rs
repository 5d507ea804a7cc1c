//! A `prometheus.yml` as somebody brings it along: what is collected by it, beside what Prometheus collects.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::house::may_skip;
use crate::prometheus_api::{Peer, binary};
use crate::real::{Home, Target, get, wait};

const PATIENCE: Duration = Duration::from_secs(30);

/// The same for both: relabelling in both stages, labels that conflict, limits, files of targets, a target that lies.
const EXPOSED: &str = "\
# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{code=\"200\",job=\"own\",instance=\"inner\"} 17
requests_total{code=\"500\",exported_job=\"older\",job=\"own\"} 3
# TYPE temperature gauge
temperature{room=\"Kitchen\"} 21.5
temperature{room=\"Attic\"} -3
go_goroutines 12
# TYPE latency histogram
latency_bucket{le=\"0.1\"} 1
latency_bucket{le=\"2.5\"} 4
latency_bucket{le=\"+Inf\"} 5
latency_sum 3.25
latency_count 5
odd{value=\"nan\"} NaN
odd{value=\"inf\"} +Inf
";

fn config(target: &Target, lying: &Target, speaks: &str) -> String {
    let (target, lying) = (target.address(), lying.address());
    format!(
        "\
global:
  scrape_interval: 250ms
  scrape_timeout: 250ms
  external_labels: {{ region: eu }}
rule_files:
  # none yet
scrape_configs:
  - job_name: shop
    {speaks}
    params: {{ module: [http] }}
    static_configs:
      - targets: ['{target}']
        labels: {{ zone: EU-West, __meta_team: payments }}
    relabel_configs:
      - {{ source_labels: [__meta_team], target_label: team }}
      - {{ source_labels: [zone], target_label: zone, action: lowercase }}
      - {{ source_labels: [__address__], target_label: shard, modulus: 4, action: hashmod }}
    metric_relabel_configs:
      - {{ source_labels: [__name__], regex: 'go_.*', action: drop }}
      - {{ source_labels: [room], regex: '(.)(.*)', target_label: initial, replacement: '${{1}}' }}
      - {{ regex: 'initial', action: labelmap, replacement: letter }}
  - job_name: honest
    {speaks}
    honor_labels: true
    file_sd_configs: [ {{ files: ['targets-*.json'] }} ]
  - job_name: limited
    {speaks}
    sample_limit: 3
    static_configs: [ {{ targets: ['{target}'] }} ]
  - job_name: lying
    {speaks}
    static_configs: [ {{ targets: ['{lying}'] }} ]
  - job_name: dropped
    static_configs: [ {{ targets: ['{target}'] }} ]
    relabel_configs: [ {{ source_labels: [__address__], regex: '.*', action: drop }} ]
"
    )
}

/// Each series of the jobs with its value, but for those that tell how long something took.
fn collected(from: std::net::SocketAddr) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let query = "%7Bjob%3D~%22.%2B%22%7D";
    let Ok(answer) = get(from, &format!("/api/v1/query?query={query}")) else { return found };
    let Some(series) = answer["data"]["result"].as_array() else { return found };
    for one in series {
        let labels: BTreeMap<String, Value> = serde_json::from_value(one["metric"].clone()).expect("labels");
        let name = labels["__name__"].as_str().unwrap_or_default();
        if name != "scrape_duration_seconds" {
            let value = one["value"][1].as_str().unwrap_or_default().to_owned();
            found.insert(format!("{labels:?}"), value);
        }
    }
    found
}

#[test]
fn a_prometheus_yml_collects_what_prometheus_collects_by_it() {
    let Some(prometheus) = binary("PROMETHEUS", "prometheus") else {
        assert!(may_skip("there is no prometheus to compare with"));
        return;
    };
    let target = Target::exposing(EXPOSED);
    let lying = Target::exposing("fine 1\nthis is no metric\n");
    let peer_dir = tempfile::tempdir().expect("a directory");
    let targets = format!("[{{\"targets\":[\"{}\"],\"labels\":{{\"from\":\"file\"}}}}]", target.address());
    std::fs::write(peer_dir.path().join("targets-a.json"), &targets).expect("a file");
    let peer = Peer::of(&prometheus, peer_dir.path(), |major| {
        // The third insists on being told what a target without a content type speaks; the second knows no such key.
        config(&target, &lying, if major >= 3 { "fallback_scrape_protocol: PrometheusText0.0.4" } else { "" })
    });
    let ours = config(&target, &lying, "fallback_scrape_protocol: PrometheusText0.0.4");
    let home = Home::new([("prometheus.yml", ours), ("targets-a.json", targets)]);
    let server = home.start();

    // Both have scraped everything more than once, so that nothing is new any more.
    let settled = |found: &BTreeMap<String, String>| {
        let added = |(series, value): (&String, &String)| !series.contains("series_added") || value == "0";
        found.iter().all(added) && found.len() > 30
    };
    let theirs =
        wait("Prometheus to have scraped", PATIENCE, || Some(collected(peer.address)).filter(settled));
    let ours = wait("Andon to have scraped", PATIENCE, || Some(collected(server.address)).filter(settled));
    let only = |a: &BTreeMap<String, String>, b: &BTreeMap<String, String>| -> Vec<String> {
        let differs = |(series, value): &(&String, &String)| b.get(*series) != Some(*value);
        a.iter().filter(differs).map(|(series, value)| format!("{series} {value}")).collect()
    };
    assert_eq!(only(&ours, &theirs), only(&theirs, &ours), "what only Andon has, and only Prometheus");

    let list = server.get("/api/v1/targets").expect("an answer");
    let down = |job: &str| -> String {
        let active = list["data"]["activeTargets"].as_array().expect("targets").iter();
        let mut found = active.filter(|target| target["scrapePool"] == job);
        found.next().expect("a target")["lastError"].as_str().expect("words").to_owned()
    };
    assert!(down("limited").starts_with("sample_limit: more than 3 samples"), "{list}");
    assert!(down("lying").starts_with("line 2: "), "{list}");
    assert_eq!(down("shop"), "");
    assert_eq!(list["data"]["droppedTargets"].as_array().map(Vec::len), Some(1), "{list}");

    // A job that changes touches no other, and a target that is gone ends at once.
    home.write("targets-a.json", "[]");
    wait("the target of the file to end", PATIENCE, || {
        server.query("up{job=\"honest\"}").is_empty().then_some(())
    });
    assert_eq!(server.query("up{job=\"shop\"}").len(), 1);
}
