//! `andon runs`: runbooks at work, and those that ended not long ago.

use clap::Args;

use crate::client::Server;
use crate::exit::Outcome;
use crate::listing::{Column, Shape};

const COLUMNS: &[Column] = &[
    ("ID", "/id"),
    ("STATE", "/state"),
    ("RUNBOOK", "/runbook"),
    ("INCIDENT", "/incident"),
    ("STARTED", "/started"),
    ("ASKS", "/asks/from"),
];

#[derive(Args)]
pub struct Runs {
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

impl Runs {
    pub fn run(self) -> Outcome {
        let rows = self.server.get("/api/v1/andon/runs")?;
        self.shape.list(&rows, COLUMNS, "no runs")
    }
}
