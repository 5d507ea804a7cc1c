//! Every example is free of findings, and its scenarios pass.

use serde_json::Value;

use crate::house::{andon, examples, root};

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

/// Whichever messages are lost.
#[test]
fn andon_survives_its_own_outages() {
    for seed in ["0", "1", "2"] {
        let args = ["--seed", seed, "--output", "json"];
        let output = andon().arg("test").arg(root().join("scenarios")).args(args).output().expect("it runs");
        assert_eq!(json(&output)["failed"], 0, "seed {seed}: {:#}", json(&output));
    }
}

/// Chance comes from the seed alone: no hash map's order, no clock, no address of memory.
#[test]
fn a_swarm_is_the_same_in_two_processes() {
    for dir in ["examples/storefront", "scenarios"] {
        let fly = || {
            let args = ["--swarm", "5", "--output", "json"];
            andon().arg("test").arg(root().join(dir)).args(args).output().expect("it runs").stdout
        };
        let first = fly();
        let said = String::from_utf8_lossy(&first);
        assert!(said.contains("\"broken\": 0"), "{dir}: {said}");
        assert_eq!(first, fly(), "{dir}");
    }
}
