//! Both formats, their corners, and what must be refused.

use super::*;
use crate::{MetricKind, SeriesCache};

/// Every sample as `labels value time`, with its exemplar.
fn rows(format: Format, body: &str) -> Result<Vec<String>, String> {
    read(format, body, Limits::default()).map_err(|error| error.to_string())
}

fn read(format: Format, body: &str, limits: Limits) -> Result<Vec<String>, ParseError> {
    let mut rows = Vec::new();
    for entry in parse(body.as_bytes(), format, limits) {
        if let Entry::Sample(row) = entry? {
            let time = row.at.map(|at| format!(" @{}", at.as_ms())).unwrap_or_default();
            let exemplar = row.exemplar()?.map(|exemplar| {
                let time = exemplar.at.map(|at| format!(" @{}", at.as_ms())).unwrap_or_default();
                format!(" # {} {}{time}", exemplar.labels, exemplar.value)
            });
            let exemplar = exemplar.unwrap_or_default();
            rows.push(format!("{} {}{time}{exemplar}", row.labels(&limits)?, row.value));
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
    let help = Entry::Help { metric: "hits".into(), text: "Requests \\ so far\n.".into() };
    assert_eq!(entries.next(), Some(help));
    assert_eq!(entries.next(), Some(Entry::Type { metric: "hits".into(), kind: MetricKind::Counter }));
    let Some(Entry::Sample(row)) = entries.next() else { panic!("a sample was expected") };
    assert!(row.series.starts_with(b"hits{") && row.series.ends_with(b"}"));
}

#[test]
fn open_metrics() {
    let body = "# TYPE hits counter\n# UNIT size_bytes bytes\nhits_total{a=\"b # {\"} 17 1520879607.789 # {trace=\"x\"} 0.5 1.2\n\
        size_bytes_bucket{le=\"+Inf\"} 3 # {} 1\nplain 3 # {a=\"}\"} 2\n# EOF\n";
    assert_eq!(
        rows(Format::OpenMetrics, body).unwrap(),
        [
            r#"hits_total{a="b # {"} 17 @1520879607789 # {trace="x"} 0.5 @1200"#,
            r#"size_bytes_bucket{le="+Inf"} 3 # {} 1"#,
            r#"plain 3 # {a="}"} 2"#,
        ]
    );
    assert_eq!(rows(Format::OpenMetrics, "# EOF").unwrap(), [""; 0]);
    assert_eq!(
        rows(Format::OpenMetrics, "a 1\n"),
        Err("line 2: the body ends without # EOF; it may be cut off".to_owned())
    );
    assert!(rows(Format::OpenMetrics, "# EOF\na 1\n").is_err());
}

#[test]
fn open_metrics_that_is_wrong() {
    let error = |line: &str| rows(Format::OpenMetrics, &format!("{line}\n# EOF\n")).unwrap_err();
    assert_eq!(
        error("# UNIT size bytes"),
        "line 1: the unit \"bytes\" is not the end of the metric's name \"size\""
    );
    assert_eq!(error("a 1 # {b=\"c\"}"), "line 1: the exemplar has no value: {b=\"c\"}");
    assert_eq!(error("a 1 # {b=\"c\"} x"), "line 1: the exemplar's value is not a number: {b=\"c\"} x");
    assert_eq!(
        error("a 1 # {b=\"c\"} 1 2 3").split(':').nth(1),
        Some(" something follows where the exemplar should end")
    );
    assert!(error("a 1 # {b=\"c} 1").contains("never closed by a quote"));
    assert!(error("a{b=\"c} 1 # {} 1").contains("never closed by a quote"));
    let long = format!("a 1 # {{b=\"{}\"}} 1", "x".repeat(128));
    assert!(error(&long).contains("longer than 128 characters"));
}

#[test]
fn bounds_of_buckets_have_one_spelling() {
    let body = "# TYPE d histogram\nd_bucket{le=\"1\"} 1\nd_bucket{le=\"1e6\"} 1\n# TYPE q summary\n\
        q{quantile=\"0.50\",le=\"1\"} 1\n# TYPE g gauge\ng{le=\"1\"} 1\n";
    assert_eq!(
        text(body).unwrap(),
        [
            r#"d_bucket{le="1.0"} 1"#,
            r#"d_bucket{le="1e+06"} 1"#,
            r#"q{le="1", quantile="0.5"} 1"#,
            r#"g{le="1"} 1"#
        ]
    );
}

#[test]
fn names_may_be_any_text_in_quotes() {
    let body = "{\"my metric\", \"a b\"=\"c\"} 1\n{\"n\"} 2\nplain{\"über\"=\"x\"} 3";
    assert_eq!(text(body).unwrap(), ["\"my metric\"{\"a b\"=\"c\"} 1", "n 2", "plain{über=\"x\"} 3"]);
}

#[test]
fn mistakes_name_their_line() {
    let error = |body| text(body).unwrap_err();
    assert_eq!(error("a 1\nb{c=\"d} 2"), "line 2: a label's value is never closed by a quote: b{c=\"d}");
    assert_eq!(
        error("b{c=\"d\" 2"),
        "line 1: a label's value is never closed by a quote, or the labels not by }: b{c=\"d\" 2"
    );
    assert_eq!(error("a{b=c} 1"), "line 1: a label's value must stand in double quotes: a{b=c}");
    assert_eq!(error("a{b=\"1\",b=\"2\"} 1"), "line 1: b is given twice: a{b=\"1\",b=\"2\"}");
    assert_eq!(
        error("a{b=\"1\"c=\"2\"} 1"),
        "line 1: , or } was expected after a label's value: a{b=\"1\"c=\"2\"}"
    );
    assert_eq!(error("{b=\"1\"} 1"), "line 1: the series has no name: {b=\"1\"}");
    assert_eq!(error("a one"), "line 1: \"one\" is not a value: a one");
    assert_eq!(error("a 1 1.5"), "line 1: \"1.5\" is not a time: a 1 1.5");
    assert_eq!(error("a 1 2 3"), "line 1: \"3\" follows where the line should end: a 1 2 3");
    assert_eq!(error("a"), "line 1: the value is missing: a");
    assert_eq!(error("<html>"), "line 1: the value is missing: <html>");
    assert_eq!(error("<html> 1"), "line 1: a metric's name or { was expected: <html>");
    assert_eq!(error("a} 1"), "line 1: something stands between the series and its value: a}");
    assert_eq!(error("a{\"b\"} 1"), "line 1: the metric's name is given twice: a{\"b\"}");
    assert_eq!(error("# TYPE a thing"), "line 1: \"thing\" is not a type of metric");
    assert!(error("a 0x1p3").contains("not a value"));
    let mut bytes = parse(b"a{b=\"\xff\"} 1", Format::Prometheus, Limits::default());
    let Some(Ok(Entry::Sample(row))) = bytes.next() else { panic!("the labels are unread") };
    let error = row.labels(&Limits::default()).unwrap_err();
    assert!(error.to_string().starts_with("line 1: byte 6 is not UTF-8"), "{error}");
}

#[test]
fn limits_hold() {
    let small = Limits { line_bytes_max: 20, labels_max: 2, samples_max: 2, ..Limits::default() };
    let error = |body: &str| read(Format::Prometheus, body, small).unwrap_err().message;
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
                    let named = row.labels(&Limits::default()).map(|labels| !labels.name().is_empty());
                    assert!(named != Ok(false), "{:?}", row.series);
                    // An error is as good as an exemplar here.
                    let _ = row.exemplar();
                }
            }
        }
        Ok(())
    });
}

