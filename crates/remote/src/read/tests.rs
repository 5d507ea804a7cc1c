//! What is written is read, and what no sender should write is refused in words.

use std::sync::Arc;

use andon_protobuf::Message;
use andon_timeseries::{Buckets, Histogram, Layout, Reset, STALE};
use andon_vocabulary::Labels;

use super::*;
use crate::{Batch, Head, Packing};

/// Each series as a line, and each piece of metadata.
fn lines(version: Version, body: &[u8]) -> Result<Vec<String>, Malformed> {
    let mut lines = Vec::new();
    read(version, body, &Limits::default(), &mut Room::default(), &mut |item| match item {
        Item::Metadata(metadata) => lines.push(format!("{metadata:?}")),
        Item::Series(series) => {
            let labels = match series.labels() {
                Ok(labels) => labels.to_string(),
                Err(error) => format!("({error})"),
            };
            let samples =
                series.samples.iter().map(|sample| format!(" {}@{}", sample.value, sample.at.as_ms()));
            let histograms = series.histograms.iter().map(|one| format!(" n={}", one.histogram.count));
            let exemplars = series.exemplars.iter().map(|one| format!(" {}={}", one.labels, one.value));
            let refused = series.refused.iter().map(|bad| format!(" ({bad})"));
            let metadata = series.metadata.map(|metadata| format!(" {} {:?}", metadata.kind, metadata.help));
            let rest = samples.chain(histograms).chain(exemplars).chain(refused).chain(metadata);
            lines.push(labels + &rest.collect::<String>());
        }
    })?;
    Ok(lines)
}

fn at(ms: i64, value: f64) -> Sample {
    Sample { at: Timestamp::from_ms(ms), value }
}

fn histogram(layout: Layout) -> HistogramSample {
    let histogram = Histogram {
        reset: Reset::NotReset,
        layout,
        zero_threshold: 0.0,
        zero_count: 0.0,
        count: 6.5,
        sum: 3.0,
        positive: Buckets(vec![(0, 1.5), (1, 2.0), (2, 3.0)]),
        negative: Buckets::default(),
    };
    HistogramSample { at: Timestamp::from_ms(30), histogram: Arc::new(histogram) }
}

#[test]
fn both_versions_bring_back_what_went_out() {
    let requests = Labels::new([("__name__", "requests_total"), ("code", "200"), ("path", "/ü")]);
    let latency = Labels::new([("__name__", "latency")]);
    let mut batch = Batch::default();
    batch.sample(&requests, at(10, 1.0));
    batch.sample(&requests, at(20, f64::INFINITY));
    let sent = [histogram(Layout::Exponential(3)), histogram(Layout::Custom(Arc::from([0.5, 1.0])))];
    sent.iter().for_each(|one| batch.histogram(&latency, one.clone()));
    assert_eq!(batch.len(), 4);
    for version in [Version::V1, Version::V2] {
        let body = batch.packed(version).unwrap().body;
        let body = Head { version, packing: Packing::Snappy }.unpack(&body, &Limits::default()).unwrap();
        let mut keys = Vec::new();
        read(version, &body, &Limits::default(), &mut Room::default(), &mut |item| {
            let Item::Series(series) = item else { panic!("only series were sent") };
            keys.push(series.key.unwrap().to_vec());
            if series.histograms.is_empty() {
                assert_eq!(series.labels().unwrap(), requests);
                assert_eq!(series.samples, [at(10, 1.0), at(20, f64::INFINITY)]);
            } else {
                assert_eq!(series.labels().unwrap(), latency);
                assert_eq!(series.histograms, sent);
            }
        })
        .unwrap();
        assert!(keys.len() == 2 && keys[0] != keys[1]);
    }
}

