//! Which rules must be evaluated now.
//!
//! A rule is due
//! - as soon as samples that it reads have come, or a recording rule that it reads has been evaluated;
//! - at its deadlines, when a `for` or a `keep_firing_for` has passed;
//! - once in each interval of its group, since time alone can change what a query says: a rate falls, a sample grows
//!   too old, `time()` goes on.
//!
//! In between, a rule whose inputs did not change is not evaluated. Where inputs arrive all the time, all rules rest
//! after an evaluation for so long that, evaluated as often as that, they take a quarter of a core together. So a few
//! rules are evaluated with every scrape, ten thousand at every few scrapes, and none less often than its interval.
//! What an evaluation costs is estimated from the samples that it read and not from a clock, so that a rehearsal
//! decides the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use andon_definitions::Catalog;
use andon_definitions::instance::Metrics;
use andon_vocabulary::{Labels, Name, Timestamp};

use crate::{Made, Rule, State};

/// Of an evaluation, and of each sample that it reads. Measured in release on one core: 17 to 22 µs for each rule of a
/// round of ten thousand (the bench `rules` of `cycle`); 34 ns for each sample of a window, and 250 ns where each
/// series brings only one (the bench `evaluation` here).
const EVALUATION_COSTS: Duration = Duration::from_micros(20);
const SAMPLE_COSTS: Duration = Duration::from_nanos(50);
/// All rules together take one of so many parts of a core.
const SHARE: u32 = 4;
/// Where samples are what drives a rule, its interval waits a little for the next, so that it is not evaluated twice.
const GRACE_MAX: Duration = Duration::from_secs(1);

/// The rules of a catalogue and when each was last evaluated. It is a driver's memory, not state: after a restart
/// every rule is simply evaluated again.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// A rule stands after the recording rules that it reads.
    entries: Vec<Entry>,
    readers: BTreeMap<Arc<str>, Vec<usize>>,
    /// They may read any metric.
    readers_of_any: Vec<usize>,
    places: BTreeMap<Name, usize>,
    due: BTreeSet<(Timestamp, usize)>,
    /// Begun at a time, and waiting for another store to answer.
    asking: BTreeMap<usize, Timestamp>,
    /// Of evaluating every rule once.
    costs: Duration,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub rule: Rule,
    pub made: Made,
    /// None: not since the driver started, or the rule changed.
    pub last: Option<Evaluated>,
    interval: Duration,
    evaluated: Timestamp,
    due: Timestamp,
    costs: Duration,
    /// Samples have come since it was last evaluated.
    has_news: bool,
}

/// What is to be said of a rule's last evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    pub at: Timestamp,
    /// By the driver's stopwatch; a rehearsal's stands still.
    pub took: Duration,
    /// How many were looked at.
    pub samples: usize,
    /// How many alerts or series it gave.
    pub series: usize,
    pub error: Option<String>,
}

impl Schedule {
    /// From `now` on each rule counts as evaluated, so that none is judged before its first samples have come.
    /// Where another store is asked, groups begin spread over their intervals, so that it is not asked all at once.
    pub fn new(catalog: &Catalog, now: Timestamp) -> Schedule {
        let spreads = !matches!(catalog.instance.metrics, Metrics::Embedded);
        let rules = Rule::all(catalog);
        let depths = depths(&rules.iter().map(|(_, rule)| rule).collect::<Vec<_>>());
        let mut ordered: Vec<_> = rules.into_iter().zip(depths).collect();
        ordered.sort_by_key(|(_, depth)| *depth);
        let mut schedule = Schedule {
            entries: Vec::with_capacity(ordered.len()),
            readers: BTreeMap::new(),
            readers_of_any: Vec::new(),
            places: BTreeMap::new(),
            due: BTreeSet::new(),
            asking: BTreeMap::new(),
            costs: Duration::ZERO,
        };
        for ((group, rule), _) in ordered {
            let interval = *catalog.interval_of(group);
            let first = if spreads { offset(group.full_name(), interval) } else { interval };
            schedule.add(rule, interval, now, first);
        }
        schedule
    }

    fn add(&mut self, rule: Rule, interval: Duration, now: Timestamp, first: Duration) {
        let index = self.entries.len();
        match rule.reads() {
            Some(metrics) => {
                for metric in metrics {
                    self.readers.entry(metric.into()).or_default().push(index);
                }
            }
            None => self.readers_of_any.push(index),
        }
        self.places.insert(rule.name().clone(), index);
        let due = now + first;
        self.due.insert((due, index));
        self.costs += EVALUATION_COSTS;
        self.entries.push(Entry {
            rule,
            made: Made::default(),
            last: None,
            interval,
            evaluated: now,
            due,
            costs: EVALUATION_COSTS,
            has_news: false,
        });
    }

    /// What is known of the rules that stay goes on. Gives back what the others made, to be ended.
    pub fn succeed(&mut self, before: Schedule) -> Vec<Made> {
        let mut ended = Vec::new();
        for old in before.entries {
            match self.places.get(old.rule.name()) {
                Some(index) => {
                    let entry = &mut self.entries[*index];
                    entry.made = old.made;
                    entry.last = old.last;
                }
                None if !old.made.is_empty() => ended.push(old.made),
                None => {}
            }
        }
        ended
    }

