//! The webhooks of Alertmanager and Grafana.

use expect_test::expect;

use super::{EXPIRING, MOMENT, check};
use crate::{alertmanager, grafana, limits};

const GROUP: &str = r#"{
  "version": "4", "groupKey": "{}:{alertname=\"DiskFull\"}", "truncatedAlerts": 3, "status": "firing",
  "receiver": "andon", "externalURL": "http://alertmanager:9093",
  "groupLabels": {"alertname": "DiskFull"}, "commonLabels": {"alertname": "DiskFull"}, "commonAnnotations": {},
  "alerts": [
    {"status": "firing", "labels": {"alertname": "DiskFull", "instance": "db-1", "severity": "critical"},
     "annotations": {"summary": "the disk of db-1 is full"}, "startsAt": "2026-11-23T08:55:00.5Z",
     "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://prometheus:9090/graph?g0.expr=x",
     "fingerprint": "0123456789abcdef"},
    {"status": "resolved", "labels": {"alertname": "DiskFull", "instance": "db-2"}, "annotations": {},
     "startsAt": "2026-11-23T08:00:00Z", "endsAt": "2026-11-23T08:59:00Z", "generatorURL": "", "fingerprint": "1"},
    {"status": "firing", "labels": {}, "startsAt": "2026-11-23T08:00:00Z"},
    {"status": "odd", "labels": {"alertname": "Odd"}}
  ]
}"#;

