//! `andon note`: a line for the incident's timeline.

use andon_vocabulary::{Command, IncidentId};
use clap::Args;

use crate::client::Speaker;
use crate::exit::Outcome;

#[derive(Args)]
pub struct Note {
    incident: IncidentId,
    text: String,
    #[command(flatten)]
    speaker: Speaker,
}

impl Note {
    pub fn run(self) -> Outcome {
        self.speaker.tell(Command::Note { incident: self.incident, text: self.text })
    }
}
