//! `andon oncall`: who has it, and until when.

use andon_vocabulary::Timestamp;
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
    /// At this time, such as 2026-12-24T22:00:00+01:00, instead of now
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

impl Oncall {
    pub fn run(self) -> Outcome {
        let at = self.at.map(|at| ("at", at.to_string()));
        let asked: Vec<(&str, &str)> = at.iter().map(|(name, at)| (*name, at.as_str())).collect();
        let rows = self.server.connect()?.get("/api/v1/andon/oncall", &asked)?;
        self.shape.list(&rows, COLUMNS, "no rotation is defined")
    }
}
