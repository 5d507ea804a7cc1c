//! Messages as client libraries write them, and as only a hostile target does.

use andon_protobuf::Message;

use super::*;

/// Each entry as a line.
fn lines(body: &[u8], histograms: Histograms) -> Result<Vec<String>, String> {
    let limits = Limits::default();
    let families = Families::read(body, histograms, &limits).map_err(|error| error.to_string())?;
    let time =
        |at: Option<Timestamp>, mark| at.map(|at| format!(" {mark}{}", at.as_ms())).unwrap_or_default();
    let shown =
        |exemplar: &Exemplar| format!(" # {} {}{}", exemplar.labels, exemplar.value, time(exemplar.at, '@'));
    let mut lines = Vec::new();
    for entry in families.entries() {
        lines.push(match entry {
            Entry::Sample(row) => {
                let labels = row.labels(&limits).map_err(|error| error.to_string())?;
                let exemplar = row.exemplar().unwrap().as_ref().map(shown).unwrap_or_default();
                format!("{labels} {}{}{}{exemplar}", row.value, time(row.at, '@'), time(row.created, '>'))
            }
            Entry::Histogram(row) => {
                let labels = row.labels(&limits).map_err(|error| error.to_string())?;
                let exemplars: String = row.exemplars.iter().map(shown).collect();
                let histogram = row.histogram;
                let buckets = (&histogram.negative.0, &histogram.positive.0);
                format!("{labels} {:?} {buckets:?} of {}{exemplars}", histogram.reset, histogram.count)
            }
            Entry::Help { metric, text } => format!("help {metric}: {text}"),
            Entry::Type { metric, kind } => format!("type {metric}: {kind:?}"),
            Entry::Unit { metric, unit } => format!("unit {metric}: {unit}"),
        });
    }
    Ok(lines)
}

fn family(name: &str, kind: u64, fill: impl FnOnce(&mut Message)) -> Message {
    let mut body = Message::default();
    body.prefixed(|family| {
        family.text(1, name);
        family.uint(3, kind);
        fill(family);
    });
    body
}

fn pair(message: &mut Message, name: &str, value: &str) {
    message.message(1, |pair| {
        pair.text(1, name);
        pair.text(2, value);
    });
}

fn seconds(message: &mut Message, number: u32, seconds: u64, nanos: u64) {
    message.message(number, |time| {
        time.uint(1, seconds);
        time.uint(2, nanos);
    });
}

#[test]
fn a_counter_with_everything_beside_it() {
    let body = family("read_bytes_total", 0, |family| {
        family.text(2, "How \"many\".");
        family.text(5, "bytes");
        family.message(4, |metric| {
            pair(metric, "path", "a\"b\\c\nd");
            pair(metric, "mit umlaut", "ü");
            metric.message(3, |counter| {
                counter.double(1, 2.5);
                counter.message(2, |exemplar| {
                    pair(exemplar, "trace_id", "abc");
                    exemplar.double(2, 0.5);
                    seconds(exemplar, 3, 1520879607, 789_000_000);
                });
                seconds(counter, 3, 12, 5_000_000);
            });
            metric.int(6, 99);
        });
    });
    assert_eq!(
        lines(body.as_bytes(), Histograms::Classic).unwrap(),
        [
            "help read_bytes_total: How \"many\".",
            "type read_bytes_total: Counter",
            "unit read_bytes_total: bytes",
            "read_bytes_total{\"mit umlaut\"=\"ü\", path=\"a\\\"b\\\\c\\nd\"} 2.5 @99 >12005 \
             # {trace_id=\"abc\"} 0.5 @1520879607789",
        ]
    );
}

#[test]
fn gauges_untyped_ones_and_names_of_any_text() {
    let mut body = family("mein wert", 1, |family| {
        family.message(4, |metric| metric.message(2, |gauge| gauge.double(1, -1.0)));
    });
    body.prefixed(|family| {
        family.text(1, "plain");
        family.uint(3, 3);
        family.message(4, |metric| metric.message(5, |untyped| untyped.double(1, f64::INFINITY)));
        family.message(4, |_| {});
    });
    assert_eq!(
        lines(body.as_bytes(), Histograms::Native).unwrap(),
        ["type mein wert: Gauge", "\"mein wert\" -1", "type plain: Unknown", "plain inf", "plain 0"]
    );
}

#[test]
fn a_summary_has_its_quantiles() {
    let body = family("rpc", 2, |family| {
        family.message(4, |metric| {
            pair(metric, "job", "a");
            metric.message(4, |summary| {
                summary.uint(1, 3);
                summary.double(2, 1.5);
                for (quantile, value) in [(0.5, 0.25), (1.0, f64::NAN)] {
                    summary.message(3, |one| {
                        one.double(1, quantile);
                        one.double(2, value);
                    });
                }
            });
        });
    });
    assert_eq!(
        lines(body.as_bytes(), Histograms::Classic).unwrap(),
        [
            "type rpc: Summary",
            r#"rpc_count{job="a"} 3"#,
            r#"rpc_sum{job="a"} 1.5"#,
            r#"rpc{job="a", quantile="0.5"} 0.25"#,
            r#"rpc{job="a", quantile="1.0"} NaN"#,
        ]
    );
}

