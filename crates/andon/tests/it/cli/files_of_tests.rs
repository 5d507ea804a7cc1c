//! `andon test` of files: scripts of queries, and unit tests of rules, which promtool must judge the same.

use std::process::Command;

use super::{INSTANCE, ops, stdout_of};
use crate::house::may_skip;

const RULES: &str = r#"
groups:
  - name: shop
    rules:
      - record: job:errors:sum
        expr: sum by (job) (errors_total)
        labels: { kind: derived }
      - alert: Errors
        expr: job:errors:sum > 3
        for: 2m
        labels: { severity: page, level: '{{ if gt $value 1.5 }}high{{ else }}low{{ end }}' }
        annotations:
          summary: '{{ $labels.job }} has {{ $value | printf "%.1f" }} errors'
      - alert: Down
        expr: up == 0
        keep_firing_for: 2m
  - name: after
    rules:
      - { record: job:doubled, expr: job:errors:sum * 2 }
      - { alert: Twice, expr: count by (job) (job:doubled) > 0, labels: { job: '' } }
"#;

/// Unit tests, and whether they pass.
const TESTS: &[(&str, bool, &str)] = &[
    (
        "recorded",
        true,
        r#"
    promql_expr_test:
      - expr: job:errors:sum
        eval_time: 4m
        exp_samples: [ { labels: 'job:errors:sum{job="web", kind="derived"}', value: 8 } ]
      - expr: sum(job:doubled)
        eval_time: 4m
        exp_samples: [ { labels: '{}', value: 16 } ]
      - expr: nothing
        eval_time: 4m"#,
    ),
    (
        "recorded_otherwise",
        false,
        r#"
    promql_expr_test:
      - expr: job:errors:sum
        eval_time: 4m
        exp_samples: [ { labels: 'job:errors:sum{job="web"}', value: 8 } ]"#,
    ),
    (
        "unexpected_sample",
        false,
        r#"
    promql_expr_test: [ { expr: up, eval_time: 1m } ]"#,
    ),
    (
        "pending",
        true,
        r#"
    alert_rule_test: [ { eval_time: 2m, alertname: Errors } ]
    promql_expr_test:
      - expr: ALERTS{alertname="Errors"}
        eval_time: 2m
        exp_samples:
          - labels: 'ALERTS{alertname="Errors", alertstate="pending", job="web", kind="derived", level="high", severity="page"}'
            value: 1"#,
    ),
    (
        "firing",
        true,
        r#"
    alert_rule_test:
      - eval_time: 4m10s
        alertname: Errors
        exp_alerts:
          - exp_labels: { job: web, kind: derived, severity: page, level: high }
            exp_annotations: { summary: web has 8.0 errors }"#,
    ),
    (
        "firing_with_other_words",
        false,
        r#"
    alert_rule_test:
      - eval_time: 4m
        alertname: Errors
        exp_alerts: [ { exp_labels: { job: web, kind: derived, severity: page, level: high } } ]"#,
    ),
    (
        "kept_firing",
        true,
        r#"
    alert_rule_test:
      - { eval_time: 4m, alertname: Down }
      - { eval_time: 5m, alertname: Down, exp_alerts: [ { exp_labels: { job: web } } ] }
      - { eval_time: 7m, alertname: Down, exp_alerts: [ { exp_labels: { job: web } } ] }
      - { eval_time: 9m, alertname: Down }
      - { eval_time: 9m, alertname: NobodyKnows }"#,
    ),
    (
        "beyond_the_evaluations",
        true,
        r#"
    promql_expr_test:
      - expr: seconds
        eval_time: 90s
        exp_samples: [ { labels: seconds, value: 2 } ]"#,
    ),
    (
        "half_a_bit",
        false,
        r#"
    promql_expr_test: [ { expr: 0.1 + 0.2, exp_samples: [ { labels: '{}', value: 0.3 } ] } ]"#,
    ),
    (
        "nan_is_nothing",
        false,
        r#"
    promql_expr_test: [ { expr: 0 / 0, exp_samples: [ { labels: '{}', value: .nan } ] } ]"#,
    ),
    (
        "no_query",
        false,
        r#"
    promql_expr_test: [ { expr: 'sum by (', eval_time: 1m } ]"#,
    ),
];

const SERIES: &str = r#"
    interval: 30s
    input_series:
      - { series: 'errors_total{job="web",i="1"}', values: '0+1x20' }
      - { series: 'up{job="web"}', values: '1x9 0 0 1x20' }
      - { series: seconds, values: '0+1x20' }"#;

