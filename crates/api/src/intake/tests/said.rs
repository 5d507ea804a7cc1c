//! What becomes of what is said.

use super::*;

const BEARER: [(&str, &str); 1] = [("authorization", "Bearer am-token")];
const GENIE: [(&str, &str); 1] = [("authorization", "GenieKey genie-key")];

#[tokio::test]
async fn the_source_says_what_its_sender_cannot() {
    let site = Site::new();
    let answer = site.post("/api/v1/in/am", &BEARER, &group("firing")).await;
    let none: [&str; 0] = [];
    assert_eq!(
        answer.body,
        json!({ "status": "ok", "firing": 1, "ended": 0, "acknowledged": 0, "changes": 0, "notes": none })
    );
    let view = site.still.view();
    let alert = view.monitor.alerts.values().next().expect("an alert");
    assert_eq!((alert.labels.get("site"), alert.service.as_deref()), (Some("eu"), Some("checkout")));
    assert_eq!(&*alert.rule, "am/DiskFull");
    assert_eq!(site.post("/api/v1/in/am", &BEARER, &group("resolved")).await.body["ended"], 1);
    assert_eq!(site.firing(), [""; 0]);
}

#[tokio::test]
async fn what_is_too_long_is_said_in_the_senders_words() {
    let site = Site::new();
    let long = " ".repeat((4 << 20) + 1);
    let why = "the body is longer than 4 MiB, which is the most that is taken here; send it in parts";
    for (path, field) in [
        ("/api/v1/in/am", "/error"),
        ("/api/v1/in/pager", "/errors/0"),
        ("/v2/enqueue", "/errors/0"),
        ("/v2/change/enqueue", "/errors/0"),
        ("/v2/alerts", "/message"),
        ("/api/v1/in/genie", "/message"),
        ("/api/v2/generic/incoming", "/error"),
    ] {
        let answer = site.post(path, &BEARER, &long).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        assert_eq!(answer.body.pointer(field), Some(&json!(why)), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn one_key_is_one_alert() {
    let site = Site::new();
    let send = |action: &str, summary: &str, severity: &str| {
        let body = event(action, summary, severity);
        let site = &site;
        async move { site.post("/v2/enqueue", &[], &body).await }
    };
    let answer = send("trigger", "the disk is full", "warning").await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(
        answer.body,
        json!({ "status": "success", "message": "Event processed", "dedup_key": "db-1/disk" })
    );
    // Another summary is the same alert; another severity is another, in the same incident.
    send("trigger", "the disk is fuller", "warning").await;
    assert_eq!(site.firing(), ["the disk is full warning \"-\""]);
    send("trigger", "the disk is fullest", "error").await;
    assert_eq!(site.firing(), ["the disk is full critical \"-\""]);
    assert_eq!(site.still.view().respond.incidents.open.len(), 1);

    let acknowledged = send("acknowledge", "", "").await;
    assert_eq!(acknowledged.status, StatusCode::ACCEPTED);
    let incident = site.still.view().respond.incidents.open.values().next().cloned().expect("an incident");
    assert!(format!("{:?}", incident.phase).starts_with("Acknowledged"), "{:?}", incident.phase);

    assert_eq!(send("resolve", "", "").await.status, StatusCode::ACCEPTED);
    assert_eq!(site.firing(), [""; 0]);
    assert_eq!(send("resolve", "", "").await.status, StatusCode::ACCEPTED, "what has ended can end again");
}

#[tokio::test]
async fn what_is_not_there_is_said_to_a_program() {
    let site = Site::new();
    for (path, said) in [
        ("/api/v1/in/pager/v2/enqueue", "there is nothing below /api/v1/in/pager"),
        ("/v2/alerts/disk", "nothing is done by POST /v2/alerts/disk"),
        ("/v2/nothing", "nothing is done by POST /v2/nothing"),
    ] {
        let answer = site.post(path, &[], "{}").await;
        assert_eq!((answer.status, &answer.body["detail"]), (StatusCode::NOT_FOUND, &json!(said)));
    }
}

#[tokio::test]
async fn pagerduty_hears_what_is_wrong_in_its_words() {
    let site = Site::new();
    let wrong = site.post("/v2/enqueue", &[], "{}").await;
    assert_eq!((wrong.status, &wrong.body["status"]), (StatusCode::BAD_REQUEST, &json!("invalid event")));
    assert_eq!(wrong.body["errors"][0], "'routing_key' is missing or blank");
    let stranger = event("trigger", "x", "info").replace("0123", "9999");
    assert_eq!(site.post("/v2/enqueue", &[], &stranger).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(site.firing(), [""; 0]);
}

#[tokio::test]
async fn changes_are_recorded_once() {
    let site = Site::new();
    let change = json!({ "routing_key": "0123456789abcdef0123456789abcdef",
        "payload": { "summary": "v42 is out", "custom_details": { "service": "checkout", "version": "v42" } } });
    for _ in 0..2 {
        let answer = site.post("/v2/change/enqueue", &[], &change.to_string()).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
    }
    let (status, body) = (
        StatusCode::OK,
        r#"{"deployment_status":{"state":"success"},"deployment":{"sha":"abc","ref":"main"},"repository":{"name":"checkout"}}"#,
    );
    let signed = [
        ("x-github-event", "deployment_status"),
        ("x-hub-signature-256", "sha256=b9db604b8747bf6988f24186ca82f8055883da8501d52a86c206863cf8fb5695"),
    ];
    let answer = site.post("/api/v1/in/hub", &signed, body).await;
    assert_eq!((answer.status, &answer.body["changes"]), (status, &json!(1)), "{}", answer.body);
    let view = site.still.view();
    assert_eq!(view.change.changes.len(), 2);
    let elsewhere = change.to_string().replace("checkout", "nowhere");
    let refused = site.post("/v2/change/enqueue", &[], &elsewhere).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.body["errors"][0], "no service is called \"nowhere\", and the source names none");
}

#[tokio::test]
async fn opsgenie_creates_acknowledges_and_closes() {
    let site = Site::new();
    let body = r#"{"message": "checkout is slow", "alias": "checkout/slow", "priority": "P1"}"#;
    let answer = site.post("/v2/alerts", &GENIE, body).await;
    assert_eq!(
        (answer.status, &answer.body["result"]),
        (StatusCode::ACCEPTED, &json!("Request will be processed"))
    );
    assert_eq!(site.firing(), ["checkout is slow critical \"-\""]);
    let act = |action: &str| format!("/v2/alerts/checkout%2Fslow/{action}?identifierType=alias");
    // Acknowledging stops the paging, so it takes somebody whom a team knows.
    for (user, phase) in [("eve", "Open"), ("ana", "Acknowledged")] {
        let body = json!({ "user": user }).to_string();
        assert_eq!(site.post(&act("acknowledge"), &GENIE, &body).await.status, StatusCode::ACCEPTED);
        let view = site.still.view();
        let incident = view.respond.incidents.open.values().next().expect("an incident");
        assert!(format!("{:?}", incident.phase).starts_with(phase), "{user}: {:?}", incident.phase);
    }
    assert_eq!(site.post(&act("close"), &GENIE, "{}").await.status, StatusCode::ACCEPTED);
    assert_eq!(site.firing(), [""; 0]);

    assert_eq!(site.post("/v2/alerts", &[], body).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(site.post("/v2/alerts", &BEARER, body).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(site.post("/v2/alerts", &GENIE, "{}").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.post(&act("snooze"), &GENIE, "{}").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_can_be_taken_is_and_the_rest_is_named() {
    let site = Site::new();
    let mixed = group("firing").replace("\"alerts\":[", "\"alerts\":[{\"status\":\"odd\"},");
    let answer = site.post("/api/v1/in/am", &BEARER, &mixed).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.body["taken"]["firing"], 1);
    assert_eq!(answer.body["error"], "an alert's status is \"odd\", not firing or resolved");
    assert_eq!(site.firing().len(), 1);
}

#[tokio::test]
async fn events_are_mapped() {
    let site = Site::new();
    let send = |ok: bool| {
        let body = json!({ "ok": ok, "branch": "main" }).to_string();
        let site = &site;
        async move {
            let headers = [
                ("authorization", "Bearer events-token"),
                ("content-type", "application/json"),
                ("ce-specversion", "1.0"),
                ("ce-id", "7"),
                ("ce-source", "/ci"),
                ("ce-type", "build.failed"),
            ];
            site.post("/api/v1/in/events", &headers, &body).await
        }
    };
    assert_eq!(send(false).await.status, StatusCode::OK);
    assert_eq!(site.firing(), ["build.failed - \"-\""]);
    assert_eq!(send(true).await.body["ended"], 1);
    assert_eq!(site.firing(), [""; 0]);
}