#[test]
fn alertmanager() {
    check(
        alertmanager::read(GROUP.as_bytes(), MOMENT),
        expect![[r#"
        alert since 2026-11-23T08:55:00Z, goes on, http://prometheus:9090/graph?g0.expr=x
          alertname = DiskFull
          instance = db-1
          severity = critical
          # summary = the disk of db-1 is full
        alert since 2026-11-23T08:00:00Z, ended 2026-11-23T08:59:00Z
          alertname = DiskFull
          instance = db-2
        refused: an alert has no labels
        refused: an alert's status is "odd", not firing or resolved
        nothing: its sender left out 3 alerts (`max_alerts`)
    "#]],
    );
}

/// JavaScript cuts an emoji in the middle; other senders cut bytes.
#[test]
fn half_a_letter_keeps_nothing_else_out() {
    let body = r#"{"version": "4", "alerts": [
        {"status": "firing", "labels": {"alertname": "Cut \ud83d"}, "startsAt": "2026-11-23T08:00:00Z"},
        {"status": "firing", "labels": {"alertname": "Bytes ?"}, "startsAt": "2026-11-23T08:00:00Z"}]}"#;
    let body =
        body.as_bytes().iter().map(|byte| if *byte == b'?' { 0xff } else { *byte }).collect::<Vec<u8>>();
    check(
        alertmanager::read(&body, MOMENT),
        expect![[r#"
        alert since 2026-11-23T08:00:00Z, goes on
          alertname = Cut �
        alert since 2026-11-23T08:00:00Z, goes on
          alertname = Bytes �
    "#]],
    );
}

#[test]
fn what_fires_may_expire() {
    let one = GROUP.replace("\"truncatedAlerts\": 3,", "");
    let items = alertmanager::read(one.as_bytes(), EXPIRING).map(|items| items[..1].to_vec());
    check(
        items,
        expect![[r#"
        alert since 2026-11-23T08:55:00Z, ends 2026-11-23T10:00:00Z unless heard of, http://prometheus:9090/graph?g0.expr=x
          alertname = DiskFull
          instance = db-1
          severity = critical
          # summary = the disk of db-1 is full
    "#]],
    );
}

#[test]
fn grafana() {
    let payload = r#"{
      "receiver": "andon", "status": "firing", "orgId": 1, "version": "1", "title": "[FIRING:1] Latency",
      "state": "alerting", "message": "", "groupKey": "{}:{}", "truncatedAlerts": 0, "externalURL": "http://grafana/",
      "alerts": [{
        "status": "firing", "labels": {"alertname": "Latency", "grafana_folder": "shop", "service": "checkout"},
        "annotations": {"summary": "slow", "value": "the author's own"}, "startsAt": "2026-11-23T09:55:00+01:00",
        "endsAt": "0001-01-01T00:00:00Z", "values": {"B": 1.25, "C": 1}, "valueString": "[ var='B' value=1.25 ]",
        "generatorURL": "http://grafana/alerting/grafana/x/view", "fingerprint": "ab",
        "silenceURL": "http://grafana/alerting/silence/new", "dashboardURL": "", "panelURL": "http://grafana/d/x"
      }]
    }"#;
    check(
        grafana::read(payload.as_bytes(), MOMENT),
        expect![[r#"
        alert since 2026-11-23T08:55:00Z, goes on, http://grafana/alerting/grafana/x/view
          alertname = Latency
          grafana_folder = shop
          org_id = 1
          service = checkout
          # panel_url = http://grafana/d/x
          # silence_url = http://grafana/alerting/silence/new
          # summary = slow
          # value = the author's own
          # values = {"B":1.25,"C":1}
    "#]],
    );
}

#[test]
fn what_is_neither() {
    check(
        grafana::read(GROUP.as_bytes(), MOMENT),
        expect![[r#"
        refused: this is version "4" of the webhook, not "1"
    "#]],
    );
    check(
        alertmanager::read(b"{}", MOMENT),
        expect![[r#"
        refused: `version` is missing: this is no webhook of this format
    "#]],
    );
    check(
        alertmanager::read(br#"{"version": "4"}"#, MOMENT),
        expect![[r#"
        refused: `alerts` is missing
    "#]],
    );
    check(
        alertmanager::read(b"[]", MOMENT),
        expect![[r#"
        refused: this is no JSON object
    "#]],
    );
    check(
        alertmanager::read(b"{", MOMENT),
        expect![[r#"
        refused: this is no JSON: EOF while parsing an object at line 1 column 1
    "#]],
    );
}

#[test]
fn too_much() {
    let many = format!(r#"{{"version":"4","alerts":[{}1]}}"#, "{},".repeat(limits::ALERTS_MAX));
    check(
        alertmanager::read(many.as_bytes(), MOMENT),
        expect![[r#"
        refused: 10001 alerts are too many: at most 10000 are allowed
    "#]],
    );
    let one = |labels: &str, annotations: &str| {
        format!(
            r#"{{"version":"4","alerts":[{{"status":"firing","labels":{{{labels}}},"annotations":{{{annotations}}}}}]}}"#
        )
    };
    let refused = |labels: &str| one(labels, "");
    check(
        alertmanager::read(refused(&format!(r#""a":"{}""#, "x".repeat(5000))).as_bytes(), MOMENT),
        expect![[r#"
            refused: the label "a" has 5000 bytes, and 4096 are allowed
        "#]],
    );
    let labels: Vec<String> = (0..200).map(|at| format!(r#""l{at}":"x""#)).collect();
    check(
        alertmanager::read(refused(&labels.join(",")).as_bytes(), MOMENT),
        expect![[r#"
        refused: an alert has 200 labels, and 128 are allowed
    "#]],
    );
    check(
        alertmanager::read(refused(&format!(r#""{}":"x""#, "n".repeat(300))).as_bytes(), MOMENT),
        expect![[r#"
            refused: the name of one of an alert's labels has 300 bytes, and 1 to 256 are allowed
        "#]],
    );
    let long = one(r#""a":"x""#, &format!(r#""summary":"{}""#, "ü".repeat(10_000)));
    let items = alertmanager::read(long.as_bytes(), MOMENT).expect("annotations are cut");
    let crate::Item::Alert { alert, .. } = &items[0] else { panic!("an alert") };
    let summary = alert.annotations.get("summary").expect("it is there");
    assert!(summary.ends_with("ü…") && summary.len() <= limits::ANNOTATION_BYTES_MAX);
}
