//! What a head promises to whoever fills and reads it.

use std::time::Duration;

use super::*;
use crate::{MatchOp, STALE, Series, Since};

fn at(ms: i64, value: f64) -> Sample {
    Sample { at: Timestamp::from_ms(ms), value }
}

fn labels(text: &str) -> Labels {
    Labels::new(text.split(',').map(|pair| pair.split_once('=').expect("name=value")))
}

fn times(found: &[Series]) -> Vec<i64> {
    found.iter().flat_map(|series| &series.samples).map(|sample| sample.at.as_ms()).collect()
}

#[test]
fn a_range_excludes_its_start_and_includes_its_end() {
    let mut head = Head::default();
    let series = head.series(&labels("__name__=up")).unwrap();
    for ms in 0..1000 {
        head.append_ref(series, at(ms, ms as f64)).unwrap();
    }
    let up = [Matcher::metric("up")];
    let found = head.select(&up, Timestamp::from_ms(118), Timestamp::from_ms(122)).unwrap();
    assert_eq!(times(&found), [119, 120, 121, 122]);
    let since = Since::new(&head, Timestamp::from_ms(121));
    assert_eq!(times(&since.select(&up, Timestamp::from_ms(118), Timestamp::from_ms(122)).unwrap()), [122]);
    assert!(head.select(&up, Timestamp::from_ms(999), Timestamp::from_ms(5000)).unwrap().is_empty());
}

#[test]
fn time_only_moves_forward_in_a_series() {
    let mut head = Head::default();
    let up = labels("__name__=up");
    head.append(&up, at(10, 1.0)).unwrap();
    head.append(&up, at(10, 1.0)).unwrap();
    assert_eq!(head.append(&up, at(10, 2.0)), Err(AppendError::Duplicate { at: Timestamp::from_ms(10) }));
    assert_eq!(head.append(&up, at(9, 2.0)), Err(AppendError::OutOfOrder { last: Timestamp::from_ms(10) }));
    head.append(&up, at(11, STALE)).unwrap();
    head.append(&up, at(11, STALE)).unwrap();
    assert_eq!(head.stats().samples, 2);
}

#[test]
fn what_is_old_is_forgotten_and_its_handle_says_so() {
    let mut head = Head::new(Limits { window: Duration::from_secs(60), ..Limits::default() });
    let (old, new) = (labels("__name__=a,x=1"), labels("__name__=b,x=2"));
    let handle = head.append(&old, at(0, 1.0)).unwrap();
    head.append(&new, at(70_000, 1.0)).unwrap();
    head.gc(Timestamp::from_ms(70_000));
    assert_eq!(head.append_ref(handle, at(80_000, 1.0)), Err(AppendError::Gone));
    assert_eq!(head.metric_names(), BTreeSet::from(["b".to_owned()]));
    assert_eq!(head.label_values("x"), BTreeSet::from(["2".to_owned()]));
    assert!(head.append(&old, at(80_000, 1.0)).is_ok());
}

#[test]
fn limits_hold() {
    let mut head = Head::new(Limits { series_max: 1, samples_per_series_max: 700, ..Limits::default() });
    let a = head.append(&labels("__name__=a"), at(0, 0.0)).unwrap();
    assert_eq!(head.append(&labels("__name__=b"), at(0, 0.0)), Err(AppendError::SeriesLimit { max: 1 }));
    for ms in 1..2000 {
        head.append_ref(a, at(ms, 0.0)).unwrap();
    }
    let stats = head.stats();
    assert!(stats.samples <= 700 && stats.samples > 300, "{stats:?}");
    assert_eq!(stats.span.unwrap().1, Timestamp::from_ms(1999));
}

