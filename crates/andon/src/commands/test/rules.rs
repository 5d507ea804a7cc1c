//! Unit tests of rules: files as `promtool test rules` reads them.

use std::path::{Path, PathBuf};

use andon_definitions::{Diagnostic, SourceFile};
use andon_rehearse::rule_tests::{Outcome, play};
use serde_json::{Value, json};

use super::script::text;
use crate::definitions::count;
use crate::exit::{Exit, Failure};
use crate::terminal;

/// A file of unit tests that was played.
pub struct Tested {
    pub path: PathBuf,
    outcomes: Vec<Outcome>,
}

impl Tested {
    /// Plays the tests whose name contains the filter. A finding in the file or its rules goes to stderr and ends it.
    pub fn run(path: &Path, filter: &str) -> Result<Tested, Failure> {
        let mut files = vec![SourceFile { path: path.display().to_string(), text: text(path)? }];
        let (catalog, findings) = andon_definitions::load(&files);
        without_errors(path, &findings, &files)?;
        let [mut tests] = <[_; 1]>::try_from(catalog.rule_tests).map_err(|_| {
            Failure::usage(format!("{} holds no unit tests of rules", path.display()))
                .hint("such a file has `rule_files:` and `tests:`; a query script is called *.test")
        })?;
        let beside = path.parent().unwrap_or(Path::new("."));
        for pattern in &tests.rule_files {
            let found = andon_live::glob(&beside.join(pattern));
            if found.is_empty() {
                terminal::err(format_args!("{}: no rule file is called {pattern}", path.display()));
            }
            for rules in found {
                files.push(SourceFile { path: rules.display().to_string(), text: text(&rules)? });
            }
        }
        let (catalog, findings) = andon_definitions::load(&files);
        without_errors(path, &findings, &files)?;
        // As their files are named, whatever these are called.
        let place = |origin: &str| files.iter().position(|file| file.path == origin);
        let mut groups = catalog.rules;
        groups.sort_by_key(|group| place(&group.origin.file));
        let is_meant = |name: Option<&String>| name.map_or("", String::as_str).contains(filter);
        if !path.display().to_string().contains(filter) {
            tests.tests.retain(|test| is_meant(test.name.as_ref()));
        }
        Ok(Tested { path: path.to_owned(), outcomes: play(&tests, &groups) })
    }

    pub fn passed(&self) -> bool {
        self.outcomes.iter().all(|outcome| outcome.failures.is_empty())
    }

    pub fn is_empty(&self) -> bool {
        self.outcomes.is_empty()
    }

    /// What it did, in a word or two.
    pub fn summary(&self) -> String {
        let failed = self.outcomes.iter().filter(|outcome| !outcome.failures.is_empty()).count();
        match failed {
            0 => count(self.outcomes.len(), "test"),
            failed => format!("{failed} of {}", count(self.outcomes.len(), "test")),
        }
    }

    /// Each failure with its place.
    pub fn failures(&self) -> Vec<String> {
        let failures = self.outcomes.iter().flat_map(|outcome| &outcome.failures);
        failures.map(ToString::to_string).collect()
    }

    pub fn as_json(&self) -> Value {
        let tests: Vec<Value> = self
            .outcomes
            .iter()
            .map(|outcome| {
                let failures = outcome.failures.iter().map(|unmet| {
                    json!({
                        "at": unmet.origin.to_string(),
                        "asked": unmet.asked,
                        "expected": unmet.expected,
                        "got": unmet.got,
                    })
                });
                let failures: Vec<Value> = failures.collect();
                json!({ "name": outcome.name, "passed": failures.is_empty(), "failures": failures })
            })
            .collect();
        json!({ "file": self.path.display().to_string(), "passed": self.passed(), "tests": tests })
    }
}

/// Warnings are about what has nothing to do with a test: who is paged, and the like.
fn without_errors(path: &Path, findings: &[Diagnostic], files: &[SourceFile]) -> Result<(), Failure> {
    let errors: Vec<Diagnostic> = findings.iter().filter(|finding| finding.is_error()).cloned().collect();
    if errors.is_empty() {
        return Ok(());
    }
    eprint!("{}", andon_definitions::render(&errors, files, terminal::wants_colour()));
    let what = format!("{} in {} and its rules", count(errors.len(), "error"), path.display());
    Err(Failure::new(Exit::Failed, what))
}
