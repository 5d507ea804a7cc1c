//! Which rules are due, in which order.

use std::collections::BTreeSet;

use andon_promql::parse;
use andon_timeseries::{Head, Sample};
use andon_vocabulary::{Labels, MonitorEvent, Timestamp, Value};
use serde_json::json;

use super::world::{at, catalog, labels};
use crate::{Rule, Schedule, State, record};

fn due(schedule: &mut Schedule, changed: &[&str], state: &State, now: Timestamp) -> Vec<String> {
    let changed: BTreeSet<&str> = changed.iter().copied().collect();
    let due = schedule.due(&changed, state, now);
    due.into_iter().map(|rule| rule.name().to_string()).collect()
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
    assert_eq!(schedule.next(&state), Some(at(61)));
    assert_eq!(due(&mut schedule, &[], &state, at(61)), ["g/Other"]);
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
        record(&rule, &head, at(2)),
        Ok(vec![(labels(r#"service:slow:max{service="checkout",unit="s"}"#), 3.0)])
    );
}

#[test]
fn the_longest_range_counts_with_its_offset() {
    let rules = json!([{ "alert": "Slow", "expr": "rate(a[5m] offset 1m) > 1 and b offset 1h > 2" }]);
    let (_, rule) =
        Rule::all(&catalog(&rules)).pop().map(|(group, rule)| (group.name.clone(), rule)).expect("a rule");
    assert_eq!(rule.longest_range().as_secs(), 360);
    assert!(parse("b offset 1h").is_ok());
}
