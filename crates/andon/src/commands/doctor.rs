//! `andon doctor`: what would keep this Andon from working here, looked at one by one.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use andon_definitions::Period;
use andon_journal::{Reader, Verdict};
use andon_live::Halt;
use andon_vocabulary::Record;
use clap::Args;

use crate::certificate::{Certificate, Term};
use crate::clock;
use crate::definitions::{Definitions, count};
use crate::exit::{Exit, Outcome};
use crate::terminal::{self, Ink};

#[derive(Args)]
pub struct Doctor {
    /// The directory of the definitions, or the one that has them in ops/
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// The data directory, if not the one that the instance names
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// What was looked at, and what was seen.
enum Seen {
    Well(String),
    Odd(String),
    Ill(String),
}

impl Doctor {
    pub fn run(self) -> Outcome {
        let read = Definitions::read(&self.dir)?;
        let data = read.data(self.data.as_deref());
        let mut looked = vec![
            ("definitions", definitions(&read)),
            ("address", address(&read.catalog.instance.listen)),
            ("data", directory(&data)),
            ("automation", halt(&data)),
            ("journal", journal(&data.join("journal.db"))),
        ];
        looked.extend(time(&data.join("journal.db")).map(|seen| ("clock", seen)));
        looked.extend(certificate(&read).map(|seen| ("certificate", seen)));
        let colour = terminal::wants_colour();
        for (what, seen) in &looked {
            let (mark, ink, said) = match seen {
                Seen::Well(said) => ("well", Ink::Green, said),
                Seen::Odd(said) => ("note", Ink::Amber, said),
                Seen::Ill(said) => ("ill", Ink::Red, said),
            };
            terminal::out(format_args!("{}  {what:11}  {said}", ink.paint(&format!("{mark:4}"), colour)));
        }
        let ill = looked.iter().any(|(_, seen)| matches!(seen, Seen::Ill(_)));
        Ok(if ill { Exit::Failed } else { Exit::Well })
    }
}

fn definitions(read: &Definitions) -> Seen {
    let errors = read.findings.iter().filter(|finding| finding.is_error()).count();
    let warnings = read.findings.len() - errors;
    let place = read.directory.path().display();
    match (errors, warnings) {
        (0, 0) => Seen::Well(format!("{place}: no findings")),
        (0, warnings) => Seen::Odd(format!("{place}: {}", count(warnings, "warning"))),
        _ => Seen::Ill(format!("{place}: {}; `andon check` shows them", count(errors, "error"))),
    }
}

fn address(listen: &str) -> Seen {
    match TcpListener::bind(listen) {
        Ok(_) => Seen::Well(format!("{listen} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Seen::Odd(format!("somebody listens on {listen}: `andon status` tells whether it is an Andon"))
        }
        Err(error) => Seen::Ill(format!("cannot listen on {listen}: {error}")),
    }
}

/// None: nothing speaks TLS here.
fn certificate(read: &Definitions) -> Option<Seen> {
    let tls = read.catalog.instance.tls.as_ref()?;
    let now = clock::now();
    Some(match Certificate::read(tls, read.directory.path()).map(|certificate| certificate.term(now)) {
        Ok(Term::Long) => Seen::Well(format!("{} is good", tls.cert)),
        Ok(term @ Term::EndsSoon(_)) => Seen::Odd(term.to_string()),
        Ok(term @ Term::Ended(_)) => Seen::Ill(term.to_string()),
        Err(unusable) => Seen::Ill(unusable.to_string()),
    })
}

fn directory(data: &Path) -> Seen {
    let place = data.display();
    match std::fs::metadata(data) {
        Ok(metadata) if !metadata.is_dir() => Seen::Ill(format!("{place} is not a directory")),
        Ok(metadata) if metadata.permissions().readonly() => {
            Seen::Ill(format!("{place} cannot be written to"))
        }
        Ok(_) => Seen::Well(format!("{place} is there")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Seen::Well(format!("{place} is made at the first start"))
        }
        Err(error) => Seen::Ill(format!("cannot look at {place}: {error}")),
    }
}

fn halt(data: &Path) -> Seen {
    let halt = Halt::within(data);
    if halt.stands() {
        Seen::Odd(format!("halted by {}: {}", data.join("HALT").display(), halt.reason()))
    } else {
        Seen::Well("no HALT file".to_owned())
    }
}

fn journal(file: &Path) -> Seen {
    if !file.exists() {
        return Seen::Well("begins at the first start".to_owned());
    }
    match andon_journal::verify(file) {
        Ok(verdict @ Verdict::Ok { .. }) => Seen::Well(verdict.to_string()),
        Ok(verdict) => Seen::Ill(verdict.to_string()),
        Err(error) => Seen::Ill(error.to_string()),
    }
}

/// Against the newest record: what is written down is never taken back. None: there is nothing to compare with.
fn time(file: &Path) -> Option<Seen> {
    let reader = Reader::open(file).ok()?;
    let newest = reader.read(reader.head().ok()?.seq, 1).ok()?.pop()?;
    let (last, now) = (Record::decode(&newest.body).ok()?.at, clock::now());
    let ahead = last.since(now).as_secs();
    Some(match ahead {
        0..=5 => Seen::Well("not behind the journal".to_owned()),
        _ => Seen::Odd(format!(
            "this machine's clock is {} behind the newest record: Andon's time goes a tenth slower until it has \
             caught up, in about {}; if the clock is wrong, set it right",
            Period::seconds(ahead),
            Period::seconds(ahead * 10)
        )),
    })
}
