//! Senders that name an alert by a key: PagerDuty, Opsgenie, CloudWatch, GoAlert, OnCall.

use expect_test::expect;

use super::{MOMENT, check_one};
use crate::{Refused, cloudwatch, goalert, oncall, opsgenie, pagerduty};

fn pagerduty(body: &str) -> Result<crate::Item, Refused> {
    pagerduty::Event::read(body.as_bytes()).map(|event| event.item(MOMENT))
}

#[test]
fn pagerduty_events() {
    let trigger = r#"{
      "routing_key": "0123456789abcdef0123456789abcdef", "event_action": "trigger", "dedup_key": "db-1/disk",
      "client": "the monitor", "client_url": "https://monitor.example/db-1",
      "links": [{"href": "https://runbooks.example/disk", "text": "what to do"}],
      "images": [{"src": "https://monitor.example/db-1.png"}],
      "payload": {"summary": "the disk of db-1 is full", "source": "db-1", "severity": "error",
        "timestamp": "2026-11-23T09:59:00.123+0100", "component": "postgres", "group": "orders", "class": "disk",
        "custom_details": {"service": "orders-db", "free": 0.01}}
    }"#;
    check_one(
        pagerduty(trigger),
        expect![[r#"
        alert (db-1/disk) since 2026-11-23T08:59:00Z, goes on, https://monitor.example/db-1
          alertname = disk
          class = disk
          component = postgres
          dedup_key = db-1/disk
          group = orders
          instance = db-1
          service = orders-db
          severity = critical
          # client = the monitor
          # details = {"service":"orders-db","free":0.01}
          # image_url = https://monitor.example/db-1.png
          # link = https://runbooks.example/disk
          # summary = the disk of db-1 is full
    "#]],
    );
    for action in ["acknowledge", "resolve"] {
        let body = format!(r#"{{"routing_key":"k","event_action":"{action}","dedup_key":"db-1/disk"}}"#);
        check_one(
            pagerduty(&body),
            if action == "resolve" {
                expect![[r#"
            end db-1/disk
        "#]]
            } else {
                expect![[r#"
            acknowledge db-1/disk by None
        "#]]
            },
        );
    }
}

#[test]
fn a_trigger_without_a_key_gets_one() {
    let body = br#"{"routing_key":"k","event_action":"trigger","payload":{"summary":"s","source":"x","severity":"info"}}"#;
    let key = |body: &[u8]| pagerduty::Event::read(body).map(|event| event.dedup_key).expect("it is one");
    assert_eq!(key(body), key(body));
    assert_eq!(key(body).len(), 32);
}

#[test]
fn what_pagerduty_refuses() {
    check_one(
        pagerduty("{}"),
        expect![[r#"
        refused: 'routing_key' is missing or blank; 'event_action' is missing or blank
    "#]],
    );
    check_one(
        pagerduty(r#"{"routing_key":"k","event_action":"trigger"}"#),
        expect![[r#"
        refused: 'payload' is missing or blank
    "#]],
    );
    let payload =
        r#"{"routing_key":"k","event_action":"trigger","payload":{"summary":"s","severity":"bad"}}"#;
    check_one(
        pagerduty(payload),
        expect![[r#"
        refused: 'payload.source' is missing or blank; 'payload.severity' is "bad", and only critical, error, warning and info are known
    "#]],
    );
    check_one(
        pagerduty(r#"{"routing_key":"k","event_action":"resolve"}"#),
        expect![[r#"
        refused: 'dedup_key' is missing or blank
    "#]],
    );
    let long = format!(r#"{{"routing_key":"k","event_action":"resolve","dedup_key":"{}"}}"#, "k".repeat(256));
    check_one(
        pagerduty(&long),
        expect![[r#"
        refused: 'dedup_key' is too long: at most 255 characters are allowed
    "#]],
    );
    check_one(
        pagerduty(r#"{"routing_key":"k","event_action":"snooze"}"#),
        expect![[r#"
        refused: 'event_action' is "snooze", and only trigger, acknowledge and resolve are known
    "#]],
    );
}

#[test]
fn opsgenie_alerts() {
    let body = r#"{"message": "checkout is slow", "alias": "checkout/slow", "description": "p99 is 4 s",
      "responders": [{"name": "payments", "type": "team"}, {"username": "ana@example.org", "type": "user"}],
      "tags": ["eu", "p99"], "details": {"service": "checkout", "region": "eu"}, "entity": "checkout-1",
      "source": "probe", "priority": "P2", "note": "look at the pool", "actions": ["Restart"]}"#;
    check_one(
        opsgenie::create(body.as_bytes(), MOMENT),
        expect![[r#"
        alert (checkout/slow) since 2026-11-23T09:00:00Z, goes on
          alertname = checkout is slow
          dedup_key = checkout/slow
          entity = checkout-1
          service = checkout
          severity = critical
          # description = p99 is 4 s
          # note = look at the pool
          # priority = P2
          # region = eu
          # responders = payments, ana@example.org
          # service = checkout
          # source = probe
          # summary = checkout is slow
          # tags = eu, p99
    "#]],
    );
    check_one(
        opsgenie::create(br#"{"message": "bare"}"#, MOMENT),
        expect![[r#"
        alert (54b21748-4100-0cc9-479e-b52042e88c6c) since 2026-11-23T09:00:00Z, goes on
          alertname = bare
          dedup_key = 54b21748-4100-0cc9-479e-b52042e88c6c
          severity = warning
          # summary = bare
    "#]],
    );
    check_one(
        opsgenie::create(b"{}", MOMENT),
        expect![[r#"
        refused: Message can not be empty
    "#]],
    );
    check_one(
        opsgenie::create(br#"{"message": "m", "priority": "P9"}"#, MOMENT),
        expect![[r#"
        refused: Priority must be one of P1, P2, P3, P4 and P5
    "#]],
    );
    let act = |action, kind, body: &[u8]| {
        opsgenie::Action::parse(action).and_then(|action| opsgenie::act(action, "checkout/slow", kind, body))
    };
    check_one(
        act("close", Some("alias"), b""),
        expect![[r#"
        end checkout/slow
    "#]],
    );
    check_one(
        act("acknowledge", Some("alias"), br#"{"user": "ana", "note": "on it"}"#),
        expect![[r#"
        acknowledge checkout/slow by Some("ana")
    "#]],
    );
    check_one(
        act("close", Some("tiny"), b""),
        expect![[r#"
        refused: identifierType must be id or alias
    "#]],
    );
    check_one(
        act("snooze", None, b""),
        expect![[r#"
        refused: "snooze" is not taken from outside: close and acknowledge are
    "#]],
    );
}

const ALARM: &str = r#"{"AlarmName": "orders 5xx", "AlarmDescription": "too many errors",
  "AWSAccountId": "123456789012", "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders 5xx",
  "Region": "EU (Ireland)", "NewStateValue": "ALARM", "OldStateValue": "OK",
  "NewStateReason": "Threshold Crossed: 1 datapoint [12.0] was greater than the threshold (5.0).",
  "StateChangeTime": "2026-11-23T08:58:00.000+0000",
  "Trigger": {"MetricName": "HTTPCode_Target_5XX_Count", "Namespace": "AWS/ApplicationELB", "Statistic": "SUM",
    "Dimensions": [{"name": "LoadBalancer", "value": "app/orders/1"}], "Period": 60, "EvaluationPeriods": 1,
    "ComparisonOperator": "GreaterThanThreshold", "Threshold": 5.0}}"#;

#[test]
fn cloudwatch_through_sns() {
    check_one(
        cloudwatch::message(ALARM, MOMENT),
        expect![[r#"
        alert (arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders 5xx) since 2026-11-23T08:58:00Z, goes on
          account = 123456789012
          alertname = orders 5xx
          dedup_key = arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders 5xx
          dimension_LoadBalancer = app/orders/1
          metric = HTTPCode_Target_5XX_Count
          namespace = AWS/ApplicationELB
          region = eu-west-1
          # reason = Threshold Crossed: 1 datapoint [12.0] was greater than the threshold (5.0).
          # summary = too many errors
          # trigger = {"MetricName":"HTTPCode_Target_5XX_Count","Namespace":"AWS/ApplicationELB","Statistic":"SUM","Dimensions":[{"name":"LoadBalancer","value":"app/orders/1"}],"Period":60,"EvaluationPeriods":1,"ComparisonOperator":"GreaterThanThreshold","Threshold":5.0}
    "#]],
    );
    let state =
        |state: &str| ALARM.replace(r#""NewStateValue": "ALARM""#, &format!(r#""NewStateValue": "{state}""#));
    check_one(
        cloudwatch::message(&state("OK"), MOMENT),
        expect![[r#"
        end arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders 5xx
    "#]],
    );
    check_one(
        cloudwatch::message(&state("INSUFFICIENT_DATA"), MOMENT),
        expect![[r#"
        nothing: arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders 5xx has insufficient data, which neither fires nor ends it
    "#]],
    );
    check_one(
        cloudwatch::message(&state("?"), MOMENT),
        expect![[r#"
        refused: the alarm's state is "?", and only ALARM, OK and INSUFFICIENT_DATA are known
    "#]],
    );
    check_one(
        cloudwatch::message("a bill is due", MOMENT),
        expect![[r#"
        refused: the notification's message is no alarm of CloudWatch
    "#]],
    );
    check_one(
        cloudwatch::message("{}", MOMENT),
        expect![[r#"
        refused: the notification's message is no alarm: AlarmName or NewStateValue is missing
    "#]],
    );
}

#[test]
fn cloudwatch_through_eventbridge() {
    let event = r#"{"version": "0", "id": "1", "detail-type": "CloudWatch Alarm State Change",
      "source": "aws.cloudwatch", "account": "123456789012", "time": "2026-11-23T08:58:01Z", "region": "eu-west-1",
      "resources": ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders 5xx"],
      "detail": {"alarmName": "orders 5xx",
        "configuration": {"description": "too many errors", "metrics": [{"id": "m1", "metricStat":
          {"metric": {"namespace": "AWS/ApplicationELB", "name": "HTTPCode_Target_5XX_Count",
            "dimensions": {"LoadBalancer": "app/orders/1"}}, "period": 60, "stat": "Sum"}, "returnData": true}]},
        "previousState": {"value": "OK", "timestamp": "2026-11-23T08:00:00.000+0000"},
        "state": {"value": "ALARM", "reason": "Threshold Crossed", "timestamp": "2026-11-23T08:58:00.000+0000"}}}"#;
    check_one(
        cloudwatch::event(event.as_bytes(), MOMENT),
        expect![[r#"
        alert (arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders 5xx) since 2026-11-23T08:58:00Z, goes on
          account = 123456789012
          alertname = orders 5xx
          dedup_key = arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders 5xx
          dimension_LoadBalancer = app/orders/1
          metric = HTTPCode_Target_5XX_Count
          namespace = AWS/ApplicationELB
          region = eu-west-1
          # reason = Threshold Crossed
          # summary = too many errors
    "#]],
    );
    check_one(
        cloudwatch::event(event.replace("aws.cloudwatch", "other").as_bytes(), MOMENT),
        expect![[r#"
        refused: the event's source is "other", and only "aws.cloudwatch" is taken
    "#]],
    );
    // A topic may be the target of the rule.
    assert_eq!(cloudwatch::message(event, MOMENT), cloudwatch::event(event.as_bytes(), MOMENT));
    let ended = event.replace(r#""state": {"value": "ALARM""#, r#""state": {"value": "OK""#);
    check_one(
        cloudwatch::event(ended.as_bytes(), MOMENT),
        expect![[r#"
        end arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders 5xx
    "#]],
    );
    check_one(
        cloudwatch::event(br#"{"detail-type": "EC2 Instance"}"#, MOMENT),
        expect![[r#"
        refused: the event's detail-type is "EC2 Instance", and only "CloudWatch Alarm State Change" is taken
    "#]],
    );
}

#[test]
fn goalert_requests() {
    let form = "application/x-www-form-urlencoded";
    let read =
        |query: &str, kind: &str, body: &str| goalert::read(query, Some(kind), body.as_bytes(), MOMENT);
    check_one(
        read("", form, "summary=queue+is+long&details=12k%20jobs&dedup=queue"),
        expect![[r#"
        alert (queue) since 2026-11-23T09:00:00Z, goes on
          alertname = queue is long
          dedup_key = queue
          # description = 12k jobs
          # summary = queue is long
    "#]],
    );
    check_one(
        read("token=t&dedup=queue", form, "action=close"),
        expect![[r#"
        end queue
    "#]],
    );
    check_one(
        read("", "application/json; charset=utf-8", r#"{"summary": "queue", "details": "12k"}"#),
        expect![[r#"
            alert (auto:77ed69c56f8446e076a3982ee9a35b13) since 2026-11-23T09:00:00Z, goes on
              alertname = queue
              dedup_key = auto:77ed69c56f8446e076a3982ee9a35b13
              # description = 12k
              # summary = queue
        "#]],
    );
    check_one(
        read("", form, "summary=queue&details=12k&action=close"),
        expect![[r#"
        end auto:77ed69c56f8446e076a3982ee9a35b13
    "#]],
    );
    check_one(
        read("", form, "details=x"),
        expect![[r#"
        refused: summary is required
    "#]],
    );
    check_one(
        read("", form, "summary=x&action=open"),
        expect![[r#"
        refused: the action is "open", and only close is known
    "#]],
    );
}

#[test]
fn oncall_webhooks() {
    let body = |state: &str| {
        format!(
            r#"{{"alert_uid": "08d6891a-835c", "title": "no disk", "image_url": null, "state": "{state}",
              "link_to_upstream_details": "https://up.example/1", "message": "db-1 has no room"}}"#
        )
    };
    check_one(
        oncall::read(body("alerting").as_bytes(), MOMENT),
        expect![[r#"
        alert (08d6891a-835c) since 2026-11-23T09:00:00Z, goes on, https://up.example/1
          alertname = no disk
          dedup_key = 08d6891a-835c
          # description = db-1 has no room
          # summary = no disk
    "#]],
    );
    check_one(
        oncall::read(body("ok").as_bytes(), MOMENT),
        expect![[r#"
        end 08d6891a-835c
    "#]],
    );
    check_one(
        oncall::read(body("silenced").as_bytes(), MOMENT),
        expect![[r#"
        refused: the state is "silenced", and only alerting and ok are known
    "#]],
    );
    check_one(
        oncall::read(br#"{"title": "only a title"}"#, MOMENT),
        expect![[r#"
        alert (only a title) since 2026-11-23T09:00:00Z, goes on
          alertname = only a title
          dedup_key = only a title
          # summary = only a title
    "#]],
    );
    check_one(
        oncall::read(b"{}", MOMENT),
        expect![[r#"
        refused: alert_uid is missing, and there is no title to know the alert by
    "#]],
    );
}
