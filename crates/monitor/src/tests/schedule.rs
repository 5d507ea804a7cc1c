//! Which rules are due, in which order.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use andon_definitions::SourceFile;
use andon_promql::script::{Point, points};
use andon_promql::{Number, parse};
use andon_timeseries::{Head, HistogramSample, Sample};
use andon_vocabulary::{Labels, MonitorEvent, Timestamp, Value};
use serde_json::json;

use super::world::{at, catalog, labels};
use crate::{Ask, Freshness, Reads, Rule, Schedule, State, evaluate, record};

/// Evaluates what is due, each rule looking at so many samples; recording rules write.
fn evaluated(
    schedule: &mut Schedule,
    changed: &[&str],
    state: &State,
    now: Timestamp,
    samples: usize,
) -> Vec<String> {
    let changed: BTreeSet<&str> = changed.iter().copied().collect();
    let mut agenda = schedule.agenda(&changed, state, now);
    let mut names = Vec::new();
    while let Some(index) = agenda.pop_first() {
        let rule = schedule.entry(index).rule.clone();
        names.push(rule.name().to_string());
        schedule.done(index, now, samples);
        if let Rule::Record(record) = &rule {
            schedule.renewed(&record.metric, index, now, &mut agenda);
        }
    }
    names
}

fn due(schedule: &mut Schedule, changed: &[&str], state: &State, now: Timestamp) -> Vec<String> {
    evaluated(schedule, changed, state, now, 0)
}

#[test]
fn a_rule_is_due_with_the_samples_it_reads_and_after_what_is_recorded_for_it() {
    let catalog = catalog(&json!([
        { "alert": "Burn", "expr": "a:twice > 2" },
        { "record": "a:twice", "expr": "a:once * 2" },
        { "record": "a:once", "expr": "a" },
        { "alert": "Other", "expr": "b > 1" },
        { "alert": "Any", "expr": "{service=\"checkout\"} > 99" },
    ]));
    let mut schedule = Schedule::new(&catalog, at(0));
    let state = State::default();
    assert_eq!(due(&mut schedule, &["b"], &state, at(1)), ["g/Other", "g/Any"]);
    assert_eq!(due(&mut schedule, &["a"], &state, at(2)), ["g/a:once", "g/a:twice", "g/Burn", "g/Any"]);
    assert_eq!(due(&mut schedule, &[], &state, at(3)), [""; 0]);
    // What samples drive has a little time to wait for the next.
    assert_eq!(schedule.next(&state), Some(at(62)));
    assert_eq!(due(&mut schedule, &[], &state, at(61)), [""; 0]);
    assert_eq!(due(&mut schedule, &[], &state, at(62)), ["g/Other"]);
    assert_eq!(schedule.next(&state), Some(at(63)));
}

#[test]
fn where_samples_come_all_the_time_the_rules_rest() {
    let catalog = catalog(&json!([
        { "alert": "Slow", "expr": "sum(a) > 1" },
        { "alert": "Fast", "expr": "sum(b) > 1" },
    ]));
    let mut schedule = Schedule::new(&catalog, at(0));
    let state = State::default();
    // Five million samples are a quarter of a second, and the other rule costs next to nothing.
    assert_eq!(evaluated(&mut schedule, &["a"], &state, at(1), 5_000_000), ["g/Slow"]);
    assert_eq!(due(&mut schedule, &["a"], &state, at(1) + Duration::from_millis(900)), [""; 0]);
    let rested = schedule.next(&state).expect("it waits");
    assert!(rested >= at(2) && rested < at(2) + Duration::from_millis(2), "{rested}");
    assert_eq!(due(&mut schedule, &[], &state, rested), ["g/Slow"]);
    assert_eq!(due(&mut schedule, &["a"], &state, rested + Duration::from_millis(1)), ["g/Slow"]);
    // However much there is to read, the interval is kept.
    assert_eq!(evaluated(&mut schedule, &["a"], &state, at(3), 4_000_000_000), ["g/Slow"]);
    assert_eq!(due(&mut schedule, &["a"], &state, at(62)), ["g/Fast"]);
    assert_eq!(due(&mut schedule, &["a"], &state, at(64)), ["g/Slow"]);
}

#[test]
fn rules_that_read_each_other_in_a_circle_end() {
    let catalog = catalog(&json!([
        { "record": "a", "expr": "b + 1" },
        { "record": "b", "expr": "a + 1" },
        { "record": "c", "expr": "c + 1" },
        { "alert": "Held", "expr": "ALERTS{alertname=\"Other\"}" },
        { "alert": "Other", "expr": "c > 1" },
    ]));
    let mut schedule = Schedule::new(&catalog, at(0));
    let names = due(&mut schedule, &["a", "c"], &State::default(), at(1));
    assert!(names.len() <= 5, "{names:?}");
    let mut places: Vec<&str> = schedule.rules().map(|rule| &**rule.name()).collect();
    places.retain(|name| ["g/c", "g/Held", "g/Other"].contains(name));
    assert_eq!(places.last(), Some(&"g/Held"), "what reads alerts comes after them");
}

