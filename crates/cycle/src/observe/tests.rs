//! What rules write beside what they decide, through a restart, and with another store's answers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use andon_definitions::SourceFile;
use andon_monitor::{Answer, Answers, Reads, Rule, Silent};
use andon_promql::{Element, Number};
use andon_timeseries::{Head, HistogramSample, Matcher, Sample, Select, is_stale};
use andon_vocabulary::{CatalogTexts, Event, Input, Labels, Record, Timestamp};
use expect_test::{Expect, expect};

use super::{Observer, Sources, Store};
use crate::{State, turn};

/// A store of samples, and another store's answers where there are any.
struct Kept {
    head: Head,
    answers: Option<Answers>,
}

impl Store for Kept {
    fn select(&self) -> &dyn Select {
        &self.head
    }

    fn reads(&self) -> Reads<'_> {
        self.answers.as_ref().map_or(Reads::Samples(&self.head), Reads::Answers)
    }

    fn record(&mut self, at: Timestamp, samples: Vec<(Labels, Number)>) {
        for (labels, number) in samples {
            match number {
                Number::Float(value) => {
                    self.head.append(&labels, Sample { at, value }).expect("in order");
                }
                Number::Histogram(histogram) => {
                    let series = self.head.series(&labels).expect("there is room");
                    let sample = HistogramSample { at, histogram };
                    self.head.append_histogram(series, sample).expect("in order");
                }
            }
        }
    }
}

struct Trusted;

impl Sources for Trusted {
    fn is_warm(&self, _: &Rule) -> bool {
        true
    }

    fn silent(&self) -> &[Silent] {
        &[]
    }
}

struct World {
    state: State,
    observer: Observer,
    kept: Kept,
    records: Vec<Record>,
    said: String,
}

fn at(second: u64) -> Timestamp {
    Timestamp::EPOCH + Duration::from_secs(second)
}

impl World {
    fn new(rules: &str) -> World {
        let state = State::default();
        let observer = Observer::new(&state, at(0));
        let kept = Kept { head: Head::default(), answers: None };
        let mut world = World { state, observer, kept, records: Vec::new(), said: String::new() };
        world.rules(rules, at(0));
        world
    }

    fn rules(&mut self, rules: &str, now: Timestamp) {
        let files = vec![SourceFile { path: "rules.yaml".to_owned(), text: rules.to_owned() }];
        let (catalog, findings) = andon_definitions::load(&files);
        assert!(
            findings.iter().all(|finding| finding.code == "no-instance" || finding.code == "no-team"),
            "{findings:?}"
        );
        let files = files.into_iter().map(|file| (file.path, file.text)).collect();
        self.turn(Input::Catalog(CatalogTexts { hash: catalog.hash, files }), now);
    }

    fn turn(&mut self, input: Input, now: Timestamp) {
        let record = turn(&mut self.state, input, now).record;
        for event in record.iter().flat_map(|record| &record.events) {
            if let Event::Monitor(event) = event {
                let words = crate::words::say(&event.clone().into());
                self.said += &format!("{} {words}\n", now.as_ms() / 1000);
            }
        }
        self.records.extend(record);
    }

    /// `series value`, several to a moment.
    fn sample(&mut self, second: u64, samples: &[(&str, f64)]) {
        let mut changed = BTreeSet::new();
        for (name, value) in samples {
            let labels = Labels::new([("__name__", *name), ("service", "checkout")]);
            self.kept.head.append(&labels, Sample { at: at(second), value: *value }).expect("in order");
            changed.insert(*name);
        }
        self.observe(second, &changed);
    }

    fn observe(&mut self, second: u64, changed: &BTreeSet<&str>) {
        let inputs = self.observer.observe(&self.state, &mut self.kept, &Trusted, changed, at(second));
        for input in inputs {
            self.turn(input, at(second));
        }
    }

    /// Everything in memory but the samples is gone.
    fn restart(&mut self, second: u64) {
        let mut state = State::default();
        self.records.iter().for_each(|record| state.apply(record));
        self.observer = Observer::new(&state, at(second));
        self.state = state;
    }

