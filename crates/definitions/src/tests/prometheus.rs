//! `prometheus.yml` and what stands beside it, as somebody brings it along.

use expect_test::expect;

use super::{check, file};
use crate::prometheus::{Protocol, Scheme, files_named};
use crate::{Catalog, Prometheus, load, render};

fn prometheus(text: &str) -> std::sync::Arc<Prometheus> {
    let files = [file("etc/prometheus.yml", text)];
    let (catalog, found) = load(&files);
    assert_eq!(render(&found, &files, false), "");
    catalog.prometheus.unwrap()
}

#[test]
fn every_default_is_prometheuss() {
    let read = prometheus(
        "scrape_configs:\n  - job_name: node\n    static_configs:\n      - targets: ['a:9100', 'b:9100']\n        labels: { zone: 1 }\n",
    );
    let job = &read.jobs[0];
    assert_eq!((job.interval.as_secs(), job.timeout.as_secs()), (60, 10));
    assert_eq!((job.path.as_str(), job.scheme), ("/metrics", Scheme::Http));
    assert!(job.honor_timestamps && !job.honor_labels && job.compressed && job.client.follow_redirects);
    assert_eq!(job.protocols[0], Protocol::OpenMetrics100);
    assert_eq!(job.protocols.len(), 4);
    assert_eq!(job.limits, crate::prometheus::Limits::default());
    assert_eq!(job.directory, "etc");
    assert_eq!(job.discovery.static_configs[0].labels["zone"], "1");
    assert_eq!(read.evaluation_interval.as_secs(), 60);
}

#[test]
fn what_global_says_holds_where_a_job_says_nothing() {
    let read = prometheus(
        "global: { scrape_interval: 5s, sample_limit: 10, body_size_limit: 15MB, evaluation_interval: 30s, external_labels: { region: eu } }\n\
         scrape_configs:\n  - { job_name: a }\n  - { job_name: b, scrape_interval: 1h, scrape_timeout: 1m, sample_limit: 20, scrape_protocols: [PrometheusText0.0.4] }\n",
    );
    let [a, b] = &read.jobs[..] else { panic!("two jobs") };
    assert_eq!((a.interval.as_secs(), a.timeout.as_secs()), (5, 5));
    assert_eq!((a.limits.samples, a.limits.body_bytes), (Some(10), Some(15 << 20)));
    assert_eq!((b.interval.as_secs(), b.timeout.as_secs(), b.limits.samples), (3600, 60, Some(20)));
    assert_eq!(b.protocols, [Protocol::Text004]);
    assert_eq!(read.external_labels.get("region"), Some("eu"));
}

#[test]
fn yaml_as_prometheus_reads_it() {
    let read = prometheus(
        "global:\nrule_files:\n  # - first.yml\nx: &x\n  honor_labels: yes\nscrape_configs:\n  - job_name: 1.10\n    <<: *x\n    relabel_configs:\n      - regex:\n        target_label: a\n        replacement: 5\n"
            .replace("x: &x\n  honor_labels: yes\n", "")
            .replace("<<: *x", "<<: { honor_labels: yes }")
            .as_str(),
    );
    let job = &read.jobs[0];
    assert_eq!(job.name, "1.10");
    assert!(job.honor_labels);
    assert_eq!(job.relabel[0].regex.as_deref(), Some(""));
    assert_eq!(job.relabel[0].replacement.as_deref(), Some("5"));
}

