//! `andon check`: all findings at once, as a compiler prints them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::certificate;
use crate::client::Server;
use crate::clock;
use crate::definitions::{Definitions, count};
use crate::exit::{Exit, Outcome};
use crate::terminal;

/// An error ends the command with 1. A warning is shown and does not, unless --strict is given.
#[derive(Args)]
pub struct Check {
    /// The directory of the definitions, or the one that has them in ops/
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Also compare the metrics that the definitions read with those that this server has scraped
    #[arg(long, value_name = "URL")]
    against: Option<String>,
    /// Let warnings count as errors do
    #[arg(long)]
    strict: bool,
    /// How to print the findings
    #[arg(long, short, value_enum, default_value_t, value_name = "FORMAT")]
    output: Format,
}

#[derive(Clone, Copy, Default, ValueEnum)]
pub enum Format {
    #[default]
    Text,
    Json,
}

impl Check {
    pub fn run(self) -> Outcome {
        let mut read = Definitions::read(&self.dir)?;
        if let Some(server) = self.against {
            let client = Server::at(server).connect()?;
            let known = client.get("/api/v1/label/__name__/values", &[])?;
            let names = known["data"].as_array().into_iter().flatten().filter_map(|name| name.as_str());
            let known = names.map(str::to_owned).collect();
            read.findings.extend(andon_definitions::check_metrics(&read.catalog, &known));
        }
        let now = clock::now();
        read.findings.extend(andon_definitions::check_coverage(&read.catalog, now));
        read.findings.extend(certificate::findings(&read.catalog, read.directory.path(), now));
        let errors = read.findings.iter().filter(|finding| finding.is_error()).count();
        let warnings = read.findings.len() - errors;
        match self.output {
            Format::Json => terminal::out(format_args!(
                "{:#}",
                json!({
                    "directory": read.directory.path(),
                    "files": read.files.len(),
                    "errors": errors,
                    "warnings": warnings,
                    "findings": read.findings,
                })
            )),
            Format::Text => {
                let shown = andon_definitions::render(&read.findings, &read.files, terminal::wants_colour());
                if !shown.is_empty() {
                    terminal::out(shown);
                }
                terminal::out(summary(&read, errors, warnings));
            }
        }
        let bad = errors > 0 || (self.strict && warnings > 0);
        Ok(if bad { Exit::Failed } else { Exit::Well })
    }
}

fn summary(read: &Definitions, errors: usize, warnings: usize) -> String {
    let place = format!("{} in {}", count(read.files.len(), "file"), read.directory.path().display());
    if errors + warnings > 0 {
        return format!("{}, {} ({place})", count(errors, "error"), count(warnings, "warning"));
    }
    let catalog = &read.catalog;
    // Said only where there are some: most houses have none.
    let policies = match catalog.policies.len() {
        0 => String::new(),
        1 => ", 1 policy".to_owned(),
        some => format!(", {some} policies"),
    };
    format!(
        "well: {}, {}, {}, {}, {}{policies} ({place})",
        count(catalog.teams.len(), "team"),
        count(catalog.services.len(), "service"),
        count(catalog.rules.iter().map(|group| group.rules.len()).sum(), "rule"),
        count(catalog.runbooks.len(), "runbook"),
        count(catalog.scenarios.len(), "scenario"),
    )
}
