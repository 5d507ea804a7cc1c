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

const MAINTENANCE: &str = r"
apiVersion: andon/v1
kind: Maintenance
metadata: { name: every-friday }
spec:
  services: [checkout]
  weekly: { days: [fri], from: '22:30', to: '23:15', timezone: Europe/Madrid }
  owner: team:payments
  reason: its pool is drained, every week and without an end
---
apiVersion: andon/v1
kind: Maintenance
metadata: { name: once }
spec:
  services: [cart]
  once: { at: 2026-11-20T21:10:00Z, for: 40m }
  owner: team:payments
  reason: its cache is emptied
";

/// What the files silence is read back from the journal as it was written, however often Andon dies in between.
#[test]
fn a_swarm_through_a_maintenance_breaks_no_rule() {
    let mut files = definitions();
    files.push(SourceFile { path: "maintenance.yaml".to_owned(), text: MAINTENANCE.to_owned() });
    let (catalog, findings) = load(&files);
    assert_eq!(catalog.maintenance.len(), 2, "{findings:?}");
    for seed in 0..25 {
        let flight = fly(seed, &catalog, &files, Sabotage::None);
        assert!(flight.violations.is_empty(), "seed {seed}: {:#?}\n{}", flight.violations, flight.scenario);
    }
}

/// A checker that never speaks checks nothing: with each fault put into the driver, some seed must show it.
#[test]
fn every_sabotage_is_noticed() {
    let mut files = definitions();
    files.push(SourceFile { path: "alertmanager.yml".to_owned(), text: RECEIVERS.to_owned() });
    let (catalog, _) = load(&files);
    let faults = [
        (Sabotage::EffectBeforeCommit, "durable"),
        (Sabotage::ForgetWhatWasSent, "once"),
        (Sabotage::LoseTheTail, "durable"),
        (Sabotage::SendLate, "warranted"),
        (Sabotage::SwallowPages, "reached"),
        (Sabotage::ForgetWhatWasTold, "told"),
        (Sabotage::ForgetSuppression, "silenced"),
        (Sabotage::ForgetAcknowledgements, "acknowledged"),
        (Sabotage::PageTwice, "twice"),
        (Sabotage::SendWhatWasDropped, "over"),
        (Sabotage::SleepThroughTimers, "forgotten"),
    ];
    for (sabotage, checker) in faults {
        let speaks = |words: &String| words.split(':').next() == Some(checker);
        let noticed =
            (0..200).any(|seed| fly(seed, &catalog, &files, sabotage).violations.iter().any(speaks));
        assert!(noticed, "{sabotage:?} went unnoticed by the checker `{checker}` in 200 flights");
    }
}

const TOWN: &str = include_str!("tests/town.yaml");