#[test]
fn a_key_is_that_of_the_labels_whatever_else_a_request_holds() {
    let key = |version, others: &[&str]| {
        let wanted = Labels::new([("__name__", "m"), ("job", "a")]);
        let mut batch = Batch::default();
        batch.sample(&wanted, at(1, 1.0));
        others.iter().for_each(|name| batch.sample(&Labels::new([("__name__", *name)]), at(1, 1.0)));
        let body = Head { version, packing: Packing::Snappy }
            .unpack(&batch.packed(version).unwrap().body, &Limits::default())
            .unwrap();
        let mut key = None;
        read(version, &body, &Limits::default(), &mut Room::default(), &mut |item| {
            if let Item::Series(series) = item
                && series.labels().unwrap() == wanted
            {
                key = series.key.map(<[u8]>::to_vec);
            }
        })
        .unwrap();
        key.unwrap()
    };
    for version in [Version::V1, Version::V2] {
        assert_eq!(key(version, &[]), key(version, &["a", "b", "z"]));
    }
}

fn v1(fill: impl FnOnce(&mut Message)) -> Vec<String> {
    let mut request = Message::default();
    request.message(1, fill);
    lines(Version::V1, request.as_bytes()).unwrap()
}

fn label(series: &mut Message, name: &str, value: &str) {
    series.message(1, |label| {
        label.text(1, name);
        label.text(2, value);
    });
}

