//! What every target that is expected to answer did the last time it was asked.
//!
//! A target that misses one scrape may be restarting; one that misses two is silent. Between the two nobody knows,
//! and what rests on such a target is neither called gone nor called well.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use andon_monitor::Silent;
use andon_vocabulary::{Labels, Name, Timestamp};

use crate::scrape::Target;
use crate::scrape::described::Descriptions;

const MISSED_UNTIL_SILENT: u32 = 2;

/// Filled by the scrapes, read by the loop and by pages.
#[derive(Debug, Default)]
pub struct Sources(Mutex<Expected>);

#[derive(Debug, Default)]
struct Expected {
    /// Whether it is known by now who is to be asked at all.
    is_planned: bool,
    pools: BTreeMap<Name, Pool>,
    sources: BTreeMap<Name, (u64, Source)>,
    last_ticket: u64,
}

/// The right to report about a target. It ends when the target is expected anew or no longer.
#[derive(Clone, Debug)]
pub struct Ticket {
    target: Name,
    number: u64,
}

/// A target as it was last asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The job or the service that it belongs to.
    pub pool: Name,
    pub url: String,
    /// Before relabelling.
    pub discovered: Labels,
    /// What its series carry.
    pub labels: Labels,
    pub interval: Duration,
    pub timeout: Duration,
    /// None: not asked yet.
    pub asked: Option<Timestamp>,
    pub answered: Option<Timestamp>,
    pub took: Duration,
    /// Samples of the last scrape, before relabelling.
    pub samples: usize,
    /// Scrapes without an answer since the last one with.
    pub missed: u32,
    /// Why the last scrape failed, in words.
    pub error: Option<String>,
    /// What is odd about an answer that was taken nevertheless, in words.
    pub remark: Option<String>,
    /// What it exposed when it last answered.
    pub metrics: Arc<BTreeSet<Name>>,
    /// What it says of its metrics.
    pub described: Arc<Descriptions>,
}

/// One scrape, whatever came of it.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub at: Timestamp,
    pub took: Duration,
    pub samples: usize,
    pub remark: Option<String>,
}

/// What became of a job's discovered targets that are not scraped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pool {
    /// Left out by relabelling; the first of them.
    pub dropped: Vec<Labels>,
    pub dropped_count: usize,
    /// What is wrong with it, in words: targets without an address, a file that cannot be read.
    pub troubles: Vec<String>,
}

/// How a target stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Answers,
    /// Not asked yet, or missed once.
    Unsettled,
    Silent,
}

impl Source {
    fn take(&mut self, asked: Asked) {
        self.asked = Some(asked.at);
        self.took = asked.took;
        self.samples = asked.samples;
        self.remark = asked.remark;
    }

    pub fn standing(&self) -> Standing {
        match (self.asked, self.missed) {
            (Some(_), 0) => Standing::Answers,
            (Some(_), missed) if missed >= MISSED_UNTIL_SILENT => Standing::Silent,
            _ => Standing::Unsettled,
        }
    }
}

impl Sources {
    /// From now on it is expected to answer; what was known of it before no longer counts.
    pub fn expect(&self, target: &Target) -> Ticket {
        let source = Source {
            pool: target.settings.job.name.as_str().into(),
            url: target.url.clone(),
            discovered: target.discovered.clone(),
            labels: target.labels.clone(),
            interval: target.every,
            timeout: target.timeout,
            asked: None,
            answered: None,
            took: Duration::ZERO,
            samples: 0,
            missed: 0,
            error: None,
            remark: None,
            metrics: Arc::default(),
            described: Arc::default(),
        };
        let target = &target.name;
        let mut expected = self.lock();
        expected.last_ticket += 1;
        let number = expected.last_ticket;
        expected.sources.insert(target.clone(), (number, source));
        Ticket { target: target.clone(), number }
    }

    /// It is no longer expected to answer.
    pub fn forget(&self, target: &Name) {
        self.lock().sources.remove(target);
    }

    /// Everybody who is to be asked is expected.
    pub fn planned(&self) {
        self.lock().is_planned = true;
    }

    pub fn answered(
        &self,
        ticket: &Ticket,
        asked: Asked,
        metrics: Arc<BTreeSet<Name>>,
        described: Arc<Descriptions>,
    ) -> Standing {
        self.update(ticket, |source| {
            source.answered = Some(asked.at);
            source.missed = 0;
            source.error = None;
            source.metrics = metrics;
            source.described = described;
            source.take(asked);
        })
    }

