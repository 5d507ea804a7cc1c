//! `andon alerts`: what fires, waits to fire, or was lost from sight.

use clap::Args;

use crate::client::Server;
use crate::exit::Outcome;
use crate::listing::{Column, Shape};

const COLUMNS: &[Column] = &[
    ("STATE", "/state"),
    ("URGENCY", "/urgency"),
    ("ALERT", "/labels/alertname"),
    ("SERVICE", "/service"),
    ("VALUE", "/value"),
    ("SINCE", "/since"),
    ("INCIDENT", "/incident"),
    ("WHY", "/why"),
];

#[derive(Args)]
pub struct Alerts {
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

impl Alerts {
    pub fn run(self) -> Outcome {
        let rows = self.server.get("/api/v1/andon/alerts")?;
        self.shape.list(&rows, COLUMNS, "no alerts")
    }
}