#[test]
fn matchers_find_what_a_full_scan_finds() {
    let mut head = Head::default();
    for (code, job) in [("200", "a"), ("404", "a"), ("500", "b"), ("503", "b")] {
        let labels = labels(&format!("__name__=hits,code={code},job={job}"));
        head.append(&labels, at(1, 1.0)).unwrap();
    }
    head.append(&labels("__name__=other"), at(1, 1.0)).unwrap();
    let find = |op, name: &'static str, value: &'static str| {
        let matcher = Matcher::new(op, name, value).unwrap();
        head.select(&[matcher], Timestamp::EPOCH, Timestamp::from_ms(1)).unwrap().len()
    };
    assert_eq!(find(MatchOp::Regex, "code", "5.."), 2);
    assert_eq!(find(MatchOp::NotRegex, "code", "5.."), 3);
    assert_eq!(find(MatchOp::Equal, "code", ""), 1);
    assert_eq!(find(MatchOp::NotEqual, "code", ""), 4);
    assert_eq!(find(MatchOp::NotEqual, "job", "a"), 3);
    assert_eq!(find(MatchOp::Equal, "job", "nobody"), 0);
    assert_eq!(find(MatchOp::Regex, "job", "a|b|"), 5);
}

/// 2,000 series of an hour at one second would be 115 MB as plain pairs.
#[test]
fn an_hour_of_seconds_stays_small() {
    let mut head = Head::default();
    for n in 0..20_i64 {
        let series = head.series(&labels(&format!("__name__=m,n={n}"))).unwrap();
        for i in 0..3600_i64 {
            // Scrapes jitter by some milliseconds; half of the series are counters, half hardly move.
            let value = if n % 2 == 0 { (i * (n + 3)) as f64 } else { (i / 100) as f64 };
            head.append_ref(series, at(i * 1000 + i % 4, value)).unwrap();
        }
    }
    let stats = head.stats();
    let bytes_per_sample = stats.sample_bytes as f64 / stats.samples as f64;
    assert!(bytes_per_sample < 5.0, "{bytes_per_sample}");
}

#[test]
fn what_was_taken_as_chunks_comes_back_after_a_restart() {
    let limits = Limits { late_max: Duration::from_secs(60), ..Limits::default() };
    let mut head = Head::new(limits.clone());
    let series = head.series(&labels("__name__=up")).unwrap();
    for n in 0..1000 {
        head.append_ref(series, at(n * 1000, n as f64)).unwrap();
    }
    head.append_ref(series, at(990_500, 0.5)).unwrap();
    let everything = Wanted::any(&[], Timestamp::from_ms(-1), Timestamp::MAX);
    let before = head.take(everything);
    let mut again = Head::new(limits);
    again.begin_at(Timestamp::from_ms(-10));
    let series = again.series(&labels("__name__=up")).unwrap();
    let kept = head.take_these(&head.all().into_iter().map(|(series, _)| series).collect::<Vec<_>>());
    for chunk in kept.chunks(0) {
        again.restore(series, chunk).unwrap();
    }
    let read = |taken: &Taken| {
        let (mut samples, mut histograms) = (Vec::new(), Vec::new());
        taken.read_one(0, &mut samples, &mut histograms).unwrap();
        samples
    };
    assert_eq!(read(&before), read(&again.take(everything)));
    assert_eq!(again.stats().samples, 1001);
    again.append_ref(series, at(1_000_000, 1.0)).unwrap();
}

#[test]
fn late_samples_are_merged_in_and_older_ones_refused_by_name() {
    let limits = Limits { late_max: Duration::from_millis(50), ..Limits::default() };
    let mut head = Head::new(limits);
    let up = labels("__name__=up");
    for ms in [100, 110, 120] {
        head.append(&up, at(ms, 1.0)).unwrap();
    }
    head.append(&up, at(105, 0.5)).unwrap();
    head.append(&up, at(105, 0.5)).unwrap();
    head.append(&up, at(110, 1.0)).unwrap();
    let refused = head.append(&up, at(105, 2.0)).unwrap_err();
    assert_eq!(refused, AppendError::Duplicate { at: Timestamp::from_ms(105) });
    let refused = head.append(&up, at(69, 1.0)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "sample is out of order: the series already reaches 1970-01-01T00:00:00.120Z"
    );
    let found = head.select(&[], Timestamp::EPOCH, Timestamp::from_ms(115)).unwrap();
    assert_eq!(times(&found), [100, 105, 110]);
    assert_eq!(head.last(&up), Some(at(120, 1.0)));
}

