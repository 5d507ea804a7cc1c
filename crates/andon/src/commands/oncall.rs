//! `andon oncall`: who has it, until when, who stands in for whom, and how the load is shared.

mod change;

use andon_vocabulary::Timestamp;
use clap::{Args, Subcommand};
use serde_json::Value;

use crate::client::Server;
use crate::exit::{Exit, Outcome};
use crate::listing::{Column, Shape};
use crate::terminal;

const COLUMNS: &[Column] = &[
    ("TEAM", "/team"),
    ("ROTATION", "/rotation"),
    ("PERSON", "/person"),
    ("SINCE", "/from"),
    ("UNTIL", "/until"),
];

const CHANGES: &[Column] = &[
    ("ID", "/id"),
    ("STATE", "/state"),
    ("TEAM", "/team"),
    ("ROTATION", "/rotation"),
    ("BY", "/by"),
    ("PERSON", "/person"),
    ("FROM", "/from"),
    ("UNTIL", "/until"),
    ("FOR", "/takes"),
    ("WHY", "/reason"),
];

const LOAD: &[Column] = &[
    ("TEAM", "/team"),
    ("ROTATION", "/rotation"),
    ("PERSON", "/person"),
    ("SHIFTS", "/shifts"),
    ("HOURS", "/hours"),
    ("PAGES", "/pages"),
    ("NIGHT", "/at_night"),
    ("WEEKEND", "/at_weekends"),
    ("WEIGHT", "/weight"),
];

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Oncall {
    #[command(subcommand)]
    what: Option<What>,
    /// At this time, such as 2026-12-24T22:00:00+01:00, instead of now
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Every shift of so many days from then on
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=366))]
    days: Option<u32>,
    /// Only this team's
    #[arg(long)]
    team: Option<String>,
    /// Only this person's
    #[arg(long)]
    person: Option<String>,
    /// As a calendar (RFC 5545): the last week and the twelve to come
    #[arg(long, conflicts_with_all = ["at", "days"])]
    ical: bool,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

#[derive(Subcommand)]
enum What {
    /// Have a rotation for a while, or let somebody have it
    Take(change::Take),
    /// Give back what was taken over
    GiveBack(change::GiveBack),
    /// Ask somebody to have a stretch of yours, for one of theirs or for nothing
    Swap(change::Swap),
    /// Accept a swap that is offered to you
    Accept(change::Accept),
    /// Decline a swap that is offered to you, or take back an offer
    Decline(change::Decline),
    /// What was taken over, and the swaps that are offered
    Changes(Look),
    /// Pages of the last four weeks by person, and what would share them better
    Load(Look),
}

#[derive(Args)]
struct Look {
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

impl Oncall {
    pub fn run(self) -> Outcome {
        match self.what {
            None => self.show(),
            Some(What::Take(take)) => take.run(),
            Some(What::GiveBack(give)) => give.run(),
            Some(What::Swap(swap)) => swap.run(),
            Some(What::Accept(accept)) => accept.run(),
            Some(What::Decline(decline)) => decline.run(),
            Some(What::Changes(look)) => {
                let rows = look.server.get("/api/v1/andon/oncall/changes")?;
                look.shape.list(&rows, CHANGES, "nothing was agreed on beside the files")
            }
            Some(What::Load(look)) => load(&look),
        }
    }

    fn show(&self) -> Outcome {
        let at = self.at.map(|at| at.to_string());
        let days = self.days.map(|days| days.to_string());
        let asked = [("at", &at), ("days", &days), ("team", &self.team), ("person", &self.person)];
        let asked: Vec<(&str, &str)> =
            asked.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect();
        let client = self.server.connect()?;
        if self.ical {
            let calendar = client.get("/api/v1/andon/oncall.ics", &asked)?;
            terminal::out(calendar.as_str().unwrap_or_default().trim_end());
            return Ok(Exit::Well);
        }
        let rows = client.get("/api/v1/andon/oncall", &asked)?;
        let nothing =
            if asked.is_empty() { "no rotation is defined" } else { "nobody is on call as you ask" };
        self.shape.list(&rows, COLUMNS, nothing)
    }
}

fn load(look: &Look) -> Outcome {
    let rows = look.server.get("/api/v1/andon/oncall/load")?;
    let outcome = look.shape.list(&rows, LOAD, "no rotation is defined")?;
    if look.shape.is_table() {
        for row in rows.as_array().into_iter().flatten().filter(|row| !row["proposal"].is_null()) {
            proposed(row);
        }
    }
    Ok(outcome)
}

/// What one could do about it, as a command; nothing happens by itself.
fn proposed(row: &Value) {
    let text = |pointer: &str| row.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let stretch =
        |pointer: &str| format!("{} {}", text(&format!("{pointer}/from")), text(&format!("{pointer}/until")));
    let takes = row.pointer("/proposal/takes").filter(|takes| !takes.is_null());
    let takes = takes.map_or_else(String::new, |_| format!(" --takes {}", stretch("/proposal/takes")));
    terminal::out(format_args!("\n{}/{}: {}", text("/team"), text("/rotation"), text("/proposal/why")));
    terminal::out(format_args!(
        "  propose: andon oncall swap {}/{} --as {} --to {} --gives {}{takes}",
        text("/team"),
        text("/rotation"),
        text("/person"),
        text("/proposal/to"),
        stretch("/proposal/gives"),
    ));
}

/// `payments/primary`.
#[derive(Clone, Debug)]
struct Place {
    team: String,
    rotation: String,
}

impl std::str::FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Place, String> {
        match text.split_once('/') {
            Some((team, rotation)) if !team.is_empty() && !rotation.is_empty() => {
                Ok(Place { team: team.to_owned(), rotation: rotation.to_owned() })
            }
            _ => Err("name a rotation as TEAM/ROTATION, such as payments/primary".to_owned()),
        }
    }
}
