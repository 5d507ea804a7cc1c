//! The router over a real state that is turned by hand.

use std::sync::Arc;
use std::time::Duration;

use andon_vocabulary::{
    Answer, Command, Effect, Gone, GoneWhy, IncidentId, Input, IntentId, OrderResult, Outcome, RunId,
    Started, Verdict,
};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::port::Loop;
use crate::{router, scene};

struct Site {
    router: Router,
    still: Arc<crate::still::Still>,
}

impl Site {
    fn of(still: crate::still::Still) -> Site {
        let still = Arc::new(still);
        Site { router: router(Arc::<crate::still::Still>::clone(&still)), still }
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send(Method::GET, path, &[], String::new()).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", "127.0.0.1:7070");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn tell(&self, key: &str, body: &Value) -> (StatusCode, Value) {
        let headers = [("idempotency-key", key)];
        self.send(Method::POST, "/api/v1/andon/commands", &headers, body.to_string()).await
    }
}

fn acknowledge(incident: &str) -> Value {
    json!({ "who": "ana", "command": { "acknowledge": { "incident": incident } } })
}

#[tokio::test]
async fn what_the_framework_refuses_is_a_problem_too() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let long = " ".repeat(256 * 1024 + 1);
    let headers = [("idempotency-key", "k"), ("content-type", "application/json")];
    for path in ["/api/v1/andon/commands", "/api/v1/andon/users", "/answers/telegram/tg"] {
        let (status, said) = site.send(Method::POST, path, &headers, long.clone()).await;
        assert_eq!((status, &said["status"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!(413)), "{path}: {said}");
        assert_eq!(said["detail"], "the body is longer than 256 KiB, which is the most that is taken here");
        assert_eq!(said["hint"], "send it in parts");
    }
    let (status, said) = site.send(Method::PUT, "/api/v1/andon/alerts", &[], String::new()).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(said["detail"], "PUT is not taken at /api/v1/andon/alerts");
    let (status, said) = site.get("/api/v1/andon/journal?limit=many").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(said["detail"].as_str().unwrap().starts_with("failed to deserialize query string"), "{said}");
    let (status, said) = site.get("/api/v1/andon/incidents/%ff").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(said["detail"].as_str().unwrap().starts_with("invalid"), "{said}");
    assert_eq!(site.get("/api/v1/andon/incidents").await.0, StatusCode::OK);
}

/// A browser would go on sending what it was told, on behalf of other sites too.
#[tokio::test]
async fn a_calendar_program_is_asked_for_a_name_and_a_password_and_a_browser_is_not() {
    let still = scene::quiet(scene::EVENING);
    scene::ask_who_they_are(&still);
    let site = Site::of(still);
    let asked = async |path: &str, headers: &[(&str, &str)]| {
        let mut request = Request::builder().uri(path).header("host", "127.0.0.1:7070");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = site.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        response.headers()["www-authenticate"].to_str().unwrap().to_owned()
    };
    let calendar = "/api/v1/andon/oncall.ics?team=payments";
    assert_eq!(asked(calendar, &[]).await, "Basic realm=\"Andon\"");
    assert_eq!(asked(calendar, &[("sec-fetch-mode", "navigate")]).await, "Bearer realm=\"Andon\"");
    assert_eq!(asked("/api/v1/andon/oncall", &[]).await, "Bearer realm=\"Andon\"");
}

