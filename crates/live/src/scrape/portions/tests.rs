//! However a text is cut, it says the same.

use std::time::Duration;

use andon_definitions::Job;
use andon_timeseries::{Head, Matcher, Select};
use andon_vocabulary::{Labels, Timestamp};

use super::*;
use crate::http::near_client;
use crate::loopback::install_tls;
use crate::scrape::Target;
use crate::scrape::intake::Intake;
use crate::scrape::settings::Settings;

fn target() -> Target {
    install_tls();
    let client = near_client().unwrap();
    Target {
        name: "checkout/c-1".into(),
        url: String::new(),
        labels: Labels::default(),
        discovered: Labels::default(),
        every: Duration::from_secs(1),
        timeout: Duration::from_secs(1),
        settings: Settings::new(Job::named("checkout"), std::path::Path::new("."), &client),
        held: None,
    }
}

/// Each series with its values after some scrapes of the same body in these portions, or why it is broken.
fn said(target: &Target, format: Format, portions: &[&[u8]]) -> Result<Vec<String>, String> {
    let mut intake = Intake::new(target, 7);
    let mut head = Head::default();
    for second in 1..=2 {
        let now = Timestamp::from_ms(second * 1000);
        let mut reading = intake.begin(now);
        let mut text = Portions::new(format);
        portions.iter().for_each(|portion| text.add(portion, &mut reading));
        text.end(&mut reading);
        let batch = reading.end().map_err(|broken| broken.why)?;
        intake.write(&mut (&mut head).into(), &batch, now, Duration::ZERO);
    }
    let found = head.select(&[Matcher::metric("a")], Timestamp::EPOCH, Timestamp::MAX).unwrap();
    Ok(found.iter().map(|series| format!("{} {:?}", series.labels, series.samples)).collect())
}

#[test]
fn wherever_it_is_cut_it_says_the_same() {
    let target = target();
    let bodies = [
        (Format::Prometheus, "# TYPE a gauge\na{b=\"1\"} 1\n\na{b=\"2\\n\"} 2.5 7000\r\na 3"),
        (Format::Prometheus, "a 1\nwhat is this\na 2\n"),
        (Format::OpenMetrics, "# TYPE a gauge\na{b=\"x\"} 1 # {t=\"1\"} 1\na 3\n# EOF\n"),
        (Format::OpenMetrics, "a 1\n# EOF\na 2\n"),
        (Format::OpenMetrics, "a 1\na 2\n"),
    ];
    for (format, body) in bodies {
        let bytes = body.as_bytes();
        let whole = said(&target, format, &[bytes]);
        assert_eq!(whole.is_ok(), body.contains("gauge"), "{whole:?}");
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let portions = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                let cut = said(&target, format, &portions);
                assert_eq!(cut, whole, "{body:?} cut at {first} and {second}");
            }
        }
    }
}

#[test]
fn a_line_without_end_is_not_held() {
    let mut intake = Intake::new(&target(), 7);
    let mut reading = intake.begin(Timestamp::EPOCH);
    let mut text = Portions::new(Format::Prometheus);
    let block = vec![b'a'; 64 << 10];
    for _ in 0..1000 {
        text.add(&block, &mut reading);
    }
    assert!(text.begun.capacity() <= 4 * LIMITS.line_bytes_max, "{}", text.begun.capacity());
    text.end(&mut reading);
    let why = reading.end().unwrap_err().why;
    assert_eq!(why, "line 1: the line is longer than 1048576 bytes");
}
