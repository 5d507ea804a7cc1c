//! The storefront's own scenarios, played here so that a change of the loop meets them at once.

use andon_definitions::{SourceFile, load};

use crate::play::Sabotage;
use crate::rehearse;
use crate::swarm::fly;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(SourceFile {
            path: $name.to_owned(),
            text: include_str!(concat!("../../../examples/storefront/ops/", $name)).to_owned(),
        }),*]
    };
}

fn definitions() -> Vec<SourceFile> {
    files!["instance.yaml", "team.yaml", "services.yaml", "rules.yaml", "runbooks.yaml"].to_vec()
}

/// Each seed twice, compared; every checker silent.
#[test]
fn a_swarm_of_outages_breaks_no_rule() {
    let files = definitions();
    let (catalog, _) = load(&files);
    for seed in 0..60 {
        let flight = fly(seed, &catalog, &files, Sabotage::None);
        assert!(flight.violations.is_empty(), "seed {seed}: {:#?}\n{}", flight.violations, flight.scenario);
        let again = fly(seed, &catalog, &files, Sabotage::None);
        assert_eq!(flight.digest, again.digest, "seed {seed} is not the same twice");
    }
}

/// A checker that never speaks checks nothing: with each fault put into the driver, some seed must show it.
#[test]
fn every_sabotage_is_noticed() {
    let files = definitions();
    let (catalog, _) = load(&files);
    let faults = [
        Sabotage::EffectBeforeCommit,
        Sabotage::ForgetWhatWasSent,
        Sabotage::LoseTheTail,
        Sabotage::SendLate,
    ];
    for sabotage in faults {
        let noticed = (0..200).any(|seed| !fly(seed, &catalog, &files, sabotage).violations.is_empty());
        assert!(noticed, "{sabotage:?} went unnoticed in 200 flights");
    }
}

#[test]
fn the_storefront_survives_its_outages() {
    let files = files![
        "instance.yaml",
        "team.yaml",
        "services.yaml",
        "rules.yaml",
        "runbooks.yaml",
        "scenarios/v42-leaks-connections.yaml",
        "scenarios/ana-sleeps.yaml",
        "scenarios/approval-rejected.yaml",
        "scenarios/scaling-out-does-not-help.yaml",
        "scenarios/andon-dies-while-rolling-back.yaml",
        "scenarios/andon-dies-before-the-platform-hears.yaml",
        "scenarios/flapping-instance.yaml",
        "scenarios/partition.yaml",
    ];
    let (catalog, findings) = load(&files);
    assert!(findings.is_empty(), "{}", andon_definitions::render(&findings, &files, false));
    let failed: Vec<_> = catalog
        .scenarios
        .values()
        .map(|scenario| rehearse(scenario, &catalog, &files, 1))
        .filter(|verdict| !verdict.passed)
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(catalog.scenarios.len(), 8);
}

/// Whoever acknowledged has put the phone away when the outage is over; what comes back later pages them anew, and
/// says so. Were the old round taken up where it stood, Ben would be told that nobody had acknowledged.
#[test]
fn an_outage_that_comes_back_after_a_while_pages_anew() {
    let mut files = definitions();
    files.push(SourceFile {
        path: "comes-back.yaml".to_owned(),
        text: r#"
apiVersion: andon/v1
kind: Scenario
metadata: { name: comes-back }
spec:
  at: 2026-11-20T22:00:00+01:00
  every: 5s
  world:
    - { series: 'up{service="checkout", instance="checkout-1"}', values: '1x11 0x11 1x71 0x11 1x60' }
    - { when: { paged: ana }, after: 15s, does: acknowledge }
    - { when: { paged: ana }, after: 15s, does: acknowledge }
  expect:
    - { page: ana, times: 2 }
    - { never: { page: ben } }
"#
        .to_owned(),
    });
    let (catalog, findings) = load(&files);
    assert!(findings.is_empty(), "{}", andon_definitions::render(&findings, &files, false));
    let verdict = rehearse(&catalog.scenarios["comes-back"], &catalog, &files, 1);
    assert!(verdict.passed, "{verdict:#?}");
}

/// Ana is on call in office hours only: on a Friday night the first step pages nobody, and the next does not wait.
#[test]
fn a_step_that_nobody_is_on_call_for_is_passed_over_at_once() {
    let mut files = definitions();
    let team = files.iter_mut().find(|file| file.path == "team.yaml").unwrap();
    let with_hours = team.text.replacen(
        "people: [ana, ben], every: 1w,",
        "people: [ana], hours: [ { days: [mon, tue, wed, thu, fri], from: '09:00', to: '17:00', timezone: Europe/Madrid } ], every: 1w,",
        1,
    );
    assert_ne!(team.text, with_hours);
    team.text = with_hours;
    files.push(SourceFile {
        path: "night.yaml".to_owned(),
        text: r#"
apiVersion: andon/v1
kind: Scenario
metadata: { name: night }
spec:
  at: 2026-11-20T22:00:00+01:00
  every: 5s
  world:
    - { series: 'up{service="checkout", instance="checkout-1"}', values: '1x11 0x60' }
  expect:
    - { page: ben, within: 75s }
    - { page: ana, within: 75s }
"#
        .to_owned(),
    });
    let (catalog, findings) = load(&files);
    assert!(findings.is_empty(), "{}", andon_definitions::render(&findings, &files, false));
    let verdict = rehearse(&catalog.scenarios["night"], &catalog, &files, 1);
    assert!(verdict.passed, "{verdict:#?}");
}
