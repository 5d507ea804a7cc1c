//! What 50,000 alerts cost on their way to a receiver: in one group, and each in a group of its own.

use std::time::Duration;

use andon_definitions::{Catalog, Context, Duty, SourceFile, load};
use andon_respond::State;
use andon_vocabulary::{
    AlertFired, AlertId, Event, FiredReason, Input, InstanceEvent, Labels, MonitorEvent, Outcome, Timestamp,
    Urgency, Value,
};

const ALERTS: usize = 50_000;

fn main() {
    divan::main();
}

fn catalog(group_by: &str) -> Catalog {
    let text = format!(
        "route: {{ receiver: all, group_by: [{group_by}], group_wait: 1s }}\n\
         receivers: [ {{ name: all, webhook_configs: [ {{ url: 'http://127.0.0.1:1/' }} ] }} ]\n"
    );
    load(&[SourceFile { path: "alertmanager.yml".to_owned(), text }]).0
}

fn alerts() -> Vec<Event> {
    let alert = |number: usize| {
        let instance = format!("instance-{number}");
        let labels = Labels::new([("alertname", "Slow"), ("instance", &instance), ("severity", "page")]);
        MonitorEvent::AlertFired(AlertFired {
            alert: AlertId(labels.fingerprint()),
            rule: "bench/Slow".into(),
            labels,
            annotations: Labels::default(),
            value: Value(1.0),
            service: None,
            urgency: Urgency::Log,
            since: Timestamp::EPOCH,
            reason: FiredReason::AtOnce,
            received: None,
            suppressed: Vec::new(),
        })
        .into()
    };
    (0..ALERTS).map(alert).collect()
}

/// All fire at once.
fn fired(catalog: &Catalog, alerts: &[Event]) -> State {
    let mut state = State::default();
    alerts.iter().for_each(|alert| state.apply(alert, Timestamp::EPOCH, catalog));
    state
}

/// The groups' time comes, and everybody takes what they are told.
fn told(mut state: State, catalog: &Catalog) -> State {
    let now = Timestamp::EPOCH + Duration::from_secs(2);
    let mut next_intent = 1;
    loop {
        let cx = Context { catalog, duty: Duty::of_files(), now, halted: false, next_intent };
        let owed = state.owed(now);
        let mut events = state.decide(&Input::Tick, &cx).expect("nobody asks for anything");
        events.extend(owed.into_iter().flat_map(|owed| {
            let outcome = Outcome::Delivered { receipt: "200 OK".to_owned() };
            let (intent, attempt) = (owed.intent, owed.attempt);
            let input = Input::Outcome { intent, attempt, outcome };
            state.decide(&input, &cx).expect("nobody asks for anything")
        }));
        if events.is_empty() {
            return state;
        }
        for event in events {
            next_intent = next_intent.max(event.issues().map_or(0, |intent| intent.0 + 1));
            state.apply(&event, now, catalog);
        }
    }
}

#[divan::bench(args = ["alertname", "instance"], sample_count = 5)]
fn they_fire(bencher: divan::Bencher, group_by: &str) {
    let (catalog, alerts) = (catalog(group_by), alerts());
    bencher.counter(divan::counter::ItemsCount::new(ALERTS)).bench(|| fired(&catalog, &alerts));
}

#[divan::bench(args = ["alertname", "instance"], sample_count = 5)]
fn everybody_is_told(bencher: divan::Bencher, group_by: &str) {
    let (catalog, alerts) = (catalog(group_by), alerts());
    let state = fired(&catalog, &alerts);
    bencher
        .counter(divan::counter::ItemsCount::new(ALERTS))
        .with_inputs(|| state.clone())
        .bench_values(|state| told(state, &catalog));
}

#[divan::bench(args = ["alertname", "instance"], sample_count = 5)]
fn other_definitions_come(bencher: divan::Bencher, group_by: &str) {
    let (catalog, alerts) = (catalog(group_by), alerts());
    let state = told(fired(&catalog, &alerts), &catalog);
    let event: Event =
        InstanceEvent::CatalogChanged { hash: String::new(), files: Default::default() }.into();
    bencher.counter(divan::counter::ItemsCount::new(ALERTS)).with_inputs(|| state.clone()).bench_values(
        |mut state| {
            state.apply(&event, Timestamp::EPOCH + Duration::from_secs(3), &catalog);
            state
        },
    );
}
