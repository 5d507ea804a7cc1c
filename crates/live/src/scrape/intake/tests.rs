//! What a scrape does to the store.

use andon_definitions::Job;
use andon_exposition::Format;
use andon_timeseries::{Head, Matcher, Select, Series};

use super::*;
use crate::http::near_client;
use crate::loopback::install_tls;

fn intake(target: &[(&str, &str)], change: impl FnOnce(&mut Job)) -> Intake {
    install_tls();
    let mut job = Job::named("checkout");
    change(&mut job);
    let settings = Settings::new(job, std::path::Path::new("."), &near_client().unwrap());
    of_target(target, &settings)
}

fn of_target(labels: &[(&str, &str)], settings: &Arc<Settings>) -> Intake {
    let target = Target {
        name: "checkout/c-1".into(),
        url: String::new(),
        labels: labels.iter().copied().collect(),
        discovered: Labels::default(),
        every: Duration::from_secs(1),
        timeout: Duration::from_secs(1),
        settings: settings.clone(),
        held: None,
    };
    Intake::new(&target, 7)
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn take(intake: &mut Intake, head: &mut Head, body: &str, now: i64) -> Result<BTreeSet<Name>, String> {
    let took = Duration::from_millis(3);
    let body = Body::Text(body.as_bytes(), Format::Prometheus);
    match intake.read(&body, at(now)) {
        Ok(batch) => Ok(intake.write(&mut head.into(), &batch, at(now), took)),
        Err(broken) => {
            intake.miss(&mut head.into(), at(now), took, broken.counts);
            Err(broken.why)
        }
    }
}

fn all(head: &Head, name: &str) -> Vec<Series> {
    head.select(&[Matcher::metric(name)], at(-1), Timestamp::MAX).unwrap()
}

fn values(head: &Head, name: &str) -> Vec<(String, f64)> {
    let last = |series: Series| (series.labels.to_string(), series.samples.last().unwrap().value);
    all(head, name).into_iter().map(last).collect()
}

fn value(head: &Head, name: &str) -> f64 {
    let [(_, value)] = values(head, name)[..] else { panic!("one {name}") };
    value
}

fn ends(head: &Head, name: &str) -> bool {
    andon_timeseries::is_stale(value(head, name))
}

#[test]
fn a_series_lives_as_long_as_it_is_exposed() {
    let mut head = Head::default();
    let mut intake = intake(&[("service", "checkout"), ("instance", "c-1")], |_| {});
    let written = take(&mut intake, &mut head, "a{service=\"x\"} 1\nb 2\n", 1000).unwrap();
    assert!(written.contains("a") && written.contains("up"), "{written:?}");
    let own = r#"a{exported_service="x", instance="c-1", service="checkout"}"#;
    assert_eq!(values(&head, "a"), [(own.to_owned(), 1.0)]);
    assert_eq!((value(&head, "scrape_samples_scraped"), value(&head, "scrape_series_added")), (2.0, 2.0));

    take(&mut intake, &mut head, "a{service=\"x\"} 1.5\n", 2000).unwrap();
    assert_eq!((value(&head, "a"), value(&head, "scrape_series_added")), (1.5, 0.0));
    assert!(ends(&head, "b"));

    take(&mut intake, &mut head, "b 3\n", 3000).unwrap();
    assert!(ends(&head, "a"));
    assert_eq!(value(&head, "b"), 3.0, "it comes back");

    intake.miss(&mut (&mut head).into(), at(4000), Duration::ZERO, Counts::default());
    assert!(ends(&head, "b"));
    assert_eq!(value(&head, "up"), 0.0);
    intake.end(&mut (&mut head).into(), at(5000));
    assert!(ends(&head, "up"));
}

#[test]
fn of_a_broken_body_nothing_is_believed_and_what_was_there_ends() {
    let mut head = Head::default();
    let mut intake = intake(&[], |_| {});
    take(&mut intake, &mut head, "a 1\n", 1000).unwrap();
    let why = take(&mut intake, &mut head, "a 2\nnew 1\nwhat is this\n", 2000).unwrap_err();
    assert!(why.starts_with("line 3: "), "{why}");
    assert!(ends(&head, "a") && values(&head, "new").is_empty());
    assert_eq!((value(&head, "up"), value(&head, "scrape_samples_scraped")), (0.0, 2.0));
    take(&mut intake, &mut head, "a 3\n", 3000).unwrap();
    assert_eq!(value(&head, "a"), 3.0);
}

#[test]
fn times_of_the_target_are_kept_unless_they_lie_in_the_future() {
    let mut head = Head::default();
    let mut honest = intake(&[], |_| {});
    take(&mut honest, &mut head, "a 1 9999000\nb 1 4102444800000\n", 10_000_000).unwrap();
    assert_eq!(all(&head, "a")[0].samples[0].at, at(9_999_000));
    assert!(all(&head, "b").is_empty());
    let said = honest.refused().words().unwrap();
    assert!(said.starts_with("1 samples are of the future, up to 47481 days"), "{said}");

    take(&mut honest, &mut head, "c 1\n", 10_001_000).unwrap();
    assert!(!ends(&head, "a"), "such a series ends by itself");
    let mut head = Head::default();
    let mut deaf = intake(&[], |job| job.honor_timestamps = false);
    take(&mut deaf, &mut head, "a 1 4102444800000\n", 1000).unwrap();
    assert_eq!(all(&head, "a")[0].samples[0].at, at(1000));
    let mut tracking = intake(&[], |job| job.track_timestamps_staleness = true);
    take(&mut tracking, &mut head, "t 1 1500\n", 2000).unwrap();
    take(&mut tracking, &mut head, "", 3000).unwrap();
    assert!(ends(&head, "t"));
}

#[test]
fn relabelling_drops_renames_and_joins_series() {
    let mut head = Head::default();
    let mut intake = intake(&[("job", "j")], |job| {
        job.metric_relabel = serde_json::from_str(
            r#"[{"source_labels":["__name__"],"regex":"go_.*","action":"drop"},
                {"regex":"pod","action":"labeldrop"}]"#,
        )
        .unwrap();
    });
    take(&mut intake, &mut head, "go_x 1\na{pod=\"1\"} 1\na{pod=\"2\"} 1\n", 1000).unwrap();
    assert_eq!(values(&head, "a"), [(r#"a{job="j"}"#.to_owned(), 1.0)]);
    assert!(values(&head, "go_x").is_empty());
    assert_eq!(value(&head, "scrape_samples_scraped"), 3.0);
    assert_eq!(value(&head, "scrape_samples_post_metric_relabeling"), 2.0);
    take(&mut intake, &mut head, "go_x 1\na{pod=\"2\"} 5\n", 2000).unwrap();
    assert_eq!(value(&head, "a"), 5.0, "one of the two is still there");
    take(&mut intake, &mut head, "a{pod=\"2\"} 6\na{pod=\"3\"} 7\n", 3000).unwrap();
    assert!(intake.refused().words().unwrap().contains("a series that the scrape has twice"));
}

#[test]
fn a_limit_fails_the_scrape_as_a_whole_and_is_named() {
    let mut head = Head::default();
    let mut few = intake(&[], |job| job.limits.samples = Some(2));
    take(&mut few, &mut head, "a 1\nb 1\n", 1000).unwrap();
    let why = take(&mut few, &mut head, "a 1\nb 1\nc 1\n", 2000).unwrap_err();
    assert!(why.starts_with("sample_limit: more than 2 samples"), "{why}");
    assert!(ends(&head, "a") && ends(&head, "b"));
    let mut narrow = intake(&[], |job| job.limits.labels = Some(1));
    let why = take(&mut narrow, &mut head, "a{x=\"1\"} 1\n", 3000).unwrap_err();
    assert!(why.starts_with("label_limit: a has 2 labels"), "{why}");
}

#[test]
fn what_does_not_fit_is_told_when_it_begins() {
    let mut head =
        Head::new(andon_timeseries::Limits { series_max: 5, ..andon_timeseries::Limits::default() });
    let mut intake = intake(&[], |_| {});
    take(&mut intake, &mut head, "", 1).unwrap();
    assert!(!intake.refused().is_news());
    for (ms, told) in [(2, true), (3, false)] {
        take(&mut intake, &mut head, "a 1\n", ms).unwrap();
        assert_eq!(intake.refused().is_news(), told);
        assert!(intake.refused().words().unwrap().contains("limit of 5 series"));
    }
}

#[test]
fn what_metrics_are_is_kept_once_for_all_targets_of_a_job() {
    let mut head = Head::default();
    let body = "# HELP a Things.\n# TYPE a counter\na 1\n";
    let mut one = intake(&[("instance", "1")], |_| {});
    let mut two = of_target(&[("instance", "2")], &one.settings);
    take(&mut one, &mut head, body, 1).unwrap();
    take(&mut two, &mut head, body, 1).unwrap();
    assert_eq!(&*one.described()["a"].help, "Things.");
    assert_eq!(&*head.metadata("a").unwrap().help, "Things.");
    assert!(Arc::ptr_eq(&one.described(), &two.described()));
}