    pub fn missed(&self, ticket: &Ticket, asked: Asked, why: &str) -> Standing {
        self.update(ticket, |source| {
            source.missed = source.missed.saturating_add(1);
            source.error = Some(why.to_owned());
            source.take(asked);
        })
    }

    /// The jobs and what became of their targets that are not scraped.
    pub fn set_pools(&self, pools: BTreeMap<Name, Pool>) {
        self.lock().pools = pools;
    }

    pub fn pools(&self) -> BTreeMap<Name, Pool> {
        self.lock().pools.clone()
    }

    /// Expected targets that do not answer.
    pub fn silent(&self) -> Vec<Silent> {
        let expected = self.lock();
        let sources = expected.sources.iter();
        sources
            .filter(|(_, (_, source))| source.standing() == Standing::Silent)
            .map(|(target, (_, source))| Silent {
                target: target.clone(),
                // Whatever else changes about it, this it is known by.
                labels: source.labels.only(&["service", "job", "instance"]),
                answered: source.answered,
            })
            .collect()
    }

    /// Whether a rule that reads these metrics (none: any) may rest on a target of which nobody knows at this moment
    /// whether it answers.
    pub fn unsettled(&self, reads: Option<&BTreeSet<&str>>) -> bool {
        let may_feed = |source: &Source| match reads {
            // What it exposes is known only once it has answered.
            Some(reads) if source.answered.is_some() => {
                source.metrics.iter().any(|metric| reads.contains(&**metric))
            }
            _ => true,
        };
        let expected = self.lock();
        let mut sources = expected.sources.values();
        !expected.is_planned
            || sources.any(|(_, source)| source.standing() == Standing::Unsettled && may_feed(source))
    }

    /// All of them, for people.
    pub fn list(&self) -> BTreeMap<Name, Source> {
        let expected = self.lock();
        let sources = expected.sources.iter();
        sources.map(|(target, (_, source))| (target.clone(), source.clone())).collect()
    }

    fn update(&self, ticket: &Ticket, change: impl FnOnce(&mut Source)) -> Standing {
        match self.lock().sources.get_mut(&ticket.target) {
            Some((number, source)) if *number == ticket.number => {
                change(source);
                source.standing()
            }
            // Its last scrape came too late.
            _ => Standing::Unsettled,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Expected> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use andon_definitions::Job;

    use super::*;
    use crate::http::near_client;
    use crate::loopback::install_tls;
    use crate::scrape::settings::Settings;

    fn target() -> Target {
        install_tls();
        let job = Job::named("checkout");
        Target {
            name: "checkout/c-1".into(),
            url: "http://c-1/metrics".into(),
            labels: Labels::new([("service", "checkout"), ("instance", "c-1"), ("version", "v41")]),
            discovered: Labels::default(),
            every: job.interval.into(),
            timeout: job.timeout.into(),
            settings: Settings::new(job, std::path::Path::new("."), &near_client().unwrap()),
            held: None,
        }
    }

    #[test]
    fn one_miss_is_no_silence_and_until_then_nothing_is_known() {
        let sources = Sources::default();
        let target = target();
        let asked = || Asked { at: Timestamp::from_ms(1), ..Asked::default() };
        let reads = |metric| sources.unsettled(Some(&BTreeSet::from([metric])));
        assert!(reads("anything"), "nobody is known yet");
        let late = sources.expect(&target);
        let ticket = sources.expect(&target);
        sources.planned();
        sources.answered(&late, asked(), Arc::default(), Arc::default());
        assert!(reads("anything"), "a report from before counts for nothing");

        let exposed = Arc::new(BTreeSet::from([Name::from("pool")]));
        let standing = sources.answered(&ticket, asked(), exposed, Arc::default());
        assert_eq!(standing, Standing::Answers);
        assert!(!reads("pool") && !sources.unsettled(None));

        let miss = || sources.missed(&ticket, asked(), "no answer in time");
        assert_eq!(miss(), Standing::Unsettled);
        assert!(reads("pool") && !reads("other") && sources.unsettled(None));
        assert!(sources.silent().is_empty());

        assert_eq!(miss(), Standing::Silent);
        assert!(!reads("pool"));
        assert_eq!(sources.silent()[0].labels.to_string(), r#"{instance="c-1", service="checkout"}"#);
        sources.forget(&target.name);
        assert!(sources.silent().is_empty());
    }
}
