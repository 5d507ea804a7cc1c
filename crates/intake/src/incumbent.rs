//! What an incumbent, the pager that is still in charge, says that it did: PagerDuty's webhooks version 3, and the
//! notifications of Alertmanager.
//!
//! Nothing here becomes an alert. Texts are cut, lists are bounded; what is beyond that is refused.

mod notification;
mod webhook;

use andon_vocabulary::{IncumbentDeed, Timestamp};

use crate::item::Refused;

pub use notification::read as alertmanager;
pub use webhook::read as pagerduty;

/// Of a title, a name or an address.
const TEXT_BYTES_MAX: usize = 512;
/// People who are paged at once.
const WHOM_MAX: usize = 64;

/// What a request says, in the order in which it says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    pub deeds: Vec<IncumbentDeed>,
    /// What was understood and is no page, and why.
    pub notes: Vec<String>,
    /// What cannot be taken; the rest can.
    pub refused: Vec<String>,
}

/// Nothing is believed to have happened after we heard of it.
fn not_later(at: Option<Timestamp>, now: Timestamp) -> Timestamp {
    at.unwrap_or(now).min(now)
}

/// What names something must be whole.
fn name(what: &str, text: Option<String>) -> Result<String, Refused> {
    match text {
        None => Err(Refused::new(format!("`{what}` is missing"))),
        Some(text) if text.len() > TEXT_BYTES_MAX => {
            Err(Refused::new(format!("`{what}` has {} bytes, and {TEXT_BYTES_MAX} are allowed", text.len())))
        }
        Some(text) => Ok(text),
    }
}

fn short(text: Option<String>) -> Option<String> {
    text.map(|mut text| {
        crate::limits::cut(&mut text, TEXT_BYTES_MAX);
        text
    })
}
