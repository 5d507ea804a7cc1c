//! The arrows between the crates point down, as ARCHITECTURE.md draws them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::house::root;

/// Each crate and what it stands on. An arrow permits everything below it.
const ARROWS: &[(&str, &[&str])] = &[
    ("andon", &["live", "rehearse", "hands", "api", "web"]),
    ("web", &["api"]),
    ("api", &["cycle", "journal", "remote", "ical"]),
    ("live", &["cycle", "journal", "exposition", "remote", "blocks", "ical"]),
    ("rehearse", &["cycle", "journal"]),
    ("cycle", &["monitor", "respond", "change", "improve", "timeseries"]),
    // The stages never import each other: they speak through events.
    ("monitor", &["definitions"]),
    ("respond", &["definitions"]),
    ("change", &["definitions"]),
    ("improve", &["definitions"]),
    ("definitions", &["promql", "intake", "identity"]),
    ("promql", &["timeseries"]),
    ("blocks", &["timeseries"]),
    ("timeseries", &["vocabulary"]),
    ("exposition", &["timeseries", "protobuf"]),
    ("remote", &["timeseries", "protobuf"]),
    ("protobuf", &[]),
    ("intake", &["vocabulary"]),
    ("identity", &["vocabulary"]),
    ("ical", &["vocabulary"]),
    ("journal", &["vocabulary"]),
    ("hands", &["vocabulary"]),
    ("vocabulary", &[]),
    // A workload knows nothing of what operates it.
    ("storefront", &[]),
];

fn below(name: &str, found: &mut BTreeSet<&'static str>) {
    let (_, arrows) = ARROWS.iter().find(|(from, _)| *from == name).expect("every target is a row");
    for arrow in *arrows {
        found.insert(arrow);
        below(arrow, found);
    }
}

/// Every crate of the workspace, by its short name, with the crates of the workspace that it depends on.
fn workspace() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo speaks JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let names: BTreeSet<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let ours = |package: &Value| {
        let dependencies = package["dependencies"].as_array().expect("dependencies").iter();
        let named = dependencies.filter_map(|dependency| dependency["name"].as_str());
        named.filter(|name| names.contains(name)).map(short).collect()
    };
    let name = |package: &Value| short(package["name"].as_str().expect("a name"));
    packages
        .iter()
        // A crate may test itself with features of its own switched on.
        .map(|package| {
            let own = name(package);
            let mut needs: BTreeSet<String> = ours(package);
            needs.remove(&own);
            (own, needs)
        })
        .collect()
}

fn short(name: &str) -> String {
    name.strip_prefix("andon-").unwrap_or(name).to_owned()
}

#[test]
fn arrows_point_down() {
    let workspace = workspace();
    let rows: BTreeSet<String> = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let crates: BTreeSet<String> = workspace.keys().cloned().collect();
    assert_eq!(rows, crates, "each crate of the workspace is a row of ARROWS, and nothing else is");
    for (name, needs) in &workspace {
        let mut allowed = BTreeSet::new();
        below(name, &mut allowed);
        for need in needs {
            assert!(allowed.contains(need.as_str()), "{name} must not depend on {need}");
        }
    }
}