fn latency() -> Message {
    family("latency", 4, |family| {
        family.message(4, |metric| {
            metric.message(7, |histogram| {
                histogram.uint(1, 6);
                histogram.double(2, 9.5);
                for (count, upper) in [(2, 1.0), (5, 2.5)] {
                    histogram.message(3, |bucket| {
                        bucket.uint(1, count);
                        bucket.double(2, upper);
                        bucket.message(3, |exemplar| {
                            exemplar.double(2, upper / 2.0);
                            if count == 5 {
                                seconds(exemplar, 3, 4, 0);
                            }
                        });
                    });
                }
                histogram.sint(5, 3);
                histogram.double(6, 0.001);
                histogram.uint(7, 1);
                histogram.message(12, |span| {
                    span.sint(1, -1);
                    span.uint(2, 2);
                });
                histogram.sints(13, [2, 1]);
            });
        });
    })
}

#[test]
fn a_histogram_is_native_classic_or_both() {
    let native = r#"latency Unknown ([], [(-1, 2.0), (0, 3.0)]) of 6 # {} 1.25 @4000"#;
    let classic = [
        "latency_count 6",
        "latency_sum 9.5",
        r#"latency_bucket{le="1.0"} 2 # {} 0.5"#,
        r#"latency_bucket{le="2.5"} 5 # {} 1.25 @4000"#,
        r#"latency_bucket{le="+Inf"} 6"#,
    ];
    let body = latency().into_bytes();
    let read = |histograms| lines(&body, histograms).unwrap()[1..].to_vec();
    assert_eq!(read(Histograms::Native), [native]);
    assert_eq!(read(Histograms::Classic), classic);
    let both: Vec<&str> = [native].into_iter().chain(classic).collect();
    assert_eq!(read(Histograms::Both), both);
}

#[test]
fn mistakes_name_their_family() {
    let error = |body: Message| lines(body.as_bytes(), Histograms::Native).unwrap_err();
    assert_eq!(error(family("", 1, |_| {})), "family 1: the family has no name");
    assert_eq!(error(family("a", 9, |_| {})), "family 1: a has the type 9, which is not known");
    let unit = family("size", 1, |family| family.text(5, "bytes"));
    assert_eq!(error(unit), "family 1: the unit \"bytes\" is not the end of the metric's name \"size\"");
    let twice = family("a", 1, |family| {
        family.message(4, |metric| {
            pair(metric, "b", "1");
            pair(metric, "b", "2");
        });
    });
    assert_eq!(error(twice), "family 1: b is given twice: a{b=\"1\",b=\"2\",}");
    let off = family("h", 4, |family| {
        family.message(4, |metric| {
            metric.message(7, |histogram| {
                histogram.uint(1, 5);
                histogram.message(12, |span| span.uint(2, 1));
                histogram.sints(13, [2]);
            });
        });
    });
    assert!(error(off).starts_with("family 1: a histogram says it counts 5"));
    let mut cut = latency().into_bytes();
    cut.pop();
    assert_eq!(lines(&cut, Histograms::Native).unwrap_err(), "family 1: a message is cut off");
}

#[test]
fn long_labels_are_not_repeated_without_end() {
    let body = family("h", 4, |family| {
        family.message(4, |metric| {
            pair(metric, "long", &"x".repeat(20_000));
            metric.message(7, |histogram| (0..5_000).for_each(|_| histogram.message(3, |_| {})));
        });
    });
    let error = lines(body.as_bytes(), Histograms::Classic).unwrap_err();
    assert!(error.starts_with("family 1: the labels are repeated by too many buckets"), "{error}");
    let many = family("h", 4, |family| {
        family.message(4, |metric| metric.message(7, |histogram| histogram.sints(13, [0; 20_000])));
    });
    assert!(lines(many.as_bytes(), Histograms::Native).unwrap_err().contains("more than 10000 buckets"));
}

#[test]
fn any_bytes_can_be_read() {
    let seed = latency().into_bytes();
    arbtest::arbtest(|u| {
        let mut body = seed.clone();
        for _ in 0..u.int_in_range(0..=4)? {
            let at = u.choose_index(body.len())?;
            body[at] = u.arbitrary()?;
        }
        body.extend_from_slice(u.arbitrary()?);
        for histograms in [Histograms::Classic, Histograms::Native, Histograms::Both] {
            // Right or wrong, all that matters is that it ends.
            let _ = lines(&body, histograms);
        }
        Ok(())
    });
}