#[tokio::test]
async fn what_is_going_on_can_be_read() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let (_, incidents) = site.get("/api/v1/andon/incidents").await;
    assert_eq!(incidents[0]["id"], "INC-1");
    assert_eq!(incidents[0]["state"], "open");
    assert_eq!(incidents[0]["suspects"][0]["what"], "deploy:checkout@v42");
    let (_, incident) = site.get("/api/v1/andon/incidents/inc-1").await;
    assert_eq!(incident, incidents[0]);
    let (_, run) = site.get("/api/v1/andon/runs/RUN-1").await;
    assert_eq!(run["state"], "needs approval");
    assert_eq!(run["asks"]["preview"]["steps"][0]["action"], "run checkout v41 instead of v42");
    assert_eq!(run["steps"][0]["detail"], "measured 0.97");
    let (_, alerts) = site.get("/api/v1/andon/alerts").await;
    assert_eq!((&alerts[0]["state"], &alerts[0]["incident"]), (&json!("firing"), &json!("INC-1")));
    let (_, changes) = site.get("/api/v1/andon/changes").await;
    assert_eq!((&changes[0]["what"], &changes[0]["state"]), (&json!("deploy:checkout@v42"), &json!("done")));
    let (_, timeline) = site.get("/api/v1/andon/incidents/INC-1/timeline").await;
    let kinds: Vec<&str> =
        timeline.as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert!(
        kinds.contains(&"alert") && kinds.contains(&"change") && kinds.contains(&"automation"),
        "{kinds:?}"
    );
    let (_, preview) = site.get("/api/v1/andon/preview/db-pool-exhausted?service=checkout").await;
    assert_eq!(preview["steps"][0]["step"], "rollback");
    let (_, status) = site.get("/api/v1/andon/status").await;
    assert_eq!((&status["incidents_open"], &status["halted"]), (&json!(1), &Value::Null));
    let (_, oncall) = site.get("/api/v1/andon/oncall").await;
    assert_eq!(oncall[0]["person"], "ana");
    for (of, status) in [("person=ana", 200), ("person=nope", 404), ("team=nope", 404)] {
        let (answered, problem) = site.get(&format!("/api/v1/andon/oncall.ics?{of}")).await;
        assert_eq!(answered.as_u16(), status, "{of}: {problem}");
    }
}

#[tokio::test]
async fn a_closed_incident_and_its_run_are_read_from_the_journal() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let reason = "rolled back by hand".to_owned();
    let resolve = Command::Resolve { incident: IncidentId(1), reason };
    scene::say(&site.still, "ana", "resolve", resolve);
    scene::wait(&site.still, Duration::from_secs(3600));
    scene::turn(&site.still, Input::Tick);
    assert!(site.still.view().respond.incidents.open.is_empty());
    let (_, incident) = site.get("/api/v1/andon/incidents/INC-1").await;
    assert_eq!(incident["state"], "resolved");
    let (_, run) = site.get("/api/v1/andon/runs/RUN-1").await;
    assert_eq!((&run["runbook"], &run["finished"]), (&json!("db-pool-exhausted"), &json!(true)));
    let (_, timeline) = site.get("/api/v1/andon/incidents/INC-1/timeline").await;
    assert_eq!(timeline.as_array().unwrap().last().unwrap()["text"], "INC-1 closed: it did not come back");
    let (_, reviews) = site.get("/api/v1/andon/reviews").await;
    assert_eq!(reviews[0]["facts"]["incident"], "INC-1");
}

#[tokio::test]
async fn the_same_key_is_answered_the_same_way() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let first = site.tell("once", &acknowledge("INC-1")).await;
    assert_eq!((first.0, &first.1["incident"]), (StatusCode::OK, &json!("INC-1")));
    assert_eq!(site.tell("once", &acknowledge("INC-1")).await, first);

    let other = json!({ "who": "ana", "command": { "note": { "incident": "INC-1", "text": "and more" } } });
    let (status, problem) = site.tell("once", &other).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem["detail"].as_str().unwrap().contains("belongs to another command"), "{problem}");
    let mut by_ben = acknowledge("INC-1");
    by_ben["who"] = json!("ben");
    assert_eq!(site.tell("once", &by_ben).await.0, StatusCode::UNPROCESSABLE_ENTITY);

    // So it is after a restart, which knows the journal alone.
    let mut again = andon_cycle::State::default();
    for (_, record) in site.still.history().read(1, 1000).unwrap() {
        again.apply(&record);
    }
    let told = |command: Value| -> andon_vocabulary::Told {
        let who = json!({ "person": "ana", "via": "api" });
        serde_json::from_value(json!({ "who": who, "key": "once", "command": command })).unwrap()
    };
    let mut answer = |command: &Value| {
        let told = Input::Told(told(command["command"].clone()));
        andon_cycle::turn(&mut again, told, site.still.now()).answer
    };
    assert_eq!(
        answer(&acknowledge("INC-1")).unwrap().incident.map(|id| id.to_string()),
        Some("INC-1".to_owned())
    );
    assert_eq!(answer(&other).unwrap_err().kind, andon_vocabulary::RefusalKind::Invalid);
}

/// Takes back v42 as approved; gives the intent of the order that is then owed.
#[tokio::test]
async fn nobody_uses_the_key_of_anothers_link_before_them() {
    let site = Site::of(scene::leaking(scene::EVENING));
    for key in ["answer/link/INT-1/ack INC-1", "in/pager/1"] {
        let (status, problem) = site.tell(key, &acknowledge("INC-1")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("one that Andon makes"), "{problem}");
    }
}

