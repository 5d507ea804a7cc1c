//! Samples of a scrape that the store did not take, counted by the reason, in words for whoever looks at the target.

use std::time::Duration;

use andon_timeseries::AppendError;
use andon_vocabulary::Timestamp;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// Too far in the future, and how far the furthest was.
    ahead: (u64, Duration),
    /// Older than what the series has, and how old the oldest was.
    behind: (u64, Duration),
    duplicates: u64,
    /// There is no room for another series, and why.
    limited: (u64, Option<AppendError>),
    before: bool,
}

impl Refused {
    /// Another scrape begins.
    pub fn begin(&mut self) {
        *self = Refused { before: self.words().is_some(), ..Refused::default() };
    }

    pub fn ahead(&mut self, at: Timestamp, now: Timestamp) {
        self.ahead = (self.ahead.0 + 1, self.ahead.1.max(at.since(now)));
    }

    pub fn add(&mut self, error: AppendError, at: Timestamp, now: Timestamp) {
        match error {
            AppendError::Duplicate { .. } => self.duplicates += 1,
            AppendError::OutOfOrder { .. } | AppendError::TooOld { .. } => {
                self.behind = (self.behind.0 + 1, self.behind.1.max(now.since(at)));
            }
            other => self.limited = (self.limited.0 + 1, Some(other)),
        }
    }

    /// Whether it begins only now: then it is worth a line in the log.
    pub fn is_news(&self) -> bool {
        !self.before && self.words().is_some()
    }

    /// None: everything was taken.
    pub fn words(&self) -> Option<String> {
        let mut said = Vec::new();
        if self.ahead.0 > 0 {
            said.push(format!(
                "{} samples are of the future, up to {}; set the target's clock, or honor_timestamps: false",
                self.ahead.0,
                span(self.ahead.1)
            ));
        }
        if self.behind.0 > 0 {
            said.push(format!(
                "{} samples are older than what is there, up to {} old",
                self.behind.0,
                span(self.behind.1)
            ));
        }
        if self.duplicates > 0 {
            said.push(format!("{} samples are of a series that the scrape has twice", self.duplicates));
        }
        if let (count, Some(why)) = self.limited {
            said.push(format!("{count} samples have no room: {why}"));
        }
        (!said.is_empty()).then(|| said.join("; "))
    }
}

fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}
