//! Which rules must be evaluated now: as soon as samples they read have come, at their deadlines, and at least once in
//! each interval of their group.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use andon_definitions::Catalog;
use andon_vocabulary::{Name, Timestamp};

use crate::{Rule, State};

/// Of a group that names none; Prometheus's default. Time alone can change what a query says: a rate falls, a sample
/// grows too old, `time()` goes on.
const INTERVAL: Duration = Duration::from_secs(60);

/// The rules of a catalogue and when each was last evaluated. It is a driver's memory, not state: after a restart
/// every rule is simply evaluated again.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// A rule stands after the recording rules that it reads.
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    rule: Rule,
    /// None: it may read any metric.
    reads: Option<BTreeSet<String>>,
    interval: Duration,
    evaluated: Timestamp,
}

impl Schedule {
    /// From `now` on each rule counts as evaluated, so that none is judged before its first samples have come.
    pub fn new(catalog: &Catalog, now: Timestamp) -> Schedule {
        let rules = Rule::all(catalog);
        let depths = depths(rules.iter().map(|(_, rule)| rule));
        let mut entries: Vec<(usize, Entry)> = rules
            .into_iter()
            .zip(depths)
            .map(|((group, rule), depth)| {
                let interval = group.interval.map_or(INTERVAL, |interval| *interval);
                let reads = rule.reads();
                let reads = reads.map(|metrics| metrics.into_iter().map(str::to_owned).collect());
                let evaluated = now;
                let entry = Entry { rule, reads, interval, evaluated };
                (depth, entry)
            })
            .collect();
        entries.sort_by_key(|(depth, _)| *depth);
        Schedule { entries: entries.into_iter().map(|(_, entry)| entry).collect() }
    }

    /// The rules to evaluate now, in this order, since metrics have new samples or time has passed. A recording rule
    /// among them renews its own metric; what it makes must be stored before the next is evaluated.
    pub fn due(&mut self, changed: &BTreeSet<&str>, state: &State, now: Timestamp) -> Vec<&Rule> {
        let mut passed: BTreeMap<&str, Timestamp> = BTreeMap::new();
        for (at, rule) in state.deadlines().take_while(|(at, _)| *at <= now) {
            passed.insert(rule, at);
        }
        let mut renewed: BTreeSet<Name> = BTreeSet::new();
        let mut due = Vec::new();
        for entry in &mut self.entries {
            let is_new = |metric: &str| changed.contains(metric) || renewed.contains(metric);
            let read = match &entry.reads {
                Some(metrics) => metrics.iter().any(|metric| is_new(metric)),
                None => !changed.is_empty() || !renewed.is_empty(),
            };
            let deadline = passed.get(&**entry.rule.name());
            if read
                || now >= entry.evaluated + entry.interval
                // A deadline that an evaluation has seen is no reason for another.
                || deadline.is_some_and(|at| entry.evaluated < *at)
            {
                entry.evaluated = now;
                if let Rule::Record(rule) = &entry.rule {
                    renewed.insert(rule.metric.clone());
                }
                due.push(&entry.rule);
            }
        }
        due
    }

    /// When a rule is due even if no sample comes before.
    pub fn next(&self, state: &State) -> Option<Timestamp> {
        let mut deadlines: BTreeMap<&str, Vec<Timestamp>> = BTreeMap::new();
        for (at, rule) in state.deadlines() {
            deadlines.entry(rule).or_default().push(at);
        }
        let next = |entry: &Entry| {
            let ahead = deadlines.get(&**entry.rule.name()).into_iter().flatten();
            let ahead = ahead.copied().filter(|at| entry.evaluated < *at);
            ahead.chain([entry.evaluated + entry.interval]).min()
        };
        self.entries.iter().filter_map(next).min()
    }

    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.entries.iter().map(|entry| &entry.rule)
    }
}

/// How many recording rules stand before each rule, at most: what reads nothing recorded has depth 0. Rules that read
/// each other in a circle see what was recorded the time before.
fn depths<'a>(rules: impl Iterator<Item = &'a Rule>) -> Vec<usize> {
    let rules: Vec<&Rule> = rules.collect();
    let mut depths = vec![0; rules.len()];
    for _ in 0..rules.len() {
        let mut made: BTreeMap<&str, usize> = BTreeMap::new();
        for (rule, depth) in rules.iter().zip(&depths) {
            if let Rule::Record(record) = rule {
                let deepest = made.entry(&record.metric).or_default();
                *deepest = (*deepest).max(depth + 1);
            }
        }
        let next: Vec<usize> = rules
            .iter()
            .map(|rule| match rule.reads() {
                Some(metrics) => metrics.into_iter().filter_map(|m| made.get(m).copied()).max().unwrap_or(0),
                None => made.values().copied().max().unwrap_or(0),
            })
            .collect();
        if next == depths {
            break;
        }
        depths = next;
    }
    depths
}
