//! `andon abort`: stop one run; what it has done stays done.

use andon_vocabulary::{Command, RunId};
use clap::Args;

use crate::client::Speaker;
use crate::exit::Outcome;

#[derive(Args)]
pub struct Abort {
    run: RunId,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    speaker: Speaker,
}

impl Abort {
    pub fn run(self) -> Outcome {
        self.speaker.tell(Command::Abort { run: self.run, reason: self.reason })
    }
}
