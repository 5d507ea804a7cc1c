//! A server that has been at it for long: its start reads the whole journal, and has to be quick all the same, since
//! people restart it when things are bad.
//!
//! `ANDON_EVENTS` says how much has happened; `bench/start.sh` measures 100,000 with a release build.

mod past;

use std::time::Duration;

use crate::real::{Home, Pager, Target};

/// Of a development build on a busy machine; the aim for 100,000 events and a release build is a fifth of a second.
const START_MAX: Duration = Duration::from_secs(5);
const STARTS: usize = 11;

#[test]
fn a_long_history_does_not_delay_the_start() {
    let events = std::env::var("ANDON_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000);
    let pager = Pager::start();
    let target = Target::exposing("shop_broken 0\n");
    let files: Vec<_> =
        pager.files("").into_iter().chain([Target::service(target.address(), "1s"), rules()]).collect();
    let home = Home::new(files.clone());
    std::fs::create_dir_all(home.data()).expect("a directory");
    let past = past::live(&home.data().join("journal.db"), &files, events);

    let mut took: Vec<Duration> = (0..STARTS).map(|_| home.start().start_took).collect();
    took.sort();
    println!(
        "start to serving, {} events in {} records about {} incidents: \
         min {} ms, p50 {} ms, max {} ms of {STARTS}",
        past.events,
        past.records,
        past.incidents,
        took[0].as_millis(),
        took[STARTS / 2].as_millis(),
        took[STARTS - 1].as_millis(),
    );
    assert!(took[STARTS / 2] < START_MAX, "{took:?}");
    assert!(pager.calls().is_empty(), "what is long over pages nobody: {:#?}", pager.calls());
}

fn rules() -> (&'static str, String) {
    let text = "groups: [ { name: shop, rules: [ { alert: ShopBroken, expr: shop_broken > 0, \
                labels: { severity: critical }, annotations: { summary: the shop is broken } } ] } ]\n";
    ("rules.yaml", text.to_owned())
}
