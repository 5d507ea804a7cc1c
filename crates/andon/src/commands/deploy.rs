//! `andon deploy`: run a version of a service, and remember who changed what, when.

use andon_vocabulary::Command;
use clap::Args;

use crate::client::Speaker;
use crate::exit::Outcome;

#[derive(Args)]
pub struct Deploy {
    service: String,
    version: String,
    #[command(flatten)]
    speaker: Speaker,
}

impl Deploy {
    pub fn run(self) -> Outcome {
        self.speaker.tell(Command::Deploy { service: self.service.into(), version: self.version.into() })
    }
}
