//! `andon user`: who gets in, and what they may.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::client::Server;
use crate::exit::{Exit, Failure, Outcome};
use crate::listing::{Column, Shape};
use crate::terminal;

const COLUMNS: &[Column] = &[
    ("USER", "/handle"),
    ("GRANTS", "/grants"),
    ("DISABLED", "/disabled"),
    ("PASSWORD", "/has_password"),
    ("SIGN-INS", "/sessions"),
    ("TOKENS", "/tokens"),
    ("ADDED", "/added"),
];

const INVITATIONS: &[Column] =
    &[("LINK", "/id"), ("FOR", "/handle"), ("GRANTS", "/grants"), ("BY", "/by"), ("UNTIL", "/until")];

#[derive(Args)]
pub struct User {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    server: Server,
}

#[derive(Subcommand)]
enum What {
    /// Everybody
    List {
        #[command(flatten)]
        shape: Shape,
    },
    /// A link by which somebody who is new, or has lost the password, chooses one
    #[command(visible_alias = "add")]
    Invite {
        /// The handle of the team files
        handle: String,
        /// For somebody new, beside what their teams give: a role, or a role of one team such as responder:shop
        #[arg(long = "grant", value_name = "ROLE[:TEAM]")]
        grants: Vec<String>,
    },
    /// Links that wait to be used; what they hold is not shown again
    Invitations {
        #[command(flatten)]
        shape: Shape,
    },
    /// Takes back a link that nobody has used, by its id
    Uninvite {
        #[arg(value_name = "LINK")]
        id: String,
    },
    /// What somebody may from now on, beside what their teams give; no role takes all away
    Grant {
        handle: String,
        #[arg(value_name = "ROLE[:TEAM]")]
        grants: Vec<String>,
    },
    /// Ends every sign-in and token of theirs for good, and lets them in no more
    Disable { handle: String },
    /// Lets them in again
    Enable { handle: String },
}

impl User {
    pub fn run(self) -> Outcome {
        let client = self.server.connect()?;
        match self.what {
            What::List { shape } => {
                let rows = client.get("/api/v1/andon/users", &[])?;
                return shape.list(&rows, COLUMNS, "nobody yet");
            }
            What::Invite { handle, grants } => {
                let body = json!({ "handle": handle, "grants": grants });
                let answer = client.post("/api/v1/andon/users", &body)?;
                terminal::out(format_args!(
                    "a link for {handle}, which works once, until {}:",
                    said(&answer, "until")?
                ));
                terminal::out(format_args!("{}{}", client.origin(), said(&answer, "link")?));
            }
            What::Invitations { shape } => {
                let rows = client.get("/api/v1/andon/invitations", &[])?;
                return shape.list(&rows, INVITATIONS, "no link waits to be used");
            }
            What::Uninvite { id } => {
                let answer = client.delete(&format!("/api/v1/andon/invitations/{id}"))?;
                let whose = answer["handle"].as_str().unwrap_or("the first admin");
                terminal::out(format_args!("the link for {whose} opens nothing any more"));
            }
            What::Grant { handle, grants } => {
                client.put(&path(&handle), &json!({ "grants": grants }))?;
                let now = if grants.is_empty() { "nothing".to_owned() } else { grants.join(", ") };
                terminal::out(format_args!("{handle} has {now}, beside what their teams give"));
            }
            What::Disable { handle } => {
                client.put(&path(&handle), &json!({ "disabled": true }))?;
                terminal::out(format_args!("{handle} gets in no more"));
            }
            What::Enable { handle } => {
                client.put(&path(&handle), &json!({ "disabled": false }))?;
                terminal::out(format_args!("{handle} gets in again"));
            }
        }
        Ok(Exit::Well)
    }
}

fn path(handle: &str) -> String {
    format!("/api/v1/andon/users/{handle}")
}

pub fn said<'a>(answer: &'a Value, field: &str) -> Result<&'a str, Failure> {
    answer[field].as_str().ok_or_else(|| {
        Failure::new(Exit::Unreachable, format!("the server's answer lacks {field:?}"))
            .hint("use the andon of the same version as the server")
    })
}
