//! `andon oncall`: who has it now, and until when.

use clap::Args;

use crate::client::Server;
use crate::exit::Outcome;
use crate::listing::{Column, Shape};

const COLUMNS: &[Column] = &[
    ("TEAM", "/team"),
    ("ROTATION", "/rotation"),
    ("PERSON", "/person"),
    ("SINCE", "/from"),
    ("UNTIL", "/until"),
];

#[derive(Args)]
pub struct Oncall {
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

impl Oncall {
    pub fn run(self) -> Outcome {
        let rows = self.server.get("/api/v1/andon/oncall")?;
        self.shape.list(&rows, COLUMNS, "no rotation is defined")
    }
}