#[test]
fn bad_labels_cost_their_series_alone() {
    assert_eq!(v1(|series| label(series, "job", "a")), [r#"(the series {job="a"} has no name)"#]);
    let twice = v1(|series| {
        label(series, "__name__", "m");
        label(series, "a", "1");
        label(series, "a", "2");
    });
    assert_eq!(twice, [r#"({__name__="m", a="1", a="2"} gives a twice)"#]);
    let many = v1(|series| {
        label(series, "__name__", "m");
        (0..200).for_each(|n| label(series, &format!("l{n}"), ""));
    });
    assert_eq!(many, ["(a series has 201 labels; 128 are allowed)"]);
    let mut request = Message::default();
    request.message(1, |series| series.message(1, |label| label.message(1, |text| text.uint(31, 0xfff))));
    assert!(lines(Version::V1, request.as_bytes()).unwrap()[0].contains("not UTF-8"));
}

#[test]
fn labels_behind_samples_are_read_but_have_no_key() {
    let mut request = Message::default();
    request.message(1, |series| {
        label(series, "__name__", "m");
        series.message(2, |sample| sample.double(1, 2.0));
        label(series, "b", "1");
    });
    read(Version::V1, request.as_bytes(), &Limits::default(), &mut Room::default(), &mut |item| {
        let Item::Series(series) = item else { panic!("a series was expected") };
        assert_eq!(series.key, None);
        assert_eq!(series.labels().unwrap().to_string(), r#"m{b="1"}"#);
    })
    .unwrap();
}

#[test]
fn version_two_with_metadata_exemplars_and_numbers_that_mean_nothing() {
    let mut request = Message::default();
    for text in ["", "__name__", "m", "trace_id", "abc", "Requests so far."] {
        request.text(4, text);
    }
    request.message(5, |series| {
        series.uints(1, [1, 2]);
        series.message(2, |sample| {
            sample.double(1, STALE);
            sample.int(2, 7);
        });
        series.message(4, |exemplar| {
            exemplar.uints(1, [3, 4]);
            exemplar.double(2, 0.5);
        });
        series.message(5, |metadata| {
            metadata.uint(1, 1);
            metadata.uint(3, 5);
        });
    });
    request.message(5, |series| series.uints(1, [1, 99]));
    request.message(5, |series| series.uints(1, [1]));
    request.message(5, |series| series.uints(1, [u64::MAX, 1]));
    assert_eq!(
        lines(Version::V2, request.as_bytes()).unwrap(),
        [
            r#"m NaN@7 {trace_id="abc"}=0.5 counter "Requests so far.""#,
            "(a label refers to symbol 99; there are 6)",
            "(a series has a label's name without a value)",
            "(a label refers to symbol 4294967295; there are 6)",
        ]
    );
    let mut request = Message::default();
    request.text(4, "x");
    assert!(lines(Version::V2, request.as_bytes()).unwrap_err().0.contains("must be empty"));
}

#[test]
fn metadata_of_version_one() {
    let mut request = Message::default();
    request.message(3, |metadata| {
        metadata.uint(1, 3);
        metadata.text(2, "latency_seconds");
        metadata.text(4, "How long.");
        metadata.text(5, "seconds");
    });
    let [line] = &lines(Version::V1, request.as_bytes()).unwrap()[..] else { panic!("one line") };
    assert!(
        line.contains(r#"metric: "latency_seconds", kind: Histogram, help: "How long.", unit: "seconds""#),
        "{line}"
    );
}

#[test]
fn histograms_that_cannot_be_are_left_out_and_a_stale_one_is_a_marker() {
    let made = v1(|series| {
        label(series, "__name__", "h");
        series.message(4, |histogram| {
            histogram.uint(1, 3);
            histogram.sint(4, 9);
        });
        series.message(4, |histogram| {
            histogram.uint(1, 3);
            histogram.message(11, |span| span.uint(2, u64::from(u32::MAX)));
            histogram.sints(12, [3]);
        });
        series.message(4, |histogram| {
            histogram.uint(1, 3);
            histogram.message(11, |span| span.uint(2, 2));
            histogram.sints(12, [1, 1]);
        });
        series.message(4, |histogram| {
            histogram.double(3, STALE);
            histogram.int(15, 9);
        });
    });
    assert_eq!(
        made,
        ["h NaN@9 n=3 (a histogram has schema 9; known are -4 to 8, and -53 for custom bounds) \
          (a histogram's spans need 4294967295 buckets, but 1 are given)"]
    );
}

#[test]
fn what_one_request_may_bring_is_bounded() {
    let small = Limits { samples_max: 2, symbols_max: 2, buckets_max: 3, ..Limits::default() };
    let refused = |version, request: &Message| {
        let read = read(version, request.as_bytes(), &small, &mut Room::default(), &mut |_| {});
        read.unwrap_err().0
    };
    let mut samples = Message::default();
    samples.message(1, |series| (0..3).for_each(|_| series.message(2, |_| {})));
    assert!(refused(Version::V1, &samples).contains("too many samples"));
    let mut buckets = Message::default();
    buckets.message(1, |series| series.message(4, |histogram| histogram.sints(12, [1, 1, 1, 1])));
    assert!(refused(Version::V1, &buckets).contains("too many buckets"));
    let mut symbols = Message::default();
    ["", "a", "b"].iter().for_each(|text| symbols.text(4, text));
    assert!(refused(Version::V2, &symbols).contains("more than 2 symbols"));
}

/// Knows the keys of a request that came before, and takes what it expects.
struct Knowing {
    keys: Vec<Vec<u8>>,
    next: usize,
    expected: usize,
    taken: Vec<(Vec<u8>, Sample)>,
}

impl Take for Knowing {
    fn item(&mut self, item: Item<'_>) {
        let Item::Series(series) = item else { return };
        let Some(key) = series.key else { return };
        self.taken.extend(series.samples.iter().map(|sample| (key.to_vec(), *sample)));
        self.next = self.keys.iter().position(|known| known == key).map_or(usize::MAX, |at| at + 1);
    }

    fn next_key_bytes(&self) -> Option<usize> {
        self.keys.get(self.next).map(Vec::len)
    }

    fn next(&mut self, key: &[u8], sample: Sample) -> bool {
        if self.keys.get(self.next).is_none_or(|expected| expected != key) {
            return false;
        }
        self.taken.push((key.to_vec(), sample));
        self.next += 1;
        self.expected += 1;
        true
    }
}

#[test]
fn what_is_expected_is_read_no_differently() {
    let mut request = Message::default();
    let mut series = |name: &str, samples: &[(f64, i64)], extra: bool| {
        request.message(1, |series| {
            series.message(1, |label| {
                label.text(1, "__name__");
                label.text(2, name);
            });
            for (value, at) in samples {
                series.message(2, |sample| {
                    // As some writers do, others never.
                    if *value != 0.0 {
                        sample.double(1, *value);
                    }
                    sample.int(2, *at);
                });
            }
            if extra {
                series.uint(9, 1);
            }
        });
    };
    let usual = 1_700_000_000_000;
    series("a", &[(1.5, usual)], false);
    series("b", &[(0.0, usual)], false);
    series("c", &[(f64::INFINITY, 0)], false);
    series("d", &[(2.0, i64::MAX)], false);
    series("e", &[(2.0, -5)], false);
    series("f", &[(2.0, usual), (3.0, usual + 1)], false);
    series("g", &[], false);
    series("h", &[(4.0, usual)], true);
    series("i", &[(4.0, usual)], false);
    let read = |keys: Vec<Vec<u8>>| {
        let mut knowing = Knowing { keys, next: 0, expected: 0, taken: Vec::new() };
        read_to(Version::V1, request.as_bytes(), &Limits::default(), &mut Room::default(), &mut knowing)
            .unwrap();
        knowing
    };
    let mut keys = Vec::new();
    lines_of(request.as_bytes(), &mut |series| keys.extend(series.key.map(<[u8]>::to_vec)));
    let (strange, known) = (read(Vec::new()), read(keys));
    assert_eq!(known.taken, strange.taken);
    assert_eq!((known.taken.len(), known.expected, strange.expected), (8, 5, 0));
    // One that knows nothing of this order takes nothing that it does not expect.
    let reversed = read(strange.taken.iter().rev().map(|(key, _)| key.clone()).collect());
    assert_eq!(reversed.taken, strange.taken);
}

fn lines_of(body: &[u8], each: &mut dyn FnMut(&Series<'_>)) {
    read(Version::V1, body, &Limits::default(), &mut Room::default(), &mut |item| {
        if let Item::Series(series) = item {
            each(&series);
        }
    })
    .unwrap();
}

#[test]
fn any_bytes_can_be_read() {
    arbtest::arbtest(|u| {
        let mut body = Message::default();
        for _ in 0..u.int_in_range(0..=20)? {
            scrawl(&mut body, u, 3)?;
        }
        let mut body = body.into_bytes();
        if u.ratio(1, 3)? && !body.is_empty() {
            let at = u.choose_index(body.len())?;
            body[at] = u.arbitrary()?;
        }
        for version in [Version::V1, Version::V2] {
            // Right or wrong, all that matters is that it ends.
            let _ = lines(version, &body);
            let keys = vec![vec![0; u.arbitrary::<u8>()?.into()]];
            let mut knowing = Knowing { keys, next: 0, expected: 0, taken: Vec::new() };
            let _ = read_to(version, &body, &Limits::default(), &mut Room::default(), &mut knowing);
        }
        Ok(())
    });
}

fn scrawl(
    message: &mut Message,
    u: &mut arbtest::arbitrary::Unstructured<'_>,
    depth: u32,
) -> arbtest::arbitrary::Result<()> {
    let number = u.int_in_range(1..=16)?;
    match u.int_in_range(0..=4)? {
        0 => message.uint(number, u.arbitrary()?),
        1 => message.double(number, u.arbitrary()?),
        2 => message.text(number, u.arbitrary()?),
        3 => message.sints(number, u.arbitrary::<[i64; 3]>()?),
        _ if depth == 0 => {}
        _ => {
            let mut inner = Ok(());
            message.message(number, |message| {
                inner = (0..3).try_for_each(|_| scrawl(message, u, depth - 1));
            });
            inner?;
        }
    }
    Ok(())
}
