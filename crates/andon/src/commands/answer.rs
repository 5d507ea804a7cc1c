//! `andon answer`: what a person knows of a step whose outcome nobody else does.

use andon_vocabulary::{Command, PersonAnswer, RunId};
use clap::{Args, ValueEnum};

use crate::client::Speaker;
use crate::exit::{Exit, Failure, Outcome};
use crate::listing::cell;

#[derive(Args)]
pub struct Answer {
    run: RunId,
    answer: Knows,
    /// How you know
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    speaker: Speaker,
}

#[derive(Clone, Copy, ValueEnum)]
enum Knows {
    /// It happened
    Done,
    /// It did not happen: do it
    Repeat,
    /// Stop the run
    Abort,
}

impl Answer {
    pub fn run(self) -> Outcome {
        let shown = self.speaker.server.get(&format!("/api/v1/andon/runs/{}", self.run))?;
        let steps = shown["steps"].as_array().into_iter().flatten();
        let asking =
            steps.filter(|step| step["state"] == "needs an answer").find_map(|step| step["id"].as_str());
        let Some(step) = asking else {
            return Err(Failure::new(
                Exit::Refused,
                format!("{} waits for no answer; it is: {}", self.run, cell(&shown, "/state")),
            )
            .hint("`andon runs` shows what each run is at"));
        };
        let answer = match self.answer {
            Knows::Done => PersonAnswer::Done,
            Knows::Repeat => PersonAnswer::Repeat,
            Knows::Abort => PersonAnswer::Abort,
        };
        self.speaker.tell(Command::Answer { run: self.run, step: step.into(), answer, reason: self.reason })
    }
}
