//! `andon shadow`: who would have been paged otherwise, beside the pager that is still in charge.

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::client::Server;
use crate::exit::Outcome;
use crate::listing::{Column, Shape, cell};
use crate::terminal;

const ROWS: &[Column] = &[
    ("VERDICT", "/verdict"),
    ("AT", "/at"),
    ("WHAT", "/title"),
    ("INCUMBENT", "/incumbent_whom"),
    ("ANDON", "/andon_whom"),
    ("WHY", "/why"),
    ("ALERT", "/alert"),
    ("INCIDENT", "/incident"),
];

const DAYS: &[Column] = &[
    ("DAY", "/day"),
    ("SAME", "/counts/same"),
    ("DIFFERENT", "/counts/different"),
    ("UNKNOWN", "/counts/unknown"),
    ("ONLY INCUMBENT", "/counts/only_incumbent"),
    ("ONLY ANDON", "/counts/only_andon"),
    ("REPORTED", "/at"),
];

#[derive(Args)]
pub struct Shadow {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// A day, page by page: who paged whom, and why one of the two did not
    Report(Report),
    /// The days that were reported, newest first
    Days(Days),
}

#[derive(Args)]
struct Report {
    /// Such as 2026-11-23; without it, today
    #[arg(long, value_name = "DATE")]
    day: Option<String>,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

#[derive(Args)]
struct Days {
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

impl Shadow {
    pub fn run(self) -> Outcome {
        match self.what {
            What::Report(report) => report.run(),
            What::Days(days) => {
                let found = days.server.connect()?.get("/api/v1/andon/shadow/days", &[])?;
                days.shape.list(&found["days"], DAYS, "no day was reported yet")
            }
        }
    }
}

impl Report {
    fn run(self) -> Outcome {
        let query: Vec<(&str, &str)> = self.day.as_deref().map(|day| ("day", day)).into_iter().collect();
        let mut answer = self.server.connect()?.get("/api/v1/andon/shadow", &query)?;
        if !self.shape.is_table() {
            return self.shape.one(&answer, ROWS);
        }
        let settled = if answer["settled"] == true { "" } else { " so far" };
        terminal::out(format_args!("{}{settled}: {}", cell(&answer, "/day"), cell(&answer, "/said")));
        let mut rows = answer["rows"].take();
        for row in rows.as_array_mut().into_iter().flatten() {
            for side in ["incumbent", "andon"] {
                row[format!("{side}_whom")] = whom(&row[side]["whom"]).into();
            }
        }
        self.shape.list(&rows, ROWS, "nobody was paged by either")
    }
}

fn whom(list: &Value) -> String {
    let names = list.as_array().into_iter().flatten().map(|one| {
        let named = one.as_object().and_then(|fields| fields.iter().next());
        match named {
            Some((kind, name)) if kind == "unknown" => format!("{} (unknown)", cell(name, "")),
            Some((kind, name)) if kind == "receiver" => format!("receiver {}", cell(name, "")),
            Some((_, name)) => cell(name, ""),
            None => String::new(),
        }
    });
    names.collect::<Vec<_>>().join(", ")
}