    /// What the store holds of metrics that rules make.
    fn made(&self, metric: &str) -> String {
        let matcher = Matcher::equal("__name__", metric);
        let found =
            self.kept.head.select(&[matcher], at(0) - Duration::from_secs(1), at(100_000)).expect("samples");
        let mut text = String::new();
        for series in found {
            let value = |value: f64| if is_stale(value) { "ends".to_owned() } else { value.to_string() };
            let samples = series.samples.iter();
            let samples: Vec<String> = samples
                .map(|sample| format!("{}:{}", sample.at.as_ms() / 1000, value(sample.value)))
                .collect();
            text += &format!("{} {}\n", series.labels, samples.join(" "));
        }
        text
    }

    fn check(&self, metrics: &[&str], expected: Expect) {
        let made: String = metrics.iter().map(|metric| self.made(metric)).collect();
        expected.assert_eq(&format!("{}{made}", self.said));
    }
}

const HELD: &str = "
groups:
- name: g
  interval: 10s
  labels: { team: payments, severity: info }
  rules:
  - alert: Full
    expr: pool > 9
    for: 20s
    keep_firing_for: 30s
    labels: { severity: critical }
";

#[test]
fn alerts_are_series_and_end_when_they_do() {
    let mut world = World::new(HELD);
    for (second, value) in
        [(10, 10.0), (20, 10.0), (30, 10.0), (40, 5.0), (50, 5.0), (60, 5.0), (70, 5.0), (80, 5.0)]
    {
        world.sample(second, &[("pool", value)]);
    }
    world.check(&["ALERTS", "ALERTS_FOR_STATE"], expect![[r#"
        10 Full pending, value 10
        30 Full fired (the condition held for 20s, value 10)
        40 Full is kept firing until 1970-01-01T00:01:10Z
        70 Full is resolved: the condition is false on fresh samples (value 5)
        ALERTS{alertname="Full", alertstate="firing", service="checkout", severity="critical", team="payments"} 30:1 40:1 50:1 60:1 70:ends
        ALERTS{alertname="Full", alertstate="pending", service="checkout", severity="critical", team="payments"} 10:1 20:1 30:ends
        ALERTS_FOR_STATE{alertname="Full", service="checkout", severity="critical", team="payments"} 10:10 20:10 30:10 40:10 50:10 60:10 70:ends
    "#]]);
}

#[test]
fn what_is_pending_or_kept_firing_outlives_a_restart_of_any_length() {
    let mut world = World::new(HELD);
    world.sample(10, &[("pool", 10.0)]);
    world.restart(8_000);
    world.sample(8_001, &[("pool", 10.0)]);
    world.sample(8_011, &[("pool", 1.0)]);
    world.restart(8_020);
    world.sample(8_021, &[("pool", 1.0)]);
    world.sample(8_031, &[("pool", 1.0)]);
    world.sample(8_041, &[("pool", 1.0)]);
    world.check(
        &[],
        expect![[r#"
            10 Full pending, value 10
            8001 Full fired (the condition held for 20s, value 10)
            8011 Full is kept firing until 1970-01-01T02:14:01Z
            8041 Full is resolved: the condition is false on fresh samples (value 1)
        "#]],
    );
}

#[test]
fn recorded_series_end_with_what_they_were_made_of_and_with_their_rule() {
    let rules = "
groups:
- name: g
  query_offset: 5s
  rules:
  - { record: pool:left, expr: 10 - (pool < 10), labels: { unit: slots } }
  - { record: pool:half, expr: pool:left / 2 }
";
    let mut world = World::new(rules);
    world.sample(10, &[("pool", 4.0)]);
    world.sample(20, &[("pool", 6.0)]);
    world.sample(30, &[("pool", 10.0)]);
    world.sample(40, &[("pool", 4.0)]);
    world.sample(50, &[("pool", 4.0)]);
    world.rules("groups: []", at(60));
    world.observe(70, &BTreeSet::new());
    world.check(
        &["pool:left", "pool:half"],
        expect![[r#"
            pool:left{service="checkout", unit="slots"} 15:6 25:4 35:ends 45:6 70:ends
            pool:half{service="checkout", unit="slots"} 15:3 25:2 35:ends 45:3 70:ends
        "#]],
    );
}

#[test]
fn a_group_has_a_limit_and_texts_may_ask() {
    let rules = "
groups:
- name: g
  limit: 1
  rules:
  - alert: Any
    expr: '{__name__=~\"a|b\"} > 0'
    labels: { metric: '{{ $value }}', severity: critical }
  - alert: Told
    expr: a > 0
    labels: { severity: critical }
    annotations:
      summary: '{{ range query \"b\" }}{{ .Labels.service }} has {{ .Value }}{{ end }}{{ $labels.severity }}'
";
    let mut world = World::new(rules);
    world.sample(10, &[("a", 1.0), ("b", 2.0)]);
    world.sample(20, &[("a", 1.0), ("b", 0.0)]);
    let told = world.state.monitor.alerts.values().find(|alert| &*alert.rule == "g/Told").expect("it fires");
    assert_eq!(told.annotations.get("summary"), Some("checkout has 2"));
    world.check(
        &[],
        expect![[r#"
        10 Told fired: checkout has 2 (the condition holds, value 1)
        10 rule g/Any cannot be evaluated: 2 alerts, and the group's limit is 1
        20 rule g/Any can be evaluated again
        20 Any fired (the condition holds, value 1)
    "#]],
    );
}

#[test]
fn several_rules_of_one_name_are_several() {
    let rules = "
groups:
- name: g
  rules:
  - { alert: Full, expr: pool > 5, labels: { severity: info } }
  - { alert: Full, expr: pool > 9, labels: { severity: critical } }
";
    let mut world = World::new(rules);
    world.sample(10, &[("pool", 10.0)]);
    world.sample(20, &[("pool", 7.0)]);
    world.check(
        &["ALERTS"],
        expect![[r#"
        10 Full fired (the condition holds, value 10)
        10 Full fired (the condition holds, value 10)
        20 Full is resolved: the condition is false on fresh samples (value 7)
        ALERTS{alertname="Full", alertstate="firing", service="checkout", severity="critical"} 10:1 20:ends
        ALERTS{alertname="Full", alertstate="firing", service="checkout", severity="info"} 10:1 20:1
    "#]],
    );
}

/// Another store, which answers one round later, or not at all.
#[test]
fn another_store_is_asked_and_its_silence_resolves_nothing() {
    let mut world = World::new(HELD);
    world.kept.answers = Some(Answers::of("prometheus".into()));
    let pool = |value| {
        let labels = Labels::new([("service", "checkout")]);
        Answer::Values(vec![Element { labels, value: f64::into(value) }])
    };
    let asked: fn(&World) -> BTreeMap<_, _> = |world| {
        let answers = world.kept.answers.as_ref().expect("answers");
        answers.take_missing().into_iter().map(|question| (question.query.clone(), question)).collect()
    };
    let mut rounds = String::new();
    world.observe(11, &BTreeSet::new());
    for (second, value) in
        [(22, Some(10.0)), (33, Some(10.0)), (44, Some(10.0)), (55, None), (66, Some(10.0)), (77, Some(1.0))]
    {
        world.observe(second, &BTreeSet::new());
        loop {
            let missing = asked(&world);
            if missing.is_empty() {
                break;
            }
            for (query, question) in missing {
                rounds += &format!("{second} {query} at {}\n", question.at.as_ms() / 1000);
                let holds = |value: f64| {
                    if query == "pool > 9" && value <= 9.0 { Answer::Values(Vec::new()) } else { pool(value) }
                };
                let answer = value.map_or(Answer::Unreachable("connection refused".to_owned()), holds);
                world.kept.answers.as_mut().expect("answers").give(question, answer);
            }
            world.observe(second + 1, &BTreeSet::new());
        }
        assert_eq!(world.observer.asking_since(), None);
    }
    world.said += &rounds;
    world.check(&["ALERTS"], expect![[r#"
        23 Full pending, value 10
        45 Full fired (the condition held for 20s, value 10)
        56 Full is lost: prometheus does not answer; nothing is resolved by that
        67 Full seen again and still firing, value 10
        78 Full is kept firing until 1970-01-01T00:01:48Z
        22 pool > 9 at 22
        33 pool > 9 at 33
        44 pool > 9 at 44
        55 pool > 9 at 55
        66 pool > 9 at 66
        77 pool > 9 at 77
        77 pool > bool 9 at 77
        77 pool at 77
        ALERTS{alertname="Full", alertstate="firing", service="checkout", severity="critical", team="payments"} 44:1 55:1 66:1 77:1
        ALERTS{alertname="Full", alertstate="pending", service="checkout", severity="critical", team="payments"} 22:1 33:1 44:ends
    "#]]);
}
