//! `andon preview`: what a run would do, exactly, without touching anything.

use andon_vocabulary::IncidentId;
use clap::Args;
use serde_json::Value;

use crate::client::Server;
use crate::commands::run::Inputs;
use crate::exit::{Exit, Outcome};
use crate::listing::{Shape, cell};
use crate::terminal;

#[derive(Args)]
pub struct Preview {
    runbook: String,
    #[command(flatten)]
    inputs: Inputs,
    /// The incident that it would be for
    #[arg(long)]
    incident: Option<IncidentId>,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

impl Preview {
    pub fn run(self) -> Outcome {
        let incident = self.incident.map(|incident| incident.to_string());
        let inputs = self.inputs.into_map();
        let mut query: Vec<(&str, &str)> =
            inputs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        query.extend(incident.as_deref().map(|incident| ("incident", incident)));
        let path = format!("/api/v1/andon/preview/{}", self.runbook);
        let preview = self.server.connect()?.get(&path, &query)?;
        if !self.shape.is_table() {
            return self.shape.one(&preview, &[]);
        }
        print(&preview);
        Ok(Exit::Well)
    }
}

fn print(preview: &Value) {
    let steps = preview["steps"].as_array().map_or(&[][..], Vec::as_slice);
    if steps.is_empty() {
        terminal::out(format_args!("{} would change nothing", cell(preview, "/runbook")));
    }
    for step in steps {
        terminal::out(format_args!("{}: {}", cell(step, "/step"), cell(step, "/action")));
        for (title, pointer) in [("then", "/verify"), ("if not", "/if_not")] {
            let said = cell(step, pointer);
            if !said.is_empty() {
                terminal::out(format_args!("    {title:7} {said}"));
            }
        }
    }
    terminal::out(format_args!("hash {}", cell(preview, "/hash")));
}
