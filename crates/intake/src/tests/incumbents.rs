//! What an incumbent says that it did.

use andon_vocabulary::{IncumbentDid, IncumbentParty};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::NOW;
use crate::incumbent::{self, Heard};
use crate::proof::{is_among_signatures, sign};
use crate::{Refused, limits};

fn check_heard(heard: Result<Heard, Refused>, expect: Expect) {
    let heard = match heard {
        Err(refused) => return expect.assert_eq(&format!("refused: {refused}\n")),
        Ok(heard) => heard,
    };
    let mut said = String::new();
    for deed in &heard.deeds {
        let party = |party: &IncumbentParty| format!("{} ({:?})", party.name, party.id.as_deref());
        let did = match &deed.did {
            IncumbentDid::Paged { whom } => {
                format!("paged {}", whom.iter().map(party).collect::<Vec<_>>().join(", "))
            }
            IncumbentDid::Acknowledged { by } => format!("acknowledged by {:?}", by.as_ref().map(party)),
            IncumbentDid::Resolved => "resolved".to_owned(),
        };
        let case = &deed.case;
        said += &format!("{} at {}: {did}\n  {} {:?}", deed.id, deed.at.second(), case.id, case.title);
        said += &format!(" key {:?} service {:?} link {:?}\n", case.key, case.service, case.link);
        said += &case.labels.iter().map(|(name, value)| format!("  {name}={value}\n")).collect::<String>();
    }
    said.extend(heard.notes.iter().map(|note| format!("note: {note}\n")));
    said.extend(heard.refused.iter().map(|why| format!("refused: {why}\n")));
    expect.assert_eq(&said);
}

fn user(id: &str, name: &str) -> Value {
    json!({ "id": id, "type": "user_reference", "summary": name, "html_url": format!("https://acme.pagerduty.com/users/{id}") })
}

fn webhook(kind: &str, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut payload = json!({ "event": {
        "id": "01EV", "event_type": kind, "resource_type": "incident", "occurred_at": "2026-11-23T08:58:07.250Z",
        "agent": user("PBEN", "Ben Bo"), "client": null,
        "data": {
            "id": "PINC1", "type": "incident", "number": 7, "status": "triggered", "incident_key": "db-1/disk",
            "html_url": "https://acme.pagerduty.com/incidents/PINC1", "title": "DiskFull on db-1",
            "service": { "id": "PSVC", "type": "service_reference", "summary": "checkout" },
            "assignees": [user("PANA", "Ana Ruiz")], "urgency": "high", "priority": null,
        },
    } });
    change(&mut payload["event"]);
    payload.to_string().into_bytes()
}

fn check_webhook(kind: &str, change: impl FnOnce(&mut Value), expect: Expect) {
    check_heard(incumbent::pagerduty(&webhook(kind, change), NOW), expect);
}