#[test]
fn a_clock_that_is_a_year_off_is_refused() {
    let mut head = Head::default();
    let up = labels("__name__=up");
    head.tell_time(Timestamp::from_ms(0));
    head.append(&up, at(600_000, 1.0)).unwrap();
    let refused = head.append(&up, at(31_536_000_000, 1.0)).unwrap_err();
    assert!(refused.to_string().contains("check the sender's clock"), "{refused}");
    head.tell_time(Timestamp::from_ms(600_000));
    head.append(&up, at(1_200_000, 1.0)).unwrap();
}

#[test]
fn targets_and_tenants_have_limits_of_their_own() {
    let tenants = Tenants { label: "team".into(), series_max: 2 };
    let limits = Limits { series_per_target_max: 3, tenants: Some(tenants), ..Limits::default() };
    let mut head = Head::new(limits);
    let add = |head: &mut Head, target: &str, text: &str| {
        let series = head.series_of(Some(target), &labels(text))?;
        head.append_ref(series, at(1, 1.0))
    };
    add(&mut head, "web", "__name__=a,team=x").unwrap();
    add(&mut head, "web", "__name__=b,team=x").unwrap();
    assert_eq!(add(&mut head, "web", "__name__=c,team=x"), Err(AppendError::TenantLimit { max: 2 }));
    add(&mut head, "web", "__name__=c").unwrap();
    assert_eq!(add(&mut head, "web", "__name__=d,team=y"), Err(AppendError::TargetLimit { max: 3 }));
    // What is known goes on.
    add(&mut head, "web", "__name__=a,team=x").unwrap();
    add(&mut head, "api", "__name__=d,team=y").unwrap();
    let counted = |key: &str, series, refused| Counted { key: key.into(), series, refused };
    let seen = head.cardinality(10);
    assert_eq!(seen.targets, [counted("web", 3, 1), counted("api", 1, 0)]);
    assert_eq!(seen.tenants, [counted("x", 2, 1), counted("y", 1, 0)]);
    head.gc(Timestamp::from_ms(1 << 40));
    assert!(head.cardinality(10).targets.is_empty());
    add(&mut head, "web", "__name__=c,team=x").unwrap();
}

#[test]
fn cardinality_shows_where_series_come_from() {
    let mut head = Head::default();
    for (metric, pod) in [("a", "1"), ("a", "2"), ("a", "3"), ("b", "1")] {
        head.append(&labels(&format!("__name__={metric},pod={pod}")), at(1, 1.0)).unwrap();
    }
    let seen = head.cardinality(2);
    assert_eq!((seen.series, seen.label_pairs), (4, 5));
    assert_eq!(seen.series_by_metric, [("a".to_owned(), 3), ("b".to_owned(), 1)]);
    assert_eq!(seen.values_by_label, [("pod".to_owned(), 3), ("__name__".to_owned(), 2)]);
    assert_eq!(seen.series_by_pair, [("__name__=a".to_owned(), 3), ("pod=1".to_owned(), 2)]);
}

fn histogram(ms: i64, count: f64) -> HistogramSample {
    let histogram = crate::Histogram {
        reset: crate::Reset::Unknown,
        layout: crate::Layout::Exponential(3),
        zero_threshold: 1e-128,
        zero_count: 0.0,
        count,
        sum: count / 2.0,
        positive: crate::Buckets(vec![(1, count - 1.0), (4, 1.0)]),
        negative: crate::Buckets::default(),
    };
    HistogramSample { at: Timestamp::from_ms(ms), histogram: histogram.into() }
}

