//! A stock Prometheus that sends what its rules say.

use serde_json::Value;

use super::{PATIENCE, get, home};
use crate::house::may_skip;
use crate::prometheus_api::{Peer, binary};
use crate::real::{Pager, Target, wait};

#[test]
fn what_a_prometheus_sends_fires_and_ends_here() {
    let Some(prometheus) = binary("PROMETHEUS", "prometheus") else {
        assert!(may_skip("there is no prometheus"));
        return;
    };
    let (pager, target) = (Pager::start(), Target::exposing("shop_heat{room=\"hall\"} 40\n"));
    let home = home(&pager);
    let server = home.start();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let rules = dir.path().join("rules.yml");
    let rule = "groups: [ { name: shop, rules: [ { alert: Hot, expr: shop_heat > 30, labels: { team: web }, \
                annotations: { summary: '{{ $labels.room }} has {{ $value }}' } } ] } ]\n";
    std::fs::write(&rules, rule).expect("a file");
    let (andon, scraped) = (server.address, target.address());
    let peer = Peer::of(&prometheus, dir.path(), |major| {
        let speaks = if major >= 3 { "fallback_scrape_protocol: PrometheusText0.0.4, " } else { "" };
        format!(
            "global: {{ scrape_interval: 250ms, scrape_timeout: 250ms, evaluation_interval: 250ms, \
             external_labels: {{ site: north }} }}\n\
             rule_files: ['{}']\n\
             alerting: {{ alertmanagers: [ {{ static_configs: [ {{ targets: ['{andon}'] }} ] }} ] }}\n\
             scrape_configs: [ {{ job_name: shop, {speaks}static_configs: [ {{ targets: ['{scraped}'] }} ] }} ]\n",
            rules.display()
        )
    });
    let alerts = || get(andon, "/api/v2/alerts").as_array().cloned().unwrap_or_default();
    let fired = wait("the alert", PATIENCE, || alerts().pop());
    assert_eq!(fired["labels"]["alertname"], "Hot");
    assert_eq!(fired["labels"]["site"], "north");
    assert_eq!(fired["annotations"]["summary"], "hall has 40");
    assert_eq!(fired["receivers"][0]["name"], "all");
    assert!(fired["generatorURL"].as_str().is_some_and(|url| url.contains(&peer.address.port().to_string())));
    target.expose("shop_heat{room=\"hall\"} 20\n");
    wait("its end", PATIENCE, || alerts().is_empty().then_some(()));
    let journal = server.get("/api/v1/andon/journal?from=1&limit=1000").expect("it answers");
    assert!(written(&journal).contains("\"why\":\"ended\""), "its sender said so: {journal}");
}

fn written(journal: &Value) -> String {
    journal.to_string()
}
