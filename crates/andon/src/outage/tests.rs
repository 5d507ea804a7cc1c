//! An outage that was rehearsed is exported as one that happened, and its scenario ends as it did.

use std::path::Path;
use std::time::Duration;

use andon_definitions::SourceFile;
use andon_journal::{Journal, Seq};
use andon_rehearse::{Play, rehearse};
use andon_vocabulary::{IncidentId, Labels, METRIC_NAME, Record};

use super::{Outage, Sampled, fill, scenario};
use crate::definitions::Definitions;

/// As a scenario of the storefront went, with the samples that Andon still has after a restart at the end of it.
fn exported(name: &str) -> (Vec<SourceFile>, String) {
    let storefront = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/storefront");
    let Ok(read) = Definitions::read(&storefront) else { panic!("the storefront can be read") };
    let mut play = Play::new(&read.catalog.scenarios[name], &read.catalog, &read.files, 0);
    let end = play.now + Duration::from_secs(20 * 60);
    play.until(end);
    let stored = play.journal.read(Seq::START, usize::MAX).unwrap();
    let records: Vec<Record> = stored.iter().map(|stored| Record::decode(&stored.body).unwrap()).collect();

    let outage = Outage::find(&records, IncidentId(1)).expect("it had an incident");
    let last = outage.step_of(outage.end());
    let mut sampled: Vec<Sampled> = [("db_pool_in_use", 4.0), ("db_pool_size", 20.0)]
        .map(|(metric, usual)| {
            let series =
                Labels::new([(METRIC_NAME, metric), ("service", "checkout"), ("instance", "checkout-1")]);
            let mut samples = vec![None; last];
            samples.push(Some(usual));
            Sampled { series, samples }
        })
        .into();
    let note = fill(&outage, &mut sampled).expect("the beginning was lost");
    assert!(note.contains("db_pool_in_use is made up"), "{note}");
    (read.files, scenario(&outage, &sampled, Some(&note)))
}

#[track_caller]
fn check(name: &str, contains: &[&str]) {
    let (mut files, text) = exported(name);
    for line in contains {
        assert!(text.contains(line), "{line} is missing:\n{text}");
    }
    files.push(SourceFile { path: "exported.yaml".to_owned(), text: text.clone() });
    let (catalog, findings) = andon_definitions::load(&files);
    assert!(findings.is_empty(), "{findings:#?}\n{text}");
    let verdict = rehearse(&catalog.scenarios["inc-1-checkout"], &catalog, &files, 0);
    assert!(verdict.passed, "{:#?}\n{text}", verdict.failures);
}

#[test]
fn an_outage_is_kept_as_a_test() {
    check(
        "v42-leaks-connections",
        &[
            "deploy: { service: checkout, version: v42 }",
            "{ when: { paged: ana }, after: 30s, does: acknowledge }",
            "{ when: { asked: ana, for: approval }, after: 1m30s, does: approve }",
            "{ run: db-pool-exhausted, outcome: verified,",
            "suspects: ['deploy:checkout@v42']",
        ],
    );
}

#[test]
fn one_in_which_andon_died_as_well() {
    check(
        "andon-dies-while-rolling-back",
        &[
            "{ when: { sent: rollback }, crash: { back_after: 20s } }",
            "{ when: { lookup: rollback }, reply: { done: true } }",
            "{ sent: rollback, times: 1 }",
        ],
    );
}
