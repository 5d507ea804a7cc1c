//! `andon journal verify`: is every fact there, and as it was written?

use std::path::PathBuf;

use andon_journal::Verdict;
use clap::{Args, Subcommand};

use crate::exit::{Exit, Failure, Outcome};
use crate::terminal;

#[derive(Args)]
pub struct Journal {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Check every record against the chain, and say where it breaks; a server may run meanwhile
    Verify {
        /// The data directory, or the journal's file in it
        data: PathBuf,
    },
}

impl Journal {
    pub fn run(self) -> Outcome {
        let What::Verify { data } = self.what;
        let file = if data.is_dir() { data.join("journal.db") } else { data };
        let verdict = andon_journal::verify(&file).map_err(|error| {
            Failure::usage(error.to_string()).hint("name the data directory of an Andon, such as ops/data")
        })?;
        terminal::out(format_args!("{}: {verdict}", file.display()));
        Ok(match verdict {
            Verdict::Ok { .. } => Exit::Well,
            Verdict::Damaged(_) => Exit::Failed,
        })
    }
}
