//! What an incumbent did: who may say so, that it is put down once, and that nobody is paged because of it.

use andon_intake::proof::sign;
use andon_vocabulary::{Event, RespondEvent};

use super::*;
use crate::port::History;

fn webhook(id: &str, kind: &str) -> String {
    json!({ "event": { "id": id, "event_type": kind, "occurred_at": "2026-11-23T08:59:30Z",
        "agent": { "id": "PANA", "summary": "Ana R." },
        "data": { "id": "PINC1", "title": "DiskFull", "incident_key": "db-1/disk", "urgency": "high",
            "assignees": [{ "id": "PANA", "summary": "Ana R." }] } } })
    .to_string()
}

impl Site {
    async fn said(&self, body: &str) -> Answer {
        let signatures = format!("v1={},v1={}", "0".repeat(64), sign(b"webhook-key", &[body.as_bytes()]));
        self.post("/api/v1/in/night-pager", &[("x-pagerduty-signature", &signatures)], body).await
    }

    fn deeds(&self) -> Vec<String> {
        let records = self.still.read(1, 1000).expect("the journal");
        let events = records.into_iter().flat_map(|(_, record)| record.events);
        events
            .filter(|event| matches!(event, Event::Respond(RespondEvent::IncumbentDid { .. })))
            .map(|event| andon_cycle::words::say(&event))
            .collect()
    }
}

#[tokio::test]
async fn each_deed_is_put_down_once() {
    let site = Site::new();
    let first = site.said(&webhook("01", "incident.triggered")).await;
    assert_eq!((first.status, &first.body["compared"]), (StatusCode::OK, &json!(1)));
    let head = site.still.head();
    assert_eq!(site.said(&webhook("01", "incident.triggered")).await.status, StatusCode::OK);
    assert_eq!(site.still.head(), head, "the same again is no news");
    assert_eq!(site.said(&webhook("02", "incident.acknowledged")).await.status, StatusCode::OK);
    let noted = site.said(&webhook("03", "incident.annotated")).await;
    assert_eq!(
        (noted.status, &noted.body["notes"][0]),
        (StatusCode::OK, &json!("\"incident.annotated\" pages nobody"))
    );
    assert_eq!(
        site.deeds(),
        [
            "the incumbent night-pager paged Ana R.: DiskFull",
            "Ana R. acknowledged at the incumbent night-pager: DiskFull"
        ]
    );
    assert_eq!(site.firing(), [""; 0], "it is no alert");
    assert!(site.still.view().respond.incidents.open.is_empty(), "and nobody is paged");
    assert_eq!(site.said(&webhook("04", "incident.resolved")).await.status, StatusCode::OK);
    let more = site.said(&webhook("05", "incident.triggered")).await;
    assert_eq!(more.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn who_does_not_sign_says_nothing() {
    let site = Site::new();
    let body = webhook("01", "incident.triggered");
    let signed = format!("v1={}", sign(b"another-key", &[body.as_bytes()]));
    for headers in [
        &[][..],
        &[("x-pagerduty-signature", signed.as_str())],
        &[("authorization", "Bearer webhook-key")],
        &[("x-pagerduty-signature", "v1=")],
    ] {
        let answer = site.post("/api/v1/in/night-pager", headers, &body).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(site.deeds(), [""; 0]);
    // The address of Events v2 is for what raises alerts.
    let event = event("trigger", "x", "critical").replace("0123456789abcdef0123456789abcdef", "webhook-key");
    assert_eq!(site.post("/v2/enqueue", &[], &event).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn notifications_of_an_alertmanager_are_no_alerts() {
    let site = Site::new();
    let bearer = [("authorization", "Bearer old-token")];
    let mut body: Value = serde_json::from_str(&group("firing")).expect("JSON");
    body["receiver"] = json!("night");
    let answer = site.post("/api/v1/in/old-am", &bearer, &body.to_string()).await;
    assert_eq!((answer.status, &answer.body["compared"]), (StatusCode::OK, &json!(1)));
    assert_eq!(site.deeds(), ["the incumbent old-am paged night: DiskFull"]);
    assert_eq!(site.firing(), [""; 0]);
    body["receiver"] = Value::Null;
    let answer = site.post("/api/v1/in/old-am", &bearer, &body.to_string()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.body["error"], "`receiver` is missing");
}
