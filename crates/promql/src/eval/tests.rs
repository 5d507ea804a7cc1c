//! Bounds of an evaluation, and that nothing in it trusts more than the parser checks.

use std::sync::atomic::{AtomicUsize, Ordering};

use andon_timeseries::{Head, STALE};
use arbtest::arbitrary::{Result as Chosen, Unstructured};

use super::*;
use crate::parse;

fn head() -> Head {
    let mut head = Head::default();
    let series = [
        (vec![("__name__", "a"), ("x", "1")], [1.0, 2.0, 3.0, f64::NAN, 5.0]),
        (vec![("__name__", "a"), ("x", "2"), ("y", "z")], [5.0, 4.0, 3.0, 2.0, 1.0]),
        (vec![("__name__", "b"), ("x", "1"), ("le", "+Inf")], [f64::INFINITY, STALE, 0.0, -1.0, 2.0]),
        (vec![("__name__", "b"), ("x", "1"), ("le", "1")], [1.0, 1.0, 1e300, 1.0, 1.0]),
        (vec![("__name__", "c")], [1.0, 1.0, 1.0, 1.0, 1.0]),
    ];
    for (labels, values) in series {
        let labels = Labels::new(labels);
        for (value, minute) in values.into_iter().zip(0..) {
            head.append(&labels, Sample { at: Timestamp::from_ms(minute * 60_000), value }).unwrap();
        }
    }
    head
}

#[test]
fn limits_hold() {
    let (head, now) = (head(), Timestamp::from_ms(240_000));
    let few = Options { samples_max: 9, ..Options::default() };
    let start = Timestamp::from_ms(60_000);
    let sum = parse("sum(a)").unwrap();
    assert!(instant(&sum, &head, now, &few).is_ok());
    let many = range(&sum, &head, start, now, Duration::from_secs(36), &few);
    assert_eq!(many, Err(EvalError::TooManySamples { max: 9 }));
    let windows = parse("sum(rate(a[3m:10s]))").unwrap();
    assert_eq!(instant(&windows, &head, now, &few), Err(EvalError::TooManySamples { max: 9 }));
    let endless = parse("count_over_time(nothing[300y:1ms])").unwrap();
    assert_eq!(instant(&endless, &head, now, &few), Err(EvalError::TooManySamples { max: 9 }));
    let nothing = parse("nothing").unwrap();
    let all = range(&nothing, &head, Timestamp::EPOCH, Timestamp::MAX, Duration::from_millis(1), &few);
    assert_eq!(all, Err(EvalError::TooManySamples { max: 9 }));
}

#[test]
fn an_evaluation_can_be_cancelled() {
    let asked = AtomicUsize::new(0);
    let is_cancelled = || asked.fetch_add(1, Ordering::Relaxed) >= 4;
    let options = Options { is_cancelled: &is_cancelled, ..Options::default() };
    let long = parse("sum(rate(a[5m])) + sum(rate(b[5m]))").unwrap();
    assert_eq!(instant(&long, &head(), Timestamp::EPOCH, &options), Err(EvalError::Cancelled));
}

#[test]
fn what_is_not_evaluated_is_refused() {
    let expr = parse("absent(first_over_time(a[5m])) or a").unwrap();
    let error = instant(&expr, &head(), Timestamp::EPOCH, &Options::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot evaluate this query: the function first_over_time is not evaluated"
    );
}

