//! `andon alerts`: what fires, waits to fire, or was lost from sight; and which of it was worth a page.

use andon_vocabulary::Timestamp;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

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
    ("NOT TOLD", "/not_told"),
    ("WHY", "/why"),
];
const NOISY: &[Column] = &[
    ("RULE", "/rule"),
    ("FIRED", "/fired"),
    ("PAGED", "/paged"),
    ("ACKNOWLEDGED", "/acknowledged"),
    ("ACTED ON", "/acted"),
    ("BY ITSELF", "/by_itself"),
    ("WORTH IT", "/worth"),
];

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Alerts {
    #[command(subcommand)]
    what: Option<What>,
    /// Matchers, all of which hold: alertname="TargetDown", service=~"shop|checkout"
    #[arg(value_name = "MATCHER")]
    matchers: Vec<String>,
    /// Only those in this state
    #[arg(long, value_enum, value_name = "STATE")]
    state: Option<State>,
    /// Only those of this service
    #[arg(long, value_name = "SERVICE")]
    service: Option<String>,
    /// Only those that people are told of, or are not
    #[arg(long, value_enum, value_name = "YES|NO")]
    told: Option<Told>,
    /// So many at most
    #[arg(long, value_name = "COUNT")]
    limit: Option<usize>,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

#[derive(Clone, Copy, ValueEnum)]
enum State {
    Pending,
    Firing,
    Lost,
}

#[derive(Clone, Copy, ValueEnum)]
enum Told {
    Yes,
    No,
}

#[derive(Subcommand)]
enum What {
    /// Of each rule, how often somebody was paged for it and then did something; the least worth it first
    Noisy(Noisy),
}

#[derive(Args)]
struct Noisy {
    /// Since when; without it, of the last 30 days
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

impl Alerts {
    pub fn run(self) -> Outcome {
        if let Some(What::Noisy(noisy)) = self.what {
            return noisy.run();
        }
        let text = |value: &dyn std::fmt::Display| value.to_string();
        let word =
            |value: Option<clap::builder::PossibleValue>| value.map(|value| value.get_name().to_owned());
        let fields = [
            ("q", Some(self.matchers.join(",")).filter(|text| !text.is_empty())),
            ("state", word(self.state.and_then(|state| state.to_possible_value()))),
            ("service", self.service),
            ("told", word(self.told.and_then(|told| told.to_possible_value()))),
            ("limit", self.limit.map(|limit| text(&limit))),
        ];
        let query: Vec<(&str, &str)> =
            fields.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
        let mut rows = self.server.connect()?.get("/api/v1/andon/alerts", &query)?;
        if self.shape.is_table() {
            for row in rows.as_array_mut().into_iter().flatten() {
                let by = row["suppressed"].as_array().into_iter().flatten();
                let by: Vec<String> = by.filter_map(|by| Some(by["by"].as_str()?.to_owned())).collect();
                row["not_told"] = json!(by.join(", "));
            }
        }
        self.shape.list(&rows, COLUMNS, "no alerts")
    }
}

impl Noisy {
    fn run(self) -> Outcome {
        let since = self.since.map(|since| since.to_string());
        let query: Vec<(&str, &str)> = since.iter().map(|since| ("since", since.as_str())).collect();
        let mut rows = self.server.connect()?.get("/api/v1/andon/alerts/noisy", &query)?;
        if self.shape.is_table() {
            for row in rows.as_array_mut().into_iter().flatten() {
                row["worth"] = row["share"].as_u64().map_or(json!(null), |share| json!(format!("{share} %")));
            }
        }
        self.shape.list(&rows, NOISY, "no rule fired")
    }
}
