//! The document tells of what there is, and of nothing else.

use std::collections::{BTreeMap, BTreeSet};

use andon_vocabulary::{Command, PersonAnswer};

use super::commands::COMMANDS;
use super::*;

/// The routes as they are written.
const SOURCES: [&str; 5] = [
    include_str!("../answers/mod.rs"),
    include_str!("../routes/mod.rs"),
    include_str!("../routes/prometheus/mod.rs"),
    include_str!("../routes/alertmanager/mod.rs"),
    include_str!("../intake/mod.rs"),
];

/// Path and methods of each route in the sources.
fn routes() -> BTreeMap<String, BTreeSet<String>> {
    let lines = SOURCES.iter().flat_map(|source| source.lines());
    let routes = lines.filter_map(|line| {
        let line = line.trim();
        line.strip_prefix(".route(\"").or_else(|| line.strip_prefix(".either(\""))
    });
    let route = |line: &str| {
        let (path, handlers) = line.split_once('"').expect("a path");
        let methods = ["get", "post", "put", "delete", "patch", "any"];
        let has = |method: &&str| {
            let called = format!("{method}(");
            handlers
                .match_indices(&called)
                .any(|(at, _)| matches!(handlers.as_bytes()[at.saturating_sub(1)], b' ' | b'.'))
        };
        (path.to_owned(), methods.into_iter().filter(has).map(str::to_uppercase).collect())
    };
    routes.map(route).filter(|(_, methods)| *methods != BTreeSet::from(["ANY".to_owned()])).collect()
}

#[test]
fn every_route_is_told_of_and_no_other() {
    let told: BTreeMap<String, BTreeSet<String>> = ROWS
        .iter()
        .map(|row| (row.path.to_owned(), row.methods.iter().map(|method| (*method).to_owned()).collect()))
        .collect();
    assert_eq!(told.len(), ROWS.len(), "each once");
    assert!(told.len() > 40, "the sources are still read rightly");
    assert_eq!(told, routes());
}

#[test]
fn every_command_is_told_of_and_no_other() {
    let error = serde_json::from_str::<Command>(r#"{"dance":{}}"#).unwrap_err().to_string();
    let known: BTreeSet<&str> = error.split('`').skip(3).step_by(2).collect();
    let told: BTreeSet<&str> = COMMANDS.iter().map(|(name, _)| *name).collect();
    assert_eq!(told, known);
    for (name, fields) in COMMANDS {
        // One that lacks everything names its first field; one that has them all is a command.
        let value = |field: &str| match field {
            "on" => json!(true),
            "severity" => json!(1),
            "minutes" => json!(30),
            "glass" => json!("GLASS-1"),
            "inputs" => json!({}),
            "answer" => json!("done"),
            "due" | "from" | "until" => json!("2026-12-01T00:00:00Z"),
            "gives" | "takes" => json!({ "from": "2026-12-01T00:00:00Z", "until": "2026-12-02T00:00:00Z" }),
            "taken" => json!("OVR-1"),
            "swap" => json!("SWP-1"),
            "incident" => json!("INC-1"),
            "run" => json!("RUN-1"),
            "review" => json!("REV-1"),
            "silence" if *name == "silence" => json!({
                "id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                "matchers": [{ "name": "service", "op": "=", "value": "checkout" }],
                "starts_at": "2026-12-01T00:00:00Z",
                "ends_at": "2026-12-01T02:00:00Z",
                "created_by": "ana",
                "comment": "the disks are exchanged",
            }),
            "silence" | "replaces" => json!("6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
            "closing" => json!({ "change": { "link": "x" } }),
            _ => json!("x"),
        };
        let all = |without: Option<&str>| {
            let fields = fields.iter().filter(|field| Some(**field) != without);
            let fields: Map<String, Value> = fields
                .map(|field| field.trim_end_matches('?'))
                .map(|field| (field.to_owned(), value(field)))
                .collect();
            serde_json::from_value::<Command>(json!({ *name: fields })).map(drop)
        };
        assert!(all(None).is_ok(), "{name}: {:?}", all(None));
        for field in *fields {
            assert_eq!(all(Some(field)).is_ok(), field.ends_with('?'), "{name} without {field}");
        }
    }
    for answer in ["done", "repeat", "abort"] {
        assert!(serde_json::from_value::<PersonAnswer>(json!(answer)).is_ok());
    }
}

#[test]
fn every_field_is_told_of_and_used() {
    let used: BTreeSet<&str> = ROWS
        .iter()
        .flat_map(|row| match row.takes {
            Takes::Fields(fields) | Takes::FieldsOrJson(fields) => fields,
            Takes::Command | Takes::Document(_) | Takes::Samples | Takes::Payload => &[],
        })
        .copied()
        .collect();
    assert_eq!(TAKES.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>(), used);
}

/// The document itself, for whoever wants it without a server. `UPDATE_EXPECT=1` writes it anew.
#[test]
fn the_document_is_the_one_that_is_kept() {
    let text = serde_json::to_string_pretty(&document()).expect("plain data") + "\n";
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(text.contains(&version));
    expect_test::expect_file!["../../openapi.json"].assert_eq(&text);
}
