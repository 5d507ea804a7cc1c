//! What every target that is expected to answer did the last time it was asked.
//!
//! A target that misses one scrape may be restarting; one that misses two is silent. Between the two nobody knows,
//! and what rests on such a target is neither called gone nor called well.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use andon_monitor::Silent;
use andon_vocabulary::{Labels, Name, Timestamp};

const MISSED_UNTIL_SILENT: u32 = 2;

/// Filled by the scrapes, read by the loop and by pages.
#[derive(Debug, Default)]
pub struct Sources(Mutex<Expected>);

#[derive(Debug, Default)]
struct Expected {
    /// Whether it is known by now who is to be asked at all.
    is_planned: bool,
    sources: BTreeMap<Name, (u64, Source)>,
    last_ticket: u64,
}

/// The right to report about a target. It ends when the target is expected anew or no longer.
#[derive(Clone, Debug)]
pub struct Ticket {
    target: Name,
    number: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub url: String,
    /// `service` and `instance`: what its series carry whatever the version.
    pub labels: Labels,
    /// None: not asked yet.
    pub asked: Option<Timestamp>,
    pub answered: Option<Timestamp>,
    pub took: Duration,
    /// Scrapes without an answer since the last one with.
    pub missed: u32,
    /// Why the last scrape failed, in words.
    pub error: Option<String>,
    /// What it exposed when it last answered.
    pub metrics: Arc<BTreeSet<Name>>,
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
    pub fn expect(&self, target: &Name, url: &str, labels: &Labels) -> Ticket {
        let source = Source {
            url: url.to_owned(),
            labels: labels.only(&["service", "instance"]),
            asked: None,
            answered: None,
            took: Duration::ZERO,
            missed: 0,
            error: None,
            metrics: Arc::default(),
        };
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
        at: Timestamp,
        took: Duration,
        metrics: Arc<BTreeSet<Name>>,
    ) -> Standing {
        self.update(ticket, |source| {
            source.asked = Some(at);
            source.answered = Some(at);
            source.took = took;
            source.missed = 0;
            source.error = None;
            source.metrics = metrics;
        })
    }

    pub fn missed(&self, ticket: &Ticket, at: Timestamp, took: Duration, why: &str) -> Standing {
        self.update(ticket, |source| {
            source.asked = Some(at);
            source.took = took;
            source.missed = source.missed.saturating_add(1);
            source.error = Some(why.to_owned());
        })
    }

    /// Expected targets that do not answer.
    pub fn silent(&self) -> Vec<Silent> {
        let expected = self.lock();
        let sources = expected.sources.iter();
        sources
            .filter(|(_, (_, source))| source.standing() == Standing::Silent)
            .map(|(target, (_, source))| Silent {
                target: target.clone(),
                labels: source.labels.clone(),
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
    use super::*;

    #[test]
    fn one_miss_is_no_silence_and_until_then_nothing_is_known() {
        let sources = Sources::default();
        let (target, at) = (Name::from("checkout/c-1"), Timestamp::from_ms(1));
        let labels = Labels::new([("service", "checkout"), ("instance", "c-1"), ("version", "v41")]);
        let reads = |metric| sources.unsettled(Some(&BTreeSet::from([metric])));
        assert!(reads("anything"), "nobody is known yet");
        let late = sources.expect(&target, "http://c-1/metrics", &labels);
        let ticket = sources.expect(&target, "http://c-1/metrics", &labels);
        sources.planned();
        sources.answered(&late, at, Duration::ZERO, Arc::default());
        assert!(reads("anything"), "a report from before counts for nothing");

        let exposed = Arc::new(BTreeSet::from([Name::from("pool")]));
        let standing = sources.answered(&ticket, at, Duration::ZERO, exposed);
        assert_eq!(standing, Standing::Answers);
        assert!(!reads("pool") && !sources.unsettled(None));

        let miss = || sources.missed(&ticket, at, Duration::ZERO, "no answer in time");
        assert_eq!(miss(), Standing::Unsettled);
        assert!(reads("pool") && !reads("other") && sources.unsettled(None));
        assert!(sources.silent().is_empty());

        assert_eq!(miss(), Standing::Silent);
        assert!(!reads("pool"));
        assert_eq!(sources.silent()[0].labels.to_string(), r#"{instance="c-1", service="checkout"}"#);
        sources.forget(&target);
        assert!(sources.silent().is_empty());
    }
}