#[test]
fn presence_knows_what_could_have_fired() {
    let (head, options) = (head(), Options::default());
    let elements = |text: &str| {
        let expr = parse(text).unwrap().presence();
        match instant(&expr, &head, Timestamp::from_ms(240_000), &options).unwrap().value {
            Value::Vector(elements) => elements
                .iter()
                .map(|e| format!("{} {}", e.labels, e.value.float().unwrap()))
                .collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(elements("a > 3"), [r#"{x="1"} 1"#, r#"{x="2", y="z"} 0"#]);
    assert_eq!(elements("nothing > 3"), [""; 0]);
    assert_eq!(elements("a unless a < 9"), [r#"a{x="1"} 5"#, r#"a{x="2", y="z"} 1"#]);
    assert_eq!(elements(r#"absent(a{x="1$2"})"#), [r#"{x="1$2"} 1"#]);
    assert_eq!(elements(r#"absent(a{x="1"})"#), [r#"{x="1"} 1"#]);
}

#[test]
fn what_is_said_is_said_of_a_place() {
    let mut head = Head::default();
    for second in 0..60 {
        let sample = Sample { at: Timestamp::from_ms(second * 1000), value: 1.0 };
        head.append(&Labels::new([("__name__", "up"), ("job", "self")]), sample).unwrap();
    }
    for (text, said) in [
        ("quantile(1.5, vector(1))", &["got 1.5 (1:10)"][..]),
        ("quantile by (job) (0 - 1, up)", &["got -1 (1:20)"]),
        ("histogram_quantile(2, vector(1))", &["metric name \"\" (1:23)", "got 2 (1:20)"]),
        ("histogram_quantile(0.5, up)", &["metric name \"up\" (1:25)"]),
        ("rate(up[10s])", &["\"up\" (1:6)"]),
        ("1 + sum(\n  increase((up[10s])))", &["\"up\" (2:13)"]),
        ("quantile_over_time(7, up[10s])", &["got 7 (1:20)"]),
        (
            "-rate(up[10s] offset 1s) + on() (vector(1)) * scalar(quantile(2, up))",
            &["got 2 (1:63)", "\"up\" (1:7)"],
        ),
        ("rate({__name__=\"up\"}[10s])", &["\"up\" (1:6)"]),
        ("limit_ratio(7, up)", &["got 7, capping to 1 (1:13)"]),
        ("histogram_fraction(0,1, up @ start())", &["metric name \"up\" (1:25)"]),
        (
            "rate(up{job=~\"s.*\",instance!=\"}\"}[10s] @ end()) + quantile((2), up)",
            &["got 2 (1:61)", "\"up\" (1:6)"],
        ),
        ("rate(up[10s]) * on(job) group_left(instance) quantile(3,up)", &["got 3 (1:55)", "\"up\" (1:6)"]),
    ] {
        let expr = parse(text).unwrap();
        let answer = instant(&expr, &head, Timestamp::from_ms(59_000), &Options::default()).unwrap();
        let lines = [answer.annotations.warnings(), answer.annotations.infos()].concat();
        assert_eq!(lines.len(), said.len(), "{text}: {lines:?}");
        for (line, end) in lines.iter().zip(said) {
            assert!(line.ends_with(end), "{text}: {line}");
        }
    }
}

fn scalar(u: &mut Unstructured, depth: usize) -> Chosen<String> {
    Ok(match u.int_in_range(0..=5)? {
        0 if depth > 0 => format!("scalar({})", vector(u, depth - 1)?),
        1 => "time()".to_owned(),
        2 if depth > 0 => format!("(1 {} {})", u.choose(&["+", "%", "^", "> bool"])?, scalar(u, depth - 1)?),
        _ => (*u.choose(&["0", "1", "2.5", "-1", "NaN", "Inf", "0.9", "1e300"])?).to_owned(),
    })
}

fn matrix(u: &mut Unstructured, depth: usize) -> Chosen<String> {
    let time = u.choose(&["", " offset 1m", " offset -1m", " @ end()", " @ -9e15", " @ 120"])?;
    Ok(match u.arbitrary()? {
        true => {
            format!("{}[{}]{time}", u.choose(&["a", "b", "{x=\"1\"}"])?, u.choose(&["1ms", "3m", "300y"])?)
        }
        false => format!("({})[{}]{time}", vector(u, depth)?, u.choose(&["3m:", "2m:20s", "100y:30d"])?),
    })
}

fn vector(u: &mut Unstructured, depth: usize) -> Chosen<String> {
    if depth == 0 {
        return Ok(
            (*u.choose(&["a", "b", "c", "{x=\"1\"}", "a{x=~\".*\"} offset 1m", "nothing"])?).to_owned()
        );
    }
    let d = depth - 1;
    Ok(match u.int_in_range(0..=9)? {
        0 => format!(
            "{}({})",
            u.choose(&["abs", "ln", "sgn", "hour", "year", "timestamp", "absent", "sort"])?,
            vector(u, d)?
        ),
        1 => format!(
            "{}({})",
            u.choose(&[
                "rate",
                "irate",
                "delta",
                "deriv",
                "changes",
                "resets",
                "stddev_over_time",
                "mad_over_time"
            ])?,
            matrix(u, d)?
        ),
        2 => format!(
            "{}({})",
            u.choose(&["avg_over_time", "last_over_time", "absent_over_time"])?,
            matrix(u, d)?
        ),
        3 => format!("predict_linear({}, {})", matrix(u, d)?, scalar(u, d)?),
        4 => format!("quantile_over_time({}, {})", scalar(u, d)?, matrix(u, d)?),
        5 => {
            let op =
                u.choose(&["topk", "bottomk", "quantile", "histogram_quantile", "limitk", "limit_ratio"])?;
            format!("{op}({}, {})", scalar(u, d)?, vector(u, d)?)
        }
        6 => {
            let op = u.choose(&["sum", "avg", "max", "count", "stdvar", "group"])?;
            let by = u.choose(&["", "by (x)", "without (le)"])?;
            format!("{op} {by} ({})", vector(u, d)?)
        }
        7 => {
            let op = u.choose(&[
                "+",
                "/",
                "==",
                "> bool",
                "* on (x) group_left (y)",
                "- ignoring (le) group_right ()",
            ])?;
            format!("({} {op} {})", vector(u, d)?, vector(u, d)?)
        }
        8 => format!("({} {} {})", vector(u, d)?, u.choose(&["and", "or", "unless on (x)"])?, vector(u, d)?),
        _ => format!("-(clamp({}, {}, {}) > {})", vector(u, d)?, scalar(u, d)?, scalar(u, d)?, scalar(u, d)?),
    })
}

#[test]
fn any_query_can_be_evaluated() {
    let head = head();
    let options = Options { samples_max: 5_000, ..Options::default() };
    let [start, end] = [60_000, 240_000].map(Timestamp::from_ms);
    arbtest::arbtest(|u| {
        let text = vector(u, 3)?;
        let expr = parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(parse(&expr.to_string()).unwrap(), expr, "{text}");
        let once = instant(&expr, &head, end, &options);
        assert_eq!(format!("{once:?}"), format!("{:?}", instant(&expr, &head, end, &options)), "{text}");
        let _ = instant(&expr.presence(), &head, end, &options);
        let late = Options { late_name_removal: true, ..options };
        let _ = instant(&expr, &head, end, &late);
        let _ = range(&expr, &head, start, end, Duration::from_secs(60), &options);
        Ok(())
    });
}
