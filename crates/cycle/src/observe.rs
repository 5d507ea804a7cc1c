//! From samples to inputs: the rules and watched queries whose samples have come or whose time has, evaluated; only
//! what would change something becomes an input. Both drivers call this, with their own stores.

#[cfg(test)]
mod tests;
mod watching;

use std::collections::BTreeSet;
use std::time::Duration;

use andon_monitor::{Ask, Entry, Evaluated, Freshness, Reads, Rule, Schedule, Silent, Unanswered};
use andon_promql::Number;
use andon_timeseries::Select;
use andon_vocabulary::{Input, Labels, Timestamp};

use crate::State;
use watching::Watching;

/// What a driver must be able to do for an observation: hold samples, and take those that rules make.
pub trait Store {
    fn select(&self) -> &dyn Select;

    /// Where rules and watched queries get their answers, if not from these samples.
    fn reads(&self) -> Reads<'_> {
        Reads::Samples(self.select())
    }

    fn record(&mut self, at: Timestamp, samples: Vec<(Labels, Number)>);

    /// A time that only grows, for how long an evaluation takes; a rehearsal's stands still.
    fn stopwatch(&self) -> Duration {
        Duration::ZERO
    }
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
    watching: Watching,
    /// Places of rules that have been evaluated and of which nobody has heard.
    unheard: BTreeSet<usize>,
}

/// One evaluation of a rule, before it is known what it says.
struct Turn {
    index: usize,
    /// When it was begun.
    begun: Timestamp,
    stopwatch: Duration,
}

impl Observer {
    pub fn new(state: &State, now: Timestamp) -> Observer {
        Observer {
            catalog: state.catalog().hash.clone(),
            schedule: Schedule::new(state.catalog(), now),
            watching: Watching::default(),
            unheard: BTreeSet::new(),
        }
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
            self.follow(state, store, now);
        }
        let mut inputs = Vec::new();
        let mut agenda = self.schedule.agenda(changed, &state.monitor, now);
        while let Some(index) = agenda.pop_first() {
            let turn = Turn { index, begun: self.schedule.begun(index, now), stopwatch: store.stopwatch() };
            let (input, wrote) = match self.schedule.entry(index).rule {
                Rule::Alert(_) => self.alert(&turn, state, store, sources, now),
                Rule::Record(_) => (None, self.record(&turn, store, now)),
            };
            inputs.extend(input);
            if wrote {
                let made: Vec<String> =
                    self.schedule.entry(index).rule.makes().into_iter().map(str::to_owned).collect();
                for metric in made {
                    self.schedule.renewed(&metric, index, now, &mut agenda);
                }
            }
        }
        inputs.extend(self.watching.read(&state.respond.runs.watches(), store.reads(), changed, now));
        inputs
    }

    /// The definitions changed: what rules made that are gone ends.
    fn follow(&mut self, state: &State, store: &mut impl Store, now: Timestamp) {
        let before = std::mem::replace(&mut self.schedule, Schedule::new(state.catalog(), now));
        self.catalog.clone_from(&state.catalog().hash);
        self.unheard.clear();
        for mut made in self.schedule.succeed(before) {
            store.record(now, made.renew(Vec::new()));
        }
    }

    /// What an alerting rule says, if that changes something, and whether it wrote series.
    fn alert(
        &mut self,
        turn: &Turn,
        state: &State,
        store: &mut impl Store,
        sources: &impl Sources,
        now: Timestamp,
    ) -> (Option<Input>, bool) {
        let entry = self.schedule.entry(turn.index);
        let Rule::Alert(rule) = &entry.rule else { unreachable!("an alerting rule") };
        let cx = state.context(now);
        let held = state.monitor.held(&rule.name);
        // Only what may be gone, or absent, asks how far the samples can be trusted.
        let matters = !held.is_empty() || rule.judges_absence();
        let freshness =
            Freshness { warm: !matters || sources.is_warm(&entry.rule), silent: sources.silent() };
        let ask = Ask::new(store.reads());
        let Ok(verdict) = andon_monitor::evaluate(rule, &held, &ask, turn.begun, &freshness) else {
            self.schedule.asks(turn.index, turn.begun);
            return (None, false);
        };
        let samples = ask.looked_at();
        let events = state.monitor.consider(&verdict, &cx);
        let shows =
            verdict.error.is_none() && !(held.is_empty() && events.is_empty() && entry.made.is_empty());
        let series = shows.then(|| {
            let at = turn.begun - rule.offset();
            (at, state.monitor.alert_series(&rule.name, &events, now, state.catalog()))
        });
        let made = verdict.active.len();
        self.evaluated(turn, store, now, samples, made, verdict.error.clone());
        let wrote = series.is_some();
        if let Some((at, series)) = series {
            let samples = self.schedule.entry_mut(turn.index).made.renew(series);
            store.record(at, samples);
        }
        ((!events.is_empty()).then_some(Input::Verdict(verdict)), wrote)
    }

    /// Whether a recording rule wrote series. One that fails makes no sample; whoever reads it sees that it is missing.
    fn record(&mut self, turn: &Turn, store: &mut impl Store, now: Timestamp) -> bool {
        let Rule::Record(rule) = &self.schedule.entry(turn.index).rule else {
            unreachable!("a recording rule")
        };
        let ask = Ask::new(store.reads());
        let made = andon_monitor::record(rule, &ask, turn.begun);
        let samples = ask.looked_at();
        match made {
            Err(Unanswered::NotYet) => {
                self.schedule.asks(turn.index, turn.begun);
                false
            }
            Err(Unanswered::Failed(why) | Unanswered::Unreachable { why, .. }) => {
                self.evaluated(turn, store, now, samples, 0, Some(why));
                false
            }
            Ok((at, made)) => {
                self.evaluated(turn, store, now, samples, made.len(), None);
                let samples = self.schedule.entry_mut(turn.index).made.renew(made);
                let wrote = !samples.is_empty();
                store.record(at, samples);
                wrote
            }
        }
    }

    fn evaluated(
        &mut self,
        turn: &Turn,
        store: &impl Store,
        now: Timestamp,
        samples: usize,
        series: usize,
        error: Option<String>,
    ) {
        let took = store.stopwatch().saturating_sub(turn.stopwatch);
        self.schedule.done(turn.index, now, samples);
        let last = Evaluated { at: turn.begun, took, samples, series, error };
        self.schedule.entry_mut(turn.index).last = Some(last);
        self.unheard.insert(turn.index);
    }

    /// When something is to be evaluated even if no sample comes before.
    pub fn next(&self, state: &State) -> Option<Timestamp> {
        // Other definitions have other rules.
        if self.catalog != state.catalog().hash {
            return Some(state.at);
        }
        let watched = self.watching.next(&state.respond.runs.watches(), state.at);
        watched.into_iter().chain(self.schedule.next(&state.monitor)).min()
    }

    /// The earliest time that an evaluation which waits for another store was begun at: answers to what was asked
    /// before it are of no use any more.
    pub fn asking_since(&self) -> Option<Timestamp> {
        self.schedule.asking_since().into_iter().chain(self.watching.asking_since()).min()
    }

    /// The rules in force, for pages and for what they read.
    pub fn rules_in_force(&self) -> impl Iterator<Item = &Rule> {
        self.schedule.rules()
    }

    /// The rules that have been evaluated since the last call.
    pub fn take_evaluated(&mut self) -> impl Iterator<Item = &Entry> {
        let unheard = std::mem::take(&mut self.unheard);
        let schedule = &self.schedule;
        unheard.into_iter().map(|index| schedule.entry(index))
    }
}