    /// The places of the rules to evaluate now, lowest first, since metrics have new samples or time has passed.
    pub fn agenda(&mut self, changed: &BTreeSet<&str>, state: &State, now: Timestamp) -> BTreeSet<usize> {
        for metric in changed {
            for index in self.readers_of(metric) {
                self.hear(index, now);
            }
        }
        let mut agenda = BTreeSet::new();
        while let Some((at, index)) = self.due.first().copied().filter(|(at, _)| *at <= now) {
            self.due.remove(&(at, index));
            agenda.insert(index);
        }
        let passed = state.deadlines().take_while(|(at, _)| *at <= now);
        agenda.extend(passed.filter_map(|(at, rule)| self.unseen(at, rule)));
        agenda.extend(self.asking.keys());
        agenda
    }

    /// When an evaluation that waited for answers was begun; now, for one that begins.
    pub fn begun(&self, index: usize, now: Timestamp) -> Timestamp {
        self.asking.get(&index).copied().unwrap_or(now)
    }

    /// A rule cannot be evaluated before another store has answered.
    pub fn asks(&mut self, index: usize, begun: Timestamp) {
        self.asking.insert(index, begun);
    }

    /// The earliest time that an evaluation which waits looks at.
    pub fn asking_since(&self) -> Option<Timestamp> {
        self.asking.iter().map(|(index, begun)| *begun - self.entries[*index].rule.offset()).min()
    }

    /// A rule was evaluated.
    pub fn done(&mut self, index: usize, now: Timestamp, samples: usize) {
        self.asking.remove(&index);
        let costs = EVALUATION_COSTS + SAMPLE_COSTS * u32::try_from(samples).unwrap_or(u32::MAX);
        let entry = &mut self.entries[index];
        self.costs = self.costs.saturating_sub(entry.costs) + costs;
        entry.costs = costs;
        entry.evaluated = now;
        let grace = if entry.has_news { (entry.interval / 10).min(GRACE_MAX) } else { Duration::ZERO };
        entry.has_news = false;
        self.put(index, now + self.entries[index].interval + grace);
    }

    /// A rule wrote samples of a metric: who reads it and stands behind is evaluated with it. Who stands before it
    /// reads what it made in a circle, and sees it when its own time comes.
    pub fn renewed(&mut self, metric: &str, by: usize, now: Timestamp, agenda: &mut BTreeSet<usize>) {
        for index in self.readers_of(metric).into_iter().filter(|index| *index > by) {
            if self.hear(index, now) <= now {
                let due = self.entries[index].due;
                self.due.remove(&(due, index));
                agenda.insert(index);
            }
        }
    }

    /// When a rule is due even if no sample comes before.
    pub fn next(&self, state: &State) -> Option<Timestamp> {
        let deadline = state.deadlines().find(|(at, rule)| self.unseen(*at, rule).is_some());
        self.due.first().map(|(at, _)| *at).into_iter().chain(deadline.map(|(at, _)| at)).min()
    }

    pub fn entry(&self, index: usize) -> &Entry {
        &self.entries[index]
    }

    pub fn entry_mut(&mut self, index: usize) -> &mut Entry {
        &mut self.entries[index]
    }

    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.entries.iter().map(|entry| &entry.rule)
    }

    fn readers_of(&self, metric: &str) -> Vec<usize> {
        let named = self.readers.get(metric).into_iter().flatten();
        named.chain(&self.readers_of_any).copied().collect()
    }

    /// There is something new to see for a rule. When it will be evaluated.
    fn hear(&mut self, index: usize, now: Timestamp) -> Timestamp {
        let rest = self.costs * SHARE;
        let entry = &mut self.entries[index];
        entry.has_news = true;
        let at = (entry.evaluated + rest).max(now);
        if at < entry.due {
            self.put(index, at);
        }
        self.entries[index].due
    }

    fn put(&mut self, index: usize, due: Timestamp) {
        self.due.remove(&(self.entries[index].due, index));
        self.entries[index].due = due;
        self.due.insert((due, index));
    }

    /// The place of a deadline's rule; none if an evaluation has seen the deadline, or the rule is gone.
    fn unseen(&self, at: Timestamp, rule: &Name) -> Option<usize> {
        let index = *self.places.get(rule)?;
        (!self.asking.contains_key(&index) && self.entries[index].evaluated < at).then_some(index)
    }
}

/// Where in its interval a group stands: the same after every start.
fn offset(group: &str, interval: Duration) -> Duration {
    let hash = Labels::new([("group", group)]).fingerprint();
    let span = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX).max(1);
    Duration::from_millis(hash % span)
}

/// How many rules that make what it reads stand before each rule, at most: what reads nothing that is made here has
/// depth 0. Rules that read each other in a circle see what was made the time before.
fn depths(rules: &[&Rule]) -> Vec<usize> {
    let reads: Vec<_> = rules.iter().map(|rule| rule.reads()).collect();
    let mut depths = vec![0; rules.len()];
    // A chain that is longer than this is a circle.
    for _ in 0..rules.len().min(100) {
        let mut made: BTreeMap<&str, usize> = BTreeMap::new();
        for ((rule, reads), depth) in rules.iter().zip(&reads).zip(&depths) {
            for metric in rule.makes() {
                // A rule does not come after itself.
                let reads_own = reads.as_ref().is_none_or(|reads| reads.contains(metric));
                if !reads_own {
                    let deepest = made.entry(metric).or_default();
                    *deepest = (*deepest).max(depth + 1);
                }
            }
        }
        let deepest = made.values().copied().max().unwrap_or(0);
        let next: Vec<usize> = reads
            .iter()
            .map(|reads| match reads {
                Some(metrics) => {
                    metrics.iter().filter_map(|metric| made.get(metric).copied()).max().unwrap_or(0)
                }
                None => deepest,
            })
            .collect();
        if next == depths {
            break;
        }
        depths = next;
    }
    depths
}
