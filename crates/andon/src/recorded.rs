//! What a store of samples remembers of a stretch of time, as the world of a scenario; what the rules make of it is
//! found by playing it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use andon_definitions::{Catalog, Period, Rule, SourceFile};
use andon_live::{Elsewhere, Silence};
use andon_rehearse::{Play, SeenWhat, rehearse};
use andon_timeseries::{Matcher, Series};
use andon_vocabulary::{Event, Labels, METRIC_NAME, MonitorEvent, Timestamp};
use tokio::runtime::Runtime;

use crate::definitions::Definitions;
use crate::exit::{Exit, Failure};
use crate::outage::{notation, quoted, series_name};

/// A scenario is to be read by people, and kept beside the code.
const SERIES_MAX: usize = 1000;
/// How much of the past the rules get to see before it begins, at most.
const LEAD_MAX: Duration = Duration::from_secs(6 * 3600);
/// Beyond what was seen in the play: a later version may take a moment longer.
const SLACK: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    pub start: Timestamp,
    pub end: Timestamp,
    pub every: Duration,
}

pub struct Recording {
    stretch: Stretch,
    /// A value at each step from the beginning on, as queries at that time found it.
    series: BTreeMap<Labels, Vec<Option<f64>>>,
}

impl Recording {
    pub fn take(
        read: &Definitions,
        store: &Elsewhere,
        runtime: &Runtime,
        stretch: Stretch,
        matches: &[String],
    ) -> Result<Recording, Failure> {
        let (selectors, lead) = match matches {
            [] => read_by_rules(&read.catalog),
            given => (given.iter().cloned().collect(), Duration::ZERO),
        };
        if selectors.is_empty() {
            return Err(Failure::usage("no rule here reads any samples".to_owned())
                .hint("name series with --match, or write rules first"));
        }
        // A rate needs its past.
        let stretch = Stretch { start: stretch.start - lead.min(LEAD_MAX), ..stretch };
        let steps = steps(stretch);
        let mut series = BTreeMap::new();
        for selector in selectors {
            let found = runtime.block_on(store.range(&selector, stretch.start, stretch.end, stretch.every));
            for one in found.map_err(|silence| unanswered(store, &selector, silence))? {
                series.insert(one.labels.clone(), values(&one, stretch, steps));
            }
            if series.len() > SERIES_MAX {
                let what = format!("that is more than {SERIES_MAX} series");
                return Err(Failure::new(Exit::Refused, what).hint("name those that matter with --match"));
            }
        }
        if series.is_empty() {
            return Err(Failure::new(Exit::Refused, "the store has no samples of that time".to_owned())
                .hint("look at the times, and at what the rules read"));
        }
        Ok(Recording { stretch, series })
    }

    /// The file; it passes.
    pub fn scenario(&self, name: &str, read: &Definitions) -> Result<String, Failure> {
        let names: BTreeSet<&str> =
            read.catalog.alerting_rules().map(|(_, rule)| rule.alert.as_str()).collect();
        let Some(any) = names.first() else {
            return Err(Failure::usage(
                "there is no alerting rule whose alerts could be expected".to_owned(),
            ));
        };
        // Something must be expected for it to be read; what it is, the play will tell.
        let draft = self.text(name, &[format!("never: {{ alert: {any} }}")]);
        let (catalog, files) = with(read, &draft)?;
        let mut play = Play::new(scenario_of(&catalog, name)?, &catalog, &files, 0);
        play.until(self.stretch.end);
        let mut expect = Vec::new();
        for alert in names {
            let fired = first(
                &play,
                |event| matches!(event, MonitorEvent::AlertFired(fired) if fired.labels.get("alertname") == Some(alert)),
            );
            let Some(fired) = fired else {
                expect.push(format!("never: {{ alert: {alert} }}"));
                continue;
            };
            let within =
                Period::seconds((fired.since(self.stretch.start) + SLACK).as_secs().div_ceil(30) * 30);
            expect.push(format!("alert: {alert}, is: firing, within: {within}"));
        }
        let text = self.text(name, &expect);
        let (catalog, files) = with(read, &text)?;
        let verdict = rehearse(scenario_of(&catalog, name)?, &catalog, &files, 0);
        if verdict.passed {
            return Ok(text);
        }
        for failure in &verdict.failures {
            eprintln!("expected {}\n  actual {}", failure.expected, failure.actual);
        }
        Err(Failure::new(Exit::Failed, "played again, it does not end as it did".to_owned()).hint(
            "a runbook that acts needs a world that answers: record without it, or write the answers by hand",
        ))
    }

