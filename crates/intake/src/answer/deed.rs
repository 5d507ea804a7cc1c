//! What a person does about what they were told, short enough for a button: `ack INC-7`, `yes RUN-3 9f86d081…`.

use std::fmt;
use std::str::FromStr;

use andon_vocabulary::{IncidentId, RunId};

/// So much of a preview's hash binds an answer to it: 128 bits, and Telegram's buttons hold 64 bytes.
const PREVIEW_DIGITS: usize = 32;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    Acknowledge(IncidentId),
    /// To what the person was shown: the first digits of its preview's hash.
    Approve {
        run: RunId,
        preview: String,
    },
    Reject {
        run: RunId,
        preview: String,
    },
}

impl Deed {
    pub fn approve(run: RunId, preview: &str) -> Deed {
        Deed::Approve { run, preview: first(preview) }
    }

    pub fn reject(run: RunId, preview: &str) -> Deed {
        Deed::Reject { run, preview: first(preview) }
    }

    /// What stands on its button.
    pub fn label(&self) -> &'static str {
        match self {
            Deed::Acknowledge(_) => "Acknowledge",
            Deed::Approve { .. } => "Approve",
            Deed::Reject { .. } => "Reject",
        }
    }
}

fn first(preview: &str) -> String {
    preview.chars().take(PREVIEW_DIGITS).collect()
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Deed::Acknowledge(incident) => write!(f, "ack {incident}"),
            Deed::Approve { run, preview } => write!(f, "yes {run} {preview}"),
            Deed::Reject { run, preview } => write!(f, "no {run} {preview}"),
        }
    }
}

impl FromStr for Deed {
    type Err = String;

    fn from_str(text: &str) -> Result<Deed, String> {
        let wrong = || "it says nothing that Andon wrote".to_owned();
        let words: Vec<&str> = text.split(' ').collect();
        let is_hash =
            |text: &str| text.len() == PREVIEW_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        match words.as_slice() {
            ["ack", incident] => incident.parse().map(Deed::Acknowledge).map_err(|_| wrong()),
            [verb @ ("yes" | "no"), run, preview] if is_hash(preview) => {
                let (run, preview) = (run.parse().map_err(|_| wrong())?, (*preview).to_owned());
                Ok(if *verb == "yes" {
                    Deed::Approve { run, preview }
                } else {
                    Deed::Reject { run, preview }
                })
            }
            _ => Err(wrong()),
        }
    }
}