#[test]
fn pagerduty_assigns_and_that_pages() {
    check_webhook(
        "incident.triggered",
        |_| {},
        expect![[r#"
            01EV at 2026-11-23T08:58:07Z: paged Ana Ruiz (Some("PANA"))
              PINC1 "DiskFull on db-1" key Some("db-1/disk") service Some("checkout") link Some("https://acme.pagerduty.com/incidents/PINC1")
        "#]],
    );
    for kind in ["escalated", "reassigned", "delegated", "reopened", "unacknowledged"] {
        let heard = incumbent::pagerduty(&webhook(&format!("incident.{kind}"), |_| {}), NOW).expect(kind);
        assert!(matches!(heard.deeds[0].did, IncumbentDid::Paged { .. }), "{kind}");
    }
    check_webhook(
        "incident.responder.added",
        |event| {
            let incident =
                json!({ "id": "PINC1", "summary": "DiskFull on db-1", "type": "incident_reference" });
            event["data"] = json!({ "incident": incident, "user": user("PCID", "Cid"), "state": "pending" });
        },
        expect![[r#"
            01EV at 2026-11-23T08:58:07Z: paged Cid (Some("PCID"))
              PINC1 "DiskFull on db-1" key None service None link None
        "#]],
    );
}

#[test]
fn pagerduty_says_who_looks_after_it_and_that_it_is_over() {
    check_webhook(
        "incident.acknowledged",
        |_| {},
        expect![[r#"
            01EV at 2026-11-23T08:58:07Z: acknowledged by Some("Ben Bo (Some(\"PBEN\"))")
              PINC1 "DiskFull on db-1" key Some("db-1/disk") service Some("checkout") link Some("https://acme.pagerduty.com/incidents/PINC1")
        "#]],
    );
    check_webhook(
        "incident.resolved",
        |event| event["occurred_at"] = json!("2031-01-01T00:00:00Z"),
        expect![[r#"
            01EV at 2026-11-23T09:00:00Z: resolved
              PINC1 "DiskFull on db-1" key Some("db-1/disk") service Some("checkout") link Some("https://acme.pagerduty.com/incidents/PINC1")
        "#]],
    );
}

#[test]
fn what_pages_nobody_is_no_deed() {
    let nothing = |event: &mut Value| event["data"]["assignees"] = json!([]);
    check_webhook(
        "incident.triggered",
        nothing,
        expect![[r#"
        note: incident.triggered, and it is assigned to nobody
    "#]],
    );
    let low = |event: &mut Value| event["data"]["urgency"] = json!("low");
    check_webhook(
        "incident.triggered",
        low,
        expect![[r#"
        note: incident.triggered, and its urgency is low: that is no page
    "#]],
    );
    for kind in ["incident.annotated", "incident.priority_updated", "incident.status_update_published"] {
        let heard = incumbent::pagerduty(&webhook(kind, |_| {}), NOW).expect(kind);
        assert_eq!((heard.deeds.len(), heard.notes.len()), (0, 1), "{kind}");
    }
    // What PagerDuty sends when somebody tries the subscription.
    let ping = br#"{"event":{"id":"01","event_type":"pagey.ping","data":{"message":"Hello","type":"ping"}}}"#;
    check_heard(
        incumbent::pagerduty(ping, NOW),
        expect![[r#"
            note: "pagey.ping" pages nobody
        "#]],
    );
}

#[test]
fn what_is_no_webhook_is_refused() {
    let refused = |body: &[u8]| incumbent::pagerduty(body, NOW).expect_err("refused").to_string();
    expect![[r#"
        this is no JSON object
        `event.event_type` is missing: this is no webhook of version 3
        `event.data.id` is missing: nothing says which incident it is
        `event.id` has 600 bytes, and 512 are allowed"#]]
    .assert_eq(
        &[
            refused(b"[]"),
            refused(br#"{"messages":[]}"#),
            refused(&webhook("incident.resolved", |event| event["data"]["id"] = Value::Null)),
            refused(&webhook("incident.resolved", |event| event["id"] = json!("x".repeat(600)))),
        ]
        .join("\n"),
    );
    let long = webhook("incident.triggered", |event| event["data"]["title"] = json!("é".repeat(4000)));
    let heard = incumbent::pagerduty(&long, NOW).expect("it is cut");
    assert!(heard.deeds[0].case.title.len() <= 512);
    let link =
        webhook("incident.triggered", |event| event["data"]["html_url"] = json!("javascript:alert(1)"));
    assert_eq!(incumbent::pagerduty(&link, NOW).expect("taken").deeds[0].case.link, None);
}

fn notification(status: &str, instance: &str) -> Value {
    json!({ "status": status, "labels": { "alertname": "DiskFull", "instance": instance },
        "annotations": { "summary": "full" }, "startsAt": "2026-11-23T08:50:00Z",
        "endsAt": if status == "resolved" { "2026-11-23T08:59:00Z" } else { "0001-01-01T00:00:00Z" } })
}

fn told(alerts: &[Value]) -> Vec<u8> {
    json!({ "version": "4", "receiver": "night", "groupKey": "{}:{}", "status": "firing", "alerts": alerts })
        .to_string()
        .into_bytes()
}

#[test]
fn alertmanager_tells_a_receiver_of_each_alert() {
    let body = told(&[notification("firing", "db-1"), notification("resolved", "db-2")]);
    check_heard(
        incumbent::alertmanager(&body, NOW),
        expect![[r#"
            night/fd807b82f98f9135/2026-11-23T08:50:00.000Z/firing at 2026-11-23T09:00:00Z: paged night (None)
              night/fd807b82f98f9135/2026-11-23T08:50:00.000Z "DiskFull" key None service None link None
              alertname=DiskFull
              instance=db-1
            night/fd8a7b82f997e5ba/2026-11-23T08:50:00.000Z/resolved at 2026-11-23T08:59:00Z: resolved
              night/fd8a7b82f997e5ba/2026-11-23T08:50:00.000Z "DiskFull" key None service None link None
              alertname=DiskFull
              instance=db-2
        "#]],
    );
}

#[test]
fn what_alertmanager_says_again_is_the_same_deed() {
    let first = incumbent::alertmanager(&told(&[notification("firing", "db-1")]), NOW).expect("taken");
    let again = told(&[notification("firing", "db-2"), notification("firing", "db-1")]);
    let later = NOW + std::time::Duration::from_secs(4 * 3600);
    let again = incumbent::alertmanager(&again, later).expect("taken");
    assert_eq!(first.deeds[0].id, again.deeds[1].id);
    assert_ne!(first.deeds[0].id, again.deeds[0].id);
    let over = incumbent::alertmanager(&told(&[notification("resolved", "db-1")]), NOW).expect("taken");
    assert_ne!(first.deeds[0].id, over.deeds[0].id);
    assert_eq!(first.deeds[0].case.id, over.deeds[0].case.id);
}

#[test]
fn the_limits_of_alerts_are_those_of_notifications() {
    let many = vec![notification("firing", "x"); limits::ALERTS_MAX + 1];
    assert!(incumbent::alertmanager(&told(&many), NOW).is_err());
    let bad = json!({ "status": "firing", "labels": {} });
    let heard = incumbent::alertmanager(&told(&[bad, notification("firing", "x")]), NOW).expect("a part");
    assert_eq!((heard.deeds.len(), heard.refused.len()), (1, 1));
    let body = told(&[]);
    let nobody = String::from_utf8(body).expect("text").replace("night", "");
    assert!(incumbent::alertmanager(nobody.as_bytes(), NOW).is_err(), "no receiver");
}

#[test]
fn one_of_several_signatures_suffices() {
    let body = b"{}";
    let (old, new) = (sign(b"old", &[body]), sign(b"new", &[body]));
    let header = format!("v1={old}, v1={new}");
    assert!(is_among_signatures(b"new", body, &header) && is_among_signatures(b"old", body, &header));
    assert!(is_among_signatures(b"new", body, &format!("v2=00,v1={new}")));
    for (secret, header) in [
        (&b"other"[..], header.clone()),
        (b"new", new.clone()),
        (b"new", format!("v0={new}")),
        (b"new", String::new()),
        (b"", header.clone()),
        (b"new", format!("{}v1={new}", "v1=00,".repeat(16))),
    ] {
        assert!(!is_among_signatures(secret, body, &header), "{header}");
    }
    assert!(!is_among_signatures(b"new", b"{ }", &header));
}