#[test]
fn what_is_not_there_is_said_and_costs_nothing_else() {
    check(
        "
== prometheus.yml
scrape_configs:
  - job_name: pods
    kubernetes_sd_configs:
      - role: pod
    oauth2: { client_id: a }
    static_configs: [ { targets: ['a:1'] } ]
alerting:
  alertmanagers: [ { static_configs: [ { targets: ['am:9093'] } ] } ]
remote_read: [ { url: 'http://r/read' } ]
",
        expect![[r#"
            warning[not-there]: no target is discovered in Kubernetes
             --> prometheus.yml:3:5
              |
            3 |     kubernetes_sd_configs:
              |     ^^^^^^^^^^^^^^^^^^^^^
              |
              = help: let something write them to a file for `file_sd_configs`, or serve them for `http_sd_configs`

            warning[not-there]: requests go out without the OAuth 2 token
             --> prometheus.yml:5:5
              |
            5 |     oauth2: { client_id: a }
              |     ^^^^^^
              |
              = help: write `authorization`

            warning[not-there]: alerts are not sent to an Alertmanager: Andon groups them and pages the teams of these definitions
             --> prometheus.yml:8:3
              |
            8 |   alertmanagers: [ { static_configs: [ { targets: ['am:9093'] } ] } ]
              |   ^^^^^^^^^^^^^

            warning[not-there]: queries do not ask the remote store
             --> prometheus.yml:9:1
              |
            9 | remote_read: [ { url: 'http://r/read' } ]
              | ^^^^^^^^^^^
              |
              = help: import its samples, or query it by `metrics: { prometheus: URL }` of the Instance

        "#]],
    );
}

#[test]
fn mistakes_are_found_where_they_stand() {
    check(
        "
== prometheus.yml
global: { scrape_interval: 10s, scrape_timeout: 20s }
scrape_configs:
  - job_name: a
    scrap_interval: 5s
  - job_name: b
    scrape_interval: 5s
    scrape_timeout: 6s
    basic_auth: { username: u }
    authorization: { credentials: x }
    static_configs: [ { targets: ['http://a/metrics'] } ]
    relabel_configs:
      - { source_labels: [a], regex: 'a(', target_label: b }
      - { action: replce }
      - { action: hashmod, target_label: x }
    body_size_limit: 10
",
        expect![[r#"
            error[unknown-key]: unknown key `scrap_interval`
             --> prometheus.yml:4:5
              |
            4 |     scrap_interval: 5s
              |     ^^^^^^^^^^^^^^
              |
              = help: did you mean `scrape_interval`?

            error[wrong-value]: not a regular expression: `a(`: unclosed group
              --> prometheus.yml:12:38
               |
            12 |       - { source_labels: [a], regex: 'a(', target_label: b }
               |                                      ^^^^

            error[wrong-value]: `replce` is no action of relabelling: there is `replace`, `keep`, `drop`, `keepequal`, `dropequal`, `hashmod`, `labelmap`, `labeldrop`, `labelkeep`, `lowercase` and `uppercase`
              --> prometheus.yml:13:19
               |
            13 |       - { action: replce }
               |                   ^^^^^^

            error[wrong-value]: `10` is not a size such as 10MB or 512KiB
              --> prometheus.yml:15:22
               |
            15 |     body_size_limit: 10
               |                      ^^

        "#]],
    );
    check(
        "
== prometheus.yml
scrape_configs:
  - job_name: b
    scrape_interval: 5s
    scrape_timeout: 6s
    basic_auth: { username: u }
    authorization: { credentials: x }
    static_configs: [ { targets: ['http://a/metrics'] } ]
    dns_sd_configs: [ { names: [x], type: a } ]
  - job_name: b
  - job_name: c
    metric_relabel_configs:
      - { action: hashmod, target_label: x }
remote_write:
  - { url: 'http://r/w', headers: { Host: x } }
",
        expect![[r#"
            error[conflict]: a scrape cannot take longer than the time to the next
             --> prometheus.yml:4:21
              |
            4 |     scrape_timeout: 6s
              |                     ^^

            error[conflict]: `basic_auth` and `authorization` exclude each other
             --> prometheus.yml:6:20
              |
            6 |     authorization: { credentials: x }
              |                    ^^^^^^^^^^^^^^^^^^

            error[wrong-value]: `http://a/metrics` is not HOST:PORT; the path belongs in `metrics_path`, https in `scheme`
             --> prometheus.yml:7:35
              |
            7 |     static_configs: [ { targets: ['http://a/metrics'] } ]
              |                                   ^^^^^^^^^^^^^^^^^^

            error[missing-key]: a `port` is needed: only SRV records have their own
             --> prometheus.yml:8:23
              |
            8 |     dns_sd_configs: [ { names: [x], type: a } ]
              |                       ^^^^^^^^^^^^^^^^^^^^^^^

            error[duplicate]: a job is called `b` already, in prometheus.yml
             --> prometheus.yml:9:15
              |
            9 |   - job_name: b
              |               ^

            error[wrong-value]: `hashmod` needs a `modulus` that is not 0
              --> prometheus.yml:12:9
               |
            12 |       - { action: hashmod, target_label: x }
               |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            error[conflict]: the header `Host` is set by other keys, or by the request itself
              --> prometheus.yml:14:43
               |
            14 |   - { url: 'http://r/w', headers: { Host: x } }
               |                                           ^

        "#]],
    );
}

#[test]
fn a_second_prometheus_yml_is_one_too_many_but_files_of_scrape_configs_join() {
    let load = |files: &[(&str, &str)]| -> (Catalog, String) {
        let files: Vec<_> = files.iter().map(|(path, text)| file(path, text)).collect();
        let (catalog, found) = load(&files);
        (catalog, render(&found, &files, false))
    };
    let (catalog, found) = load(&[
        ("p.yml", "global: { scrape_interval: 7s }\nscrape_config_files: ['more/*.yml']\n"),
        ("more/a.yml", "scrape_configs: [ { job_name: a } ]\n"),
        ("more/b.yml", "scrape_configs: [ { job_name: b } ]\n"),
        ("targets.yml", "- targets: ['x:1']\n"),
    ]);
    assert_eq!(found, "");
    let read = catalog.prometheus.unwrap();
    let jobs: Vec<_> = read.jobs.iter().map(|job| (job.name.as_str(), &*job.directory)).collect();
    assert_eq!(jobs, [("a", "more"), ("b", "more")]);
    assert_eq!(read.jobs[0].interval.as_secs(), 7);
    let (_, found) = load(&[("a.yml", "global: {}\n"), ("b.yml", "global: {}\n")]);
    assert!(found.contains("there can be one prometheus.yml only"), "{found}");
}

#[test]
fn the_files_it_names_are_known_before_they_are_read() {
    let named = files_named("global: {}\nrule_files: [a.yml, 'b/*.rules']\nscrape_config_files: [c.yml]\n");
    assert_eq!(named, ["a.yml", "b/*.rules", "c.yml"]);
    assert!(files_named("rule_files: [a.yml]\ntests: []\n").is_empty());
    assert!(files_named("rule_files: [").is_empty());
}

#[test]
fn objects_of_the_operator() {
    let rule = "
== rules.yaml
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: shop, namespace: prod, labels: { release: x } }
spec:
  groups:
    - name: shop
      partial_response_strategy: warn
      rules:
        - { alert: Down, expr: up < 1, for: 5m, labels: { severity: critical } }
== monitor.yaml
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: { name: shop }
spec: { selector: { matchLabels: { app: shop } }, endpoints: [ { port: web, interval: 30s, path: /m } ] }
";
    check(
        rule,
        expect![[r#"
        warning[not-there]: no target is found by this ServiceMonitor: its services are known to Kubernetes only
         --> monitor.yaml:2:7
          |
        2 | kind: ServiceMonitor
          |       ^^^^^^^^^^^^^^
          |
          = help: write a scrape config, such as `- { job_name: shop, metrics_path: /m, scrape_interval: 30s, dns_sd_configs: [ { names: [ _PORT._tcp.SERVICE.NAMESPACE.svc ] } ] }`

    "#]],
    );
    let files = super::files(rule);
    let (catalog, _) = load(&files);
    assert_eq!(
        catalog.alerting_rules().next().map(|(group, rule)| (&*group.name, &*rule.alert)),
        Some(("shop", "Down"))
    );
}

#[test]
fn texts_of_rules_show_external_labels_as_they_are_written() {
    check(
        "
== p.yml
global: { external_labels: { region: eu, host: '${HOST}' } }
== r.yml
groups:
  - name: a
    rules:
      - alert: Up
        expr: up
        annotations: { plain: '{{ $value }}', host: 'on {{ $externalLabels.host }}' }
",
        expect![[r#"
            warning[not-there]: the external label host is shown as it is written here: ${HOST}
             --> r.yml:6:53
              |
            6 |         annotations: { plain: '{{ $value }}', host: 'on {{ $externalLabels.host }}' }
              |                                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: write the value itself into the prometheus.yml

        "#]],
    );
}
