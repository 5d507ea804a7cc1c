//! Whatever the bytes: it ends, within the limits.

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;

use super::MOMENT;
use crate::limits::{ANNOTATION_BYTES_MAX, KEY_BYTES_MAX, LABEL_BYTES_MAX, LABELS_MAX};
use crate::sns::Envelope;
use crate::{
    Item, alertmanager, cloudevents, cloudwatch, forge, generic, goalert, grafana, incumbent, oncall,
    opsgenie, pagerduty,
};

/// Names and values that the formats look for, beside those that they do not.
const WORDS: [&str; 51] = [
    "version",
    "4",
    "1",
    "alerts",
    "status",
    "firing",
    "resolved",
    "labels",
    "annotations",
    "startsAt",
    "endsAt",
    "2026-11-23T09:00:00+0000",
    "9999-12-31T23:59:59Z",
    "-009999-01-02T01:59:59Z",
    "routing_key",
    "event_action",
    "trigger",
    "resolve",
    "dedup_key",
    "payload",
    "summary",
    "source",
    "severity",
    "critical",
    "custom_details",
    "message",
    "alias",
    "details",
    "tags",
    "AlarmName",
    "AlarmArn",
    "NewStateValue",
    "ALARM",
    "OK",
    "Trigger",
    "Dimensions",
    "detail-type",
    "CloudWatch Alarm State Change",
    "detail",
    "action",
    "close",
    "receiver",
    "event",
    "event_type",
    "incident.triggered",
    "incident.acknowledged",
    "data",
    "id",
    "assignees",
    "occurred_at",
    "\u{0}é\u{feff}",
];

fn word(u: &mut Unstructured<'_>) -> Result<&'static str> {
    u.choose(&WORDS).copied()
}

/// JSON that is nearly one of the payloads.
fn json(u: &mut Unstructured<'_>, depth: u32) -> Result<String> {
    Ok(match u.int_in_range(0..=if depth == 0 { 3 } else { 7 })? {
        0..=2 => format!("{:?}", word(u)?).replace("\\0", "\\u0000").replace("\\u{feff}", "\\ufeff"),
        3 => u.choose(&["null", "1e308", "-1", "true", "\"\""])?.to_string(),
        4 => {
            let items: Result<Vec<String>> =
                (0..u.int_in_range(0..=3)?).map(|_| json(u, depth - 1)).collect();
            format!("[{}]", items?.join(","))
        }
        _ => {
            let mut fields = Vec::new();
            for _ in 0..u.int_in_range(0..=8)? {
                fields.push(format!("\"{}\":{}", word(u)?.replace('\u{0}', ""), json(u, depth - 1)?));
            }
            format!("{{{}}}", fields.join(","))
        }
    })
}

fn well(item: &Item) {
    match item {
        Item::Alert { key, alert } => {
            assert!(!alert.labels.is_empty() && alert.labels.len() <= LABELS_MAX + 1);
            assert!(alert.labels.iter().all(|(_, value)| value.len() <= LABEL_BYTES_MAX));
            assert!(alert.annotations.iter().all(|(_, value)| value.len() <= ANNOTATION_BYTES_MAX));
            assert!(alert.starts_at <= MOMENT.now && alert.starts_at <= alert.ends_at);
            assert!(key.as_ref().is_none_or(|key| alert.labels.get(crate::KEY) == Some(key)));
        }
        Item::End { key } | Item::Acknowledge { key, .. } => assert!(!key.is_empty()),
        Item::Change(change) => assert!(!change.version.is_empty()),
        Item::Nothing { why } | Item::Refused { why } => assert!(!why.is_empty()),
    }
}

fn every_format(body: &[u8]) {
    let many = [alertmanager::read(body, MOMENT), grafana::read(body, MOMENT)];
    many.iter().flatten().flatten().for_each(well);
    let text = String::from_utf8_lossy(body);
    let one = [
        pagerduty::Event::read(body).map(|event| event.item(MOMENT)),
        opsgenie::create(body, MOMENT),
        opsgenie::act(opsgenie::Action::Acknowledge, "key", None, body),
        cloudwatch::message(&text, MOMENT),
        cloudwatch::event(body, MOMENT),
        goalert::read(&text, None, body, MOMENT),
        goalert::read("", Some("application/json"), body, MOMENT),
        oncall::read(body, MOMENT),
        forge::github("push", body),
        forge::github("deployment_status", body),
        forge::gitlab(body),
    ];
    one.iter().flatten().for_each(well);
    let _ = pagerduty::ChangeEvent::read(body);
    for heard in [incumbent::alertmanager(body, MOMENT.now), incumbent::pagerduty(body, MOMENT.now)] {
        let deeds = heard.unwrap_or_default().deeds;
        assert!(deeds.iter().all(|deed| deed.at <= MOMENT.now && !deed.case.id.is_empty()));
    }
    let _ = generic::read(body);
    let structured = [("content-type", "application/cloudevents+json")];
    let binary = [("ce-specversion", "1.0"), ("ce-id", &*text), ("ce-type", &*text), ("ce-source", "x")];
    for headers in [structured.as_slice(), &binary] {
        for event in cloudevents::read(headers, body).unwrap_or_default() {
            assert!(event.get("id").is_some());
        }
    }
    if let Ok(envelope) = Envelope::read(body) {
        assert!(envelope.certificate_url.starts_with("https://sns."));
        let _ = envelope.verify(body);
    }
}

#[test]
fn any_bytes() {
    arbtest(|u| {
        every_format(u.bytes(u.len())?);
        Ok(())
    });
}

#[test]
fn nearly_a_payload() {
    arbtest(|u| {
        every_format(json(u, 4)?.as_bytes());
        Ok(())
    });
}

#[test]
fn a_key_is_never_too_long() {
    let long = "k".repeat(KEY_BYTES_MAX + 1);
    let refused = [
        opsgenie::create(format!(r#"{{"message":"m","alias":"{long}"}}"#).as_bytes(), MOMENT),
        opsgenie::act(opsgenie::Action::Close, &long, None, b""),
        goalert::read(&format!("summary=s&dedup={long}"), None, b"", MOMENT),
        oncall::read(format!(r#"{{"alert_uid":"{long}"}}"#).as_bytes(), MOMENT),
    ];
    assert!(refused.iter().all(std::result::Result::is_err));
}