/// One file for each test.
fn files() -> Vec<(String, String)> {
    let file = |(name, _, test): &(&str, bool, &str)| {
        let text = format!("rule_files: [rules.yml]\ntests:\n  - name: {name}{SERIES}{test}\n");
        (format!("{name}.yml"), text)
    };
    TESTS.iter().map(file).chain([("rules.yml".to_owned(), RULES.to_owned())]).collect()
}

#[test]
fn unit_tests_of_rules_end_as_with_promtool() {
    let files = files();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let dir = ops(&files);
    let promtool = std::env::var("PROMTOOL").unwrap_or_else(|_| "promtool".to_owned());
    let promtool = |args: &[&str]| {
        let output = Command::new(&promtool).args(args).current_dir(dir.path()).output().ok()?;
        let said = [output.stdout, output.stderr].concat();
        Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
    };
    let compared = promtool(&["--version"]).is_some_and(|(well, _)| well);
    for (name, passes, _) in TESTS {
        let file = format!("{name}.yml");
        let (code, said) = stdout_of(&["test", &file], dir.path());
        assert_eq!(code, i32::from(!passes), "{name}: {said}");
        if compared {
            // On a busy machine it has failed once by itself: it is asked again before it is believed.
            let asked = || promtool(&["test", "rules", &file]).expect("it ran before");
            let (well, said) = Some(asked()).filter(|(well, _)| well == passes).unwrap_or_else(asked);
            assert_eq!(well, *passes, "promtool, of {name}: {said}");
        }
    }
    if !compared {
        assert!(may_skip("there is no promtool to compare with"));
    }
}

#[test]
fn a_failing_unit_test_says_where_and_what() {
    let files = files();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let dir = ops(&files);
    let (code, said) = stdout_of(&["test", "recorded_otherwise.yml"], dir.path());
    assert_eq!(code, 1);
    assert_eq!(
        said,
        "failed  recorded_otherwise.yml  1 of 1 test\n    \
         recorded_otherwise.yml:10: job:errors:sum at 4m\n      \
         expected job:errors:sum{job=\"web\"} 8.0\n      \
         got      job:errors:sum{job=\"web\", kind=\"derived\"} 8.0\n\n\
         1 test file: 0 passed, 1 failed\n"
    );
}

const SCRIPT: &str =
    "load 1m\n  hits{code=\"200\"} 0+60x10\n\neval instant at 10m rate(hits[5m])\n  {code=\"200\"} 1\n";

#[test]
fn a_script_is_run_alone_or_with_all_that_lies_in_the_directory() {
    let broken = SCRIPT.replace("\"} 1\n", "\"} 2\n");
    let dir = ops(&[("well.test", SCRIPT), ("broken.test", &broken)]);
    let (code, said) = stdout_of(&["test", "well.test"], dir.path());
    assert_eq!(
        (code, said.as_str()),
        (0, "passed  well.test  1 evaluation\n\n1 test file: 1 passed, 0 failed\n")
    );
    let (code, said) = stdout_of(&["test", "broken.test"], dir.path());
    assert_eq!(code, 1);
    let failure =
        "broken.test:4: expected\n      {code=\"200\"} 2\n    but it gave\n      {code=\"200\"} 1\n";
    assert!(said.contains(failure), "{said}");
    // A directory of scripts needs no definitions.
    let (code, said) = stdout_of(&["test", "."], dir.path());
    assert!(code == 1 && said.ends_with("2 test files: 1 passed, 1 failed\n"), "{said}");
    let (code, _) = stdout_of(&["test", ".", "well"], dir.path());
    assert_eq!(code, 0);
    let (code, _) = stdout_of(&["test", ".", "nothing"], dir.path());
    assert_eq!(code, 2);
}

#[test]
fn unit_tests_lie_beside_definitions() {
    let files = files();
    let mut files: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    files.retain(|(name, _)| matches!(*name, "rules.yml" | "firing.yml"));
    let dir = ops(&[&files[..], &[("instance.yaml", INSTANCE), ("queries.test", SCRIPT)]].concat());
    let (code, said) = stdout_of(&["test", "."], dir.path());
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("firing.yml  1 test\n") && said.contains("queries.test  1 evaluation\n"), "{said}");
    let (code, said) = stdout_of(&["test", ".", "--output", "json"], dir.path());
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!((code, &said["passed"], &said["failed"]), (0, &2.into(), &0.into()), "{said:#}");
    assert_eq!(said["rule_tests"][0]["tests"][0]["name"], "firing");
    assert_eq!(said["scripts"][0]["evaluations"], 1);
}
