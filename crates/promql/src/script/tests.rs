//! The runner itself, and all scripts of this crate.

use super::*;

fn check(name: &str, text: &str) {
    match run(text) {
        Ok(evaluations) => assert!(evaluations > 0, "{name} evaluates nothing"),
        Err(failures) => {
            let all: Vec<String> = failures.iter().map(|failure| format!("{name}, {failure}")).collect();
            panic!("{}", all.join("\n"));
        }
    }
}

macro_rules! scripts {
    ($($name:ident)*) => {
        $(#[test] fn $name() {
            check(stringify!($name), include_str!(concat!("../../scripts/", stringify!($name), ".test")));
        })*
    };
}

scripts! {
    selectors rates over_time aggregations operators matching functions histograms labels times ranges notation
    subqueries staleness pinned sets picks precision literals annotations names trigonometry
    native native_rates native_together native_custom
}

/// The only failure of a script.
fn failure(text: &str) -> String {
    match run(text).unwrap_err().as_slice() {
        [only] => only.to_string(),
        several => panic!("{several:?}"),
    }
}

#[test]
fn a_wrong_expectation_fails_with_its_line() {
    let text = "load 1m\n  a{x=\"1\"} 1 2\n\neval instant at 1m a\n  a{x=\"1\"} 3\n\neval instant at 1m b\n";
    assert_eq!(failure(text), "line 4: expected\n  a{x=\"1\"} 3\nbut it gave\n  a{x=\"1\"} 2\n");
    assert!(run("load 1m\n  a 1\n\neval_ordered instant at 0 a or vector(2)\n  {} 2\n  a 1\n").is_err());
    assert!(run("eval instant at 0 1 > bool 0\n  2\n").is_err());
}

#[test]
fn what_is_not_understood_fails_with_its_line() {
    for (text, said) in [
        ("load x\n", "line 1: \"x\" is not a duration; write 30s, 5m or 1h30m"),
        ("\n\nnonsense 1\n", "line 3: \"nonsense\" is no command; write load, eval or clear"),
        (
            "eval instant 5m a\n",
            "line 1: write `eval instant at 5m QUERY` or `eval range from 0 to 5m step 1m QUERY`",
        ),
        (
            "eval_loud instant at 5m a\n",
            "line 1: write eval, eval_fail, eval_warn, eval_info, or (at an instant) eval_ordered",
        ),
        ("eval range from 5m to 0 step 1m a\n", "line 1: the range ends before it begins"),
        (
            "load 1m\n  a 1\n  b 1y\n",
            "line 3: \"1y\" is no number; write 5, 5x3, 1+2x10, 10-1x4, _, _x3, stale, NaN or Inf",
        ),
        (
            "eval instant at 0 1\n  expect loud\n",
            "line 2: \"loud\" cannot be expected; write ordered, fail, warn, no_warn, info, no_info, string or range vector",
        ),
        (
            "eval instant at 0 1\n  expect warn\n  expect no_warn\n",
            "line 3: warn and no_warn cannot both be expected",
        ),
        (
            "eval instant at 0 1\n  expect fail msg: a\n  expect fail msg: b\n",
            "line 3: an evaluation fails only once; write one `expect fail`",
        ),
        ("eval instant at 0 1\n  expect warn regex: (\n", "line 2: \"(\" is no regular expression"),
        ("eval instant at 0 1\n  a 1 2\n", "line 2: an instant needs exactly one value"),
        ("eval range from 0 to 1m step 1m a\n  a 1 2 3\n", "line 2: there are more values than steps"),
        ("load 1m\n  a 1 2\n\nload 1m\n  a 5\n", "line 5: a has a sample at 0s or later already"),
    ] {
        assert_eq!(failure(text), said);
    }
    assert!(failure("load 1m\n  a{x=~\"b\"} 1\n").starts_with("line 2: "));
    assert!(
        failure("eval_fail instant at 1m 1\n").starts_with("line 1: expected a failure, but it gave\n  1")
    );
}

#[test]
fn a_histogram_that_nobody_could_expose_is_not_loaded() {
    let text = "load 1m\n  h {{schema:-53 custom_values:[1] buckets:[1 1 1]}}\n";
    assert_eq!(failure(text), "line 2: h: a histogram has a bucket 2, but only 1 custom bounds");
}

#[test]
fn any_script_can_be_run() {
    const PARTS: &[&str] = &[
        "load ",
        "load_with_nhcb ",
        "clear",
        "5m",
        "\n",
        "\n\n",
        "  ",
        "a",
        "a_bucket{le=\"1\"}",
        "{x=\"1\"}",
        " 1 2+3x4 ",
        " {{schema:1 count:3 sum:2 buckets:[1 2]}}",
        "+{{count:1 buckets:[1]}}x3 ",
        "eval ",
        "eval_fail ",
        "expect ",
        "warn ",
        "msg: x",
        "instant at ",
        "range from 0 to 5m step ",
        "rate(a[5m])",
        "histogram_quantile(0.5, a)",
        "-",
    ];
    arbtest::arbtest(|u| {
        let mut text = String::new();
        for _ in 0..u.int_in_range(0..=30)? {
            text.push_str(u.choose(PARTS)?);
        }
        let _ = run(&text);
        Ok(())
    });
}
