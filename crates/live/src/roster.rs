//! What is left from before a start: series that ended while nobody looked would be taken for current for as long as
//! a query looks back, and an alert on them would go on.
//!
//! A target that is still scraped ends what its first scrape does not find again. Who was scraped is in a file, so
//! that the series of a target that has left are ended too.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use andon_promql::LOOKBACK;
use andon_timeseries::{Matcher, STALE, Sample, Select, SelectError, is_stale};
use andon_vocabulary::{Labels, Name, Timestamp};

use crate::store::Store;

/// Within the data directory.
const FILE: &str = "targets.json";

/// The labels that the series of each target carry, as they were last written down.
#[derive(Debug)]
pub struct Roster {
    path: PathBuf,
    /// What has samples from then on is somebody's who is there.
    started: Timestamp,
    /// None: not read yet.
    last: Option<BTreeSet<Labels>>,
}

impl Roster {
    pub fn within(data: &Path, started: Timestamp) -> Roster {
        Roster { path: data.join(FILE), started, last: None }
    }

    /// These are all targets that there are now. The first time, what the file names besides has ended while nobody
    /// looked.
    pub fn renew(&mut self, now: BTreeSet<Labels>, store: &Store, at: Timestamp) {
        if self.last.as_ref() == Some(&now) {
            return;
        }
        if self.last.is_none() {
            for target in read(&self.path).difference(&now) {
                if let Err(error) = end(target, store, self.started, at) {
                    tracing::warn!(%target, %error, "the series of a target that has left cannot be ended");
                }
            }
        }
        if let Err(error) = write(&self.path, &now) {
            tracing::warn!(file = %self.path.display(), %error, "the targets cannot be written down");
        }
        self.last = Some(now);
    }
}

/// A file that cannot be read costs no more than that its series end by their age.
fn read(path: &Path) -> BTreeSet<Labels> {
    fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// By rename, so that a crash leaves the old one or the new one.
fn write(path: &Path, targets: &BTreeSet<Labels>) -> io::Result<()> {
    let aside = path.with_extension("new");
    fs::write(&aside, serde_json::to_vec(targets)?)?;
    fs::rename(&aside, path)
}

/// Ends every series that carries the labels of a target and has had no sample since.
pub fn end(target: &Labels, store: &Store, since: Timestamp, at: Timestamp) -> Result<(), SelectError> {
    if at - LOOKBACK >= since {
        // What is from before the start is taken for current by no query any more.
        return Ok(());
    }
    let matchers: Vec<Matcher> = target.iter().map(|(name, value)| Matcher::equal(name, value)).collect();
    let found = store.select(&matchers, at - LOOKBACK, at)?;
    store.write(|head| {
        let left = found.iter().filter(|series| match (series.samples.last(), series.histograms.last()) {
            (Some(sample), histogram) => {
                let is_newest = histogram.is_none_or(|histogram| histogram.at <= sample.at);
                sample.at < since && !(is_newest && is_stale(sample.value))
            }
            (None, histogram) => histogram.is_some_and(|histogram| histogram.at < since),
        });
        let ended = left.filter(|series| head.append(&series.labels, Sample { at, value: STALE }).is_ok());
        ended.map(|series| Name::from(series.labels.name())).collect()
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use crate::store::series;

    fn target(version: &str) -> Labels {
        Labels::new([("instance", "checkout-1"), ("version", version)])
    }

    #[test]
    fn a_target_that_left_while_nobody_looked_is_not_taken_for_current() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::default();
        let at = Timestamp::from_ms;
        let [old, new] =
            ["v42", "v41"].map(|version| series("pool", &[("instance", "checkout-1"), ("version", version)]));
        Source::default().write(&store, at(10), vec![(old.clone(), 0.95), (new.clone(), 0.1)]);
        let value = |labels| store.read().head().last(labels).unwrap().value;

        Roster::within(data.path(), at(15)).renew([target("v41"), target("v42")].into(), &store, at(20));
        assert_eq!(value(&old), 0.95, "both are there");
        store.take_news();

        let mut started_again = Roster::within(data.path(), at(25));
        started_again.renew([target("v41")].into(), &store, at(30));
        assert!(is_stale(value(&old)));
        assert_eq!(value(&new), 0.1);
        assert_eq!(store.take_news(), BTreeSet::from([Name::from("pool")]), "its rules are evaluated");

        // What leaves later is ended by its own scrape.
        started_again.renew(BTreeSet::new(), &store, at(40));
        assert_eq!(value(&new), 0.1);
        Roster::within(data.path(), at(45)).renew(BTreeSet::new(), &store, at(50));
        assert_eq!(value(&new), 0.1, "it was written down that it had left");
    }

    #[test]
    fn a_file_that_says_nothing_costs_nothing() {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join(FILE), "[{").unwrap();
        let mut roster = Roster::within(data.path(), Timestamp::EPOCH);
        roster.renew([target("v41")].into(), &Store::default(), Timestamp::EPOCH);
        assert_eq!(read(&data.path().join(FILE)), [target("v41")].into());
    }
}
