//! How each receiver stands, for people.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use andon_vocabulary::{Labels, Timestamp};

use crate::store::series;

/// One receiver of remote write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outgoing {
    /// Without what may be a secret in it.
    pub url: String,
    /// Samples acknowledged since the start.
    pub sent: u64,
    /// Samples that the receiver will never take, since the start.
    pub dropped: u64,
    /// Requests that had to be sent again.
    pub retried: u64,
    /// Samples that have been read from the store and are not acknowledged yet.
    pub pending: u64,
    /// All samples up to here are acknowledged or dropped.
    pub done: Option<Timestamp>,
    /// What is wrong at the moment, in words.
    pub trouble: Option<String>,
    /// Why samples were dropped the last time.
    pub refused: Option<String>,
}

/// All receivers, by name. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Standings(Arc<Mutex<BTreeMap<String, Outgoing>>>);

impl Standings {
    pub fn list(&self) -> BTreeMap<String, Outgoing> {
        self.lock().clone()
    }

    pub(super) fn change(&self, name: &str, change: impl FnOnce(&mut Outgoing)) {
        change(self.lock().entry(name.to_owned()).or_default());
    }

    /// The others are no receivers any more.
    pub(super) fn keep(&self, is_wanted: impl Fn(&str) -> bool) {
        self.lock().retain(|name, _| is_wanted(name));
    }

    /// As series of Andon's own.
    pub(super) fn series(&self, now: Timestamp) -> Vec<(Labels, f64)> {
        let mut samples = Vec::new();
        for (name, outgoing) in &*self.lock() {
            let mut tell = |metric: &str, value: f64| {
                samples.push((series(metric, &[("receiver", name)]), value));
            };
            tell("andon_remote_write_samples_sent_total", outgoing.sent as f64);
            tell("andon_remote_write_samples_dropped_total", outgoing.dropped as f64);
            tell("andon_remote_write_samples_pending", outgoing.pending as f64);
            tell("andon_remote_write_requests_retried_total", outgoing.retried as f64);
            tell("andon_remote_write_failing", f64::from(u8::from(outgoing.trouble.is_some())));
            if let Some(done) = outgoing.done {
                tell("andon_remote_write_lag_seconds", now.since(done).as_secs_f64());
            }
        }
        samples
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Outgoing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_receiver_is_told_of_as_series() {
        let standings = Standings::default();
        standings.change("far", |outgoing| {
            (outgoing.sent, outgoing.pending) = (7, 2);
            outgoing.done = Some(Timestamp::from_ms(1000));
        });
        standings.change("broken", |outgoing| outgoing.trouble = Some("no such file".to_owned()));
        let told = standings.series(Timestamp::from_ms(4500));
        let value = |metric: &str, receiver: &str| {
            let wanted = series(metric, &[("receiver", receiver)]);
            told.iter().find(|(labels, _)| *labels == wanted).map(|(_, value)| *value)
        };
        assert_eq!(value("andon_remote_write_lag_seconds", "far"), Some(3.5));
        assert_eq!(value("andon_remote_write_samples_pending", "far"), Some(2.0));
        assert_eq!(value("andon_remote_write_failing", "far"), Some(0.0));
        assert_eq!(value("andon_remote_write_failing", "broken"), Some(1.0));
        assert_eq!(value("andon_remote_write_lag_seconds", "broken"), None);
        standings.keep(|name| name == "far");
        assert_eq!(standings.list().len(), 1);
    }
}
