//! `andon incidents`: those that are going on, and those that may still reopen.

use clap::Args;

use crate::client::Server;
use crate::exit::Outcome;
use crate::listing::{Column, Shape};

const COLUMNS: &[Column] = &[
    ("ID", "/id"),
    ("SEV", "/severity"),
    ("STATE", "/state"),
    ("SERVICE", "/service"),
    ("OPENED", "/opened_at"),
    ("BY", "/by"),
    ("TITLE", "/title"),
];

#[derive(Args)]
pub struct Incidents {
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

impl Incidents {
    pub fn run(self) -> Outcome {
        let rows = self.server.get("/api/v1/andon/incidents")?;
        self.shape.list(&rows, COLUMNS, "no incidents")
    }
}
