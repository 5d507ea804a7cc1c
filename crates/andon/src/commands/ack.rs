//! `andon ack`: I have it; page nobody else.

use andon_vocabulary::{Command, IncidentId};
use clap::Args;

use crate::client::Speaker;
use crate::exit::Outcome;

#[derive(Args)]
pub struct Ack {
    incident: IncidentId,
    #[command(flatten)]
    speaker: Speaker,
}

impl Ack {
    pub fn run(self) -> Outcome {
        self.speaker.tell(Command::Acknowledge { incident: self.incident })
    }
}