/// Teams of one step and of several, people of one channel and of two, channels that take so much and no more, services
/// that depend on each other.
#[test]
fn a_swarm_over_a_town_breaks_no_rule() {
    let files = vec![SourceFile { path: "town.yaml".to_owned(), text: TOWN.to_owned() }];
    let (catalog, findings) = load(&files);
    assert_eq!(catalog.teams.len(), 3, "{}", andon_definitions::render(&findings, &files, false));
    for seed in 0..100 {
        let flight = fly(seed, &catalog, &files, Sabotage::None);
        assert!(flight.violations.is_empty(), "seed {seed}: {:#?}\n{}", flight.violations, flight.scenario);
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

/// Plays one scenario over the storefront's definitions with these files beside them.
fn plays(name: &str, scenario: &str, more: &[(&str, &str)]) {
    let mut files = definitions();
    let text =
        format!("apiVersion: andon/v1\nkind: Scenario\nmetadata: {{ name: {name} }}\nspec:\n{scenario}");
    files.push(SourceFile { path: format!("{name}.yaml"), text });
    files.extend(
        more.iter().map(|(path, text)| SourceFile { path: (*path).to_owned(), text: (*text).to_owned() }),
    );
    let (catalog, findings) = load(&files);
    let wrong = findings.iter().any(|finding| finding.severity == andon_definitions::Severity::Error);
    assert!(!wrong, "{}", andon_definitions::render(&findings, &files, false));
    let verdict = rehearse(&catalog.scenarios[name], &catalog, &files, 1);
    assert!(verdict.passed, "{verdict:#?}");
}

#[test]
fn an_alert_from_elsewhere_pages_once_however_often_it_is_sent() {
    let sent = |at: &str, more: &str| {
        format!(
            "    - {{ at: {at}, receive: {{ labels: {{ alertname: Slow, service: checkout, severity: page }}, {more} }} }}\n"
        )
    };
    let world: String = ["1m", "2m", "3m", "4m"].iter().map(|at| sent(at, "for: 4m")).collect();
    plays(
        "sent-again",
        &format!(
            "  at: 2026-11-20T22:00:00+01:00\n  every: 15s\n  world:\n{world}{}    - {{ when: {{ paged: ana }}, after: 15s, does: acknowledge }}\n  expect:\n    - {{ page: ana, times: 1 }}\n    - {{ alert: Slow, is: firing, within: 61s }}\n    - {{ incident: checkout, is: resolved, within: 6m }}\n",
            sent("5m", "ended: true"),
        ),
        &[],
    );
}

#[test]
fn what_nobody_sends_again_has_ended() {
    plays(
        "unheard",
        r"  at: 2026-11-20T22:00:00+01:00
  world:
    - { at: 1m, receive: { labels: { alertname: Slow, service: checkout, severity: page } } }
    - { when: { paged: ana }, after: 15s, does: acknowledge }
    # While Andon is away nobody can tell it anything: it listens for as long again.
    - { at: 3m, crash: { back_after: 30m } }
    - { at: 45m, receive: { labels: { alertname: Last, service: shop, severity: log } } }
  expect:
    - { alert: Slow, is: resolved, within: 39m }
    - { never: { page: ben } }
",
        &[],
    );
}

/// The page waits for the end of the silence; then it comes, and the escalation counts from there.
#[test]
fn nobody_is_paged_for_what_is_silenced_until_it_no_longer_is() {
    plays(
        "silenced",
        r#"  at: 2026-11-20T22:00:00+01:00
  every: 5s
  world:
    - { at: 10s, silence: { matchers: 'service="checkout"', for: 20m } }
    - { at: 1m, receive: { labels: { alertname: Slow, service: checkout, severity: page }, for: 1h } }
    - { when: { paged: ana }, after: 1m, does: acknowledge }
    - { at: 25m, receive: { labels: { alertname: Last, service: shop, severity: log } } }
  expect:
    - { page: ana, times: 1 }
    - { never: { page: ben } }
    - { incident: checkout, is: open, within: 20m15s }
    - { incident: checkout, is: acknowledged, within: 21m20s }
"#,
        &[],
    );
}

/// Who is paged already is left alone while it lasts, and is told again when it is over and nothing is better.
#[test]
fn a_silence_stops_an_escalation_and_its_end_begins_it_anew() {
    plays(
        "stopped",
        r#"  at: 2026-11-20T22:00:00+01:00
  every: 5s
  world:
    - { at: 1m, receive: { labels: { alertname: Slow, service: checkout, severity: page }, for: 2h } }
    - { at: 2m, silence: { matchers: 'alertname="Slow"', for: 1h } }
    - { at: 65m, receive: { labels: { alertname: Last, service: shop, severity: log } } }
  expect:
    - { page: ana, times: 2 }
    - { never: { page: ben } }
"#,
        &[],
    );
}

const INHIBITS: &str = r#"
route: { receiver: nobody }
receivers: [ { name: nobody } ]
inhibit_rules:
  - source_matchers: [ 'alertname="DatabaseDown"' ]
    target_matchers: [ 'alertname="Slow"' ]
    equal: [ cluster ]
"#;

#[test]
fn a_symptom_pages_nobody_while_its_cause_fires() {
    plays(
        "inhibited",
        r#"  at: 2026-11-20T22:00:00+01:00
  every: 5s
  world:
    - { at: 1m, receive: { labels: { alertname: DatabaseDown, service: shop, cluster: a, severity: log }, for: 10m } }
    - { at: 2m, receive: { labels: { alertname: DatabaseDown, service: shop, cluster: a, node: b, severity: log }, for: 18m } }
    - { at: 3m, receive: { labels: { alertname: Slow, service: checkout, cluster: a, severity: page }, for: 2h } }
    - { at: 3m, receive: { labels: { alertname: Slow, service: checkout, cluster: b, severity: log }, for: 2h } }
    - { when: { paged: ana }, after: 1m, does: acknowledge }
    - { at: 25m, receive: { labels: { alertname: Last, service: shop, severity: log } } }
  expect:
    - { page: ana, times: 1 }
    - { incident: checkout, is: open, within: 20m15s }
    - { incident: checkout, is: acknowledged, within: 21m20s }
"#,
        &[("alertmanager.yml", INHIBITS)],
    );
}

const RECEIVERS: &str = r#"
route:
  receiver: chat
  group_by: [alertname]
  group_wait: 10s
  group_interval: 1m
  repeat_interval: 20m
  routes:
    - { matchers: [ cluster="c0" ], receiver: pager, group_by: ['...'], continue: true }
    - { matchers: [ 'alertname=~"Raised.*"' ], receiver: both, group_by: [cluster], group_wait: 0s }
receivers:
  - { name: chat, webhook_configs: [ { url: 'http://127.0.0.1:1/' } ] }
  - { name: pager, webhook_configs: [ { url: 'http://127.0.0.1:2/', send_resolved: false } ] }
  - { name: both, webhook_configs: [ { url: 'http://127.0.0.1:3/' }, { url: 'http://127.0.0.1:4/' } ] }
inhibit_rules:
  - { source_matchers: [ alertname="Raised0" ], target_matchers: [ alertname="Raised1" ], equal: [cluster] }
"#;

/// Alerts come and go, some silenced, some inhibited; receivers lose, are late and are down; Andon dies. Whoever is to
/// be told is told, and of nothing twice.
#[test]
fn a_swarm_of_notifications_tells_everybody_what_they_should_know_and_once() {
    let mut files = definitions();
    files.push(SourceFile { path: "alertmanager.yml".to_owned(), text: RECEIVERS.to_owned() });
    let (catalog, _) = load(&files);
    assert!(catalog.alertmanager.is_some());
    for seed in 0..25 {
        let flight = fly(seed, &catalog, &files, Sabotage::None);
        assert!(flight.violations.is_empty(), "seed {seed}: {:#?}\n{}", flight.violations, flight.scenario);
        let again = fly(seed, &catalog, &files, Sabotage::None);
        assert_eq!(flight.digest, again.digest, "seed {seed} is not the same twice");
    }
}
