//! A stretch of time of the store, cut into requests.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use andon_definitions::Relabeling;
use andon_remote::Batch;
use andon_timeseries::{HistogramSample, Purpose, Sample, Select, SelectError, Wanted};
use andon_vocabulary::{Labels, Timestamp};

/// A sample that comes this much later than others of its time is still sent.
const LATE: Duration = Duration::from_secs(120);

/// What makes a receiver's share of the samples.
#[derive(Debug)]
pub struct Share {
    /// Added where a series does not have them.
    pub external: Labels,
    pub relabeling: Relabeling,
    pub with_histograms: bool,
    pub samples_max: usize,
}

/// The time up to which each series was read, by the fingerprint of its labels. What it does not know was read up to
/// the beginning of the stretch.
#[derive(Debug, Default)]
pub struct Sent(HashMap<u64, Timestamp>);

impl Sent {
    /// What is older than late samples may be is known by its time alone.
    pub fn forget_before(&mut self, time: Timestamp) {
        self.0.retain(|_, sent| *sent > time - LATE);
    }
}

/// A request, and what of each series has been sent once it is acknowledged.
#[derive(Debug, Default)]
pub struct Portion {
    pub batch: Batch,
    pub newest: Vec<(u64, Timestamp)>,
}

/// The samples later than `from` and not later than `to`, and late ones; in the order of the labels, so that the same
/// stretch gives the same portions again.
pub fn read(
    store: &impl Select,
    from: Timestamp,
    to: Timestamp,
    sent: &Sent,
    share: &Share,
) -> Result<Vec<Portion>, SelectError> {
    let wanted = Wanted { matchers: &[], from: from - LATE, to, purpose: Purpose::Any };
    let found = store.find(wanted)?;
    let labels = found.series();
    let fresh: Mutex<Vec<Fresh>> = Mutex::default();
    found.read(&|at, stretch| {
        let fingerprint = labels[at].fingerprint();
        let after = sent.0.get(&fingerprint).copied().unwrap_or(from);
        let samples: Vec<Sample> = stretch.samples.iter().filter(|one| one.at > after).copied().collect();
        let histograms: Vec<HistogramSample> = match share.with_histograms {
            true => stretch.histograms.iter().filter(|one| one.at > after).cloned().collect(),
            false => Vec::new(),
        };
        if !samples.is_empty() || !histograms.is_empty() {
            let one = Fresh { at, fingerprint, samples, histograms };
            fresh.lock().unwrap_or_else(PoisonError::into_inner).push(one);
        }
        ControlFlow::Continue(())
    })?;
    let mut fresh = fresh.into_inner().unwrap_or_else(PoisonError::into_inner);
    fresh.sort_unstable_by_key(|one| one.at);
    Ok(portions(labels, fresh, share))
}

struct Fresh {
    at: usize,
    fingerprint: u64,
    samples: Vec<Sample>,
    histograms: Vec<HistogramSample>,
}

fn portions(labels: &[Labels], fresh: Vec<Fresh>, share: &Share) -> Vec<Portion> {
    let mut portions = Vec::new();
    let mut open = Portion::default();
    for one in fresh {
        let Some(labels) = share.relabeling.apply(&share.external.merged(&labels[one.at])) else { continue };
        if labels.is_empty() {
            continue;
        }
        let newest = one.samples.last().map(|sample| sample.at);
        let newest = newest.max(one.histograms.last().map(|sample| sample.at));
        for sample in one.samples {
            open.batch.sample(&labels, sample);
            if open.batch.len() >= share.samples_max {
                portions.push(std::mem::take(&mut open));
            }
        }
        for sample in one.histograms {
            open.batch.histogram(&labels, sample);
            if open.batch.len() >= share.samples_max {
                portions.push(std::mem::take(&mut open));
            }
        }
        // Whichever request has its last sample: those before it were acknowledged first.
        let last = if open.batch.is_empty() { portions.last_mut() } else { Some(&mut open) };
        if let (Some(last), Some(newest)) = (last, newest) {
            last.newest.push((one.fingerprint, newest));
        }
    }
    if !open.batch.is_empty() {
        portions.push(open);
    }
    portions
}

impl Sent {
    pub fn acknowledge(&mut self, portion: &Portion) {
        self.0.extend(portion.newest.iter().copied());
    }
}

#[cfg(test)]
mod tests {
    use andon_timeseries::{Head, Limits};

    use super::*;

    fn share(samples_max: usize) -> Share {
        let external = Labels::new([("cluster", "eu"), ("job", "default")]);
        Share { external, relabeling: Relabeling::default(), with_histograms: true, samples_max }
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    fn append(head: &mut Head, name: &str, ms: i64) {
        let labels = Labels::new([("__name__", name), ("job", "a")]);
        head.append(&labels, Sample { at: at(ms), value: ms as f64 }).unwrap();
    }

    fn counts(head: &Head, from: i64, to: i64, sent: &mut Sent, samples_max: usize) -> Vec<usize> {
        let portions = read(head, at(from), at(to), sent, &share(samples_max)).unwrap();
        portions.iter().for_each(|portion| sent.acknowledge(portion));
        portions.iter().map(|portion| portion.batch.len()).collect()
    }

    #[test]
    fn each_sample_is_sent_once_and_late_ones_when_they_come() {
        let mut head = Head::new(Limits::default());
        let mut sent = Sent::default();
        for ms in [1000, 2000, 3000] {
            append(&mut head, "a", ms);
            append(&mut head, "b", ms);
        }
        assert_eq!(counts(&head, 0, 2000, &mut sent, 3), [3, 1]);
        assert_eq!(counts(&head, 2000, 3000, &mut sent, 3), [2]);
        append(&mut head, "late", 2500);
        append(&mut head, "a", 4000);
        // Nobody knows of `late` yet, but what it has lies before the stretch.
        assert_eq!(counts(&head, 3000, 4000, &mut sent, 3), [1]);
        append(&mut head, "b", 3500);
        append(&mut head, "a", 5000);
        assert_eq!(counts(&head, 4000, 5000, &mut sent, 3), [2]);
        assert_eq!(counts(&head, 5000, 6000, &mut sent, 3), [0; 0]);
    }

    #[test]
    fn external_labels_yield_to_those_of_the_series() {
        let mut head = Head::new(Limits::default());
        append(&mut head, "a", 1000);
        let portions = read(&head, at(0), at(1000), &Sent::default(), &share(10)).unwrap();
        let shown = format!("{:?}", portions[0].batch);
        assert!(shown.contains(r#"cluster="eu""#) && shown.contains(r#"job="a""#), "{shown}");
    }
}
