//! What it costs to know that nobody is to be told: alerts of 500 services in five storeys, beside 10,000 that fire.

use std::collections::BTreeMap;
use std::time::Duration;

use andon_cycle::{State, turn};
use andon_vocabulary::{CatalogTexts, Input, Labels, Received, ReceivedAlert, Timestamp};

const ALERTS: usize = 10_000;
const STOREYS: usize = 5;
const WIDE: usize = 100;

fn main() {
    divan::main();
}

/// Each service depends on three of the storey below; the lowest is of databases.
fn services(inhibit: bool) -> String {
    let mut text = format!(
        "apiVersion: andon/v1\nkind: Instance\nmetadata: {{ name: bench }}\nspec: {{ inhibit_by_dependency: {inhibit} }}\n"
    );
    for storey in 0..STOREYS {
        for at in 0..WIDE {
            let on: Vec<String> = match storey {
                0 => Vec::new(),
                _ => (0..3).map(|apart| format!("s{}-{}", storey - 1, (at + apart * 7) % WIDE)).collect(),
            };
            let on = on.join(", ");
            text += &format!(
                "---\napiVersion: andon/v1\nkind: Service\nmetadata: {{ name: s{storey}-{at} }}\nspec: {{ owner: t, depends_on: [{on}] }}\n"
            );
        }
    }
    text
}

fn state(inhibit: bool) -> State {
    let mut state = State::default();
    let files = BTreeMap::from([("services.yaml".to_owned(), services(inhibit))]);
    let hash = "bench".to_owned();
    turn(&mut state, Input::Catalog(CatalogTexts { hash, files }), Timestamp::EPOCH);
    state
}

fn alert(service: String, number: usize) -> ReceivedAlert {
    let number = number.to_string();
    let labels = [("alertname", "Slow"), ("service", &service), ("instance", &number), ("severity", "page")];
    let starts_at = Timestamp::EPOCH;
    let ends_at = starts_at + Duration::from_secs(86_400);
    let (labels, annotations) = (Labels::new(labels), Labels::default());
    ReceivedAlert { labels, annotations, starts_at, ends_at, open_ended: false, generator: "".into() }
}

fn received(alerts: Vec<ReceivedAlert>) -> Input {
    Input::Received(Received { source: "bench".into(), alerts, heard: Vec::new(), payload: None, by: None })
}

/// Alerts of the services above the databases.
fn symptoms() -> Vec<ReceivedAlert> {
    let service = |n: usize| format!("s{}-{}", 1 + n % (STOREYS - 1), n / STOREYS % WIDE);
    (0..ALERTS).map(|n| alert(service(n), n)).collect()
}

fn now() -> Timestamp {
    Timestamp::EPOCH + Duration::from_secs(60)
}

/// All of them in one request: without dependencies, and with them.
#[divan::bench(args = [false, true], sample_count = 10, sample_size = 1)]
fn ten_thousand_begin(bencher: divan::Bencher, inhibit: bool) {
    let state = state(inhibit);
    let inputs = || (state.clone(), received(symptoms()));
    bencher
        .counter(divan::counter::ItemsCount::new(ALERTS))
        .with_inputs(inputs)
        .bench_local_values(|(mut state, input)| turn(&mut state, input, now()));
}

/// One more, beside ten thousand.
#[divan::bench(args = [false, true], sample_count = 50, sample_size = 10)]
fn one_more(bencher: divan::Bencher, inhibit: bool) {
    let mut state = state(inhibit);
    turn(&mut state, received(symptoms()), now());
    let inputs = || (state.clone(), received(vec![alert("s4-3".to_owned(), ALERTS)]));
    bencher
        .with_inputs(inputs)
        .bench_local_values(|(mut state, input)| turn(&mut state, input, now() + Duration::from_secs(1)));
}

/// Every database is down before all the others fire.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn ten_thousand_are_explained(bencher: divan::Bencher) {
    let mut state = state(true);
    turn(&mut state, received((0..WIDE).map(|at| alert(format!("s0-{at}"), at)).collect()), now());
    let inputs = || (state.clone(), received(symptoms()));
    bencher
        .counter(divan::counter::ItemsCount::new(ALERTS))
        .with_inputs(inputs)
        .bench_local_values(|(mut state, input)| turn(&mut state, input, now() + Duration::from_secs(1)));
}
