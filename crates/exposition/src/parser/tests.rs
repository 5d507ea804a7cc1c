//! Both formats, their corners, and what must be refused.

use super::*;
use crate::MetricKind;

/// Every sample as `labels value time`.
fn rows(format: Format, body: &str) -> Result<Vec<String>, String> {
    let mut rows = Vec::new();
    for entry in parse(body.as_bytes(), format, Limits::default()) {
        if let Entry::Sample(row) = entry.map_err(|error| error.to_string())? {
            let time = row.at.map(|at| format!(" @{}", at.as_ms())).unwrap_or_default();
            rows.push(format!("{} {}{time}", row.labels(), row.value));
        }
    }
    Ok(rows)
}

fn text(body: &str) -> Result<Vec<String>, String> {
    rows(Format::Prometheus, body)
}

#[test]
fn the_text_format() {
    let body = "# HELP hits Requests \\\\ so far\\n.\n# TYPE hits counter\nhits{code=\"200\",path=\"/a\\\"b\\\\c\\nd\"} 1027 1395066363000\n\
        hits { code = \"500\" , } 3\n\n  # a remark\nup 1\nodd:name{} NaN\nhigh +Inf\nlow\t-Inf\t-5\nsci 1.5e-3";
    assert_eq!(
        text(body).unwrap(),
        [
            r#"hits{code="200", path="/a\"b\\c\nd"} 1027 @1395066363000"#,
            r#"hits{code="500"} 3"#,
            "up 1",
            "odd:name NaN",
            "high inf",
            "low -inf @-5",
            "sci 0.0015",
        ]
    );
    let mut entries = parse(body.as_bytes(), Format::Prometheus, Limits::default()).map(Result::unwrap);
    let help = Entry::Help { metric: "hits".to_owned(), text: "Requests \\ so far\n.".to_owned() };
    assert_eq!(entries.next(), Some(help));
    assert_eq!(entries.next(), Some(Entry::Type { metric: "hits".to_owned(), kind: MetricKind::Counter }));
    let Some(Entry::Sample(row)) = entries.next() else { panic!("a sample was expected") };
    assert!(row.series.starts_with("hits{") && row.series.ends_with('}'));
}

#[test]
fn open_metrics() {
    let body = "# TYPE hits counter\n# UNIT size bytes\nhits_total{a=\"b # {\"} 17 1520879607.789 # {trace=\"x\"} 0.5 1.2\n\
        size_bucket{le=\"+Inf\"} 3 # {} 1\n# EOF\n";
    assert_eq!(
        rows(Format::OpenMetrics, body).unwrap(),
        [r#"hits_total{a="b # {"} 17 @1520879607789"#, r#"size_bucket{le="+Inf"} 3"#]
    );
    assert_eq!(rows(Format::OpenMetrics, "# EOF").unwrap(), [""; 0]);
    assert_eq!(
        rows(Format::OpenMetrics, "a 1\n"),
        Err("line 2: the body ends without # EOF; it may be cut off".to_owned())
    );
    assert!(rows(Format::OpenMetrics, "# EOF\na 1\n").is_err());
}

#[test]
fn names_may_be_any_text_in_quotes() {
    let body = "{\"my metric\", \"a b\"=\"c\"} 1\n{\"n\"} 2\nplain{\"über\"=\"x\"} 3";
    assert_eq!(text(body).unwrap(), ["my metric{a b=\"c\"} 1", "n 2", "plain{über=\"x\"} 3"]);
}

#[test]
fn mistakes_name_their_line() {
    let error = |body| text(body).unwrap_err();
    assert_eq!(error("a 1\nb{c=\"d} 2"), "line 2: a label's value is never closed by a quote: b{c=\"d} 2");
    assert_eq!(error("a{b=c} 1"), "line 1: a label's value must stand in double quotes: a{b=c} 1");
    assert_eq!(error("a{b=\"1\",b=\"2\"} 1"), "line 1: b is given twice: a{b=\"1\",b=\"2\"} 1");
    assert_eq!(
        error("a{b=\"1\"c=\"2\"} 1"),
        "line 1: , or } was expected after a label's value: a{b=\"1\"c=\"2\"} 1"
    );
    assert_eq!(error("{b=\"1\"} 1"), "line 1: the series has no name: {b=\"1\"} 1");
    assert_eq!(error("a one"), "line 1: \"one\" is not a value: a one");
    assert_eq!(error("a 1 1.5"), "line 1: \"1.5\" is not a time: a 1 1.5");
    assert_eq!(error("a 1 2 3"), "line 1: \"3\" follows where the line should end: a 1 2 3");
    assert_eq!(error("a"), "line 1: the value is missing: a");
    assert_eq!(error("<html>"), "line 1: a metric's name or { was expected: <html>");
    assert_eq!(error("# TYPE a thing"), "line 1: \"thing\" is not a type of metric");
    assert!(error("a infinity").contains("not a value"));
    let bytes = parse(b"a{b=\"\xff\"} 1", Format::Prometheus, Limits::default()).next();
    assert_eq!(bytes.unwrap().unwrap_err().to_string(), "line 1: byte 6 is not UTF-8");
}

#[test]
fn limits_hold() {
    let small = Limits { line_bytes_max: 20, labels_max: 2, samples_max: 2 };
    let error =
        |body: &str| parse(body.as_bytes(), Format::Prometheus, small).find_map(Result::err).unwrap().message;
    assert_eq!(error(&"x".repeat(1000)), "the line is longer than 20 bytes");
    assert!(error("a{b=\"\",c=\"\"} 1").starts_with("more than 2 labels"));
    assert!(error("a 1\na 1\na 1").starts_with("more than 2 samples"));
}

#[test]
fn anything_can_be_read() {
    const PARTS: &[&str] = &[
        "a", "{", "}", "=", "\"", "\\", "x", ",", " ", "\n", "# ", "HELP", "TYPE", "EOF", "1", "NaN", "é",
        "\t", ":", "1e400",
    ];
    arbtest::arbtest(|u| {
        let mut body: Vec<u8> = u.arbitrary()?;
        for _ in 0..u.int_in_range(0..=40)? {
            body.extend_from_slice(u.choose(PARTS)?.as_bytes());
        }
        for format in [Format::Prometheus, Format::OpenMetrics] {
            for entry in parse(&body, format, Limits::default()).flatten() {
                if let Entry::Sample(row) = entry {
                    assert!(!row.labels().is_empty() || row.series.contains("\"\""), "{}", row.series);
                }
            }
        }
        Ok(())
    });
}
