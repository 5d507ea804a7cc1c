//! What a person sees for each mistake: one `check` of files against rendered findings.

mod alertmanager;
mod channels;
mod files;
mod oncall;
mod policies;
mod prometheus;
mod references;
mod routes;
mod runbooks;
mod sources;
mod values;

use std::collections::BTreeSet;

use andon_vocabulary::Labels;
use expect_test::{Expect, expect};

use crate::{Catalog, Diagnostic, SourceFile, Urgency, check_metrics, load, render};

pub(crate) const SHOP: &str = include_str!("shop.yaml");

pub(crate) fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), text: text.to_owned() }
}

/// Files are `== path` lines followed by their text; without one, all of it is `ops.yaml`.
fn files(input: &str) -> Vec<SourceFile> {
    let input = input.strip_prefix('\n').unwrap_or(input);
    if !input.starts_with("== ") {
        return vec![file("ops.yaml", input)];
    }
    let parts = input.split("== ").skip(1).map(|part| part.split_once('\n').expect("a path and a text"));
    parts.map(|(path, text)| file(path.trim(), text)).collect()
}

pub(crate) fn check(input: &str, expect: Expect) {
    let files = files(input);
    let (_, found) = load(&files);
    expect.assert_eq(&render(&found, &files, false));
}

/// The shop with one thing changed.
pub(crate) fn check_shop(from: &str, to: &str, expect: Expect) {
    assert_eq!(SHOP.matches(from).count(), 1, "{from:?} must be in the example once");
    check(&SHOP.replacen(from, to, 1), expect);
}

fn shop() -> (Catalog, Vec<Diagnostic>) {
    load(&[file("ops.yaml", SHOP)])
}

#[test]
fn the_example_loads_without_a_finding() {
    let (catalog, found) = shop();
    assert_eq!(render(&found, &[file("ops.yaml", SHOP)], false), "");
    assert_eq!(catalog.services.len(), 2);
    assert_eq!(catalog.scenarios["checkout-leaks-on-a-friday-night"].world.len(), 14);
    assert_eq!(catalog.owner_of("checkout").map(|team| team.name.as_str()), Some("payments"));
    assert_eq!(catalog.runbooks["db-pool-exhausted"].steps.len(), 5);
    assert_eq!(catalog.alerting_rules().next().map(|(_, rule)| rule.origin.line), Some(61));
}

#[test]
fn alerts_find_their_service_runbook_and_urgency() {
    let (catalog, _) = shop();
    let labels =
        Labels::new([("alertname", "DbPoolExhausted"), ("app", "checkout"), ("severity", "critical")]);
    assert_eq!(catalog.service_of(&labels), Some("checkout"));
    assert_eq!(catalog.service_of(&Labels::new([("service", "nothing")])), None);
    assert_eq!(catalog.team_for(None).map(|team| team.name.as_str()), Some("payments"));
    let launched: Vec<&str> =
        catalog.runbooks_for(&labels).iter().map(|runbook| runbook.name.as_str()).collect();
    assert_eq!(launched, ["db-pool-exhausted"]);
    assert_eq!(Urgency::of(&labels), Urgency::Page);
    assert_eq!(Urgency::of(&labels.with("urgency", "log")), Urgency::Log);
}

#[test]
fn every_part_can_be_located() {
    let (catalog, _) = shop();
    let locate = |definition: &str, pointer: &str| {
        let place = catalog.locate(definition, pointer).expect("it is there");
        format!("{place}:{} {}", place.column, place.excerpt)
    };
    expect!["ops.yaml:30:16 - { after: 5m, page: 'oncall:primary', via: next }"]
        .assert_eq(&locate("Team/payments", "/spec/escalation/1/after"));
    expect!["ops.yaml:31:7 - { after: 10m, page: [ben, ana] }"]
        .assert_eq(&locate("Team/payments", "/spec/escalation/2/via"));
    expect!["ops.yaml:63:11 max by (service) (job:use:ratio)"]
        .assert_eq(&locate("RuleGroup/shop", "/rules/1/expr"));
    assert_eq!(catalog.locate("Team/nobody", ""), None);
}

#[test]
fn definitions_survive_the_journal() {
    let (catalog, _) = shop();
    let runbook = &catalog.runbooks["db-pool-exhausted"];
    let json = serde_json::to_string(runbook).unwrap();
    let back: crate::Runbook = serde_json::from_str(&json).unwrap();
    assert_eq!(&back, runbook);
    assert_eq!(back.fingerprint(), runbook.fingerprint());
    for scenario in catalog.scenarios.values() {
        let json = serde_json::to_value(scenario).unwrap();
        assert_eq!(&serde_json::from_value::<crate::Scenario>(json).unwrap(), scenario);
    }
    for team in catalog.teams.values() {
        let json = serde_json::to_value(team).unwrap();
        assert_eq!(&serde_json::from_value::<crate::Team>(json).unwrap(), team);
    }
}

#[test]
fn the_hash_tells_files_apart() {
    let hash = |files: &[SourceFile]| load(files).0.hash;
    let both = [file("a.yaml", "x"), file("b.yaml", "y")];
    let reversed = [both[1].clone(), both[0].clone()];
    assert_eq!(hash(&both), hash(&reversed));
    assert_ne!(hash(&both), hash(&[file("a.yaml", "xb.yaml"), file("b.yaml", "y")]));
}

#[test]
fn metrics_that_nothing_scrapes_are_warned_about() {
    let (catalog, _) = shop();
    let known = ["db_pool_in_use", "db_pool_sized", "up", "checkout_failures_total"].map(str::to_owned);
    let found = check_metrics(&catalog, &BTreeSet::from(known));
    let shown: Vec<String> = found
        .iter()
        .map(|found| {
            format!(
                "{}:{} {} ({})",
                found.line,
                found.column,
                found.message,
                found.hint.as_deref().unwrap_or("")
            )
        })
        .collect();
    expect![[r#"
        60:32 nothing scraped is called `db_pool_size` (did you mean `db_pool_sized`?)
        94:44 nothing scraped is called `db_pool_size` (did you mean `db_pool_sized`?)
        102:46 nothing scraped is called `db_pool_size` (did you mean `db_pool_sized`?)"#]]
    .assert_eq(&shown.join("\n"));
}

#[test]
fn the_schema_covers_every_kind() {
    let schema = crate::schema();
    let titles: Vec<&str> =
        schema["oneOf"].as_array().unwrap().iter().filter_map(|kind| kind["title"].as_str()).collect();
    assert_eq!(
        titles,
        ["Instance", "Team", "Service", "Source", "Route", "Maintenance", "Runbook", "Policy", "Scenario"]
    );
    let team = &schema["$defs"]["Team"];
    assert_eq!(team["unevaluatedProperties"], false);
    assert_eq!(
        team["properties"]["people"]["description"],
        "By handle; phone numbers and addresses stay out of git."
    );
}
