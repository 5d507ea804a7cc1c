//! Query scripts: files in Prometheus's `promqltest` notation, called `*.test`.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use andon_promql::script::{Failure as Unmet, run};
use serde_json::{Value, json};

use crate::exit::Failure;

/// Nobody writes a longer script.
const BYTES_MAX: u64 = 16 << 20;
/// Nobody nests scripts deeper.
const DEPTH_MAX: usize = 16;

/// A script that was run.
pub struct Script {
    pub path: PathBuf,
    outcome: Result<usize, Vec<Unmet>>,
}

impl Script {
    pub fn run(path: &Path) -> Result<Script, Failure> {
        Ok(Script { path: path.to_owned(), outcome: run(&text(path)?) })
    }

    pub fn passed(&self) -> bool {
        self.outcome.is_ok()
    }

    /// What it did, in a word or two.
    pub fn summary(&self) -> String {
        match &self.outcome {
            Ok(evaluations) => crate::definitions::count(*evaluations, "evaluation"),
            Err(failures) => crate::definitions::count(failures.len(), "failure"),
        }
    }

    /// Each failure with its place.
    pub fn failures(&self) -> Vec<String> {
        let failures = self.outcome.as_ref().err().into_iter().flatten();
        let placed =
            |unmet: &Unmet| format!("{}:{}: {}", self.path.display(), unmet.line, unmet.message.trim_end());
        failures.map(placed).collect()
    }

    pub fn as_json(&self) -> Value {
        let failures = self.outcome.as_ref().err().into_iter().flatten();
        let failures: Vec<Value> =
            failures.map(|unmet| json!({ "line": unmet.line, "message": unmet.message })).collect();
        json!({
            "file": self.path.display().to_string(),
            "passed": self.passed(),
            "evaluations": self.outcome.as_ref().ok(),
            "failures": failures,
        })
    }
}

/// The text of a file that a person wrote.
pub fn text(path: &Path) -> Result<String, Failure> {
    let unreadable =
        |error: std::io::Error| Failure::usage(format!("cannot read {}: {error}", path.display()));
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(Failure::usage(format!("{} is larger than {BYTES_MAX} bytes", path.display())));
    }
    String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{} is not UTF-8", path.display())))
}

/// Every script below a directory, sorted; what is hidden, built or written by Andon holds none.
pub fn find(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(directory, DEPTH_MAX, &mut found);
    found.sort();
    found
}

fn collect(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let is_skipped = name.starts_with('.') || matches!(&*name, "target" | "node_modules" | "data");
        // A link is not followed: it may lead back.
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !is_skipped && depth > 0 => collect(&path, depth - 1, found),
            Ok(kind) if kind.is_file() && !is_skipped && name.ends_with(".test") => found.push(path),
            _ => {}
        }
    }
}
