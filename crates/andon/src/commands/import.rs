//! `andon import`: what another program's file says, as definitions.

mod alertmanager;
mod schedule;

use std::path::PathBuf;

use andon_definitions::SourceFile;
use clap::{Args, ValueEnum};

use crate::exit::{Failure, Outcome};

/// A file larger than this is none that people write.
const FILE_BYTES_MAX: u64 = 16 << 20;

#[derive(Args)]
pub struct Import {
    /// The file to read
    file: PathBuf,
    /// Whose file it is; without it, what it looks like
    #[arg(long = "as", value_name = "FORMAT")]
    format: Option<Format>,
    /// The directory of the definitions, where a folder with what was read is made
    #[arg(long, default_value = ".", value_name = "DIR")]
    into: PathBuf,
}

/// Whose files are read.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// An alertmanager.yml, as Routes
    Alertmanager,
    /// A schedule as PagerDuty's API gives it, as a Team
    PagerdutySchedule,
    /// A schedule as Opsgenie's API gives it, as a Team
    OpsgenieSchedule,
    /// A calendar (RFC 5545) of who is on call, as a Team
    Ical,
}

impl Import {
    pub fn run(self) -> Outcome {
        let source = read(&self.file)?;
        let format = self.format.or_else(|| looks_like(&source.text)).ok_or_else(|| {
            Failure::usage(format!("{} looks like no file that can be imported", self.file.display()))
                .hint("say whose it is with --as; a prometheus.yml and rule files need no import: put them beside the definitions")
        })?;
        match format {
            Format::Alertmanager => alertmanager::import(&source, &self.file, &self.into),
            Format::PagerdutySchedule => {
                schedule::import(schedule::From::PagerDuty, &source, &self.file, &self.into)
            }
            Format::OpsgenieSchedule => {
                schedule::import(schedule::From::Opsgenie, &source, &self.file, &self.into)
            }
            Format::Ical => schedule::import(schedule::From::Calendar, &source, &self.file, &self.into),
        }
    }
}

fn looks_like(text: &str) -> Option<Format> {
    // All of a file may be indented, as where it was cut out of another.
    let text = text.trim_start_matches('\u{feff}');
    let mut written =
        text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with(['#', '-', '%']));
    let first = written.find(|line| !line.trim_start().starts_with('#')).unwrap_or_default();
    let indent = &first[..first.len() - first.trim_start_matches(' ').len()];
    let begins = |key: &str| {
        text.lines().any(|line| line.strip_prefix(indent).is_some_and(|line| line.starts_with(key)))
    };
    if begins("route:") && begins("receivers:") {
        return Some(Format::Alertmanager);
    }
    if begins("BEGIN:VCALENDAR") {
        return Some(Format::Ical);
    }
    let is_json = text.trim_start().starts_with('{');
    match is_json {
        true if text.contains("\"schedule_layers\"") => Some(Format::PagerdutySchedule),
        true if text.contains("\"rotations\"") => Some(Format::OpsgenieSchedule),
        _ => None,
    }
}

fn read(path: &std::path::Path) -> Result<SourceFile, Failure> {
    let failed = |why: &str| Failure::usage(format!("cannot read {}: {why}", path.display()));
    let size = std::fs::metadata(path).map_err(|error| failed(&error.to_string()))?.len();
    if size > FILE_BYTES_MAX {
        return Err(failed(&format!("it has {size} bytes, and {FILE_BYTES_MAX} are the most")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| failed(&error.to_string()))?;
    Ok(SourceFile { path: path.display().to_string(), text })
}

#[cfg(test)]
mod tests {
    use super::{Format, looks_like};

    #[test]
    fn an_alertmanager_yml_is_known_however_it_is_indented() {
        for text in [
            "route:\n  receiver: a\nreceivers:\n- name: a\n",
            "---\n# ours\n    route:\n      receiver: a\n    receivers:\n    - name: a\n",
            "\u{feff}receivers: [ { name: a } ]\nroute: { receiver: a }\n",
        ] {
            assert!(matches!(looks_like(text), Some(Format::Alertmanager)), "{text}");
        }
        assert!(looks_like("data:\n  route:\n    receiver: a\n  receivers: []\n").is_none());
    }
}
