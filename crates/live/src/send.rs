//! Sending what was composed: requests one after the other, or a mail, and what became of them. People's channels and
//! the receivers of an `alertmanager.yml` are sent to in the same way.
//!
//! Nothing is called sent before the provider said so.

pub mod mail;
mod request;

use std::time::Duration;

use andon_vocabulary::Outcome;

pub use request::{Sending, send};

/// Why it has not arrived.
#[derive(Debug)]
pub struct Failed {
    pub error: String,
    /// Trying again cannot help.
    pub lasting: bool,
    /// When the provider will take it, where it says so.
    pub retry_after: Option<Duration>,
}

impl Failed {
    pub fn lasting(error: String) -> Failed {
        Failed { error, lasting: true, retry_after: None }
    }

    /// It may work later.
    pub fn for_now(error: String) -> Failed {
        Failed { error, lasting: false, retry_after: None }
    }
}

/// As the loop hears of it: the receipt, or why there is none.
pub fn outcome(sent: Result<String, Failed>) -> Outcome {
    match sent {
        Ok(receipt) => Outcome::Delivered { receipt },
        Err(Failed { error, lasting, retry_after }) => {
            let retry_after_s = retry_after.map(|after| after.as_secs().max(1));
            Outcome::NotDelivered { error, lasting, retry_after_s }
        }
    }
}
