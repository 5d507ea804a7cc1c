//! `andon deliveries`: what was sent to whom through what, and how each attempt ended.

use clap::Args;

use crate::client::Server;
use crate::exit::Outcome;
use crate::listing::{Column, Shape};

const COLUMNS: &[Column] = &[
    ("AT", "/at"),
    ("STATE", "/state"),
    ("KIND", "/kind"),
    ("TO", "/to"),
    ("THROUGH", "/through"),
    ("NEXT", "/next"),
    ("INCIDENT", "/incident"),
    ("WHAT", "/what"),
    ("WHY", "/why"),
    ("ANSWER", "/answer"),
];

#[derive(Args)]
pub struct Deliveries {
    /// Only those that have all of these words: a person, a channel, a receiver, an incident …
    #[arg(value_name = "WORD")]
    words: Vec<String>,
    /// owed, accepted, failed, dropped, or withheld in shadow mode
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// How far back to look, such as 7d; without it, 24h
    #[arg(long, value_name = "SPAN")]
    window: Option<String>,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

impl Deliveries {
    pub fn run(self) -> Outcome {
        let words = self.words.join(" ");
        let mut query = vec![("q", words.as_str())];
        query.extend(self.state.as_deref().map(|state| ("state", state)));
        query.extend(self.window.as_deref().map(|window| ("window", window)));
        let mut answer = self.server.connect()?.get("/api/v1/andon/deliveries", &query)?;
        let mut rows = answer["deliveries"].take();
        // The last answer is what a table has room for.
        for row in rows.as_array_mut().into_iter().flatten() {
            let last = row["attempts"].as_array().and_then(|attempts| attempts.last()).cloned();
            row["answer"] = last.map(|attempt| attempt["text"].clone()).unwrap_or_default();
        }
        self.shape.list(&rows, COLUMNS, "nothing was sent to anybody")
    }
}
