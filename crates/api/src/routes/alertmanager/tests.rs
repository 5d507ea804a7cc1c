//! The edges that a stock client never touches: bounds, prefixes, and no file of routes.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::scene;

fn site() -> Router {
    super::super::router(Arc::new(scene::quiet(scene::EVENING)))
}

async fn send(router: &Router, method: &str, path: &str, body: String) -> (StatusCode, Value) {
    let request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:7070");
    let request = request.header("content-type", "application/json; charset=utf-8");
    let response = router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 24).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

fn named(name: &str) -> Value {
    json!({ "labels": { "alertname": name } })
}

#[tokio::test]
async fn without_a_file_everything_goes_to_andon() {
    let router = site();
    send(&router, "POST", "/alertmanager/api/v2/alerts", json!([named("Down")]).to_string()).await;
    let (_, groups) = send(&router, "GET", "/api/v2/alerts/groups", String::new()).await;
    assert_eq!(
        (&groups[0]["receiver"]["name"], &groups[0]["labels"]),
        (&json!("andon"), &json!({ "alertname": "Down" }))
    );
    let (_, receivers) = send(&router, "GET", "/alertmanager/api/v2/receivers", String::new()).await;
    assert_eq!(receivers, json!([{ "labels": { "name": "andon" }, "name": "andon" }]));
    let (_, status) = send(&router, "GET", "/api/v2/status", String::new()).await;
    assert!(status["config"]["original"].as_str().unwrap().contains("receiver: \"andon\""));
    let (status, said) = send(&router, "GET", "/alertmanager/api/v2/nothing", String::new()).await;
    assert_eq!((status, &said["code"]), (StatusCode::NOT_FOUND, &json!(404)));
}