#[test]
fn histograms_stand_beside_floats_and_their_markers() {
    let mut head = Head::new(Limits { late_max: Duration::from_secs(10), ..Limits::default() });
    let series = head.series(&labels("__name__=latency")).unwrap();
    let mut all = Vec::new();
    for turn in 1..=500 {
        all.push(histogram(turn * 1000, (turn * 3) as f64));
        head.append_histogram(series, all[all.len() - 1].clone()).unwrap();
        if turn == 250 {
            head.append_ref(series, at(250_500, STALE)).unwrap();
        }
    }
    head.append_histogram(series, all[498].clone()).unwrap();
    let refused = head.append_ref(series, at(500_000, 1.0)).unwrap_err();
    assert_eq!(refused, AppendError::Duplicate { at: Timestamp::from_ms(500_000) });
    head.append_histogram(series, histogram(499_500, 7.0)).unwrap();
    all.insert(499, histogram(499_500, 7.0));
    let found = head.select(&[], Timestamp::EPOCH, Timestamp::MAX).unwrap();
    assert_eq!(found[0].histograms, all);
    assert_eq!(found[0].samples, [at(250_500, STALE)]);
    assert_eq!(head.stats().samples, 502);
    head.delete(&[], Timestamp::from_ms(2000), Timestamp::from_ms(499_000));
    let found = head.select(&[], Timestamp::EPOCH, Timestamp::MAX).unwrap();
    assert_eq!(found[0].histograms, [all[0].clone(), all[499].clone(), all[500].clone()]);
    assert!(found[0].samples.is_empty());
}

#[test]
fn exemplars_are_few_and_found_by_series_and_time() {
    let mut head = Head::new(Limits { exemplars_max: 3, ..Limits::default() });
    let exemplar = |ms: i64| Exemplar {
        labels: Labels::new([("trace_id", format!("t{ms}"))]),
        value: 0.5,
        at: Timestamp::from_ms(ms),
    };
    let (a, b) = (head.series(&labels("__name__=a")).unwrap(), head.series(&labels("__name__=b")).unwrap());
    for (series, ms) in [(a, 1), (b, 2), (a, 3), (a, 3), (a, 4)] {
        head.exemplar(series, exemplar(ms)).unwrap();
    }
    let found = head.exemplars(&[], Timestamp::EPOCH, Timestamp::from_ms(3));
    assert_eq!(found, [(labels("__name__=a"), vec![exemplar(3)]), (labels("__name__=b"), vec![exemplar(2)])]);
    let long = Exemplar { labels: Labels::new([("x", "y".repeat(200))]), ..exemplar(9) };
    assert_eq!(head.exemplar(a, long), Err(AppendError::ExemplarTooLong { chars_max: 128 }));
}

#[test]
fn what_metrics_say_of_themselves_is_bounded() {
    let mut head = Head::new(Limits { metadata_max: 1, ..Limits::default() });
    let long = Metadata { kind: crate::MetricKind::Counter, help: "é".repeat(2000).into(), unit: "".into() };
    assert_eq!(head.describe("a", long.clone()), Ok(true));
    assert_eq!(head.describe("a", long), Ok(false));
    assert_eq!(head.metadata("a").unwrap().help.len(), 1024);
    assert_eq!(head.describe("b", Metadata::default()), Err(AppendError::MetadataLimit { max: 1 }));
    assert_eq!(head.all_metadata().count(), 1);
}

#[test]
fn order_survives_new_and_forgotten_series() {
    let mut head = Head::new(Limits { window: Duration::from_millis(100), ..Limits::default() });
    let names = |head: &Head, op, value: &str| {
        let matchers = [Matcher::metric("m"), Matcher::new(op, "n", value).unwrap()];
        let found = head.take(Wanted::any(&matchers, Timestamp::EPOCH, Timestamp::MAX));
        found.series().iter().map(|labels| labels.get("n").unwrap().to_owned()).collect::<Vec<_>>()
    };
    for n in [5, 3, 9, 1] {
        head.append(&labels(&format!("__name__=m,n={n}")), at(1, 1.0)).unwrap();
    }
    assert_eq!(names(&head, MatchOp::NotEqual, ""), ["1", "3", "5", "9"]);
    for n in [4, 0, 7] {
        head.append(&labels(&format!("__name__=m,n={n}")), at(200, 1.0)).unwrap();
    }
    assert_eq!(names(&head, MatchOp::NotEqual, ""), ["0", "1", "3", "4", "5", "7", "9"]);
    assert_eq!(names(&head, MatchOp::Regex, "[7-9]|1|0"), ["0", "1", "7", "9"]);
    head.gc(Timestamp::from_ms(250));
    assert_eq!(names(&head, MatchOp::Regex, ".+"), ["0", "4", "7"]);
}

