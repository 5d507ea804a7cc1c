//! `andon token`: ways in for programs.

use clap::{Args, Subcommand};
use serde_json::json;

use super::user::said;
use crate::client::Server;
use crate::exit::{Exit, Outcome};
use crate::listing::{Column, Shape};
use crate::terminal;

const COLUMNS: &[Column] = &[
    ("TOKEN", "/id"),
    ("OWNER", "/owner"),
    ("SCOPES", "/scopes"),
    ("EXPIRES", "/expires"),
    ("USED", "/used"),
    ("NOTE", "/note"),
];

#[derive(Args)]
pub struct Token {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    server: Server,
}

#[derive(Subcommand)]
enum What {
    /// Prints a new token, once
    Issue {
        /// What it is for
        #[arg(long, default_value = "")]
        note: String,
        /// What it may; several add up, none means all that its owner may
        #[arg(long = "scope", value_name = "PERMISSION")]
        scopes: Vec<String>,
        /// For so many days; without it, as long as the instance allows
        #[arg(long)]
        days: Option<u32>,
        /// Whose it is; without it, one's own
        #[arg(long, value_name = "HANDLE")]
        owner: Option<String>,
    },
    /// One's own; an admin sees everybody's
    List {
        #[command(flatten)]
        shape: Shape,
    },
    /// Ends one, by its id
    Revoke { id: String },
}

impl Token {
    pub fn run(self) -> Outcome {
        let client = self.server.connect()?;
        match self.what {
            What::Issue { note, scopes, days, owner } => {
                let scopes = (!scopes.is_empty()).then_some(scopes);
                let lasts = days.map(|days| format!("{days}d"));
                let body = json!({ "note": note, "scopes": scopes, "lasts": lasts, "owner": owner });
                let answer = client.post("/api/v1/andon/tokens", &body)?;
                // Alone on stdout, for whoever pipes it to where it is kept.
                terminal::out(said(&answer, "token")?);
                let (id, until) = (said(&answer, "id")?, said(&answer, "expires")?);
                terminal::err(format_args!("token {id}, until {until}; it is not shown again"));
                Ok(Exit::Well)
            }
            What::List { shape } => {
                let rows = client.get("/api/v1/andon/tokens", &[])?;
                shape.list(&rows, COLUMNS, "no tokens")
            }
            What::Revoke { id } => {
                client.delete(&format!("/api/v1/andon/tokens/{id}"))?;
                terminal::out(format_args!("token {id} opens nothing any more"));
                Ok(Exit::Well)
            }
        }
    }
}
