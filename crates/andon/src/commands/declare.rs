//! `andon declare`: pull the cord; an incident that no alert has seen.

use andon_vocabulary::Command;
use clap::Args;

use crate::client::Speaker;
use crate::exit::Outcome;

#[derive(Args)]
pub struct Declare {
    service: String,
    /// What is wrong, in a few words
    title: String,
    #[command(flatten)]
    speaker: Speaker,
}

impl Declare {
    pub fn run(self) -> Outcome {
        self.speaker.tell(Command::Declare { service: self.service.into(), title: self.title })
    }
}
