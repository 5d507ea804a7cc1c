//! The determinism fence: who stands behind it, that nobody climbs over it, and that it holds.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::house::{may_skip, root, written};

/// The crates that touch the world. Their own empty `clippy.toml` replaces the root's.
const OUTSIDE: &[&str] = &[
    "crates/journal",
    "crates/blocks",
    "crates/hands",
    "crates/live",
    "crates/api",
    "crates/web",
    "crates/andon",
    "examples/storefront",
];

const FORBID: &str =
    "#![forbid(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]";

#[test]
fn only_the_named_crates_stand_outside() {
    let found: BTreeSet<String> = written()
        .into_iter()
        .filter_map(|(path, _)| path.strip_suffix("/clippy.toml").map(str::to_owned))
        .collect();
    assert_eq!(found, OUTSIDE.iter().map(|path| (*path).to_owned()).collect());
    for (path, file) in
        written().iter().filter(|(path, _)| path.starts_with("crates/") && path.ends_with("/src/lib.rs"))
    {
        let outside = OUTSIDE.iter().any(|outside| path.starts_with(&format!("{outside}/")));
        let forbids = fs::read_to_string(file).expect("text").lines().any(|line| line == FORBID);
        assert_eq!(forbids, !outside, "{path}: a pure crate, and only a pure one, begins with {FORBID}");
    }
}

#[test]
fn nobody_climbs_over() {
    let lints = ["disallowed_methods", "disallowed_types", "disallowed_macros"];
    for (path, file) in written().iter().filter(|(path, _)| path.ends_with(".rs")) {
        let text = fs::read_to_string(file).expect("text");
        for attribute in attributes(&text) {
            let lifts =
                ["allow", "expect", "warn"].iter().any(|verb| attribute.contains(&format!("{verb}(")));
            let ours = lints.iter().any(|lint| attribute.contains(lint));
            assert!(!(lifts && ours), "{path} lifts the fence: {attribute}");
        }
    }
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    assert!(!lints.iter().any(|lint| manifest.contains(lint)), "the fence is no matter of the manifest");
}

/// Each, from its `#`, which comes first in its line, to the bracket that closes it.
fn attributes(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.match_indices("#[").chain(text.match_indices("#!["));
    let first_in_line = |at: usize| text[..at].rsplit('\n').next().is_some_and(|line| line.trim().is_empty());
    starts.filter(move |(at, _)| first_in_line(*at)).map(|(at, _)| {
        let mut depth = 0;
        let closes = |c: char| {
            depth += i32::from(c == '[') - i32::from(c == ']');
            c == ']' && depth == 0
        };
        let end = text[at..].find(closes).map_or(text.len(), |end| at + end + 1);
        &text[at..end]
    })
}

/// Each would make a decision depend on something that is no input.
const CALLS: &[&str] = &[
    "let _ = std::time::Instant::now();",
    "let _ = std::time::SystemTime::now();",
    "std::thread::spawn(|| ());",
    "std::thread::sleep(std::time::Duration::ZERO);",
    "let _ = std::fs::read(\"x\");",
    "let _ = std::fs::read_to_string(\"x\");",
    "let _ = std::env::var(\"X\");",
    "let _ = std::path::Path::new(\"x\").exists();",
    "let _ = std::process::Command::new(\"x\");",
    "let _ = std::net::TcpListener::bind(\"127.0.0.1:0\");",
    "let _: std::collections::HashMap<u8, u8> = Default::default();",
    "let _ = std::sync::Mutex::new(0);",
    "println!(\"x\");",
    "eprintln!(\"x\");",
];

/// A crate of one file behind a copy of the fence.
fn crate_with(dir: &Path, body: &str) {
    fs::create_dir_all(dir.join("src")).expect("a directory");
    fs::copy(root().join("clippy.toml"), dir.join("clippy.toml")).expect("the fence");
    let manifest = "[package]\nname = \"canary\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n";
    fs::write(dir.join("Cargo.toml"), manifest).expect("a manifest");
    fs::write(dir.join("src/lib.rs"), format!("{FORBID}\n{body}")).expect("a file");
}

fn clippy(dir: &Path) -> (bool, String) {
    let output = Command::new(env!("CARGO"))
        .args(["clippy", "--offline", "--quiet", "--message-format", "short"])
        .current_dir(dir)
        .env("CARGO_TARGET_DIR", dir.join("target"))
        .output()
        .expect("cargo runs");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn the_fence_holds() {
    let has_clippy = Command::new(env!("CARGO")).args(["clippy", "--version"]).output();
    if !has_clippy.is_ok_and(|output| output.status.success()) && may_skip("cargo clippy is not installed") {
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    crate_with(dir.path(), "pub fn pure(at: u64) -> u64 { at + 1 }\n");
    let (passes, said) = clippy(dir.path());
    assert!(passes, "what is pure passes: {said}");

    let calls: Vec<String> =
        CALLS.iter().enumerate().map(|(n, call)| format!("pub fn canary_{n}() {{ {call} }}\n")).collect();
    crate_with(dir.path(), &calls.concat());
    let (passes, said) = clippy(dir.path());
    assert!(!passes);
    for (n, call) in CALLS.iter().enumerate() {
        // The first line is the `forbid`.
        let place = format!("src/lib.rs:{}:", n + 2);
        let seen = said.lines().any(|line| line.starts_with(&place) && line.contains("disallowed"));
        assert!(seen, "the fence lets through: {call}\n{said}");
    }

    let lifted = format!("#[allow(clippy::{})]\npub fn canary() {{ {} }}\n", "disallowed_methods", CALLS[0]);
    crate_with(dir.path(), &lifted);
    let (passes, said) = clippy(dir.path());
    assert!(!passes && said.contains("forbid"), "no inner allow lifts it: {said}");
}
