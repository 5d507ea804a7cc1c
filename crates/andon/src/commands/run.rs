//! `andon run`: start a runbook by hand.

use std::collections::BTreeMap;

use andon_vocabulary::{Command, IncidentId};
use clap::Args;

use crate::client::Speaker;
use crate::exit::Outcome;

#[derive(Args)]
pub struct Run {
    runbook: String,
    #[command(flatten)]
    inputs: Inputs,
    /// The incident that it is for
    #[arg(long)]
    incident: Option<IncidentId>,
    #[command(flatten)]
    speaker: Speaker,
}

/// What a runbook asks for, as `NAME=VALUE`.
#[derive(Args, Clone, Debug)]
pub struct Inputs {
    /// An input of the runbook; may be given again
    #[arg(long = "input", short, value_name = "NAME=VALUE", value_parser = pair)]
    inputs: Vec<(String, String)>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE, such as service=checkout")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Inputs {
    pub fn into_map(self) -> BTreeMap<String, String> {
        self.inputs.into_iter().collect()
    }
}

impl Run {
    pub fn run(self) -> Outcome {
        self.speaker.tell(Command::StartRun {
            runbook: self.runbook.into(),
            incident: self.incident,
            inputs: self.inputs.into_map(),
        })
    }
}
