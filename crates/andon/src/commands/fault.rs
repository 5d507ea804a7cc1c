//! `andon fault`: switch a fault that a service declares, to see what follows.

use andon_vocabulary::Command;
use clap::{Args, ValueEnum};

use crate::client::Speaker;
use crate::exit::Outcome;

#[derive(Args)]
pub struct Fault {
    service: String,
    /// One of the service's `faults`
    fault: String,
    switch: Switch,
    #[command(flatten)]
    speaker: Speaker,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

impl Fault {
    pub fn run(self) -> Outcome {
        self.speaker.tell(Command::Fault {
            service: self.service.into(),
            fault: self.fault.into(),
            on: self.switch == Switch::On,
        })
    }
}
