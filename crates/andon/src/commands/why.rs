//! `andon why`: why an alert, a person or an incident was told of, or was not, as a tree.

use clap::Args;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use crate::client::Server;
use crate::exit::{Exit, Failure, Outcome};
use crate::listing::{Shape, cell};
use crate::terminal::{self, Ink};

#[derive(Args)]
pub struct Why {
    /// INC-7, a person, an alert by its name, or one such as 'TargetDown{service="shop"}'
    #[arg(value_name = "ALERT|PERSON|INCIDENT")]
    of: String,
    /// The last HH:MM (UTC), or a time such as 2026-11-20T14:02:00+01:00; without it, now
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// How far back to look, such as 3d; without it, 12h
    #[arg(long, value_name = "SPAN")]
    window: Option<String>,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

impl Why {
    pub fn run(self) -> Outcome {
        let at = self.at.as_deref().map(|text| moment(text, Timestamp::now())).transpose()?;
        let at = at.map(|at| at.to_string());
        let mut query = vec![("of", self.of.as_str())];
        query.extend(at.as_deref().map(|at| ("at", at)));
        query.extend(self.window.as_deref().map(|window| ("window", window)));
        let answer = self.server.connect()?.get("/api/v1/andon/why", &query)?;
        if !self.shape.is_table() {
            return self.shape.one(&answer, &[]);
        }
        let colour = terminal::wants_colour();
        terminal::out(format_args!(
            "{} at {}: {}",
            cell(&answer, "/of"),
            cell(&answer, "/at"),
            cell(&answer, "/short")
        ));
        for step in list(&answer, "steps") {
            print(step, "", "", colour);
        }
        for note in list(&answer, "notes") {
            terminal::out(Ink::Amber.paint(&format!("note: {}", cell(note, "")), colour));
        }
        Ok(Exit::Well)
    }
}

fn list<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    of[name].as_array().into_iter().flatten()
}

/// One step with everything below it. `first` stands before it, `rest` before what is below.
fn print(step: &Value, first: &str, rest: &str, colour: bool) {
    let (mark, ink) = match step["sign"].as_str() {
        Some("led") => ("✓", Some(Ink::Green)),
        Some("stopped") => ("✗", Some(Ink::Red)),
        Some("waits") => ("…", Some(Ink::Amber)),
        _ => ("·", None),
    };
    let mark = ink.map_or_else(|| mark.to_owned(), |ink| ink.paint(mark, colour));
    let at = cell(step, "/at");
    let at = if at.is_empty() { at } else { format!("{} ", Ink::Dim.paint(&at, colour)) };
    let place = cell(step, "/definition");
    let place =
        if place.is_empty() { place } else { format!("  {}", Ink::Dim.paint(&format!("({place})"), colour)) };
    terminal::out(format_args!("{first}{mark} {at}{}{place}", cell(step, "/text")));
    let mut below = list(step, "steps").peekable();
    while let Some(step) = below.next() {
        let (branch, line) = if below.peek().is_some() { ("├─ ", "│  ") } else { ("└─ ", "   ") };
        print(step, &format!("{rest}{branch}"), &format!("{rest}{line}"), colour);
    }
}

/// A time of day means the last such time.
fn moment(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let today = now.to_zoned(TimeZone::UTC);
    let of_today = text.parse::<Time>().ok().and_then(|time| today.with().time(time).build().ok());
    match of_today.map(|zoned| zoned.timestamp()) {
        Some(at) if at <= now => Ok(at),
        Some(later) => Ok(later - 24.hours()),
        None => Err(Failure::usage(format!("{text:?} is not a time"))
            .hint("write 14:02 (UTC), or 2026-11-20T14:02:00+01:00")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_the_last_one() {
        let now: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
        let at = |text| moment(text, now).map(|at| at.to_string());
        assert_eq!(at("14:02").unwrap(), "2026-11-20T14:02:00Z");
        assert_eq!(at("23:10").unwrap(), "2026-11-19T23:10:00Z");
        assert_eq!(at("2026-11-20T14:02:00+01:00").unwrap(), "2026-11-20T13:02:00Z");
        assert_eq!(at("noon").unwrap_err().exit, Exit::Usage);
    }
}
