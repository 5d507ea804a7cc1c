//! A scenario's outcome: passed, or each failure with what was expected, what happened, when and why.

use std::time::Duration;

use andon_definitions::scenario::{Expectation, Scenario};
use andon_definitions::{Catalog, SourceFile};
use andon_vocabulary::Timestamp;
use serde::Serialize;

use crate::expect::{Found, Trace};
use crate::play::Play;
use crate::why;

/// However long the script, a play ends after this much simulated time.
const PLAY_MAX: Duration = Duration::from_secs(14 * 24 * 3600);
/// What still happens after the last thing that is scripted or expected: outcomes, reviews.
const AFTERMATH: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    pub scenario: String,
    pub passed: bool,
    /// How many expectations there were.
    pub expectations: usize,
    pub failures: Vec<Failure>,
    /// Simulated time.
    pub played_ms: u64,
    /// Facts that the play put into its journal.
    pub records: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failure {
    pub expected: String,
    pub actual: String,
    /// The reasons that the decisions gave, the nearest last.
    pub why: Vec<String>,
    /// The line of the definition that decided it: `team.yaml:17`, and the line itself.
    pub decided_by: Option<(String, String)>,
    /// The line of the scenario.
    pub at: Option<String>,
}

/// Plays one scenario. The catalog is the one that `files` load to.
pub fn rehearse(scenario: &Scenario, catalog: &Catalog, files: &[SourceFile], seed: u64) -> Verdict {
    let mut play = Play::new(scenario, catalog, files, seed);
    let start = play.now;
    play.until(start);
    let end = end_of(scenario, &play, start);
    play.until(end);
    let trace = Trace { catalog, seen: &play.seen, beside: &play.state.respond.beside, start, end };
    let mut failures = Vec::new();
    for (index, expectation) in scenario.expect.iter().enumerate() {
        if let Found::Missed { expected, actual } = trace.check(expectation) {
            let place =
                catalog.locate(&format!("Scenario/{}", scenario.name), &format!("/spec/expect/{index}"));
            let explained = why::explain(expectation, &trace, catalog);
            failures.push(Failure {
                expected,
                actual,
                why: explained.reasons,
                decided_by: explained.decided_by.map(|place| (place.to_string(), place.excerpt)),
                at: place.map(|place| place.to_string()),
            });
        }
    }
    for missing in &play.unscripted {
        failures.push(Failure {
            expected: "the scenario answers everything that Andon asks of its world".to_owned(),
            actual: missing.clone(),
            why: Vec::new(),
            decided_by: None,
            at: None,
        });
    }
    Verdict {
        scenario: scenario.name.clone(),
        passed: failures.is_empty(),
        expectations: scenario.expect.len(),
        failures,
        played_ms: u64::try_from(end.since(start).as_millis()).unwrap_or(u64::MAX),
        records: andon_journal::Journal::head(&play.journal).seq.0,
    }
}

/// Long enough for the script, for what is expected by a time from the start, and for what is expected of something
/// that happens on the way.
fn end_of(scenario: &Scenario, play: &Play, start: Timestamp) -> Timestamp {
    let is_anchored = |expectation: &&Expectation| match expectation {
        Expectation::Alert(e) => e.of.is_some(),
        Expectation::Page(e) => e.of.is_some(),
        Expectation::Run(e) => e.of.is_some(),
        Expectation::Incident(e) => e.of.is_some(),
        Expectation::Review(e) => e.of.is_some(),
        Expectation::Notified(e) => e.of.is_some(),
        Expectation::Never(_)
        | Expectation::Sent(_)
        | Expectation::Route(_)
        | Expectation::OnCall(_)
        | Expectation::Compared(_)
        | Expectation::Reported(_) => false,
    };
    let span = |expectation: &Expectation| expectation.within().map_or(Duration::ZERO, |within| *within);
    let (anchored, absolute): (Vec<_>, Vec<_>) = scenario.expect.iter().partition(is_anchored);
    let absolute = absolute.into_iter().map(span).max().unwrap_or_default();
    let anchored = anchored.into_iter().map(span).max().unwrap_or_default();
    let happens = scenario.world.iter().filter_map(|entry| entry.at).map(|at| *at).max().unwrap_or_default();
    let scripted = play.script_ends().max(start + absolute.max(happens));
    (scripted + anchored + AFTERMATH).min(start + PLAY_MAX)
}
