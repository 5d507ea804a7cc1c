//! `andon test`: the scenarios, played in simulated time on the loop that runs in production; unit tests of rules, and
//! scripts of queries.

mod rules;
mod script;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use andon_live::Directory;
use andon_rehearse::swarm::fly;
use andon_rehearse::{Failure as Unmet, Sabotage, Verdict, rehearse, span};
use clap::{Args, ValueEnum};
use serde_json::json;

use self::rules::Tested;
use self::script::Script;
use crate::definitions::{Definitions, count};
use crate::exit::{Exit, Failure, Outcome};
use crate::terminal::{self, Ink};

#[derive(Args)]
pub struct Test {
    /// The directory of the definitions, or the one that has them in ops/; or one file: a script of queries (*.test), or
    /// unit tests of rules as promtool reads them
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Only scenarios and unit tests whose name contains this, and files whose path does
    filter: Option<String>,
    /// Where a scenario leaves something to chance, such as a channel that loses messages, this decides
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Instead of all that: so many outages that chance makes up, with crashes, lost messages and full disks;
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

/// A file of tests that was run, of either sort.
enum File {
    Script(Script),
    Rules(Tested),
}

/// What was run, in the order in which it was said.
#[derive(Default)]
struct Report {
    played: Vec<Played>,
    files: Vec<File>,
}

impl Test {
    pub fn run(self) -> Outcome {
        let filter = self.filter.as_deref().unwrap_or("");
        let mut report = Report::default();
        if self.dir.is_file() && self.swarm.is_none() {
            let file = match self.dir.extension() {
                Some(extension) if extension == "test" => File::Script(Script::run(&self.dir)?),
                _ => File::Rules(Tested::run(&self.dir, filter)?),
            };
            report.files.push(self.said(file));
            return Ok(report.end(self.output, self.seed));
        }
        let scripts = script::find(&self.dir);
        // A directory may hold nothing but scripts.
        if self.swarm.is_some() || scripts.is_empty() || may_hold_definitions(&self.dir) {
            let read = Definitions::read(&self.dir)?.without_errors()?;
            if let Some(flights) = self.swarm {
                return Ok(swarm(&read, self.seed, flights, self.output));
            }
            report.played = self.play(&read, filter);
            for tests in &read.catalog.rule_tests {
                let path = read.directory.path().join(&tests.origin.file);
                let tested = Tested::run(&path, filter)?;
                if !tested.is_empty() {
                    report.files.push(self.said(File::Rules(tested)));
                }
            }
        }
        for path in scripts.iter().filter(|path| path.display().to_string().contains(filter)) {
            report.files.push(self.said(File::Script(Script::run(path)?)));
        }
        if report.played.is_empty() && report.files.is_empty() {
            let what = match &self.filter {
                Some(filter) => format!("no scenario, unit test or script is called {filter:?}"),
                None => format!("nothing to test in {}", self.dir.display()),
            };
            return Err(Failure::usage(what).hint(
                "a scenario is a definition of `kind: Scenario`, a script of queries a file called *.test",
            ));
        }
        Ok(report.end(self.output, self.seed))
    }

    fn play(&self, read: &Definitions, filter: &str) -> Vec<Played> {
        let colour = terminal::wants_colour();
        let mut played = Vec::new();
        for scenario in read.catalog.scenarios.values().filter(|s| s.name.contains(filter)) {
            let began = Instant::now();
            let verdict = rehearse(scenario, &read.catalog, &read.files, self.seed);
            let one = Played { verdict, took: began.elapsed() };
            if self.output == Format::Text {
                terminal::out(one.text(colour));
            }
            played.push(one);
        }
        played
    }

    fn said(&self, file: File) -> File {
        if self.output == Format::Text {
            terminal::out(file.text(terminal::wants_colour()));
        }
        file
    }
}

impl Report {
    fn end(&self, output: Format, seed: u64) -> Exit {
        match output {
            Format::Text => terminal::out(self.summary()),
            Format::Json => terminal::out(format_args!("{:#}", self.as_json(seed))),
        }
        if self.failed() == 0 { Exit::Well } else { Exit::Failed }
    }

    fn failed(&self) -> usize {
        let played = self.played.iter().filter(|one| !one.verdict.passed).count();
        played + self.files.iter().filter(|file| !file.passed()).count()
    }

    fn summary(&self) -> String {
        let scenarios = (!self.played.is_empty()).then(|| summary(&self.played));
        let files = (!self.files.is_empty()).then(|| {
            let failed = self.files.iter().filter(|file| !file.passed()).count();
            let passed = self.files.len() - failed;
            format!("\n{}: {passed} passed, {failed} failed", count(self.files.len(), "test file"))
        });
        scenarios.into_iter().chain(files).collect()
    }

    fn as_json(&self, seed: u64) -> serde_json::Value {
        let all = self.played.len() + self.files.len();
        let of = |wanted: fn(&File) -> Option<serde_json::Value>| -> Vec<serde_json::Value> {
            self.files.iter().filter_map(wanted).collect()
        };
        let scripts = of(|file| match file {
            File::Script(script) => Some(script.as_json()),
            File::Rules(_) => None,
        });
        let rule_tests = of(|file| match file {
            File::Rules(tested) => Some(tested.as_json()),
            File::Script(_) => None,
        });
        json!({
            "seed": seed,
            "passed": all - self.failed(),
            "failed": self.failed(),
            "scenarios": self.played.iter().map(Played::as_json).collect::<Vec<_>>(),
            "rule_tests": rule_tests,
            "scripts": scripts,
        })
    }
}

impl File {
    fn path(&self) -> &Path {
        match self {
            File::Script(script) => &script.path,
            File::Rules(tested) => &tested.path,
        }
    }

    fn passed(&self) -> bool {
        match self {
            File::Script(script) => script.passed(),
            File::Rules(tested) => tested.passed(),
        }
    }

    fn text(&self, colour: bool) -> String {
        let (summary, failures) = match self {
            File::Script(script) => (script.summary(), script.failures()),
            File::Rules(tested) => (tested.summary(), tested.failures()),
        };
        let mark = mark(self.passed(), colour);
        let mut text = format!("{mark}  {}  {}", self.path().display(), Ink::Dim.paint(&summary, colour));
        for failure in failures {
            let _ = write!(text, "\n    {}", failure.replace('\n', "\n    "));
        }
        text
    }
}

/// What cannot be read may; reading it again says why.
fn may_hold_definitions(dir: &Path) -> bool {
    let files = Directory::find(dir).and_then(|directory| directory.read());
    files.map_or(true, |files| !files.is_empty())
}

fn mark(passed: bool, colour: bool) -> String {
    if passed { Ink::Green.paint("passed", colour) } else { Ink::Red.paint("failed", colour) }
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
        let mark = mark(verdict.passed, colour);
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

    fn as_json(&self) -> serde_json::Value {
        let mut verdict = json!(self.verdict);
        verdict["real_ms"] = json!(self.took.as_secs_f64() * 1000.0);
        verdict
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

fn simulated(ms: u64) -> String {
    span(Duration::from_millis(ms))
}

fn real(took: Duration) -> String {
    match took.as_secs_f64() * 1000.0 {
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms => format!("{ms:.0} ms"),
    }
}