#[test]
fn a_deadline_is_seen_once() {
    let catalog = catalog(&json!([{ "alert": "Slow", "expr": "slow > 1", "for": "10s" }]));
    let mut schedule = Schedule::new(&catalog, at(0));
    let mut state = State::default();
    let pending = MonitorEvent::AlertPending {
        alert: andon_vocabulary::AlertId(1),
        rule: "g/Slow".into(),
        labels: Labels::default(),
        value: Value(2.0),
    };
    state.apply(&pending.into(), at(5), &catalog);
    assert_eq!(schedule.next(&state), Some(at(15)));
    assert_eq!(due(&mut schedule, &[], &state, at(14)), [""; 0]);
    assert_eq!(due(&mut schedule, &[], &state, at(15)), ["g/Slow"]);
    assert_eq!(due(&mut schedule, &[], &state, at(16)), [""; 0]);
    assert_eq!(schedule.next(&state), Some(at(75)));
}

#[test]
fn a_recording_rule_makes_samples_of_its_own_metric() {
    let catalog = catalog(&json!([
        { "record": "service:slow:max", "expr": "max by (service) (slow)", "labels": { "unit": "s" } },
    ]));
    let mut head = Head::default();
    let sample = Sample { at: at(1), value: 3.0 };
    head.append(&labels(r#"slow{service="checkout",instance="1"}"#), sample).expect("in order");
    let Some((_, Rule::Record(rule))) = Rule::all(&catalog).pop() else {
        panic!("a recording rule");
    };
    assert_eq!(
        record(&rule, &Ask::new(Reads::Samples(&head)), at(2)),
        Ok((at(2), vec![(labels(r#"service:slow:max{service="checkout",unit="s"}"#), Number::Float(3.0))]))
    );
}

#[test]
fn a_histogram_is_recorded_and_told_of_in_full() {
    let catalog = catalog(&json!([
        { "record": "service:took", "expr": "sum by (service) (took)" },
        { "alert": "Slow", "expr": "took", "annotations": { "summary": "took {{ $value }} at {{ $externalURL }}" } },
    ]));
    let mut head = Head::default();
    let took = points("{{schema:0 count:4 sum:5 buckets:[1 3]}}").expect("a histogram").remove(0);
    let Point::Histogram(histogram) = took else { panic!("a histogram") };
    let series = head.series(&labels(r#"took{service="checkout"}"#)).expect("there is room");
    let sample = HistogramSample { at: at(1), histogram: Arc::clone(&histogram) };
    head.append_histogram(series, sample).expect("in order");
    let ask = Ask::new(Reads::Samples(&head));
    let rules: Vec<Rule> = Rule::all(&catalog).into_iter().map(|(_, rule)| rule).collect();
    let [Rule::Record(recording), Rule::Alert(alerting)] = &rules[..] else { panic!("two rules") };
    let (_, made) = record(recording, &ask, at(2)).expect("recorded");
    let [(series, Number::Histogram(made))] = &made[..] else { panic!("one histogram: {made:?}") };
    assert_eq!(series, &labels(r#"service:took{service="checkout"}"#));
    assert_eq!((made.count, made.sum), (histogram.count, histogram.sum));
    let freshness = Freshness { warm: true, silent: &[] };
    let verdict = evaluate(alerting, &[], &ask, at(2), &freshness).expect("evaluated");
    let said = verdict.active[0].annotations.as_ref().and_then(|texts| texts.get("summary"));
    assert_eq!(said, Some("took {count:4, sum:5, (0.5,1]:1, (1,2]:3} at http://here"));
}

#[test]
fn a_group_without_an_interval_has_that_of_the_prometheus_yml() {
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
    let rules = "groups:\n- { name: own, interval: 20s, rules: [ { alert: A, expr: up > 0 } ] }\n\
                 - { name: common, rules: [ { alert: B, expr: up > 0 } ] }\n";
    let files =
        [file("p.yml", "global: { evaluation_interval: 5s }\nscrape_configs: []\n"), file("r.yml", rules)];
    let (catalog, findings) = andon_definitions::load(&files);
    assert!(!findings.iter().any(andon_definitions::Diagnostic::is_error), "{findings:?}");
    let mut schedule = Schedule::new(&catalog, at(0));
    let state = State::default();
    assert_eq!(due(&mut schedule, &[], &state, at(4)), [""; 0]);
    assert_eq!(due(&mut schedule, &[], &state, at(5)), ["common/B"]);
    assert_eq!(due(&mut schedule, &[], &state, at(20)), ["own/A", "common/B"]);
}

#[test]
fn the_longest_range_counts_with_its_offset() {
    let rules = json!([{ "alert": "Slow", "expr": "rate(a[5m] offset 1m) > 1 and b offset 1h > 2" }]);
    let (_, rule) =
        Rule::all(&catalog(&rules)).pop().map(|(group, rule)| (group.name.clone(), rule)).expect("a rule");
    assert_eq!(rule.longest_range().as_secs(), 360);
    assert!(parse("b offset 1h").is_ok());
}
