//! What a mapping has made, and the events of CloudEvents that one is applied to.

use expect_test::{Expect, expect};
use serde_json::Value;

use super::{MOMENT, check_one};
use crate::generic::{self, Says};
use crate::{Mapped, cloudevents};

fn mapped() -> Mapped {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Mapped {
        key: "build/12".to_owned(),
        labels: vec![pair("alertname", "BuildFailed"), pair("branch", "")],
        annotations: vec![pair("summary", "main is red")],
        starts_at: Some("2026-11-23T08:00:00Z".to_owned()),
        link: Some("https://ci.example/12".to_owned()),
        ..Mapped::default()
    }
}

#[test]
fn mappings() {
    let item = |mapped| Ok(generic::item(mapped, MOMENT));
    check_one(
        item(mapped()),
        expect![[r#"
        alert (build/12) since 2026-11-23T08:00:00Z, goes on, https://ci.example/12
          alertname = BuildFailed
          dedup_key = build/12
          # summary = main is red
    "#]],
    );
    check_one(
        item(Mapped { says: Says::Ended, ..mapped() }),
        expect![[r#"
        end build/12
    "#]],
    );
    check_one(
        item(Mapped { says: Says::Acknowledged, ..mapped() }),
        expect![[r#"
        acknowledge build/12 by None
    "#]],
    );
    check_one(
        item(Mapped { says: Says::Nothing, ..mapped() }),
        expect![[r#"
        nothing: the source's mapping passes it over
    "#]],
    );
    check_one(
        item(Mapped { key: String::new(), ..mapped() }),
        expect![[r#"
        refused: the mapping's key has 0 bytes, and 1 to 512 are allowed
    "#]],
    );
}

fn check_events(headers: &[(&str, &str)], body: &str, expect: Expect) {
    let said = match cloudevents::read(headers, body.as_bytes()) {
        Ok(events) => Value::Array(events).to_string(),
        Err(refused) => format!("refused: {refused}"),
    };
    expect.assert_eq(&said);
}

#[test]
fn events() {
    let one =
        r#"{"specversion":"1.0","id":"7","source":"/ci","type":"build.failed","data":{"branch":"main"}}"#;
    let structured = [("Content-Type", "application/cloudevents+json; charset=utf-8")];
    check_events(
        &structured,
        one,
        expect![[
            r#"[{"specversion":"1.0","id":"7","source":"/ci","type":"build.failed","data":{"branch":"main"}}]"#
        ]],
    );
    let batch = [("content-type", "application/cloudevents-batch+json")];
    check_events(
        &batch,
        &format!("[{one},{one}]"),
        expect![[
            r#"[{"specversion":"1.0","id":"7","source":"/ci","type":"build.failed","data":{"branch":"main"}},{"specversion":"1.0","id":"7","source":"/ci","type":"build.failed","data":{"branch":"main"}}]"#
        ]],
    );
    let binary = [
        ("content-type", "application/json"),
        ("ce-specversion", "1.0"),
        ("ce-id", "7"),
        ("ce-source", "/ci"),
        ("ce-type", "build%20failed%e2%9c"),
        ("CE-Subject", "100%"),
        ("authorization", "Bearer x"),
    ];
    check_events(
        &binary,
        r#"{"branch":"main"}"#,
        expect![[
            r#"[{"specversion":"1.0","id":"7","source":"/ci","type":"build failed�","subject":"100%","data":{"branch":"main"}}]"#
        ]],
    );
    check_events(
        &binary,
        "",
        expect![[
            r#"[{"specversion":"1.0","id":"7","source":"/ci","type":"build failed�","subject":"100%","data":null}]"#
        ]],
    );
    let encoded = one.replace(r#""data":{"branch":"main"}"#, r#""data_base64":"eyJhIjoxfQ==""#);
    check_events(
        &structured,
        &encoded,
        expect![[
            r#"[{"specversion":"1.0","id":"7","source":"/ci","type":"build.failed","data_base64":"eyJhIjoxfQ==","data":{"a":1}}]"#
        ]],
    );
    check_events(
        &structured,
        &encoded.replace("==", "="),
        expect!["refused: data_base64 is no base64: Invalid padding"],
    );
    check_events(
        &structured,
        r#"{"specversion":"1.0"}"#,
        expect!["refused: this is no CloudEvent: id, source, type is missing"],
    );
    check_events(
        &structured,
        r#"{"specversion":"0.3"}"#,
        expect![[r#"refused: this is version "0.3" of CloudEvents, and 1.0 is read"#]],
    );
    check_events(&batch, "{}", expect!["refused: a batch of events is a list"]);
    check_events(
        &[("content-type", "text/plain")],
        "",
        expect![
            "refused: this is no CloudEvent: neither Content-Type: application/cloudevents+json nor ce- headers"
        ],
    );
}