    fn text(&self, name: &str, expect: &[String]) -> String {
        let Stretch { start, end, every } = self.stretch;
        let mut text = String::new();
        let _ = write!(
            text,
            "apiVersion: andon/v1\nkind: Scenario\nmetadata: {{ name: {name} }}\nspec:\n  doc: |\n    \
             As it was from {start:.0} to {end:.0}.\n  at: {start:.0}\n  every: {}\n  world:\n",
            Period(every),
            start = start.to_jiff(),
            end = end.to_jiff(),
        );
        for (labels, values) in &self.series {
            let series = quoted(&series_name(labels));
            let _ = writeln!(text, "    - {{ series: {series}, values: '{}' }}", notation(values));
        }
        text.push_str("  expect:\n");
        for expectation in expect {
            let _ = writeln!(text, "    - {{ {expectation} }}");
        }
        text
    }
}

/// What the rules read and do not make themselves, as selectors; and how far back they look.
fn read_by_rules(catalog: &Catalog) -> (BTreeSet<String>, Duration) {
    let rules = || catalog.rules.iter().flat_map(|group| &group.rules);
    let recorded = rules().filter_map(|rule| match rule {
        Rule::Recording(rule) => Some(rule.record.as_str()),
        Rule::Alerting(_) => None,
    });
    let made: BTreeSet<&str> = recorded.chain(["ALERTS", "ALERTS_FOR_STATE"]).collect();
    let (mut selectors, mut lead) = (BTreeSet::new(), Duration::ZERO);
    for rule in rules() {
        let Ok(expr) = andon_promql::parse(rule.expr()) else { continue };
        for selected in expr.selectors() {
            let is_made = |matcher: &Matcher| matcher.name() == METRIC_NAME && made.contains(matcher.value());
            if !selected.matchers.iter().any(is_made) {
                selectors.insert(andon_live::selector(&selected.matchers));
                let offset = Duration::from_millis(u64::try_from(selected.offset_ms).unwrap_or(0));
                lead = lead.max(selected.range.unwrap_or_default() + offset);
            }
        }
    }
    (selectors, lead)
}

fn steps(stretch: Stretch) -> usize {
    let steps = stretch.end.since(stretch.start).as_millis() / stretch.every.as_millis();
    usize::try_from(steps).unwrap_or(usize::MAX).saturating_add(1)
}

fn values(series: &Series, stretch: Stretch, steps: usize) -> Vec<Option<f64>> {
    let mut values = vec![None; steps];
    for sample in &series.samples {
        let step = sample.at.since(stretch.start).as_millis() / stretch.every.as_millis();
        if let Some(place) = usize::try_from(step).ok().and_then(|step| values.get_mut(step)) {
            *place = Some(sample.value);
        }
    }
    values
}

fn unanswered(store: &Elsewhere, selector: &str, silence: Silence) -> Failure {
    match silence {
        Silence::Unreachable(why) => {
            Failure::new(Exit::Unreachable, format!("{} does not answer: {why}", store.url()))
        }
        Silence::Refused(why) => {
            Failure::new(Exit::Refused, format!("{} refuses {selector}: {why}", store.url()))
                .hint("a longer --every makes fewer values")
        }
    }
}

/// The definitions with this file beside them.
fn with(read: &Definitions, text: &str) -> Result<(Catalog, Vec<SourceFile>), Failure> {
    let mut files = read.files.clone();
    files.push(SourceFile { path: "recorded-scenario.yaml".to_owned(), text: text.to_owned() });
    let (catalog, findings) = andon_definitions::load(&files);
    if findings.iter().any(andon_definitions::Diagnostic::is_error) {
        eprint!("{}", andon_definitions::render(&findings, &files, false));
        return Err(Failure::new(
            Exit::Failed,
            "what was recorded is no scenario that can be read".to_owned(),
        ));
    }
    Ok((catalog, files))
}

fn scenario_of<'a>(
    catalog: &'a Catalog,
    name: &str,
) -> Result<&'a andon_definitions::scenario::Scenario, Failure> {
    catalog.scenarios.get(name).ok_or_else(|| {
        Failure::usage(format!(
            "`{name}` is not a name: small letters, digits, - and ., a letter or digit first"
        ))
    })
}

fn first(play: &Play<'_>, is: impl Fn(&MonitorEvent) -> bool) -> Option<Timestamp> {
    play.seen.iter().find_map(|seen| match &seen.what {
        SeenWhat::Event(Event::Monitor(event)) if is(event) => Some(seen.at),
        _ => None,
    })
}
