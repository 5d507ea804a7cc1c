//! Which alert here a case of the incumbent is: by the key that whoever raised it gave, by its labels, else by its name.
//!
//! Each case finds its own alert, so the order of things changes nothing; several cases may be the same alert. Costs
//! n log n, times [`LOOKS_MAX`] where very many alerts of one name go on at a time: of those the newest are looked at.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use andon_vocabulary::{Labels, Timestamp};

/// Alerts that are looked at for one case, of each way of finding them.
pub const LOOKS_MAX: usize = 256;
/// Of a title.
const WORDS_MAX: usize = 64;

/// The label that holds the key of an alert that came in under one.
const KEY: &str = andon_intake::KEY;

/// A case of the incumbent, when it first paged.
#[derive(Clone, Copy, Debug)]
pub struct Theirs<'a> {
    pub at: Timestamp,
    pub key: Option<&'a str>,
    pub labels: &'a Labels,
    pub title: &'a str,
    pub service: Option<&'a str>,
}

/// An alert here, from when it fired until it ended.
#[derive(Clone, Copy, Debug)]
pub struct Ours<'a> {
    pub from: Timestamp,
    pub until: Timestamp,
    pub labels: &'a Labels,
    pub summary: Option<&'a str>,
    pub service: Option<&'a str>,
}

/// How surely they are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// The case's title holds the alert's name.
    Name,
    /// And both are of the same service.
    NameAndService,
    /// The title is the alert's summary.
    Summary,
    /// The labels of one are among those of the other.
    SomeLabels,
    Labels,
    Key,
}

/// Of each case the alert that it is, as its index in `ours`, which is sorted by when they fired.
pub fn pair(theirs: &[Theirs<'_>], ours: &[Ours<'_>], within: Duration) -> Vec<Option<usize>> {
    let index = Index::new(ours);
    theirs.iter().map(|case| index.find(case, within)).collect()
}

/// How surely a case is an alert; None: it is not, or not at that time.
pub fn likeness(case: &Theirs<'_>, alert: &Ours<'_>, within: Duration) -> Option<Likeness> {
    let is_then = alert.from <= case.at + within && case.at <= alert.until + within;
    if !is_then {
        return None;
    }
    let name = alert.labels.get("alertname").unwrap_or_default();
    if case.key.is_some() && case.key == alert.labels.get(KEY) {
        return Some(Likeness::Key);
    }
    if !case.labels.is_empty() {
        // What has labels says by them what it is.
        return match () {
            () if case.labels == alert.labels => Some(Likeness::Labels),
            () if case.labels.get("alertname") != Some(name) => None,
            () if alert.labels.contains(case.labels) || case.labels.contains(alert.labels) => {
                Some(Likeness::SomeLabels)
            }
            () => None,
        };
    }
    if alert.summary.is_some_and(|summary| !summary.is_empty() && summary == case.title) {
        return Some(Likeness::Summary);
    }
    if name.is_empty() || !(case.title == name || words(case.title).any(|word| word == name)) {
        return None;
    }
    match (case.service, alert.service) {
        (Some(theirs), Some(ours)) if theirs.eq_ignore_ascii_case(ours) => Some(Likeness::NameAndService),
        _ => Some(Likeness::Name),
    }
}

fn words(title: &str) -> impl Iterator<Item = &str> {
    let parts = title.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | ':' | '-' | '.' | '/'));
    parts.filter(|word| !word.is_empty()).take(WORDS_MAX)
}

/// The alerts by what a case may name them by, each list in the order in which they fired.
struct Index<'a> {
    ours: &'a [Ours<'a>],
    by_key: BTreeMap<&'a str, Vec<usize>>,
    by_labels: BTreeMap<&'a Labels, Vec<usize>>,
    by_name: BTreeMap<&'a str, Vec<usize>>,
    by_summary: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Index<'a> {
    fn new(ours: &'a [Ours<'a>]) -> Self {
        let mut index = Index {
            ours,
            by_key: BTreeMap::new(),
            by_labels: BTreeMap::new(),
            by_name: BTreeMap::new(),
            by_summary: BTreeMap::new(),
        };
        for (at, alert) in ours.iter().enumerate() {
            if let Some(key) = alert.labels.get(KEY) {
                index.by_key.entry(key).or_default().push(at);
            }
            if let Some(name) = alert.labels.get("alertname") {
                index.by_name.entry(name).or_default().push(at);
            }
            if let Some(summary) = alert.summary {
                index.by_summary.entry(summary).or_default().push(at);
            }
            index.by_labels.entry(alert.labels).or_default().push(at);
        }
        index
    }

    /// The surest; of those the one that fired nearest to the page, and of those the one that fired first.
    fn find(&self, case: &Theirs<'_>, within: Duration) -> Option<usize> {
        let mut lists: Vec<Option<&Vec<usize>>> = vec![case.key.and_then(|key| self.by_key.get(key))];
        if case.labels.is_empty() {
            lists.push(self.by_summary.get(case.title));
            lists.push(self.by_name.get(case.title));
            lists.extend(words(case.title).map(|word| self.by_name.get(word)));
        } else {
            lists.push(self.by_labels.get(case.labels));
            lists.push(case.labels.get("alertname").and_then(|name| self.by_name.get(name)));
        }
        let newest = lists.into_iter().flatten().map(|list| {
            let end = list.partition_point(|at| self.ours[*at].from <= case.at + within);
            &list[end.saturating_sub(LOOKS_MAX)..end]
        });
        let found = newest.flatten().filter_map(|at| {
            let alert = &self.ours[*at];
            Some((likeness(case, alert, within)?, Reverse(apart(case, alert)), Reverse(*at)))
        });
        found.max().map(|(_, _, Reverse(at))| at)
    }
}

fn apart(case: &Theirs<'_>, alert: &Ours<'_>) -> Duration {
    case.at.since(alert.from).max(alert.from.since(case.at))
}
