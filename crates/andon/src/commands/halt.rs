//! `andon halt`: stop all automation, now, whatever else is down.

use std::path::PathBuf;

use andon_live::Halt as HaltFile;
use andon_vocabulary::Command;
use clap::Args;

use crate::client::Speaker;
use crate::exit::{Exit, Failure, Outcome};
use crate::terminal;

/// Tells the server. With --data the HALT file is written as well, which holds even if the server is down, hangs, or
/// starts anew: what is in flight finishes or becomes unknown, nothing new starts.
#[derive(Args)]
pub struct Halt {
    /// Why
    #[arg(long, default_value = "stopped by hand")]
    reason: String,
    /// The data directory in which to write the HALT file, too
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    speaker: Speaker,
}

impl Halt {
    pub fn run(self) -> Outcome {
        // First, since it works whatever else is down.
        if let Some(data) = &self.data {
            put(data, &self.reason)?;
        }
        match self.speaker.tell(Command::Halt { reason: self.reason.clone() }) {
            // It may be down, not know who asks, or have seen the file already.
            Err(failure) if self.data.is_some() => {
                terminal::out(format_args!("the file holds; the server: {}", failure.what));
                Ok(Exit::Well)
            }
            Err(failure) if failure.exit == Exit::Unreachable => {
                Err(failure.hint("halt it by its data directory: `andon halt --data ops/data`"))
            }
            told => told,
        }
    }
}

fn put(data: &std::path::Path, reason: &str) -> Result<(), Failure> {
    HaltFile::within(data).put(reason).map_err(|error| {
        Failure::usage(format!("cannot write {}: {error}", data.join("HALT").display()))
            .hint("name the data directory of the Andon to stop")
    })?;
    terminal::out(format_args!("wrote {}: nothing new is started", data.join("HALT").display()));
    Ok(())
}