#[tokio::test]
async fn below_the_prefix_is_what_alertmanager_has_there() {
    let router = site();
    for (method, path, wanted) in [
        ("GET", "/alertmanager/-/healthy", StatusCode::OK),
        ("GET", "/alertmanager/-/ready", StatusCode::OK),
        ("GET", "/alertmanager/metrics", StatusCode::OK),
        ("POST", "/alertmanager/-/reload", StatusCode::FORBIDDEN),
        ("GET", "/alertmanager", StatusCode::TEMPORARY_REDIRECT),
        ("GET", "/alertmanager/", StatusCode::TEMPORARY_REDIRECT),
        ("GET", "/alertmanager/api/v2/alerts/", StatusCode::OK),
        ("GET", "/api/v2/silences/", StatusCode::OK),
        ("GET", "/api/v2/alerts/groups/", StatusCode::OK),
        ("PUT", "/api/v2/alerts/", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let (status, said) = send(&router, method, path, String::new()).await;
        assert_eq!(status, wanted, "{method} {path}: {said}");
    }
    let (status, said) = send(&router, "GET", "/alertmanager/graph", String::new()).await;
    assert_eq!((status, &said["code"]), (StatusCode::NOT_FOUND, &json!(404)));
    for (method, path) in [("GET", "/alertmanager/api/v1/alerts"), ("POST", "/api/v1/alerts")] {
        let (status, said) = send(&router, method, path, "[]".to_owned()).await;
        assert_eq!((status, &said["status"]), (StatusCode::GONE, &json!("deprecated")), "{method} {path}");
    }
}

#[tokio::test]
async fn one_bad_alert_keeps_no_other_out() {
    let router = site();
    let many: serde_json::Map<String, Value> = (0..200).map(|n| (format!("l{n}"), json!("x"))).collect();
    let long = json!({ "labels": { "alertname": "x".repeat(70_000) } });
    let alerts = json!([named("Down"), { "labels": many }, long, { "labels": {} }]);
    let (status, said) = send(&router, "POST", "/api/v2/alerts", alerts.to_string()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let lines: Vec<&str> = said.as_str().unwrap().lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(lines[0].contains("more than 128 names") && lines[1].contains("too long"), "{said}");
    let (_, alerts) = send(&router, "GET", "/api/v2/alerts", String::new()).await;
    assert_eq!(alerts.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn half_a_letter_keeps_no_other_out() {
    let router = site();
    let broken = r#"{ "labels": { "alertname": "Cut", "title": "so \ud83d" } }"#;
    let body = format!("[{}, {broken}]", named("Down"));
    let (status, said) = send(&router, "POST", "/api/v2/alerts", body).await;
    assert_eq!((status, said), (StatusCode::OK, Value::Null));
    let (_, alerts) = send(&router, "GET", "/api/v2/alerts", String::new()).await;
    let mut titles: Vec<_> =
        alerts.as_array().unwrap().iter().map(|alert| &alert["labels"]["title"]).collect();
    titles.sort_by_key(|title| title.is_string());
    assert_eq!(titles, [&Value::Null, &json!("so \u{fffd}")]);
    let silence = json!({
        "matchers": [ { "name": "title", "value": "HALF", "isRegex": false } ], "comment": "HALF", "createdBy": "ana",
        "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2096-01-01T00:00:00Z",
    });
    let body = silence.to_string().replace("HALF", r"so \ud83d");
    let (status, _) = send(&router, "POST", "/api/v2/silences", body).await;
    assert_eq!(status, StatusCode::OK);
    let (_, alerts) = send(&router, "GET", "/api/v2/alerts?silenced=false", String::new()).await;
    assert_eq!(alerts.as_array().unwrap().len(), 1, "{alerts}");
}

#[tokio::test]
async fn what_is_too_much_is_refused_before_it_is_held() {
    let router = site();
    for (path, bytes, most) in [
        ("/api/v2/alerts", super::posted::BODY_BYTES_MAX, "16 MiB"),
        ("/api/v2/silences", 256 << 10, "256 KiB"),
    ] {
        let (status, said) = send(&router, "POST", path, " ".repeat(bytes + 1)).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        let why =
            format!("the body is longer than {most}, which is the most that is taken here; send it in parts");
        assert_eq!(said, json!(why));
    }
    let (status, said) = send(&router, "GET", "/api/v2/silence/%ff", String::new()).await;
    assert_eq!((status, &said["code"]), (StatusCode::BAD_REQUEST, &json!(400)), "{said}");
    let many = vec![named("Down"); 20_001];
    let (status, said) = send(&router, "POST", "/api/v2/alerts", json!(many).to_string()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(said["message"].as_str().unwrap().contains("send them in parts"), "{said}");
    let filters = vec!["filter=a%3Db"; 101].join("&");
    let (status, _) = send(&router, "GET", &format!("/api/v2/alerts?{filters}"), String::new()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let silence = json!({
        "matchers": [ { "name": "a", "value": "b", "isRegex": false } ], "comment": "", "createdBy": "ana",
        "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2096-01-01T00:00:00Z", "annotations": { "ticket": "1" },
    });
    let (status, said) = send(&router, "POST", "/api/v2/silences", silence.to_string()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(said.as_str().unwrap().contains("no annotations"), "{said}");
}

/// As Alertmanager 0.25 and 0.33 answer.
#[tokio::test]
async fn a_filter_is_one_matcher_of_gos() {
    let router = site();
    let alerts = json!([
        { "labels": { "alertname": "Lines", "t": "a\nb" } }, { "labels": { "alertname": "Line", "t": "a b" } },
        { "labels": { "alertname": "Commas", "a": "b,c=d" } },
        { "labels": { "alertname": "Two", "a": "b", "c": "d" } },
    ]);
    send(&router, "POST", "/api/v2/alerts", alerts.to_string()).await;
    for (filter, names) in
        [("t=~a.b", vec!["Line"]), ("t=~(?s)a.b", vec!["Line", "Lines"]), ("a=b,c=d", vec!["Commas"])]
    {
        let filter: String = form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let (_, found) =
            send(&router, "GET", &format!("/api/v2/alerts?filter={filter}"), String::new()).await;
        let mut found: Vec<_> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|alert| alert["labels"]["alertname"].as_str().unwrap())
            .collect();
        found.sort_unstable();
        assert_eq!(found, names, "{filter}");
    }
    for filter in ["t=~x*%2B", "t=~a%7B1001%7D", "t=~(%3Fx)a"] {
        let (status, said) =
            send(&router, "GET", &format!("/api/v2/alerts?filter={filter}"), String::new()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{said}");
    }
}

#[tokio::test]
async fn an_alert_of_an_own_rule_is_shown_too() {
    let still = Arc::new(scene::quiet(scene::EVENING));
    scene::fire(&still, "checkout/DbPoolExhausted", &[("service", "checkout")], 0.97);
    let router = super::super::router(still);
    let (_, alerts) = send(&router, "GET", "/api/v2/alerts", String::new()).await;
    assert_eq!(alerts[0]["labels"]["alertname"], "DbPoolExhausted");
    assert_eq!(alerts[0]["status"]["state"], "active");
    assert!(alerts[0]["endsAt"].as_str() > alerts[0]["startsAt"].as_str());
}

#[tokio::test]
async fn what_lasts_for_ever_is_taken() {
    let router = site();
    let mut alert = named("Down");
    alert["endsAt"] = json!("9999-12-31T23:59:59Z");
    let (status, said) = send(&router, "POST", "/api/v2/alerts", json!([alert]).to_string()).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    let (_, alerts) = send(&router, "GET", "/api/v2/alerts", String::new()).await;
    assert!(alerts[0]["endsAt"].as_str().unwrap().starts_with("9999-12-30T22:00:00"), "{alerts}");
}
