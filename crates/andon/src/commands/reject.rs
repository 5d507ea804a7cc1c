//! `andon reject`: no, and why.

use andon_vocabulary::{Command, RunId};
use clap::Args;

use crate::client::Speaker;
use crate::commands::approve::Asked;
use crate::exit::Outcome;

#[derive(Args)]
pub struct Reject {
    run: RunId,
    /// Why not
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    speaker: Speaker,
}

impl Reject {
    pub fn run(self) -> Outcome {
        let asked = Asked::of(self.run, &self.speaker)?;
        let step = asked.step.into();
        self.speaker.tell(Command::Reject { run: self.run, step, reason: self.reason })
    }
}
