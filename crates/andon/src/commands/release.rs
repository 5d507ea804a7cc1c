//! `andon release`: let automation go on.

use std::path::PathBuf;

use andon_live::Halt as HaltFile;
use andon_vocabulary::Command;
use clap::Args;

use crate::client::Speaker;
use crate::exit::{Exit, Failure, Outcome};
use crate::terminal;

#[derive(Args)]
pub struct Release {
    /// Why it is safe again
    #[arg(long, default_value = "released by hand")]
    reason: String,
    /// The data directory whose HALT file to remove, too
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    speaker: Speaker,
}

impl Release {
    pub fn run(self) -> Outcome {
        let mut lifted = false;
        if let Some(data) = &self.data {
            let halt = HaltFile::within(data);
            lifted = halt.stands();
            halt.lift().map_err(|error| {
                Failure::usage(format!("cannot remove {}: {error}", data.join("HALT").display()))
            })?;
            if lifted {
                terminal::out(format_args!("removed {}", data.join("HALT").display()));
            }
        }
        match self.speaker.tell(Command::Release { reason: self.reason }) {
            // Only the file had halted it, or nobody runs: the file was what there was to lift.
            Err(failure) if lifted => {
                terminal::out(format_args!("the server: {}", failure.what));
                Ok(Exit::Well)
            }
            told => told,
        }
    }
}
