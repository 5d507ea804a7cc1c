//! Remote write between real servers: a Prometheus sends what it scrapes to an Andon, and an Andon sends on what it
//! scrapes, whatever happens to it meanwhile. `PROMETHEUS` names another binary than the one on the PATH.

use std::net::SocketAddr;
use std::time::Duration;

use crate::house::may_skip;
use crate::prometheus_api::Peer;
use crate::prometheus_api::binary;
use crate::real::http::request;
use crate::real::{Home, Target, get, wait};

const PATIENCE: Duration = Duration::from_secs(40);

const EXPOSED: &str = "\
# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{code=\"200\"} 17
requests_total{code=\"500\",path=\"/ü\"} 3
# TYPE odd gauge
odd{value=\"nan\"} NaN
odd{value=\"inf\"} +Inf
";

/// A server that collects nothing itself.
fn receiver() -> Home {
    Home::new([("prometheus.yml", "global: { scrape_interval: 1m }\n".to_owned())])
}

fn config(target: &Target, to: SocketAddr, more: &str) -> String {
    let target = target.address();
    format!(
        "global: {{ scrape_interval: 250ms, scrape_timeout: 250ms, external_labels: {{ region: eu }} }}\n\
         scrape_configs: [ {{ job_name: shop, static_configs: [ {{ targets: ['{target}'] }} ] }} ]\n\
         remote_write:\n  - url: http://{to}/api/v1/write\n    queue_config: {{ batch_send_deadline: 200ms }}\n{more}"
    )
}

/// Each sample of a selector's last minutes, by series: `labels time value`.
fn samples(from: SocketAddr, selector: &str) -> Vec<(String, f64, String)> {
    let Ok(answer) = get(from, &format!("/api/v1/query?query={selector}%5B5m%5D")) else { return Vec::new() };
    let mut found = Vec::new();
    for series in answer["data"]["result"].as_array().into_iter().flatten() {
        let mut labels = series["metric"].clone();
        labels.as_object_mut().expect("labels").remove("region");
        for pair in series["values"].as_array().into_iter().flatten() {
            let time = pair[0].as_f64().expect("a time");
            found.push((labels.to_string(), time, pair[1].as_str().expect("a value").to_owned()));
        }
    }
    found
}

fn until(samples: &[(String, f64, String)], end: f64) -> Vec<(String, f64, String)> {
    samples.iter().filter(|(_, time, _)| *time <= end).cloned().collect()
}

#[test]
fn a_prometheus_sends_what_it_scrapes() {
    let Some(prometheus) = binary("PROMETHEUS", "prometheus") else {
        assert!(may_skip("there is no prometheus that could send"));
        return;
    };
    sent_by(&prometheus, "");
    // The third speaks version 2.0 too, and says what was written by the headers of the answers.
    let dir = tempfile::tempdir().expect("a directory");
    if Peer::of(&prometheus, dir.path(), |_| String::new()).major >= 3 {
        sent_by(&prometheus, "    protobuf_message: io.prometheus.write.v2.Request\n");
    }
}

fn sent_by(prometheus: &str, more: &str) {
    let target = Target::exposing(EXPOSED);
    let home = receiver();
    let server = home.start();
    let dir = tempfile::tempdir().expect("a directory");
    let peer = Peer::of(prometheus, dir.path(), |major| {
        let config = config(&target, server.address, more);
        // The third insists on being told what a target without a content type speaks; the second knows no such key.
        match major {
            3.. => config
                .replace("job_name: shop,", "job_name: shop, fallback_scrape_protocol: PrometheusText0.0.4,"),
            _ => config,
        }
    });
    for selector in ["requests_total", "odd", "up"] {
        wait(&format!("samples of {selector} to arrive {more}"), PATIENCE, || {
            let theirs = samples(peer.address, selector);
            let end = samples(server.address, selector).last()?.1;
            let (ours, theirs) = (samples(server.address, selector), until(&theirs, end));
            (theirs.len() >= 6 && until(&ours, end) == theirs).then_some(())
        });
    }
    assert_eq!(server.query("count(requests_total{region=\"eu\"})")[0].1, "2");

    // What is exposed no longer ends there as it does here.
    target.expose("another 1\n");
    wait("the series to end", PATIENCE, || server.query("requests_total").is_empty().then_some(()));
}

#[test]
fn what_an_andon_sends_on_is_whole_though_it_is_killed() {
    let target = Target::exposing(EXPOSED);
    let (far, near) = (receiver(), receiver());
    let receiving = far.start();
    let config = config(&target, receiving.address, "")
        .replace("job_name: shop,", "job_name: shop, fallback_scrape_protocol: PrometheusText0.0.4,");
    near.write("prometheus.yml", &config);
    let mut sending = near.start();
    for _ in 0..2 {
        wait("something to arrive", PATIENCE, || {
            (!samples(receiving.address, "up").is_empty()).then_some(())
        });
        std::thread::sleep(Duration::from_secs(2));
        sending.kill();
        sending = near.start();
    }
    let end = wait("a sample after the last death", PATIENCE, || {
        let now = sending.query("timestamp(up{job=\"shop\"})").first()?.1.parse::<f64>().ok()?;
        (now > 0.0).then_some(now)
    });
    wait("it to arrive", PATIENCE, || (samples(receiving.address, "up").last()?.1 >= end).then_some(()));
    for selector in ["requests_total", "odd", "up"] {
        let (here, there) = (samples(sending.address, selector), samples(receiving.address, selector));
        let (here, there) = (until(&here, end), until(&there, end));
        let missing: Vec<_> = here.iter().filter(|sample| !there.contains(sample)).collect();
        assert!(missing.is_empty() && here.len() >= 8, "{selector}: {missing:?} of {}", here.len());
    }
    assert_eq!(receiving.query("count(requests_total{region=\"eu\"})")[0].1, "2");
}

#[test]
fn the_instance_sends_on_what_andon_itself_measures_and_says_how_that_goes() {
    let (far, near) = (receiver(), receiver());
    let receiving = far.start();
    let to = receiving.address;
    let instance = format!(
        "apiVersion: andon/v1\nkind: Instance\nmetadata: {{ name: near }}\nspec:\n  remote_write:\n    \
         - {{ url: 'http://{to}/api/v1/write', name: far, bearer: secret:file/token, labels: {{ region: eu }} }}\n    \
         - {{ url: 'http://127.0.0.1:9/write', name: nobody }}\n"
    );
    near.write("instance.yaml", &instance);
    near.write("token", "t0p\n");
    let sending = near.start();
    wait("Andon's own series to arrive", PATIENCE, || {
        (!receiving.query("andon_metrics_series{region=\"eu\"}").is_empty()).then_some(())
    });
    wait("the standings to be series", PATIENCE, || {
        let sent = sending.query("andon_remote_write_samples_sent_total{receiver=\"far\"} > 0");
        let failing = sending.query("andon_remote_write_failing{receiver=\"nobody\"} == 1");
        (!sent.is_empty() && !failing.is_empty()).then_some(())
    });
    assert_eq!(sending.query("andon_remote_write_lag_seconds{receiver=\"far\"} < 30").len(), 1);
    let (_, page) = request(sending.address, "GET", "/targets", &[], "").expect("the page");
    for part in ["Sent on", "nobody", "waits"] {
        assert!(page.contains(part), "{part}: {page}");
    }
}
