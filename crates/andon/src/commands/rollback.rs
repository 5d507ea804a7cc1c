//! `andon rollback`: return a service to the version before.

use andon_vocabulary::Command;
use clap::Args;

use crate::client::Speaker;
use crate::exit::Outcome;

#[derive(Args)]
pub struct Rollback {
    service: String,
    /// Why
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    speaker: Speaker,
}

impl Rollback {
    pub fn run(self) -> Outcome {
        self.speaker.tell(Command::RollBack { service: self.service.into(), reason: self.reason })
    }
}
