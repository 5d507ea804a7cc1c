//! Every example is free of findings, and its scenarios pass.

use serde_json::Value;

use crate::house::{andon, examples};

fn json(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[test]
fn examples_have_no_findings() {
    for example in examples() {
        let output = andon().arg("check").arg(&example).args(["--output", "json"]).output().expect("it runs");
        assert_eq!(json(&output)["findings"], Value::Array(Vec::new()), "{}", example.display());
    }
}

#[test]
fn scenarios_of_the_examples_pass() {
    for example in examples() {
        let output = andon().arg("test").arg(&example).args(["--output", "json"]).output().expect("it runs");
        let verdicts = json(&output);
        assert_eq!(verdicts["failed"], 0, "{}: {verdicts:#}", example.display());
        assert_ne!(verdicts["passed"], 0, "{} has scenarios", example.display());
    }
}
