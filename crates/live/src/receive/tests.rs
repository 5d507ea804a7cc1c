//! Requests against a store.

use andon_remote::{Batch, Head as Packed, Packing};
use andon_timeseries::{Limits as StoreLimits, Matcher, Sample, Select};
use andon_vocabulary::Labels;

use super::*;
use crate::store::Store;

const NOW: i64 = 1_700_000_000_000;

fn receiver(limits: StoreLimits) -> Receiver {
    let clock = Arc::new(Clock::starting_at(Timestamp::from_ms(NOW)));
    Receiver::new(Arc::new(Store::new(limits)), clock, 7)
}

fn request(version: Version, samples: &[(&str, &str, i64, f64)]) -> Vec<u8> {
    let mut batch = Batch::default();
    for (name, job, ms, value) in samples {
        let labels = Labels::new([("__name__", *name), ("job", *job)]);
        batch.sample(&labels, Sample { at: Timestamp::from_ms(NOW + ms), value: *value });
    }
    let head = Packed { version, packing: Packing::Snappy };
    head.unpack(&batch.packed(version).unwrap().body, &Limits::default()).unwrap()
}

fn held(receiver: &Receiver, name: &str) -> Vec<String> {
    let all = Timestamp::from_ms(NOW - 1_000_000)..Timestamp::from_ms(NOW + 1_000_000);
    let found = receiver.store.select(&[Matcher::metric(name)], all.start, all.end).unwrap();
    let line = |series: andon_timeseries::Series| {
        let samples = series.samples.iter().map(|sample| format!(" {}", sample.value));
        series.labels.to_string() + &samples.collect::<String>()
    };
    found.into_iter().map(line).collect()
}

#[test]
fn what_is_sent_is_held_and_is_news() {
    for version in [Version::V1, Version::V2] {
        let receiver = receiver(StoreLimits::default());
        for step in 0..3 {
            let sent = [("a", "x", step * 1000, step as f64), ("b", "x", step * 1000, 1.0)];
            let answer = receiver.write(version, &request(version, &sent));
            assert_eq!(answer.status(), 204, "{answer:?}");
            assert_eq!(answer.written, Written { samples: 2, ..Written::default() });
            let news: Vec<String> = receiver.store.take_news().iter().map(|name| name.to_string()).collect();
            assert_eq!(news, ["a", "b"]);
        }
        assert_eq!(held(&receiver, "a"), [r#"a{job="x"} 0 1 2"#]);
        assert_eq!(held(&receiver, "b"), [r#"b{job="x"} 1 1 1"#]);
        // The same request again adds nothing and is no mistake: its answer was lost.
        let again = receiver.write(version, &request(version, &[("a", "x", 2000, 2.0)]));
        assert_eq!(again.status(), 204, "{again:?}");
    }
}

#[test]
fn what_is_refused_is_said_and_the_rest_is_kept() {
    let receiver = receiver(StoreLimits { series_max: 2, ..StoreLimits::default() });
    let first = [("a", "x", 1000, 1.0), ("b", "x", 1000, 1.0)];
    assert_eq!(receiver.write(Version::V1, &request(Version::V1, &first)).status(), 204);
    let second = [("a", "x", 1000, 5.0), ("a", "x", 2000, 2.0), ("c", "x", 2000, 2.0), ("b", "x", 2000, 2.0)];
    let answer = receiver.write(Version::V1, &request(Version::V1, &second));
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.written.samples, 2);
    let words = answer.trouble.unwrap().words().to_owned();
    assert!(words.contains("another value at") && words.contains(r#"a{job="x"}"#), "{words}");
    assert!(words.contains("limit of 2 series") && words.contains(r#"c{job="x"}"#), "{words}");
    assert_eq!(held(&receiver, "b"), [r#"b{job="x"} 1 2"#]);
}

#[test]
fn a_series_that_the_store_forgot_is_made_again() {
    let receiver = receiver(StoreLimits::default());
    receiver.write(Version::V1, &request(Version::V1, &[("a", "x", 0, 1.0)]));
    let later = Timestamp::from_ms(NOW) + Duration::from_secs(48 * 3600);
    receiver.store.keep(later);
    assert!(held(&receiver, "a").is_empty());
    let ms = later.as_ms() - NOW;
    receiver.write(Version::V1, &request(Version::V1, &[("a", "x", ms, 2.0)]));
    let found =
        receiver.store.select(&[Matcher::metric("a")], Timestamp::from_ms(NOW), Timestamp::MAX).unwrap();
    assert_eq!(found[0].samples.len(), 1);
}

#[test]
fn what_comes_in_the_order_of_before_is_refused_and_made_again_as_well() {
    let receiver = receiver(StoreLimits::default());
    let both = |ms, a, b| request(Version::V1, &[("a", "x", ms, a), ("b", "x", ms, b)]);
    for step in 0..3 {
        assert_eq!(receiver.write(Version::V1, &both(step, 1.0, 2.0)).status(), 204);
    }
    // The same again is no mistake, another value is, and it is counted once.
    let answer = receiver.write(Version::V1, &both(2, 1.0, 3.0));
    assert_eq!((answer.status(), answer.written.samples), (400, 1));
    let words = answer.trouble.unwrap().words().to_owned();
    assert!(words.contains("another value at") && words.contains(r#"b{job="x"}"#), "{words}");
    assert_eq!(receiver.store.status().counted.refused, 1);
    assert_eq!(held(&receiver, "b"), [r#"b{job="x"} 2 2 2"#]);

    let later = Timestamp::from_ms(NOW) + Duration::from_secs(48 * 3600);
    receiver.store.keep(later);
    assert!(held(&receiver, "b").is_empty());
    let ms = later.as_ms() - NOW;
    assert_eq!(receiver.write(Version::V1, &both(ms, 1.0, 2.0)).written.samples, 2);
    let found = receiver.store.select(&[Matcher::metric("b")], Timestamp::from_ms(NOW), Timestamp::MAX);
    assert_eq!(found.unwrap()[0].samples.len(), 1);
}

#[test]
fn a_broken_request_is_refused_in_words() {
    let receiver = receiver(StoreLimits::default());
    let mut body = request(Version::V1, &[("a", "x", 0, 1.0), ("b", "x", 0, 1.0)]);
    body.pop();
    let answer = receiver.write(Version::V1, &body);
    assert_eq!(answer.status(), 400);
    assert!(answer.trouble.unwrap().words().contains("cut off"));
}
