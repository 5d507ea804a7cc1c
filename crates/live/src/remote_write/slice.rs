//! A stretch of time of the store, cut into requests.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use andon_definitions::Relabeling;
use andon_remote::Batch;
use andon_timeseries::{Exemplar, HistogramSample, Metadata, Purpose, Sample, Select, SelectError, Wanted};
use andon_vocabulary::{Labels, Timestamp};

/// A sample that comes this much later than others of its time is still sent; an exemplar usually does.
pub const LATE: Duration = Duration::from_secs(120);

/// What makes a receiver's share of the samples.
#[derive(Debug)]
pub struct Share {
    /// Added where a series does not have them.
    pub external: Labels,
    pub relabeling: Relabeling,
    pub with_histograms: bool,
    pub with_exemplars: bool,
    pub samples_max: usize,
}

/// The time up to which each series was read, by the fingerprint of its labels. What it does not know was read up to
/// the beginning of the stretch.
#[derive(Debug, Default)]
pub struct Sent {
    samples: HashMap<u64, Timestamp>,
    /// Of these, what it does not know has not been read at all.
    exemplars: HashMap<u64, Timestamp>,
}

impl Sent {
    /// What is older than late samples may be is known by its time alone.
    pub fn forget_before(&mut self, time: Timestamp) {
        self.samples.retain(|_, sent| *sent > time - LATE);
        self.exemplars.retain(|_, sent| *sent > time - LATE);
    }

    pub fn acknowledge(&mut self, portion: &Portion) {
        self.samples.extend(portion.newest.iter().copied());
        self.exemplars.extend(portion.newest_exemplars.iter().copied());
    }
}

/// What metrics are, by name.
pub type Known = BTreeMap<String, Metadata>;

/// A store's exemplars, ordered by the labels of their series.
pub type Exemplars = Vec<(Labels, Vec<Exemplar>)>;

/// A request, and what of each series has been sent once it is acknowledged.
#[derive(Debug, Default)]
pub struct Portion {
    pub batch: Batch,
    newest: Vec<(u64, Timestamp)>,
    newest_exemplars: Vec<(u64, Timestamp)>,
}

/// The samples later than `from` and not later than `to`, and late ones; in the order of the labels, so that the same
/// stretch gives the same portions again. Exemplars come last.
pub fn read(
    store: &impl Select,
    exemplars: Exemplars,
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
        let after = sent.samples.get(&fingerprint).copied().unwrap_or(from);
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
    Ok(portions(labels, fresh, unsent(exemplars, sent), share))
}

/// With the fingerprint of each series.
fn unsent(exemplars: Exemplars, sent: &Sent) -> Vec<(Labels, u64, Vec<Exemplar>)> {
    let one = |(labels, mut exemplars): (Labels, Vec<Exemplar>)| {
        let fingerprint = labels.fingerprint();
        if let Some(sent) = sent.exemplars.get(&fingerprint) {
            exemplars.retain(|exemplar| exemplar.at > *sent);
        }
        (!exemplars.is_empty()).then_some((labels, fingerprint, exemplars))
    };
    exemplars.into_iter().filter_map(one).collect()
}

struct Fresh {
    at: usize,
    fingerprint: u64,
    samples: Vec<Sample>,
    histograms: Vec<HistogramSample>,
}

fn portions(
    labels: &[Labels],
    fresh: Vec<Fresh>,
    exemplars: Vec<(Labels, u64, Vec<Exemplar>)>,
    share: &Share,
) -> Vec<Portion> {
    let mut portions = Vec::new();
    let mut open = Portion::default();
    for one in fresh {
        let Some(labels) = share.labels(&labels[one.at]) else { continue };
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
    for (labels, fingerprint, exemplars) in exemplars {
        let Some(labels) = share.labels(&labels) else { continue };
        for exemplar in exemplars {
            open.newest_exemplars.push((fingerprint, exemplar.at));
            open.batch.exemplar(&labels, exemplar);
            if open.batch.len() >= share.samples_max {
                portions.push(std::mem::take(&mut open));
            }
        }
    }
    if !open.batch.is_empty() {
        portions.push(open);
    }
    portions
}

impl Share {
    /// What a series is called there; none: it is not sent.
    fn labels(&self, labels: &Labels) -> Option<Labels> {
        let labels = self.relabeling.apply(&self.external.merged(labels))?;
        (!labels.is_empty()).then_some(labels)
    }
}

#[cfg(test)]
mod tests {
    use andon_timeseries::{Head, Limits};

    use super::*;

    fn share(samples_max: usize) -> Share {
        let external = Labels::new([("cluster", "eu"), ("job", "default")]);
        Share {
            external,
            relabeling: Relabeling::default(),
            with_histograms: true,
            with_exemplars: true,
            samples_max,
        }
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    fn append(head: &mut Head, name: &str, ms: i64) {
        let labels = Labels::new([("__name__", name), ("job", "a")]);
        head.append(&labels, Sample { at: at(ms), value: ms as f64 }).unwrap();
    }

    fn counts(head: &Head, from: i64, to: i64, sent: &mut Sent, samples_max: usize) -> Vec<usize> {
        let portions = read(head, Vec::new(), at(from), at(to), sent, &share(samples_max)).unwrap();
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
        let portions = read(&head, Vec::new(), at(0), at(1000), &Sent::default(), &share(10)).unwrap();
        let shown = format!("{:?}", portions[0].batch);
        assert!(shown.contains(r#"cluster="eu""#) && shown.contains(r#"job="a""#), "{shown}");
    }

    #[test]
    fn an_exemplar_is_sent_once_however_late_it_comes() {
        let head = Head::new(Limits::default());
        let mut sent = Sent::default();
        let told = |times: &[i64]| {
            let exemplar = |ms: &i64| Exemplar { labels: Labels::default(), value: 1.0, at: at(*ms) };
            vec![(Labels::new([("__name__", "a")]), times.iter().map(exemplar).collect())]
        };
        let mut count = |times: &[i64]| {
            let portions = read(&head, told(times), at(9000), at(9500), &sent, &share(10)).unwrap();
            portions.iter().for_each(|portion| sent.acknowledge(portion));
            portions.iter().map(|portion| portion.batch.len()).sum::<usize>()
        };
        assert_eq!(count(&[1000, 2000]), 2);
        assert_eq!(count(&[1000, 2000, 2500]), 1);
        assert_eq!(count(&[2000, 2500]), 0);
    }
}
