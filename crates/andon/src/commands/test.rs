//! `andon test`: the scenarios, played in simulated time on the loop that runs in production.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use andon_rehearse::swarm::fly;
use andon_rehearse::{Failure as Unmet, Sabotage, Verdict, rehearse, span};
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::definitions::{Definitions, count};
use crate::exit::{Exit, Failure, Outcome};
use crate::terminal::{self, Ink};

#[derive(Args)]
pub struct Test {
    /// The directory of the definitions, or the one that has them in ops/
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Only scenarios whose name contains this
    filter: Option<String>,
    /// Where a scenario leaves something to chance, such as a channel that loses messages, this decides
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Instead of the scenarios: so many outages that chance makes up, with crashes, lost messages and full disks;
    /// seed after seed, each looked at by every checker
    #[arg(long, value_name = "FLIGHTS", conflicts_with = "filter")]
    swarm: Option<u64>,
    /// How to print the verdicts
    #[arg(long, short, value_enum, default_value_t, value_name = "FORMAT")]
    output: Format,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

/// A verdict and how long it took to reach.
struct Played {
    verdict: Verdict,
    took: Duration,
}

impl Test {
    pub fn run(self) -> Outcome {
        let read = Definitions::read(&self.dir)?.without_errors()?;
        if let Some(flights) = self.swarm {
            return Ok(swarm(&read, self.seed, flights, self.output));
        }
        let filter = self.filter.as_deref().unwrap_or("");
        let chosen: Vec<_> = read.catalog.scenarios.values().filter(|s| s.name.contains(filter)).collect();
        if chosen.is_empty() {
            let what = match &self.filter {
                Some(filter) => format!("no scenario's name contains {filter:?}"),
                None => format!("no scenarios in {}", read.directory.path().display()),
            };
            return Err(Failure::usage(what).hint("a scenario is a definition of `kind: Scenario`"));
        }
        let colour = terminal::wants_colour();
        let mut played = Vec::new();
        for scenario in chosen {
            let began = Instant::now();
            let verdict = rehearse(scenario, &read.catalog, &read.files, self.seed);
            let one = Played { verdict, took: began.elapsed() };
            if self.output == Format::Text {
                terminal::out(one.text(colour));
            }
            played.push(one);
        }
        match self.output {
            Format::Text => terminal::out(summary(&played)),
            Format::Json => terminal::out(format_args!("{:#}", as_json(&played, self.seed))),
        }
        Ok(if played.iter().all(|one| one.verdict.passed) { Exit::Well } else { Exit::Failed })
    }
}

fn swarm(read: &Definitions, seed: u64, flights: u64, output: Format) -> Exit {
    let began = Instant::now();
    let (mut broken, mut records, mut crashes, mut digests) = (0_u64, 0, 0, Vec::new());
    for seed in seed..seed.saturating_add(flights) {
        let flight = fly(seed, &read.catalog, &read.files, Sabotage::None);
        records += flight.records;
        crashes += flight.crashes;
        if !flight.violations.is_empty() {
            broken += 1;
            if output == Format::Text {
                terminal::out(format_args!(
                    "seed {seed}:\n    {}\n{}",
                    flight.violations.join("\n    "),
                    flight.scenario
                ));
            }
        }
        digests.push(json!({ "seed": seed, "digest": flight.digest, "violations": flight.violations }));
    }
    match output {
        Format::Text => terminal::out(format_args!(
            "{flights} flights from seed {seed}: {broken} broke a rule; {records} records, {crashes} crashes in {}",
            real(began.elapsed())
        )),
        Format::Json => terminal::out(format_args!("{:#}", json!({ "broken": broken, "flights": digests }))),
    }
    if broken == 0 { Exit::Well } else { Exit::Failed }
}

impl Played {
    fn text(&self, colour: bool) -> String {
        let verdict = &self.verdict;
        let mark = if verdict.passed {
            Ink::Green.paint("passed", colour)
        } else {
            Ink::Red.paint("failed", colour)
        };
        let mut text = format!(
            "{mark}  {}  {}",
            verdict.scenario,
            Ink::Dim.paint(&format!("{} in {}", simulated(verdict.played_ms), real(self.took)), colour)
        );
        for unmet in &verdict.failures {
            text.push_str(&explain(unmet));
        }
        text
    }
}

fn explain(unmet: &Unmet) -> String {
    let mut text = String::new();
    let mut line = |title: &str, said: &str| {
        let _ = write!(text, "\n    {title:9} {said}");
    };
    line("expected", &unmet.expected);
    line("actual", &unmet.actual);
    for reason in &unmet.why {
        line("why", reason);
    }
    if let Some((place, excerpt)) = &unmet.decided_by {
        line("decided", &format!("{place}: {excerpt}"));
    }
    if let Some(at) = &unmet.at {
        line("asked at", at);
    }
    text.push('\n');
    text
}

fn summary(played: &[Played]) -> String {
    let failed = played.iter().filter(|one| !one.verdict.passed).count();
    let took: Duration = played.iter().map(|one| one.took).sum();
    let span: u64 = played.iter().map(|one| one.verdict.played_ms).sum();
    format!(
        "\n{}: {} passed, {failed} failed; {} played in {}",
        count(played.len(), "scenario"),
        played.len() - failed,
        simulated(span),
        real(took)
    )
}

fn as_json(played: &[Played], seed: u64) -> serde_json::Value {
    let scenarios: Vec<_> = played
        .iter()
        .map(|one| {
            let mut verdict = json!(one.verdict);
            verdict["real_ms"] = json!(one.took.as_secs_f64() * 1000.0);
            verdict
        })
        .collect();
    let passed = played.iter().filter(|one| one.verdict.passed).count();
    json!({ "seed": seed, "passed": passed, "failed": played.len() - passed, "scenarios": scenarios })
}

fn simulated(ms: u64) -> String {
    span(Duration::from_millis(ms))
}

fn real(took: Duration) -> String {
    match took.as_secs_f64() * 1000.0 {
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms => format!("{ms:.0} ms"),
    }
}
