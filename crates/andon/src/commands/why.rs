//! `andon why`: why somebody was, or was not, paged at a time.

use clap::Args;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::client::Server;
use crate::exit::{Exit, Failure, Outcome};
use crate::listing::{Shape, cell};
use crate::terminal;

#[derive(Args)]
pub struct Why {
    person: String,
    /// The last HH:MM (UTC), or a time such as 2026-11-20T14:02:00+01:00; without it, now
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

impl Why {
    pub fn run(self) -> Outcome {
        let at = self.at.as_deref().map(|text| moment(text, Timestamp::now())).transpose()?;
        let at = at.map(|at| at.to_string());
        let mut query = vec![("person", self.person.as_str())];
        query.extend(at.as_deref().map(|at| ("at", at)));
        let answer = self.server.connect()?.get("/api/v1/andon/why", &query)?;
        if !self.shape.is_table() {
            return self.shape.one(&answer, &[]);
        }
        terminal::out(format_args!("{} at {}", self.person, cell(&answer, "/at")));
        for reason in answer["reasons"].as_array().into_iter().flatten() {
            terminal::out(format_args!("  {}", cell(reason, "")));
        }
        Ok(Exit::Well)
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
