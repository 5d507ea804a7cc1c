//! `andon completions`: what a shell needs to complete these commands.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::commands::Cli;
use crate::exit::{Exit, Outcome};
use crate::terminal;

#[derive(Args)]
pub struct Completions {
    shell: Shell,
}

impl Completions {
    pub fn run(self) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "andon", &mut script);
        terminal::out(String::from_utf8_lossy(&script).trim_end());
        Ok(Exit::Well)
    }
}
