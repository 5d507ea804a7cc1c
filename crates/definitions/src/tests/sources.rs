//! Doors for what others send: who may, and what is made of it.

use andon_intake::generic::Says;
use expect_test::expect;
use serde_json::json;

use super::{check, file};
use crate::{Catalog, Mapping, Source, load};

const DOORS: &str = "
apiVersion: andon/v1
kind: Source
metadata: { name: build-farm }
spec:
  format: generic
  secret: { hmac: secret:env/BUILD_FARM_KEY, header: X-Signature, timestamp_header: X-Time }
  labels: { severity: warning }
  rate: 600
  expires: 1h
  mapping:
    items: /alerts
    when: 'item.kind == \"build\"'
    key: 'build/${{ item.id }}'
    resolved: item.status == 'ok'
    acknowledged: has(item.owner)
    labels: { alertname: BuildFailed, branch: '${{ item.branch }}', farm: '${{ body.farm }}' }
    annotations: { summary: '${{ item.branch }} is red after ${{ item.minutes + 1 }} minutes' }
    starts_at: '${{ item.at }}'
    link: 'https://ci.example/${{ item.id }}'
---
apiVersion: andon/v1
kind: Source
metadata: { name: aws }
spec: { format: sns, topics: ['arn:aws:sns:eu-west-1:123456789012:alarms'] }
---
apiVersion: andon/v1
kind: Source
metadata: { name: pager }
spec: { format: pagerduty, secret: secret:file/routing-key }
";

fn doors() -> Catalog {
    let (catalog, found) = load(&[file("doors.yaml", DOORS)]);
    assert_eq!(found, []);
    catalog
}

fn mapping() -> Mapping {
    doors().sources["build-farm"].mapping.clone().expect("it has one")
}

#[test]
fn sources_are_read_and_survive_the_journal() {
    let catalog = doors();
    assert_eq!(catalog.sources.keys().collect::<Vec<_>>(), ["aws", "build-farm", "pager"]);
    for source in catalog.sources.values() {
        let json = serde_json::to_value(source).unwrap();
        assert_eq!(&serde_json::from_value::<Source>(json).unwrap(), source);
    }
    assert_eq!(catalog.sources["pager"].rate, 6000);
}

