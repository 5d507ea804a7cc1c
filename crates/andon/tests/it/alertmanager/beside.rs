//! A real Alertmanager with the same routes, alerts and silences: what both say of them is the same, but for times,
//! ids, and what only newer releases say (`mutedBy`, the labels of receivers).

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{PATIENCE, ROUTES, get, home, post};
use crate::real::{Alertmanager, Pager, http};

const QUESTIONS: [&str; 16] = [
    "/api/v2/alerts",
    "/api/v2/alerts?active=false",
    "/api/v2/alerts?silenced=false",
    "/api/v2/alerts?inhibited=false",
    "/api/v2/alerts?silenced=no&inhibited=0",
    "/api/v2/alerts?filter=team%3Ddb",
    "/api/v2/alerts?filter=team%3D~%22d.*%22&filter=instance%21%3D%22i1%22",
    "/api/v2/alerts?filter=nothing%3D%22%22&filter=severity%21~%22crit.*%22",
    "/api/v2/alerts?receiver=d.*",
    "/api/v2/alerts?receiver=nobody",
    "/api/v2/alerts/groups",
    "/api/v2/alerts/groups?receiver=all&silenced=false",
    "/api/v2/receivers",
    "/api/v2/silences",
    "/api/v2/silences?filter=alertname%3D%22Slow%22",
    "/api/v2/silences?filter=alertname%3D~%22Slow%22",
];

/// Refused in the same way: with the same status, and an answer of the same kind.
const REFUSED: [(&str, &str, &str); 16] = [
    ("GET", "/api/v2/alerts?filter=bad", ""),
    ("GET", "/api/v2/alerts?receiver=(", ""),
    ("GET", "/api/v2/silences?filter=", ""),
    ("GET", "/api/v2/silence/abc", ""),
    ("GET", "/api/v2/silence/00000000-0000-4000-8000-000000000000", ""),
    ("GET", "/api/v2/nothing", ""),
    ("PUT", "/api/v2/alerts", "[]"),
    ("POST", "/api/v2/alerts", ""),
    ("POST", "/api/v2/alerts", "{}"),
    ("POST", "/api/v2/alerts", "[{}]"),
    ("POST", "/api/v2/alerts", r#"[{"labels":{"a":1}}]"#),
    ("POST", "/api/v2/alerts", r#"[{"labels":{"a":""}}]"#),
    ("POST", "/api/v2/alerts", r#"[{"labels":{"a":"b"},"generatorURL":"not a url"}]"#),
    (
        "POST",
        "/api/v2/alerts",
        r#"[{"labels":{"a":"b"},"startsAt":"2030-01-01T00:00:00Z","endsAt":"2029-01-01T00:00:00Z"}]"#,
    ),
    (
        "POST",
        "/api/v2/silences",
        r#"{"matchers":[],"startsAt":"2026-01-01T00:00:00Z","endsAt":"2096-01-01T00:00:00Z","createdBy":"a","comment":""}"#,
    ),
    (
        "POST",
        "/api/v2/silences",
        r#"{"matchers":[{"name":"a","value":".*","isRegex":true}],"startsAt":"2026-01-01T00:00:00Z","endsAt":"2096-01-01T00:00:00Z","createdBy":"a","comment":""}"#,
    ),
];

#[test]
fn both_say_the_same() {
    let Some(program) = Alertmanager::program() else { return };
    let pager = Pager::start();
    let home = home(&pager);
    let server = home.start();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let peer = Alertmanager::start(&program, dir.path(), ROUTES, &[]);
    let both = [server.address, peer.address];
    for to in both {
        fill(to);
    }
    for question in QUESTIONS {
        // An Alertmanager forms its groups a little later than it answers.
        let mut last = (Value::Null, Value::Null);
        let same = crate::real::within(PATIENCE / 10, || {
            last = (plain(get(both[0], question)), plain(get(both[1], question)));
            (last.0 == last.1).then_some(())
        });
        assert!(same.is_some(), "{question}\nAndon:        {}\nAlertmanager: {}", last.0, last.1);
    }
    for (method, path, body) in REFUSED {
        let [own, theirs] = both.map(|to| {
            let headers = [("content-type", "application/json")];
            let (status, answer) = http::request(to, method, path, &headers, body).expect("it answers");
            let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
            (status, answer.is_string(), answer["code"].clone())
        });
        assert_eq!(own, theirs, "{method} {path} {body}");
    }
}

fn fill(to: SocketAddr) {
    let alert = |name: &str, labels: Value| {
        let mut all = labels;
        all["alertname"] = json!(name);
        json!({ "labels": all, "annotations": { "summary": "a <b> & c" }, "generatorURL": "http://x/?a=b&c" })
    };
    let ended = json!({ "labels": { "alertname": "Over" }, "endsAt": "2020-01-01T00:00:00Z" });
    let alerts = json!([
        alert("Slow", json!({ "team": "db", "instance": "i1", "severity": "critical" })),
        alert("Slow", json!({ "team": "db", "instance": "i2", "severity": "warning" })),
        alert("Slow", json!({ "team": "web", "instance": "i3", "job": "shop", "empty": "" })),
        alert("Full", json!({ "team": "ops", "disk": "ü/\"x\"" })),
        ended,
    ]);
    post(to, "/api/v2/alerts", &alerts);
    let silence = |name: &str, value: &str, regex: bool, from: &str, until: &str, id: Option<&str>| {
        json!({
            "id": id.unwrap_or(""),
            "matchers": [
                { "name": "alertname", "value": name, "isRegex": false },
                { "name": "instance", "value": value, "isRegex": regex, "isEqual": !regex },
            ],
            "startsAt": from, "endsAt": until, "createdBy": "ana", "comment": "a <silence>",
        })
    };
    let (past, later, end) = ("2026-01-01T00:00:00Z", "2095-01-01T00:00:00Z", "2096-01-01T00:00:00Z");
    let set = |silence: Value| -> String {
        let answer = post(to, "/api/v2/silences", &silence);
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        answer["silenceID"].as_str().expect("an id").to_owned()
    };
    set(silence("Slow", "i3", false, past, end, None));
    set(silence("Full", "nowhere.*", true, later, end, None));
    let short = set(silence("Slow", "i9", false, past, later, None));
    let (status, _) =
        http::request(to, "DELETE", &format!("/api/v2/silence/{short}"), &[], "").expect("it answers");
    assert_eq!(status, 200);
    // What has ended does not begin again: it gets a silence of its own.
    assert_ne!(set(silence("Slow", "i9", false, past, later, Some(&short))), short);
}

/// Without what differs from run to run, and from release to release.
fn plain(value: Value) -> Value {
    match value {
        Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => json!("a time"),
        Value::String(text) if is_uuid(&text) => json!("an id"),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(plain).collect();
            let is_receivers = items.iter().all(|item| item.as_object().is_some_and(|keys| keys.len() == 1));
            if is_receivers {
                items.sort_by_key(ToString::to_string);
            }
            Value::Array(items)
        }
        Value::Object(mut keys) => {
            keys.remove("mutedBy");
            if keys.get("name").is_some_and(|name| keys.get("labels") == Some(&json!({ "name": name }))) {
                keys.remove("labels");
            }
            Value::Object(keys.into_iter().map(|(key, value)| (key, plain(value))).collect())
        }
        other => other,
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}
