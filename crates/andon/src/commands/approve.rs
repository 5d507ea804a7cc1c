//! `andon approve`: let a run do what its preview says, and nothing else.

use andon_vocabulary::{Command, RunId};
use clap::Args;
use serde_json::Value;

use crate::client::Speaker;
use crate::exit::{Exit, Failure, Outcome};
use crate::listing::cell;
use crate::terminal;

#[derive(Args)]
pub struct Approve {
    run: RunId,
    /// Why; needed when you approve alone
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    speaker: Speaker,
}

/// What a run waits for somebody to decide.
pub struct Asked {
    pub step: String,
    pub preview: Value,
}

impl Asked {
    pub fn of(run: RunId, speaker: &Speaker) -> Result<Asked, Failure> {
        let shown = speaker.server.get(&format!("/api/v1/andon/runs/{run}"))?;
        match (shown.pointer("/asks/step").and_then(Value::as_str), shown.pointer("/asks/preview")) {
            (Some(step), Some(preview)) => Ok(Asked { step: step.to_owned(), preview: preview.clone() }),
            _ => Err(Failure::new(
                Exit::Refused,
                format!("{run} asks for no approval; it is: {}", cell(&shown, "/state")),
            )
            .hint("`andon runs` shows which run asks whom")),
        }
    }
}

impl Approve {
    pub fn run(self) -> Outcome {
        let asked = Asked::of(self.run, &self.speaker)?;
        for step in asked.preview["steps"].as_array().into_iter().flatten() {
            terminal::out(format_args!("{}: {}", cell(step, "/step"), cell(step, "/action")));
        }
        self.speaker.tell(Command::Approve {
            run: self.run,
            step: asked.step.into(),
            preview: cell(&asked.preview, "/hash"),
            reason: self.reason,
        })
    }
}
