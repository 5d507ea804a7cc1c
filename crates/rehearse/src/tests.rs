//! The storefront's own scenarios, played here so that a change of the loop meets them at once.

use andon_definitions::{SourceFile, load};

use crate::rehearse;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(SourceFile {
            path: $name.to_owned(),
            text: include_str!(concat!("../../../examples/storefront/ops/", $name)).to_owned(),
        }),*]
    };
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
