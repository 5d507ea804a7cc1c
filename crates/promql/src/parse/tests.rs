//! What a parsed query says about itself, and what a broken one says to its author.

use std::time::Duration;

use andon_vocabulary::Labels;

use super::*;

fn error(text: &str) -> String {
    let error = parse(text).unwrap_err();
    format!("{} @ {}", error.message, &text[error.span])
}

#[test]
fn errors_point_at_the_place() {
    assert_eq!(error(""), "the query is empty @ ");
    assert_eq!(error("foo bar"), "an operator or a comma is missing before bar @ bar");
    assert_eq!(error("sum(rate(foo[5m])"), "this parenthesis is never closed @ (");
    assert_eq!(error("sum(foo))"), "unexpected right parenthesis ')' @ )");
    assert_eq!(error("1 + rat(foo[5m])"), "unknown function with name 'rat' @ rat");
    assert_eq!(error("foo offset 1e300"), "duration is too long; write it as 5m, 1h30m or 30d @ 1e300");
    assert_eq!(error("foo[1e300]"), "duration is too long; write it as 5m, 1h30m or 30d @ 1e300");
    for none in ["foo[0]", "foo[0s]", "foo[5m:0]", "foo[0:1m]"] {
        assert!(parse(none).is_err(), "{none}");
    }
    assert!(error(r#"foo{a=~"("}"#).contains("is not a usable regular expression"));
    assert!(error(&"(".repeat(1000)).starts_with("more than 250 operators"));
}

#[test]
fn hostile_text_never_panics() {
    arbtest::arbtest(|u| {
        const PARTS: &[&str] = &[
            "foo",
            "rate",
            "(",
            ")",
            "[",
            "]",
            "5m",
            ":",
            "{",
            "}",
            "=~",
            "\"x\"",
            ",",
            " ",
            "offset",
            "@",
            "-",
            "+",
            "1e300",
            "by",
            "sum",
            "on",
            "group_left",
            "or",
            "bool",
            ">",
            "\\",
            "$",
            "é",
            "end",
            "start",
            "inf",
            "'",
        ];
        let mut text = String::new();
        for _ in 0..u.int_in_range(0..=30)? {
            text.push_str(u.choose(PARTS)?);
        }
        if let Ok(expr) = parse(&text) {
            expr.unsupported();
            // What is written back means the same: it parses, and is written the same way again.
            let written = expr.to_string();
            assert_eq!(parse(&written).map(|again| again.to_string()), Ok(written.clone()), "{text}");
        }
        Ok(())
    });
}

#[test]
fn what_is_not_evaluated_is_named() {
    let text = r#"sum(first_over_time(foo[5m])) + holt_winters_like{a="b" or c="d"}"#;
    let findings = parse(text).unwrap().unsupported();
    let found: Vec<String> =
        findings.iter().map(|f| format!("{} @ {}", f.what, &text[f.span.clone()])).collect();
    assert_eq!(
        found,
        [
            "the function first_over_time is not evaluated @ first_over_time",
            "`or` between the conditions of a selector is not evaluated @ holt_winters_like",
        ]
    );
    assert!(parse("sum by (a) (rate(foo[5m])) > 3").unwrap().unsupported().is_empty());
}

#[test]
fn a_query_says_what_it_reads() {
    let expr = parse(r#"a{x="1"} / on (job) rate(b[1m] offset 10m) > {__name__="c d"} @ 5"#).unwrap();
    assert_eq!(expr.metric_names().into_iter().collect::<Vec<_>>(), ["a", "b", "c d"]);
    let selectors = expr.selectors();
    assert_eq!(selectors[1].range, Some(Duration::from_secs(60)));
    assert_eq!(selectors[1].offset_ms, 600_000);
    assert!(selectors[2].pinned);
    assert_eq!(expr.longest_lookback(), Duration::from_secs(660));
    let nested = parse("max_over_time(rate(x[5m])[1h:1m] offset 1d)").unwrap();
    assert_eq!(nested.longest_lookback(), Duration::from_secs(86_400 + 3_600 + 300));
}

#[test]
fn a_query_can_be_narrowed() {
    let expr = parse(r#"a / rate(b{service="x"}[1m])"#).unwrap();
    let narrowed = expr.with_matchers(&Labels::new([("service", "y\"")]));
    assert_eq!(narrowed.to_string(), r#"a{service="y\""} / rate(b{service="x",service="y\""}[1m])"#);
    assert_eq!(expr.to_string(), r#"a / rate(b{service="x"}[1m])"#);
}

#[test]
fn queries_are_written_back() {
    for text in [
        r#"sum by (a, b) (rate(foo{x=~"5..",y!=""}[1m30s])) / ignoring (z) group_left (q) bar > bool 1"#,
        "-foo ^ 2 + -1",
        "topk(3, foo offset -5m) @ 1",
        "a * ignoring () group_left () b",
        "foo @ -5.500",
        "foo @ start() - foo[5m:1m] @ end() offset 1h",
        r#"{__name__=~"x.*"} unless on () {"a b"="c"}"#,
        "sum without () (a) or (b and c)",
        r#"label_replace(up, "a", "$1\n", "b", "(.*)")"#,
        "count_values(\"v\", x) == Inf",
    ] {
        let Ok(expr) = parse(text) else { continue };
        let written = expr.to_string();
        assert_eq!(parse(&written).unwrap().to_string(), written);
    }
    let text =
        r#"sum by (a, b) (rate(foo{x=~"5..",y!=""}[1m30s])) / ignoring (z) group_left (q) bar > bool 1"#;
    assert_eq!(parse(text).unwrap().to_string(), text);
}

#[test]
fn presence_does_not_filter() {
    let presence = |text: &str| parse(text).unwrap().presence().to_string();
    assert_eq!(presence("a / b > 0.5 and on (x) c != 0"), "a / b > bool 0.5 and on (x) c != bool 0");
    assert_eq!(presence("a > 1 unless b"), "a > bool 1");
    assert_eq!(presence("count(a == 0) > bool 3"), "count(a == bool 0) > bool 3");
    assert_eq!(presence(r#"absent(up{job="x$1"})"#), r#"label_replace(vector(1), "job", "x$$1", "", "")"#);
}

#[test]
fn what_is_measured_is_the_side_with_the_series() {
    let measured = |text: &str| parse(text).unwrap().measured().map(|expr| expr.to_string());
    assert_eq!(measured("pool / size > 0.9").as_deref(), Some("pool / size"));
    assert_eq!(measured("((sum(a) or b) >= bool 2 * 3)").as_deref(), Some("sum(a) or b"));
    assert_eq!(measured("scalar(limit) < a").as_deref(), Some("a"));
    assert_eq!(measured(r#"a{x!="> 1"} == 0"#).as_deref(), Some(r#"a{x!="> 1"}"#));
    for whole in ["a", "a > b", "a > 1 and b > 2", "sum(a > 3)", "1 > bool 0", "absent(a)", "a + 1"] {
        assert_eq!(measured(whole), None, "{whole}");
    }
}

#[test]
fn a_regex_is_what_prometheus_takes_for_one() {
    for text in [
        r#"a{b=~"\\Qx.y\\E",c!~"0|1",d="1"}"#,
        r#"sum by (x) (rate(a{b=~"\\101[--/]"}[5m])) / a{b=~"1"}"#,
        r#"a{b=~"0",c=~"\\Qx"}"#,
        r#"a{b=~"{,2}"}"#,
    ] {
        assert_eq!(parse(text).map(|expr| expr.to_string()).as_deref(), Ok(text));
    }
    for text in [r#"a{b=~"\\C"}"#, r#"a{b=~"(x)\\1"}"#, r#"a{b=~"("}"#] {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.contains("regular expression"), "{error}");
    }
}