fn approved(site: &Site) -> IntentId {
    let view = site.still.view();
    let (step, ask) = view.respond.runs.get(RunId(1)).and_then(|run| run.ask()).expect("it asks");
    let (step, preview) = (step, ask.preview.hash());
    let reason = Some("nobody else is there".to_owned());
    scene::say(&site.still, "ana", "approve", Command::Approve { run: RunId(1), step, preview, reason });
    owed(site, |effect| matches!(effect, Effect::Carry(_)))
}

fn owed(site: &Site, is: impl Fn(&Effect) -> bool) -> IntentId {
    let owed = site.still.view().owed(site.still.now());
    owed.into_iter().find(|owed| is(&owed.effect)).expect("it is owed").intent
}

#[tokio::test]
async fn an_incident_that_ends_says_that_nobody_knows_what_became_of_a_step() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let intent = approved(&site);
    let outcome = |intent, outcome| Input::Outcome { intent, attempt: 1, outcome };
    let unknown = OrderResult::Unknown { why: "the connection broke".to_owned() };
    scene::turn(&site.still, outcome(intent, Outcome::Carried(unknown)));
    let view = site.still.view();
    let alerts = view.respond.incidents.get(IncidentId(1)).expect("it is open").alerts.keys();
    let gone = alerts.map(|alert| Gone { alert: *alert, why: GoneWhy::False { value: None } }).collect();
    let rule = "checkout/DbPoolExhausted".into();
    let quiet = Verdict { rule, active: Vec::new(), gone, error: None };
    scene::wait(&site.still, Duration::from_secs(10));
    scene::turn(&site.still, Input::Verdict(quiet));
    assert_eq!(site.get("/api/v1/andon/alerts").await.1, json!([]), "the alert is over");
    let (_, incident) = site.get("/api/v1/andon/incidents/INC-1").await;
    assert_eq!((&incident["state"], &incident["unsure"]), (&json!("resolved"), &json!(["RUN-1"])));

    scene::wait(&site.still, Duration::from_secs(600));
    scene::turn(&site.still, Input::Tick);
    let intent = owed(&site, |effect| matches!(effect, Effect::LookUp(_)));
    let evidence = "v41 3/3".to_owned();
    scene::turn(&site.still, outcome(intent, Outcome::LookedUp(Answer::Happened { evidence })));
    let (_, incident) = site.get("/api/v1/andon/incidents/INC-1").await;
    assert_eq!((&incident["state"], &incident["unsure"]), (&json!("resolved"), &json!([])));
}

