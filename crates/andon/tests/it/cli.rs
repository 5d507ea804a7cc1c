//! What the command line says: findings, verdicts, failures, and the exit codes that scripts rely on.

mod files_of_tests;
mod routes;
mod schedules;

use std::path::Path;

use serde_json::Value;
use snapbox::str;
use tempfile::TempDir;

use crate::house::andon;

const INSTANCE: &str = "apiVersion: andon/v1\nkind: Instance\nmetadata: { name: shop }\nspec: {}\n";

/// A directory with these files.
fn ops(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (path, text) in files {
        std::fs::write(dir.path().join(path), text).expect("a file");
    }
    dir
}

fn stdout_of(args: &[&str], dir: &Path) -> (i32, String) {
    let output = andon().args(args).current_dir(dir).output().expect("it runs");
    (output.status.code().expect("an exit code"), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn findings_read_as_a_compilers() {
    let dir = ops(&[
        ("instance.yaml", INSTANCE),
        (
            "team.yaml",
            "apiVersion: andon/v1\nkind: Team\nmetadata: { name: payments }\nspec:\n  peopel: {}\n",
        ),
    ]);
    andon().args(["check", "."]).current_dir(dir.path()).assert().code(1).stdout_eq(str![[r#"
...
error[unknown-key]: [..]
 --> team.yaml:5:3
  |
5 |   peopel: {}
  |   ^^^^^^
  |
  = help: did you mean `people`?
...
[..] error[..], 0 warnings (2 files in .)

"#]]);
}

#[test]
fn findings_are_json_for_programs() {
    let dir = ops(&[("instance.yaml", INSTANCE), ("broken.yaml", "a: [1\n")]);
    let (code, stdout) = stdout_of(&["check", ".", "--output", "json"], dir.path());
    assert_eq!(code, 1);
    let said: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(said["errors"], 1);
    assert_eq!(said["findings"][0]["file"], "broken.yaml");
    for key in ["line", "column", "excerpt", "message"] {
        assert!(!said["findings"][0][key].is_null(), "{key}: {said:#}");
    }
}

#[test]
fn a_warning_fails_only_where_that_is_asked_for() {
    // A metric that nothing is known to expose is worth a warning, no more.
    let rules = "groups:\n  - name: a\n    rules:\n      - { alert: A, expr: nobody_exposes_this > 1 }\n";
    let dir = ops(&[("instance.yaml", INSTANCE), ("rules.yaml", rules)]);
    let (code, stdout) = stdout_of(&["check", ".", "--output", "json"], dir.path());
    let said: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!((code, &said["errors"]), (0, &Value::from(0)), "{said:#}");
    let strict = i32::from(said["warnings"] != 0);
    assert_eq!(stdout_of(&["check", ".", "--strict"], dir.path()).0, strict);
}

#[test]
fn usage_is_explained() {
    andon().arg("explode").assert().code(2).stderr_eq(str![[r#"
error: unrecognized subcommand 'explode'
...
"#]]);
    andon().assert().code(2).stderr_eq(str![[r#"
Operational excellence as code: prepare, monitor, respond, improve
...
Exit codes:
  0  all is well
  1  findings, expectations that were not met, or a server that had to stop
  2  the command line is not right
  3  the server cannot be reached, or cannot answer
  4  the server refused, and nothing was changed
...
"#]]);
    andon().args(["check", "/nowhere/at/all"]).assert().code(2).stderr_eq(str![[r#"
error: cannot read /nowhere/at/all: [..]
  try: name the directory that holds your definitions, or its parent if it is called ops

"#]]);
    andon().args(["run", "x", "--input", "service"]).assert().code(2).stderr_eq(str![[r#"
error: invalid value 'service' for '--input <NAME=VALUE>': write it as NAME=VALUE, such as service=checkout
...
"#]]);
    andon().args(["review", "close", "REV-1"]).assert().code(2);
}

#[test]
fn a_server_that_is_not_there_is_code_3() {
    // Port 9 discards, and nobody runs that any more.
    let server = ["--server", "http://127.0.0.1:9"];
    andon().arg("status").args(server).assert().code(3).stderr_eq(str![[r#"
error: no answer from http://127.0.0.1:9/: Connection refused (os error 111)
  try: start it with `andon up`, or name another with --server or ANDON_SERVER

"#]]);
    andon().args(["ack", "INC-1", "--as", "ana"]).args(server).assert().code(3);
}

#[test]
fn automation_is_halted_without_a_server() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let data = dir.path().to_str().expect("a path");
    let to = ["--data", data, "--as", "ana", "--server", "http://127.0.0.1:9"];
    andon().args(["halt", "--reason", "the database is being moved"]).args(to).assert().code(0);
    let file = dir.path().join("HALT");
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), "the database is being moved\n");
    andon().arg("release").args(to).assert().code(0);
    assert!(!file.exists());
}

#[test]
fn a_starting_set_is_free_of_findings_and_never_overwritten() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let init = || andon().args(["init", ".", "--person", "ana", "--service", "shop"]).current_dir(dir.path());
    init().assert().code(0);
    andon().args(["check", ".", "--strict"]).current_dir(dir.path()).assert().code(0).stdout_eq(str![[r#"
well: 1 team, 1 service, 1 rule, 0 runbooks, 0 scenarios (3 files in ./ops)

"#]]);
    init().assert().code(2).stderr_eq(str![[r#"
error: ./ops/instance.yaml is there already; nothing was written
  try: name another directory, or `andon check` what you have

"#]]);
}

#[test]
fn a_failing_scenario_says_what_when_and_which_line() {
    let scenario = "
apiVersion: andon/v1
kind: Scenario
metadata: { name: nobody-answers }
spec:
  at: 2026-11-20T22:00:00+01:00
  every: 5s
  world:
    - { series: 'up{service=\"shop\"}', values: '1x12 0x60' }
  expect:
    - { alert: ServiceDown, is: resolved, within: 5m }
";
    let dir = tempfile::tempdir().expect("a temporary directory");
    let args = ["init", ".", "--person", "ana", "--service", "shop"];
    andon().args(args).current_dir(dir.path()).assert().code(0);
    std::fs::write(dir.path().join("ops/scenario.yaml"), scenario).expect("a file");
    let (code, stdout) = stdout_of(&["test", ".", "--output", "json"], dir.path());
    let said: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!((code, &said["failed"]), (1, &Value::from(1)), "{said:#}");
    let failure = &said["scenarios"][0]["failures"][0];
    assert!(failure["expected"].as_str().is_some_and(|said| said.contains("ServiceDown")), "{failure:#}");
    assert_eq!(failure["at"], "scenario.yaml:11");
    let (code, text) = stdout_of(&["test", "."], dir.path());
    assert_eq!(code, 1);
    assert!(text.contains("failed  nobody-answers") && text.contains("    actual "), "{text}");
}

#[test]
fn the_schema_is_json_and_completions_know_the_commands() {
    let here = Path::new(".");
    let (code, schema) = stdout_of(&["schema"], here);
    assert_eq!(code, 0);
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let (code, script) = stdout_of(&["completions", "bash"], here);
    assert!(code == 0 && script.contains("rollback"));
}

#[test]
fn a_journal_that_is_not_there_is_said_plainly() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let output = andon().args(["journal", "verify"]).arg(dir.path()).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no journal here"));
}

#[test]
fn other_machines_are_not_listened_to() {
    let dir = ops(&[("instance.yaml", INSTANCE)]);
    andon().args(["serve", ".", "--listen", "0.0.0.0:0"]).current_dir(dir.path()).assert().code(2).stderr_eq(
        str![[r#"
error: 0.0.0.0:0 can be reached from other machines, and nobody has to say who they are
  try: add `identity: {}` to the instance's spec, or listen on 127.0.0.1:7070 and reach it through `ssh -L 7070:127.0.0.1:7070`

"#]],
    );
}
