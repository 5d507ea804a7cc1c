//! Unchanged payloads of those who send alerts, over real HTTP: each fires an alert and ends it, and what was answered
//! is still so after a kill.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::real::http::request;
use crate::real::{Home, Server};

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A door for each format, all of one secret.
fn home() -> Home {
    let mut sources = String::new();
    let bare = ["alertmanager", "grafana", "pagerduty", "opsgenie", "eventbridge", "goalert", "oncall"];
    for format in bare {
        sources.push_str(&format!(
            "apiVersion: andon/v1\nkind: Source\nmetadata: {{ name: {format} }}\n\
             spec: {{ format: {format}, secret: secret:file/key }}\n---\n"
        ));
    }
    for format in ["generic", "cloudevents"] {
        sources.push_str(&format!(
            "apiVersion: andon/v1\nkind: Source\nmetadata: {{ name: {format} }}\nspec:\n  format: {format}\n  \
             secret: secret:file/key\n  mapping:\n    key: '${{{{ item.id }}}}'\n    resolved: item.state == 'ok'\n    \
             labels: {{ alertname: '${{{{ item.check }}}}' }}\n---\n"
        ));
    }
    let home = Home::new([("sources.yaml", sources)]);
    home.write("key", &format!("{KEY}\n"));
    home
}

