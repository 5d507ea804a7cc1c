use andon_definitions::{SourceFile, load};

use super::*;

const RULES: &str = r#"
groups:
  - name: shop
    labels: { team: shop }
    rules:
      - record: job:errors:rate1m
        expr: sum by (job) (rate(errors_total[1m]))
        labels: { kind: derived }
      - alert: Errors
        expr: job:errors:rate1m > 1
        for: 2m
        keep_firing_for: 1m
        labels: { severity: page }
        annotations:
          summary: '{{ $labels.job }} has {{ $value | printf "%.1f" }} errors a second'
      - alert: Down
        expr: up == 0
"#;

const TESTS: &str = r#"
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - name: errors
    interval: 30s
    input_series:
      - { series: 'errors_total{job="web"}', values: '0+60x8 480x10' }
      - { series: 'up{job="web"}', values: '1x3 0 stale' }
    alert_rule_test:
      - { eval_time: 2m, alertname: Errors }
      - eval_time: 3m
        alertname: Errors
        exp_alerts:
          - exp_labels: { job: web, kind: derived, severity: page, team: shop }
            exp_annotations: { summary: web has 2.0 errors a second }
      # It is kept for a minute after it no longer holds.
      - eval_time: 5m30s
        alertname: Errors
        exp_alerts:
          - exp_labels: { job: web, kind: derived, severity: page, team: shop }
            exp_annotations: { summary: web has 2.0 errors a second }
      - { eval_time: 7m, alertname: Errors }
      - { eval_time: 1m, alertname: Down }
      - { eval_time: 2m, alertname: Down, exp_alerts: [ { exp_labels: { job: web, team: shop } } ] }
      - { eval_time: 3m, alertname: Down }
      - { eval_time: 2m, alertname: Unknown }
    promql_expr_test:
      - expr: job:errors:rate1m
        eval_time: 2m
        exp_samples:
          - { labels: 'job:errors:rate1m{job="web", kind="derived", team="shop"}', value: 2 }
      - expr: ALERTS{alertname="Errors"}
        eval_time: 2m
        exp_samples:
          - labels: 'ALERTS{alertname="Errors", alertstate="pending", job="web", kind="derived", severity="page", team="shop"}'
            value: 1
      - expr: count(ALERTS_FOR_STATE)
        eval_time: 7m
      - expr: vector(1) / 0
        exp_samples: [ { value: .inf } ]
"#;

#[test]
fn texts_know_what_the_test_says_is_outside() {
    let rules = "
groups:
  - name: a
    rules:
      - alert: Up
        expr: up
        annotations: { where: '{{ $externalLabels.region }} {{ externalURL }}{{ pathPrefix }}' }
";
    let tests = "
rule_files: [rules.yml]
tests:
  - external_labels: { region: eu }
    external_url: http://here/p
    input_series: [ { series: up, values: '1x3' } ]
    alert_rule_test:
      - { eval_time: 1m, alertname: Up, exp_alerts: [ { exp_annotations: { where: eu http://here/p/p } } ] }
";
    assert_eq!(failures(rules, tests), [""; 0]);
}

fn outcomes(rules: &str, tests: &str) -> Vec<Outcome> {
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
    let (catalog, findings) = load(&[file("rules.yml", rules), file("tests.yml", tests)]);
    let errors: Vec<_> = findings.iter().filter(|finding| finding.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    play(&catalog.rule_tests[0], &catalog.rules)
}

fn failures(rules: &str, tests: &str) -> Vec<String> {
    let outcomes = outcomes(rules, tests);
    outcomes.iter().flat_map(|outcome| &outcome.failures).map(ToString::to_string).collect()
}

#[test]
fn rules_are_played_as_promtool_plays_them() {
    assert_eq!(failures(RULES, TESTS), Vec::<String>::new());
    assert_eq!(outcomes(RULES, TESTS)[0].name, "errors");
}

#[test]
fn what_is_not_as_expected_is_said_with_its_place() {
    let tests = TESTS.replace("2.0 errors", "3.0 errors").replace("value: 2 }", "value: 3 }");
    let failures = failures(RULES, &tests);
    assert_eq!(failures.len(), 3, "{failures:#?}");
    let first = "tests.yml:12: alerts Errors at 3m\n  \
                 expected {alertname=\"Errors\", job=\"web\", kind=\"derived\", severity=\"page\", team=\"shop\"} summary=\"web has 3.0 errors a second\"\n  \
                 got      {alertname=\"Errors\", job=\"web\", kind=\"derived\", severity=\"page\", team=\"shop\"} summary=\"web has 2.0 errors a second\"";
    assert_eq!(failures[0], first);
    assert!(failures[2].starts_with("tests.yml:29: job:errors:rate1m at 2m\n  expected job:errors:rate1m{"));
}

#[test]
fn histograms_and_late_starts() {
    let tests = r#"
tests:
  - start_timestamp: 2024-02-29T00:00:00Z
    input_series:
      - { series: h, values: '{{count:1 sum:2 buckets:[1]}}x3' }
      - { series: wobbly, values: '0.30000000000000004' }
    promql_expr_test:
      - { expr: h * 2, eval_time: 1m, exp_samples: [ { labels: '{}', histogram: '{{count:2 sum:4 buckets:[2]}}' } ] }
      - { expr: h, eval_time: 1m, exp_samples: [ { labels: h, value: 1 } ] }
      - { expr: day_of_month(), eval_time: 1m, exp_samples: [ { value: 29 } ] }
      - { expr: wobbly, exp_samples: [ { labels: wobbly, value: 0.3 } ] }
"#;
    let said = failures("groups: []", tests);
    assert_eq!(said.len(), 2, "{said:#?}");
    assert!(said[0].contains("got      h {{count:1 sum:2 buckets:[1]}}"));
    assert_eq!(failures("groups: []", &format!("fuzzy_compare: true\n{tests}")).len(), 1);
}

#[test]
fn a_rule_that_fails_ends_its_test() {
    let rules = "groups: [ { name: g, rules: [ { record: both, expr: 'label_replace(a, \"x\", \"\", \"\", \"\")' } ] } ]";
    let tests = r#"
tests:
  - input_series: [ { series: 'a{x="1"}', values: 1x5 }, { series: 'a{x="2"}', values: 1x5 } ]
    promql_expr_test: [ { expr: both, eval_time: 5m } ]
  - promql_expr_test: [ { expr: '1', exp_samples: [ { value: 1 } ] } ]
"#;
    let outcomes = outcomes(rules, tests);
    assert_eq!(outcomes[0].failures.len(), 1);
    assert!(outcomes[0].failures[0].asked.starts_with("the rule both at 0s"), "{outcomes:?}");
    assert_eq!(outcomes[1].failures, []);
    let endless = "tests: [ { promql_expr_test: [ { expr: '1', eval_time: 100y } ] } ]";
    assert!(failures(rules, endless)[0].contains("more than 1000000 evaluations"));
}
