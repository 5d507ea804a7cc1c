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

scripts! { selectors rates over_time aggregations operators matching functions histograms labels times ranges }

#[test]
fn a_wrong_expectation_fails_with_its_line() {
    let text = "load 1m\n  a{x=\"1\"} 1 2\n\neval instant at 1m a\n  a{x=\"1\"} 3\n\neval instant at 1m b\n";
    let failures = run(text).unwrap_err();
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].to_string(), "line 4: expected\n  a{x=\"1\"} 3\nbut it gave\n  a{x=\"1\"} 2\n");
    for wrong in [
        "load x\n",
        "nonsense\n",
        "eval instant 5m a\n",
        "load 1m\n  a{x=~\"b\"} 1\n",
        "eval_fail instant at 1m 1\n",
    ] {
        assert!(run(wrong).is_err(), "{wrong}");
    }
    assert!(run("load 1m\n  a 1\neval_ordered instant at 0 a or vector(2)\n  {} 2\n  a 1\n").is_err());
}

#[test]
fn any_script_can_be_run() {
    const PARTS: &[&str] = &[
        "load ",
        "5m",
        "\n",
        "  ",
        "a",
        "{x=\"1\"}",
        " 1 2+3x4 ",
        "eval ",
        "instant at ",
        "range from 0 to 5m step ",
        "rate(a[5m])",
        "-",
    ];
    arbtest::arbtest(|u| {
        let mut text = String::new();
        for _ in 0..u.int_in_range(0..=20)? {
            text.push_str(u.choose(PARTS)?);
        }
        let _ = run(&text);
        Ok(())
    });
}

#[test]
fn a_series_is_written_as_it_is_selected() {
    let (labels, rest) = series(r#"up{job="a } b", x="1"} 1 2"#).unwrap();
    assert_eq!((labels.to_string().as_str(), rest), (r#"up{job="a } b", x="1"}"#, " 1 2"));
    assert_eq!(series("up").unwrap(), (Labels::new([("__name__", "up")]), ""));
    assert_eq!(series("{}").unwrap(), (Labels::default(), ""));
    for wrong in ["up{a!=\"b\"}", "up{", "", "1"] {
        assert!(series(wrong).is_err(), "{wrong}");
    }
}