struct Sender {
    path: &'static str,
    headers: Vec<(&'static str, String)>,
    fires: String,
    ends: (&'static str, String),
    alertname: &'static str,
    status: u16,
}

fn bearer() -> Vec<(&'static str, String)> {
    vec![("authorization", format!("Bearer {KEY}")), ("content-type", "application/json".to_owned())]
}

fn webhook(version: &str, alertname: &str, status: &str) -> String {
    json!({
        "receiver": "andon", "status": status, "version": version, "orgId": 1, "groupKey": "{}:{}",
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://it.example",
        "truncatedAlerts": 0, "title": "[1] it", "state": "alerting", "message": "it",
        "alerts": [{
            "status": status, "labels": { "alertname": alertname, "severity": "critical" },
            "annotations": { "summary": "it fires" }, "startsAt": "2026-11-20T08:00:00Z",
            "endsAt": if status == "firing" { "0001-01-01T00:00:00Z" } else { "2026-11-20T09:00:00Z" },
            "generatorURL": "http://it.example/1", "fingerprint": "0123456789abcdef",
        }],
    })
    .to_string()
}

fn pagerduty(action: &str) -> String {
    json!({
        "routing_key": KEY, "event_action": action, "dedup_key": "db-1/disk",
        "payload": { "summary": "the disk is full", "source": "db-1", "severity": "critical", "class": "DiskFull" },
    })
    .to_string()
}

fn alarm(state: &str) -> String {
    json!({
        "version": "0", "detail-type": "CloudWatch Alarm State Change", "source": "aws.cloudwatch",
        "account": "123456789012", "region": "eu-west-1",
        "resources": ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders"],
        "detail": { "alarmName": "orders", "configuration": {}, "previousState": {}, "state": { "value": state } },
    })
    .to_string()
}

fn senders() -> Vec<Sender> {
    let by_name = |path, alertname, fires: String, ends: String| {
        let (headers, status) = (bearer(), 200);
        Sender { path, headers, fires, ends: (path, ends), alertname, status }
    };
    let built = |state: &str| json!({ "id": 12, "check": "Build", "state": state });
    let mut events = by_name(
        "/api/v1/in/cloudevents",
        "Build",
        json!({ "specversion": "1.0", "id": "1", "source": "/ci", "type": "t", "data": built("red") })
            .to_string(),
        json!({ "specversion": "1.0", "id": "2", "source": "/ci", "type": "t", "data": built("ok") })
            .to_string(),
    );
    events.headers[1].1 = "application/cloudevents+json".to_owned();
    let form = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
    let genie = vec![("authorization", format!("GenieKey {KEY}"))];
    vec![
        by_name(
            "/api/v1/in/alertmanager",
            "Prometheus",
            webhook("4", "Prometheus", "firing"),
            webhook("4", "Prometheus", "resolved"),
        ),
        by_name(
            "/api/v1/in/grafana",
            "Grafana",
            webhook("1", "Grafana", "firing"),
            webhook("1", "Grafana", "resolved"),
        ),
        by_name("/api/v1/in/eventbridge", "orders", alarm("ALARM"), alarm("OK")),
        by_name("/api/v1/in/generic", "Build", built("red").to_string(), built("ok").to_string()),
        events,
        Sender {
            path: "/v2/enqueue",
            headers: Vec::new(),
            fires: pagerduty("trigger"),
            ends: ("/v2/enqueue", pagerduty("resolve")),
            alertname: "DiskFull",
            status: 202,
        },
        Sender {
            path: "/v2/alerts",
            headers: genie,
            fires: json!({ "message": "checkout is slow", "alias": "slow", "priority": "P1" }).to_string(),
            ends: ("/v2/alerts/slow/close?identifierType=alias", "{}".to_owned()),
            alertname: "checkout is slow",
            status: 202,
        },
        Sender {
            path: "/api/v2/generic/incoming?token=0123456789abcdef0123456789abcdef",
            headers: form,
            fires: "summary=queue+is+long&details=12k".to_owned(),
            ends: (
                "/api/v2/generic/incoming?token=0123456789abcdef0123456789abcdef",
                "summary=queue+is+long&details=12k&action=close".to_owned(),
            ),
            alertname: "queue is long",
            status: 204,
        },
        Sender {
            path: "/integrations/v1/formatted_webhook/0123456789abcdef0123456789abcdef/",
            headers: Vec::new(),
            fires: json!({ "alert_uid": "08d6891a", "title": "no disk", "state": "alerting" }).to_string(),
            ends: (
                "/integrations/v1/formatted_webhook/0123456789abcdef0123456789abcdef/",
                json!({ "alert_uid": "08d6891a", "state": "ok" }).to_string(),
            ),
            alertname: "no disk",
            status: 200,
        },
    ]
}

#[track_caller]
fn post(to: SocketAddr, sender: &Sender, path: &str, body: &str) {
    let headers: Vec<(&str, &str)> =
        sender.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (status, said) = request(to, "POST", path, &headers, body).expect("an answer");
    assert_eq!(status, sender.status, "{path}: {said}");
}

fn firing(server: &Server) -> Vec<String> {
    let alerts = server.get("/api/v1/andon/alerts").expect("alerts");
    let name = |alert: &Value| alert["labels"]["alertname"].as_str().expect("a name").to_owned();
    let mut names: Vec<String> = alerts.as_array().expect("a list").iter().map(name).collect();
    names.sort();
    names
}

#[test]
fn what_each_sender_says_fires_and_ends() {
    let home = home();
    let server = home.start();
    for sender in senders() {
        post(server.address, &sender, sender.path, &sender.fires);
        assert_eq!(firing(&server), [sender.alertname], "{}", sender.path);
        // Said again, it is the same.
        post(server.address, &sender, sender.path, &sender.fires);
        assert_eq!(firing(&server), [sender.alertname], "{}", sender.path);
        let (path, body) = &sender.ends;
        post(server.address, &sender, path, body);
        assert_eq!(firing(&server), [""; 0], "{}", sender.path);
    }
    let journal = server.get("/api/v1/andon/journal?limit=1000").expect("the journal");
    assert!(!journal.to_string().contains(KEY), "a key is in the journal");
    let records = journal.as_array().expect("records").iter();
    let kept: Vec<&str> = records
        .filter_map(|record| record.pointer("/record/input/received/payload/body")?.as_str())
        .collect();
    for sender in senders() {
        let said = sender.fires.replace(KEY, "…");
        // Twice said, once new.
        assert_eq!(kept.iter().filter(|body| **body == said).count(), 1, "{}: {kept:?}", sender.path);
    }
}

#[test]
fn what_was_answered_is_so_after_a_kill() {
    let home = home();
    let server = home.start();
    let senders = senders();
    for sender in &senders {
        post(server.address, sender, sender.path, &sender.fires);
    }
    server.kill();
    let server = home.start();
    assert_eq!(firing(&server).len(), senders.len());
    // Its keys are found again.
    for sender in &senders {
        let (path, body) = &sender.ends;
        post(server.address, sender, path, body);
    }
    assert_eq!(firing(&server), [""; 0]);
    server.kill();
    assert_eq!(firing(&home.start()), [""; 0]);
}
