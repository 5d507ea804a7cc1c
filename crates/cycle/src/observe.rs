//! From samples to inputs: the rules and watched queries whose samples have come or whose time has, evaluated; only
//! what would change something becomes an input. Both drivers call this, with their own stores.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use andon_monitor::{Freshness, Rule, Schedule, Silent};
use andon_timeseries::Select;
use andon_vocabulary::{Input, Labels, Reading, Says, Timestamp, WatchId};

use crate::State;

/// A watch is read at least this often, since time alone can change what a query says.
const WATCH_EVERY: Duration = Duration::from_secs(15);

/// What a driver must be able to do for an observation: hold samples, and take those that recording rules make.
pub trait Store {
    fn select(&self) -> &dyn Select;
    fn record(&mut self, at: Timestamp, samples: Vec<(Labels, f64)>);
}

/// What a driver knows beside the samples.
pub trait Sources {
    /// Whether everything that the rule reads has been asked since the start, and its longest range is filled.
    fn is_warm(&self, rule: &Rule) -> bool;
    /// Expected targets that do not answer.
    fn silent(&self) -> &[Silent];
}

/// A driver's memory of what it evaluated when. Not state: after a restart everything is evaluated again.
#[derive(Debug)]
pub struct Observer {
    catalog: String,
    schedule: Schedule,
    said: BTreeMap<WatchId, Said>,
}

/// What a watch said last. One that looks at later samples is another question.
#[derive(Debug)]
struct Said {
    says: Says,
    at: Timestamp,
    since: Option<Timestamp>,
}

impl Observer {
    pub fn new(state: &State, now: Timestamp) -> Observer {
        let schedule = Schedule::new(state.catalog(), now);
        Observer { catalog: state.catalog().hash.clone(), schedule, said: BTreeMap::new() }
    }

    /// The inputs that follow from samples of these metrics having come by `now`. Each must be turned before the next
    /// observation.
    pub fn observe(
        &mut self,
        state: &State,
        store: &mut impl Store,
        sources: &impl Sources,
        changed: &BTreeSet<&str>,
        now: Timestamp,
    ) -> Vec<Input> {
        if self.catalog != state.catalog().hash {
            self.schedule = Schedule::new(state.catalog(), now);
            self.catalog.clone_from(&state.catalog().hash);
        }
        let mut inputs = self.rules(state, store, sources, changed, now);
        inputs.extend(self.watches(state, store.select(), changed, now));
        inputs
    }

    fn rules(
        &mut self,
        state: &State,
        store: &mut impl Store,
        sources: &impl Sources,
        changed: &BTreeSet<&str>,
        now: Timestamp,
    ) -> Vec<Input> {
        let cx = state.context(now);
        let mut inputs = Vec::new();
        for rule in self.schedule.due(changed, &state.monitor, now) {
            match rule {
                Rule::Alert(alert) => {
                    let freshness = Freshness { warm: sources.is_warm(rule), silent: sources.silent() };
                    let held = state.monitor.held(&alert.name);
                    let verdict = andon_monitor::evaluate(alert, &held, store.select(), now, &freshness);
                    if state.monitor.changes(&verdict, &cx) {
                        inputs.push(Input::Verdict(verdict));
                    }
                }
                // A recording rule that fails makes no sample; whoever reads it sees that it is missing.
                Rule::Record(record) => {
                    if let Ok(samples) = andon_monitor::record(record, store.select(), now) {
                        store.record(now, samples);
                    }
                }
            }
        }
        inputs
    }

    fn watches(
        &mut self,
        state: &State,
        select: &dyn Select,
        changed: &BTreeSet<&str>,
        now: Timestamp,
    ) -> Vec<Input> {
        let watches = state.respond.runs.watches();
        let open: BTreeSet<&WatchId> = watches.iter().map(|watch| &watch.id).collect();
        self.said.retain(|id, _| open.contains(id));
        let mut inputs = Vec::new();
        for watch in &watches {
            // Their texts were checked when the definitions were loaded, and pinned when the run began.
            let Ok(expr) = andon_promql::parse(&watch.query) else { continue };
            let said = self.said.get(&watch.id).filter(|said| said.since == watch.since);
            let reads = expr.metric_names();
            let due = said.is_none_or(|said| {
                now >= said.at + WATCH_EVERY
                    || reads.is_empty()
                    || reads.iter().any(|metric| changed.contains(&**metric))
            });
            if !due {
                continue;
            }
            let says = andon_monitor::watch::read(&expr, watch.bound, watch.since, select, now);
            if said.is_none_or(|said| !same(&said.says, &says)) {
                inputs.push(Input::Reading(Reading { watch: watch.id.clone(), says: says.clone() }));
            }
            self.said.insert(watch.id.clone(), Said { says, at: now, since: watch.since });
        }
        inputs
    }

    /// When something is to be evaluated even if no sample comes before.
    pub fn next(&self, state: &State) -> Option<Timestamp> {
        let watches = state.respond.runs.watches();
        let read = |watch: &andon_respond::Watch| {
            self.said.get(&watch.id).map_or(state.at, |said| said.at + WATCH_EVERY)
        };
        watches.iter().map(read).chain(self.schedule.next(&state.monitor)).min()
    }

    /// The rules in force, for pages and for what they read.
    pub fn rules_in_force(&self) -> impl Iterator<Item = &Rule> {
        self.schedule.rules()
    }
}

/// A value that moves within its bound changes nothing.
fn same(before: &Says, now: &Says) -> bool {
    matches!(
        (before, now),
        (Says::Holds { .. }, Says::Holds { .. })
            | (Says::Fails { .. }, Says::Fails { .. })
            | (Says::NoData, Says::NoData)
            | (Says::Error { .. }, Says::Error { .. })
    )
}
