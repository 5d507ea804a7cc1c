//! From a bad sample to somebody who knows: counted from the moment in which the target hands out the sample to the
//! moment in which the pager is called. In between it is read, stored, judged, journaled durably, and sent.
//!
//! `ANDON_ROUNDS` says how often; `bench/latency.sh` measures 200 rounds of a release build.

use std::time::{Duration, Instant, SystemTime};

use crate::real::{Home, Pager, Target, wait};

const WELL: &str = "# TYPE shop_broken gauge\nshop_broken 0\n";
const BROKEN: &str = "# TYPE shop_broken gauge\nshop_broken 1\n";
const RULES: &str = "groups: [ { name: shop, rules: [ { alert: ShopBroken, expr: shop_broken > 0, \
                     labels: { severity: critical }, annotations: { summary: the shop is broken } } ] } ]\n";
const PATIENCE: Duration = Duration::from_secs(20);
/// What is aimed at is a tenth of this, on a machine with nothing else to do.
const MEDIAN_MAX: Duration = Duration::from_millis(500);

#[test]
fn a_bad_sample_pages_in_milliseconds() {
    let rounds = std::env::var("ANDON_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let (pager, target) = (Pager::start(), Target::exposing(WELL));
    let service = Target::service(target.address(), "100ms");
    let rules = ("rules.yaml", RULES.to_owned());
    let home = Home::new(pager.files("  reopen_within: 0s\n").into_iter().chain([service, rules]));
    let server = home.start();
    let is_well = || {
        let incidents = server.get("/api/v1/andon/incidents").ok()?;
        incidents.as_array()?.iter().all(|incident| incident["state"] == "resolved").then_some(())
    };

    let mut took = Vec::new();
    for round in 0..rounds {
        // Anywhere between two scrapes.
        std::thread::sleep(Duration::from_micros(u64::from(subsecond()) % 100_000));
        target.expose(BROKEN);
        let paged: Instant = wait("a page", PATIENCE, || Some(pager.pages().get(round)?.at));
        let served = target.served_at().expect("nobody is paged before");
        took.push(paged.duration_since(served));
        target.expose(WELL);
        wait("the end of the incident", PATIENCE, is_well);
    }
    took.sort();
    let at = |share: f64| took[((took.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1000.0;
    println!(
        "bad sample served to webhook received, {rounds} rounds: \
         min {:.1} ms, p50 {:.1} ms, p90 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
        at(0.0),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
    assert!(took[took.len() / 2] < MEDIAN_MAX, "{took:?}");
}

fn subsecond() -> u32 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.subsec_micros())
}