#[tokio::test]
async fn whoever_comes_by_another_name_is_told_the_address_that_is_listened_on() {
    let still = scene::quiet(scene::EVENING);
    let address = Some("127.0.0.1:7999".to_owned());
    scene::turn(&still, Input::Started(Started { term: 2, version: "0".to_owned(), moved: false, address }));
    let site = Site::of(still);
    let other = [("host", "andon.example.org")];
    let (status, said) = site.send(Method::GET, "/api/v1/andon/status", &other, String::new()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(said["hint"], "open Andon by its own address, for example http://127.0.0.1:7999");
}

#[tokio::test]
async fn what_cannot_be_done_says_why_and_what_to_try() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let (status, problem) = site.tell("a", &acknowledge("INC-9")).await;
    assert_eq!((status, &problem["detail"]), (StatusCode::NOT_FOUND, &json!("INC-9 is not open")));
    assert!(problem["hint"].is_string());
    let (status, problem) = site.tell("", &acknowledge("INC-1")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(problem["detail"].as_str().unwrap().contains("Idempotency-Key"));
    for body in ["{", r#"{"who":"ana"}"#, r#"{"who":"ana","command":{"dance":{}}}"#] {
        let headers = [("idempotency-key", "k")];
        let (status, _) = site.send(Method::POST, "/api/v1/andon/commands", &headers, body.to_owned()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    }
    let (status, _) = site.tell("b", &json!({ "who": "", "command": { "halt": { "reason": "x" } } })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    for missing in ["incidents/INC-9", "incidents/INC-9/timeline", "runs/RUN-9", "preview/nothing"] {
        assert_eq!(site.get(&format!("/api/v1/andon/{missing}")).await.0, StatusCode::NOT_FOUND, "{missing}");
    }
    assert_eq!(site.get("/api/v1/andon/incidents/everything").await.0, StatusCode::BAD_REQUEST);
}

/// Whoever only looks at a silence hears what the loop would say to it.
#[tokio::test]
async fn a_preview_says_when_a_silence_begins_and_what_would_be_refused() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let path = "/api/v1/andon/silences/preview?matchers=service%3D%22checkout%22";
    let (status, preview) = site.get(path).await;
    assert_eq!((status, &preview["begins"]), (StatusCode::OK, &Value::Null));
    let (_, preview) =
        site.get(&format!("{path}&ends_at=2030-01-01T00:00:00Z&starts_at=2029-12-31T00:00:00Z")).await;
    assert_eq!(preview["begins"]["from"], "2029-12-31T00:00:00.000Z");
    // 2029-12-31 is a Monday.
    let week = format!("{path}&starts_at=2029-12-31T00:00:00Z&ends_at=2030-01-03T03:00:00Z");
    let (_, preview) = site.get(&format!("{week}&weekly=tue,wed+02:00-04:00+UTC")).await;
    assert_eq!(
        preview["begins"],
        json!({ "from": "2030-01-01T02:00:00.000Z", "until": "2030-01-01T04:00:00.000Z" })
    );
    for (more, why) in [
        ("weekly=fri+02:00-04:00+UTC", "never comes"),
        ("weekly=someday", "expected hours"),
        ("weekly=tue+02:00-02:00+UTC", "lasts no time"),
        ("owner=zoe", "nobody called"),
    ] {
        let (status, problem) = site.get(&format!("{week}&{more}")).await;
        assert!(
            status.is_client_error() && problem["detail"].as_str().unwrap().contains(why),
            "{more}: {problem}"
        );
    }
    assert_eq!(site.get("/api/v1/andon/silences").await.1, json!([]), "it was only looked at");
}

#[tokio::test]
async fn prometheuss_api_is_guarded_too() {
    let site = Site::of(scene::leaking(scene::EVENING));
    for path in ["/api/v1/query?query=up", "/api/v1/rules", "/federate", "/metrics", "/-/healthy"] {
        let (status, _) = site.send(Method::GET, path, &[("host", "evil.example")], String::new()).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
    }
    let form = [("content-type", "application/x-www-form-urlencoded"), ("origin", "http://evil.example")];
    let (status, _) = site.send(Method::POST, "/api/v1/query", &form, "query=up".to_owned()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, refused) =
        site.send(Method::POST, "/api/v1/query", &form[..1], "a=b&".repeat(300_000)).await;
    assert_eq!((status, &refused["errorType"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("bad_data")));
    let bomb = format!("query=up{{a=~\"{}\"}}", ".{9999}".repeat(9));
    let (status, refused) = site.send(Method::POST, "/api/v1/query", &form[..1], bomb).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(refused["error"].as_str().unwrap().contains("regular expressions are too large"), "{refused}");
    let admin = "/api/v1/admin/tsdb/delete_series?match[]=up";
    let (status, refused) = site.send(Method::POST, admin, &[], String::new()).await;
    assert_eq!((status, &refused["errorType"]), (StatusCode::INTERNAL_SERVER_ERROR, &json!("unavailable")));
}

#[tokio::test]
async fn strangers_are_kept_out() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let (status, problem) =
        site.send(Method::GET, "/api/v1/andon/status", &[("host", "evil.example")], String::new()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(problem["detail"].as_str().unwrap().contains("evil.example"));
    let headers = [("origin", "http://evil.example"), ("idempotency-key", "k")];
    let body = acknowledge("INC-1").to_string();
    let (status, _) = site.send(Method::POST, "/api/v1/andon/commands", &headers, body).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn queries_are_answered_in_prometheuss_shape() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let (_, body) = site.get("/api/v1/query?query=max(db_pool_size)").await;
    assert_eq!(body["data"]["result"][0]["value"][1], "20");
    let end = site.still.now().as_ms() / 1000;
    let path = format!("/api/v1/query_range?query=max(db_pool_in_use)&start={}&end={end}&step=15", end - 300);
    let (_, body) = site.get(&path).await;
    assert_eq!(body["data"]["resultType"], "matrix");
    assert_eq!(body["data"]["result"][0]["values"].as_array().unwrap().len(), 21);
    let (status, body) = site.get("/api/v1/query?query=max(").await;
    assert_eq!(
        (status, &body["status"], &body["errorType"]),
        (StatusCode::BAD_REQUEST, &json!("error"), &json!("bad_data"))
    );
    let (status, _) = site.get("/api/v1/query_range?query=1&start=0&end=100000&step=1").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (_, body) = site.get("/api/v1/label/__name__/values").await;
    assert_eq!(body["data"][0], "checkout_failures_total");
}
