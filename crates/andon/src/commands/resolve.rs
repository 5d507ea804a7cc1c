//! `andon resolve`: it is over, says a person.

use andon_vocabulary::{Command, IncidentId};
use clap::Args;

use crate::client::Speaker;
use crate::exit::Outcome;

#[derive(Args)]
pub struct Resolve {
    incident: IncidentId,
    /// How you know
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    speaker: Speaker,
}

impl Resolve {
    pub fn run(self) -> Outcome {
        self.speaker.tell(Command::Resolve { incident: self.incident, reason: self.reason })
    }
}