/// Rows of a body of which some series are known, and how many of them were plain.
fn known_rows(cache: &mut SeriesCache<()>, body: &[u8], format: Format) -> (Vec<(Vec<u8>, u64)>, usize) {
    let mut rows = Vec::new();
    let mut plain = 0;
    let mut entries = parse(body, format, Limits::default());
    cache.begin();
    loop {
        while let Some(line) = cache.next_bytes().and_then(|bytes| entries.plain(bytes))
            && cache.get_next(line.series).is_some()
        {
            entries.pass(&line);
            plain += 1;
            rows.push((line.series.to_vec(), line.value.to_bits()));
        }
        match entries.next() {
            Some(Ok(Entry::Sample(row))) => {
                if row.labels(&Limits::default()).is_ok() {
                    cache.insert(row.series, ());
                }
                rows.push((row.series.to_vec(), row.value.to_bits()));
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                rows.push((error.to_string().into_bytes(), 0));
                return (rows, plain);
            }
            None => return (rows, plain),
        }
    }
}

#[test]
fn what_is_known_is_read_no_differently() {
    let mut cache = SeriesCache::new(3);
    let body = "# TYPE a counter\na 1\na{b=\"}{ \"} 2.5e+06\nc{d=\"e\"}  3\nc{} -0.25\r\nc{} 1 5\n# EOF\n";
    for format in [Format::Prometheus, Format::OpenMetrics] {
        let (first, plain) = known_rows(&mut cache, body.as_bytes(), format);
        assert!(plain < 4, "{plain}");
        let (second, plain) = known_rows(&mut cache, body.as_bytes(), format);
        assert_eq!(first, second);
        assert_eq!(plain, 2);
    }
    arbtest::arbtest(|u| {
        let mut cache = SeriesCache::new(u.arbitrary()?);
        for _ in 0..2 {
            let mut body = Vec::new();
            while !u.is_empty() && body.len() < 200 {
                let parts: [&[u8]; 12] = [
                    b"a",
                    b"{",
                    b"}",
                    b"b=\"c\"",
                    b" ",
                    b" 1",
                    b"2.5",
                    b"\n",
                    b"\r",
                    b"#",
                    b"e3",
                    b"{b=\"c\"} 1\n",
                ];
                body.extend_from_slice(u.choose(&parts)?);
            }
            let format = *u.choose(&[Format::Prometheus, Format::OpenMetrics])?;
            let strange = known_rows(&mut SeriesCache::new(1), &body, format).0;
            known_rows(&mut cache, &body, format);
            assert_eq!(known_rows(&mut cache, &body, format).0, strange);
        }
        Ok(())
    });
}
