//! What a head promises to whoever fills and reads it.

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