#[test]
fn a_mapping_makes_alerts() {
    let payload = json!({ "farm": "eu", "alerts": [
        { "kind": "build", "id": 12, "status": "red", "branch": "main", "minutes": 4, "at": "2026-11-23T08:00:00Z" },
        { "kind": "build", "id": 12, "status": "ok" },
        { "kind": "build", "id": 12, "status": "red", "owner": "ana" },
        { "kind": "test", "id": 13 },
        { "kind": "build", "id": 14, "status": "red", "branch": { "name": "main" } },
        { "kind": "build", "status": "red" },
        7
    ] });
    let made = mapping().apply(&payload, &payload).expect("a list");
    let first = made[0].as_ref().expect("an alert");
    assert_eq!((first.key.as_str(), first.says), ("build/12", Says::Fires));
    let labels: Vec<String> = first.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(labels, ["alertname=BuildFailed", "branch=main", "farm=eu"]);
    assert_eq!(first.annotations[0].1, "main is red after 5 minutes");
    assert_eq!(first.link.as_deref(), Some("https://ci.example/12"));
    let says: Vec<String> = made[1..]
        .iter()
        .map(|made| match made {
            Ok(mapped) => format!("{:?} {}", mapped.says, mapped.key),
            Err(error) => error.clone(),
        })
        .collect();
    expect![[r#"
        Ended build/12
        Acknowledged build/12
        Nothing 
        `labels.branch`: `item.branch` yields Map, and only scalars can be used
        `key`: No such key: id
        `when`: found no matching overload for '_._' applied to '(int, string)'"#]]
    .assert_eq(&says.join("\n"));
}

#[test]
fn a_payload_without_the_list() {
    let apply = |payload| mapping().apply(&payload, &payload).map(|made| made.len());
    assert_eq!(apply(json!({ "alerts": {} })), Err("what stands at `/alerts` is no list".to_owned()));
    assert_eq!(apply(json!([])), Err("nothing stands at `/alerts`".to_owned()));
    assert_eq!(
        apply(json!({ "alerts": vec![0; 10_001] })).unwrap_err(),
        "10001 items are too many: at most 10000 are allowed"
    );
}

fn check_doors(from: &str, to: &str, expect: expect_test::Expect) {
    assert_eq!(DOORS.matches(from).count(), 1, "{from:?} must be there once");
    check(&DOORS.replacen(from, to, 1), expect);
}

#[test]
fn nobody_unknown_may_send() {
    check_doors(
        "{ format: pagerduty, secret: secret:file/routing-key }",
        "{ format: grafana }",
        expect![[r#"
            error[missing-key]: anybody could send here: `secret` is missing
              --> ops.yaml:28:19
               |
            28 | metadata: { name: pager }
               |                   ^^^^^
               |
               = help: add `secret: secret:env/NAME`, or `secret: { hmac: secret:env/NAME }` if the sender signs

        "#]],
    );
    check_doors(
        ", topics: ['arn:aws:sns:eu-west-1:123456789012:alarms']",
        "",
        expect![[r#"
        error[missing-key]: any account of AWS could send here: `topics` is missing
          --> ops.yaml:23:19
           |
        23 | metadata: { name: aws }
           |                   ^^^
           |
           = help: list the topics by their ARN, such as arn:aws:sns:eu-west-1:123456789012:alarms

    "#]],
    );
    check_doors(
        "arn:aws:sns:eu-west-1:123456789012:alarms",
        "alarms",
        expect![[r#"
        error[wrong-value]: `alarms` is not the ARN of a topic such as arn:aws:sns:eu-west-1:123456789012:alarms
          --> ops.yaml:24:31
           |
        24 | spec: { format: sns, topics: ['alarms'] }
           |                               ^^^^^^^^

    "#]],
    );
    check_doors(
        "format: pagerduty, secret: secret:file/routing-key",
        "format: github, secret: x",
        expect![[r#"
            error[conflict]: a source of format `github` gives no token: it signs
              --> ops.yaml:29:33
               |
            29 | spec: { format: github, secret: x }
               |                                 ^
               |
               = help: write `secret: { hmac: secret:env/NAME }`

        "#]],
    );
    check_doors(
        "secret: secret:file/routing-key",
        "secret: { hmac: x }",
        expect![[r#"
        error[conflict]: a source of format `pagerduty` does not sign with a key
          --> ops.yaml:29:36
           |
        29 | spec: { format: pagerduty, secret: { hmac: x } }
           |                                    ^^^^^^^^^^^
           |
           = help: write `secret: secret:env/NAME`

    "#]],
    );
    check_doors(
        ", header: X-Signature, timestamp_header",
        ", timestamp_header",
        expect![[r#"
        error[missing-key]: `header` is missing: nothing says where the signature stands
         --> ops.yaml:6:11
          |
        6 |   secret: { hmac: secret:env/BUILD_FARM_KEY, timestamp_header: X-Time }
          |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: name the header, such as `header: X-Signature`

    "#]],
    );
    check_doors(
        "secret: secret:file/routing-key",
        "secret: x, service: nowhere, acknowledged_by: eve, topics: ['arn:aws:sns:x:1:y']",
        expect![[r#"
            error[unknown-reference]: no service is called `nowhere`
              --> ops.yaml:29:48
               |
            29 | spec: { format: pagerduty, secret: x, service: nowhere, acknowledged_by: eve, topics: ['arn:aws:sns:x:1:y'] }
               |                                                ^^^^^^^

            error[unknown-reference]: no team has a person called `eve`
              --> ops.yaml:29:74
               |
            29 | spec: { format: pagerduty, secret: x, service: nowhere, acknowledged_by: eve, topics: ['arn:aws:sns:x:1:y'] }
               |                                                                          ^^^

            error[conflict]: a source of format `pagerduty` has no topics
              --> ops.yaml:29:87
               |
            29 | spec: { format: pagerduty, secret: x, service: nowhere, acknowledged_by: eve, topics: ['arn:aws:sns:x:1:y'] }
               |                                                                                       ^^^^^^^^^^^^^^^^^^^^^

        "#]],
    );
}

#[test]
fn an_incumbent_raises_no_alerts() {
    let pager = "{ format: pagerduty, secret: secret:file/routing-key }";
    check_doors(
        pager,
        "{ format: pagerduty, incumbent: true, secret: x, labels: { a: b }, names: { PANA: eve } }",
        expect![[r#"
            error[conflict]: PagerDuty's webhooks give no token: they are signed
              --> ops.yaml:29:53
               |
            29 | spec: { format: pagerduty, incumbent: true, secret: x, labels: { a: b }, names: { PANA: eve } }
               |                                                     ^
               |
               = help: write `secret: { hmac: secret:env/NAME }`, the secret that its webhook subscription shows once

            error[conflict]: what an incumbent does becomes no alert: `labels` has nothing to say
              --> ops.yaml:29:64
               |
            29 | spec: { format: pagerduty, incumbent: true, secret: x, labels: { a: b }, names: { PANA: eve } }
               |                                                                ^^^^^^^^

            error[unknown-reference]: no team has a person called `eve`
              --> ops.yaml:29:89
               |
            29 | spec: { format: pagerduty, incumbent: true, secret: x, labels: { a: b }, names: { PANA: eve } }
               |                                                                                         ^^^

        "#]],
    );
    check_doors(
        pager,
        "{ format: grafana, incumbent: true, secret: { hmac: x } }",
        expect![[r#"
        error[conflict]: `grafana` is the format of no pager that can be compared
          --> ops.yaml:29:37
           |
        29 | spec: { format: grafana, incumbent: true, secret: { hmac: x } }
           |                                     ^^^^
           |
           = help: an incumbent's format is `alertmanager` or `pagerduty`

    "#]],
    );
    check_doors(
        pager,
        "{ format: pagerduty, secret: x, names: { PANA: eve } }",
        expect![[r#"
        error[conflict]: `names` says whom an incumbent means, and this is none
          --> ops.yaml:29:46
           |
        29 | spec: { format: pagerduty, secret: x, names: { PANA: eve } }
           |                                              ^^^^^^^^^^^^^
           |
           = help: add `incumbent: true`

    "#]],
    );
    check_doors(pager, "{ format: pagerduty, incumbent: true, secret: { hmac: x } }", expect![[r#""#]]);
}

#[test]
fn mappings_are_checked() {
    check_doors(
        "key: 'build/${{ item.id }}'",
        "key: '${{ event.id }}'",
        expect![[r#"
        error[cel]: nothing is called `event` here
          --> ops.yaml:13:15
           |
        13 |     key: '${{ event.id }}'
           |               ^^^^^
           |
           = help: there is `item` and `body`

    "#]],
    );
    check_doors(
        "has(item.owner)",
        "item.tags.exists(tag, tag == 'owned')",
        expect![[r#"
        error[cel]: a comprehension runs over a list that is written out
          --> ops.yaml:15:19
           |
        15 |     acknowledged: item.tags.exists(tag, tag == 'owned')
           |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
           |
           = help: the order of a map's entries varies, so a decision could too

    "#]],
    );
    check_doors(
        "has(item.owner)",
        "within('nights')",
        expect![[r#"
        error[cel]: no function is called `within`
          --> ops.yaml:15:19
           |
        15 |     acknowledged: within('nights')
           |                   ^^^^^^
           |
           = help: there is `size`, `contains`, `startsWith`, `endsWith`, `int`, `uint`, `double`, `string`, `has` and `type`

    "#]],
    );
    check_doors(
        "labels: { alertname: BuildFailed, branch",
        "labels: { branch",
        expect![[r#"
        error[missing-key]: an alert would have no name
          --> ops.yaml:11:5
           |
        11 | /     items: /alerts
        12 | |     when: 'item.kind == "build"'
        13 | |     key: 'build/${{ item.id }}'
        14 | |     resolved: item.status == 'ok'
        ...  |
        18 | |     starts_at: '${{ item.at }}'
        19 | |     link: 'https://ci.example/${{ item.id }}'
           | |_____________________________________________^
           |
           = help: add `alertname` to the mapping's labels

    "#]],
    );
    check_doors(
        "items: /alerts",
        "items: alerts",
        expect![[r#"
        error[wrong-value]: `alerts` is not a JSON Pointer: it begins with a slash
          --> ops.yaml:11:12
           |
        11 |     items: alerts
           |            ^^^^^^

    "#]],
    );
    check_doors(
        "secret: secret:file/routing-key }",
        "secret: x, mapping: { key: x } }",
        expect![[r#"
        error[conflict]: a payload of format `pagerduty` has a shape of its own: nothing is mapped
          --> ops.yaml:29:48
           |
        29 | spec: { format: pagerduty, secret: x, mapping: { key: x } }
           |                                                ^^^^^^^^^^

    "#]],
    );
    check_doors(
        "format: pagerduty, secret",
        "format: cloudevents, secret",
        expect![[r#"
        error[missing-key]: a source of format `cloudevents` needs a `mapping`
          --> ops.yaml:28:19
           |
        28 | metadata: { name: pager }
           |                   ^^^^^
           |
           = help: say at least `key: '${{ body.id }}'` and `labels: { alertname: … }`

    "#]],
    );
    check_doors(
        "format: pagerduty",
        "format: pagerdutty",
        expect![[r#"
        error[wrong-value]: `pagerdutty` is not known here
          --> ops.yaml:29:17
           |
        29 | spec: { format: pagerdutty, secret: secret:file/routing-key }
           |                 ^^^^^^^^^^
           |
           = help: did you mean `pagerduty`?

    "#]],
    );
}

#[test]
fn a_scenario_compares_only_where_there_is_an_incumbent() {
    let text = "
apiVersion: andon/v1
kind: Scenario
metadata: { name: beside }
spec:
  at: 2026-11-20T22:00:00Z
  world:
    - { at: 1m, incumbent: { about: Slow } }
  expect:
    - { compared: Slow, is: same, because: silenced }
    - { reported: 2026-11-20, same: 1 }
";
    check(
        text,
        expect![[r#"
        error[conflict]: nothing is compared here: there is no incumbent
         --> ops.yaml:7:28
          |
        7 |     - { at: 1m, incumbent: { about: Slow } }
          |                            ^^^^^^^^^^^^^^^
          |
          = help: set `mode: shadow` on the instance, or add a Source with `incumbent: true`

        error[missing-key]: the incumbent does nothing
         --> ops.yaml:7:28
          |
        7 |     - { at: 1m, incumbent: { about: Slow } }
          |                            ^^^^^^^^^^^^^^^
          |
          = help: add `pages: PERSON` or `acknowledged_by: PERSON`

        error[conflict]: nothing is compared here: there is no incumbent
         --> ops.yaml:9:19
          |
        9 |     - { compared: Slow, is: same, because: silenced }
          |                   ^^^^
          |
          = help: set `mode: shadow` on the instance, or add a Source with `incumbent: true`

        error[conflict]: only of what nobody but the incumbent paged for is there a reason
         --> ops.yaml:9:44
          |
        9 |     - { compared: Slow, is: same, because: silenced }
          |                                            ^^^^^^^^
          |
          = help: write `is: only_incumbent`

        error[conflict]: only shadow mode reports its days
          --> ops.yaml:10:19
           |
        10 |     - { reported: 2026-11-20, same: 1 }
           |                   ^^^^^^^^^^
           |
           = help: set `mode: shadow` on the instance

    "#]],
    );
}
