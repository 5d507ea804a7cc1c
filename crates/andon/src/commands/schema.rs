//! `andon schema`: the JSON Schema that editors check and complete definitions with.

use clap::Args;

use crate::exit::{Exit, Outcome};
use crate::terminal;

#[derive(Args)]
pub struct Schema {}

impl Schema {
    pub fn run(self) -> Outcome {
        terminal::out(format_args!("{:#}", andon_definitions::schema()));
        Ok(Exit::Well)
    }
}
