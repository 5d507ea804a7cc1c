//! `andon review`: what an incident taught, and what changes because of it.

use andon_vocabulary::{Closing, Command, ReviewId, Timestamp};
use clap::{Args, Subcommand};
use serde_json::Value;

use crate::client::Speaker;
use crate::exit::{Exit, Failure, Outcome};
use crate::listing::{Column, Shape, cell};

const COLUMNS: &[Column] = &[
    ("ID", "/facts/review"),
    ("INCIDENT", "/facts/incident"),
    ("SERVICE", "/facts/service"),
    ("SEV", "/facts/severity"),
    ("DRAFTED", "/drafted_at"),
    ("TITLE", "/facts/title"),
];

const FIELDS: &[Column] = &[
    ("review", "/facts/review"),
    ("incident", "/facts/incident"),
    ("service", "/facts/service"),
    ("title", "/facts/title"),
    ("times", "/facts/times"),
    ("suspects", "/facts/suspects"),
    ("runs", "/facts/runs"),
    ("paged", "/facts/paged"),
    ("approved alone", "/facts/alone"),
    ("conditions", "/conditions"),
    ("surprised", "/surprised"),
    ("helped", "/helped"),
    ("actions", "/actions"),
];

#[derive(Args)]
pub struct Review {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    speaker: Speaker,
}

#[derive(Subcommand)]
enum What {
    /// Show one review
    Show { review: ReviewId },
    /// Say what people know: what is not given stays as it is
    Edit {
        review: ReviewId,
        /// What had to come together
        #[arg(long)]
        conditions: Option<String>,
        /// What surprised
        #[arg(long)]
        surprised: Option<String>,
        /// What helped
        #[arg(long)]
        helped: Option<String>,
    },
    /// Add something to be done
    Action {
        review: ReviewId,
        text: String,
        /// Who does it
        #[arg(long)]
        owner: String,
        /// Until when, such as 2026-12-01
        #[arg(long, value_parser = day)]
        due: Timestamp,
    },
    /// Close it with a change, or with a waiver that expires
    #[command(group = clap::ArgGroup::new("closing").required(true).args(["change", "waive"]))]
    Close {
        review: ReviewId,
        /// The link of the change that was made
        #[arg(long, value_name = "LINK")]
        change: Option<String>,
        /// Why nothing is changed for now
        #[arg(long, value_name = "REASON", requires = "until")]
        waive: Option<String>,
        /// When the waiver expires, such as 2027-01-15
        #[arg(long, value_parser = day, requires = "waive")]
        until: Option<Timestamp>,
    },
}

impl Review {
    pub fn run(self) -> Outcome {
        let reviews = || self.speaker.server.get("/api/v1/andon/reviews");
        match self.what {
            None => self.shape.list(&reviews()?, COLUMNS, "no open reviews"),
            Some(What::Show { review }) => self.shape.one(find(&reviews()?, review)?, FIELDS),
            Some(What::Edit { review, conditions, surprised, helped }) => {
                let reviews = reviews()?;
                let now = find(&reviews, review)?;
                let kept = |said: Option<String>, pointer| said.unwrap_or_else(|| cell(now, pointer));
                self.speaker.tell(Command::EditReview {
                    review,
                    conditions: kept(conditions, "/conditions"),
                    surprised: kept(surprised, "/surprised"),
                    helped: kept(helped, "/helped"),
                })
            }
            Some(What::Action { review, text, owner, due }) => {
                self.speaker.tell(Command::AddAction { review, text, owner: owner.into(), due })
            }
            Some(What::Close { review, change, waive, until }) => {
                let closing = match (change, waive.zip(until)) {
                    (Some(link), _) => Closing::Change { link },
                    (None, Some((reason, until))) => Closing::Waiver { reason, until },
                    (None, None) => unreachable!("clap asks for one of them, and for a waiver's end"),
                };
                self.speaker.tell(Command::CloseReview { review, closing })
            }
        }
    }
}

fn find(reviews: &Value, id: ReviewId) -> Result<&Value, Failure> {
    let mut all = reviews.as_array().into_iter().flatten();
    all.find(|review| cell(review, "/facts/review") == id.to_string()).ok_or_else(|| {
        Failure::new(Exit::Refused, format!("{id} is not an open review")).hint("`andon review` lists those")
    })
}

/// The end of a day in UTC, or a time.
fn day(text: &str) -> Result<Timestamp, String> {
    let end = format!("{text}T23:59:59Z");
    text.parse().or_else(|_| end.parse()).map_err(|_| format!("{text:?} is not a day such as 2026-12-01"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_with_its_last_second() {
        assert_eq!(day("2026-12-01").unwrap().to_string(), "2026-12-01T23:59:59.000Z");
        assert_eq!(day("2026-12-01T08:00:00+01:00").unwrap().to_string(), "2026-12-01T07:00:00.000Z");
        assert!(day("soon").is_err());
    }
}