#[test]
fn what_is_restored_after_a_restart_is_what_was_there() {
    let mut head = Head::new(Limits { late_max: Duration::from_secs(1), ..Limits::default() });
    let (up, latency) = (labels("__name__=up"), labels("__name__=latency"));
    for ms in (0..3000).filter(|ms| ms % 500 != 7) {
        head.append(&up, at(ms, (ms % 3) as f64)).unwrap();
    }
    head.append(&up, at(2507, 9.0)).unwrap();
    head.start_block(Timestamp::from_ms(1000));
    head.truncate(Timestamp::from_ms(1000));
    // One late sample on either side of what is in a block.
    head.append(&labels("__name__=late"), at(1100, 1.0)).unwrap();
    head.append(&labels("__name__=late"), at(1005, 2.0)).unwrap();
    head.append(&labels("__name__=late"), at(995, 3.0)).unwrap();
    let series = head.series(&latency).unwrap();
    head.append_histogram(series, histogram(1005, 1.0)).unwrap();
    let refs: Vec<SeriesRef> = head.all().into_iter().map(|(series, _)| series).collect();
    let taken = head.take_these(&refs);
    // Late samples are taken back however small the window is now.
    let mut again = Head::default();
    again.begin_at(Timestamp::from_ms(1000));
    for (at, labels) in taken.series().iter().enumerate() {
        let series = again.series(labels).unwrap();
        for chunk in taken.chunks(at) {
            again.restore(series, chunk).unwrap();
        }
    }
    let all = |head: &Head| head.select(&[], Timestamp::from_ms(-1), Timestamp::MAX).unwrap();
    assert_eq!(all(&again), all(&head));
    again.append(&up, at(3000, 1.0)).unwrap();
    assert!(again.append(&up, at(2999, 1.0)).is_err());
    let series = again.series(&latency).unwrap();
    again.append_ref(series, at(1006, STALE)).unwrap();
    again.append_ref(series, at(1005, STALE)).unwrap_err();
}

#[test]
fn a_time_is_at_rest_when_nobody_sends_for_it_any_more() {
    let mut head = Head::default();
    let series = head.series(&labels("__name__=a")).unwrap();
    let end = Timestamp::from_ms(100);
    assert!(!head.is_at_rest(end), "nothing is known yet");
    assert!(head.is_at_rest(end));
    for ms in 91..=110 {
        head.append_ref(series, at(ms, 1.0)).unwrap();
    }
    assert!(!head.is_at_rest(end), "half of them were for it");
    head.append(&labels("__name__=straggler"), at(50, 1.0)).unwrap();
    for ms in 111..=150 {
        head.append_ref(series, at(ms, 1.0)).unwrap();
    }
    assert!(head.is_at_rest(end), "nobody waits for one straggler");
    assert!(!head.is_at_rest(Timestamp::from_ms(200)), "that is another question");
}

#[test]
fn a_series_with_late_samples_still_grows() {
    let mut head = Head::new(Limits { late_max: Duration::from_millis(50), ..Limits::default() });
    let a = labels("__name__=a");
    head.append(&a, at(100, 1.0)).unwrap();
    head.append(&a, at(60, 2.0)).unwrap();
    for ms in 101..500 {
        head.append(&a, at(ms, 3.0)).unwrap();
    }
    let found = head.select(&[], Timestamp::from_ms(0), Timestamp::MAX).unwrap();
    assert_eq!(times(&found), [60].into_iter().chain(100..500).collect::<Vec<i64>>());
    // What ends a series is later than what it has, whatever came late.
    assert_eq!(head.append(&a, at(449, 9.0)), Err(AppendError::Duplicate { at: Timestamp::from_ms(449) }));
    assert_eq!(head.append(&a, at(30, 9.0)), Err(AppendError::OutOfOrder { last: Timestamp::from_ms(499) }));
}
