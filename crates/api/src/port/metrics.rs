//! The metrics as the routes and the pages need them: where queries read, and what is known around the samples.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use andon_monitor::Evaluated;
use andon_promql::{Options, Value};
use andon_timeseries::{Cardinality, Exemplar, Matcher, Matchers, Metadata, Select, SelectError, Wanted};
use andon_vocabulary::{Labels, Name, Timestamp};

use super::Elsewhere;

/// Samples and everything around them. Blocking for as long as reading takes.
pub trait Metrics: Send + Sync {
    /// Where queries read.
    fn source(&self) -> &dyn Select;

    /// Who answers people's queries instead: a store elsewhere. `None`: they are evaluated here, over the source.
    fn elsewhere(&self) -> Option<Arc<dyn Elsewhere>> {
        None
    }

    /// The label sets that fit, ordered, each once.
    fn series(&self, lookup: &Lookup<'_>) -> Result<Vec<Labels>, SelectError> {
        if let [only] = lookup.any_of {
            let found = self.source().find(lookup.wanted(only))?;
            return Ok(found.series().to_vec());
        }
        let mut all = BTreeSet::new();
        for matchers in lookup.any_of {
            all.extend(self.source().find(lookup.wanted(matchers))?.series().iter().cloned());
        }
        Ok(all.into_iter().collect())
    }

    /// The names of their labels, in order.
    fn label_names(&self, lookup: &Lookup<'_>) -> Result<Vec<String>, SelectError> {
        let mut names = BTreeSet::new();
        self.look(lookup, &mut |labels| {
            for (name, _) in labels.iter() {
                if !names.contains(name) {
                    names.insert(name.to_owned());
                }
            }
        })?;
        Ok(names.into_iter().collect())
    }

    /// The values of one of their labels, in order.
    fn label_values(&self, label: &str, lookup: &Lookup<'_>) -> Result<Vec<String>, SelectError> {
        let mut values = BTreeSet::new();
        self.look(lookup, &mut |labels| {
            if let Some(value) = labels.get(label)
                && !values.contains(value)
            {
                values.insert(value.to_owned());
            }
        })?;
        Ok(values.into_iter().collect())
    }

    /// Calls `each` with every label set that fits, perhaps more than once.
    fn look(&self, lookup: &Lookup<'_>, each: &mut dyn FnMut(&Labels)) -> Result<(), SelectError> {
        let all = [Matchers::new()];
        for matchers in if lookup.any_of.is_empty() { &all } else { lookup.any_of } {
            self.source().find(lookup.wanted(matchers))?.series().iter().for_each(&mut *each);
        }
        Ok(())
    }

    /// Exemplars of the series that fit any of the selectors, ordered by labels.
    fn exemplars(&self, lookup: &Lookup<'_>) -> Result<Vec<(Labels, Vec<Exemplar>)>, SelectError>;

    /// What targets say of their metrics, by the metric's name.
    fn metadata(&self) -> BTreeMap<String, Vec<Metadata>>;

    /// Everything that is to be scraped, by pool and address.
    fn targets(&self) -> Targets;

    /// Who gets the samples by remote write, and how each receiver stands; by name.
    fn receivers(&self) -> BTreeMap<String, Outgoing> {
        BTreeMap::new()
    }

    /// What came of each rule when it was last evaluated, by its name: `group/name`.
    fn evaluations(&self) -> BTreeMap<Name, Evaluated>;

    fn stats(&self) -> Stats;

    /// Where the series come from; the first `most` of each list.
    fn cardinality(&self, most: usize) -> Cardinality;

    /// What may be done to the store; `None` where this is not allowed.
    fn admin(&self) -> Option<&dyn Admin>;
}

impl dyn Metrics + '_ {
    /// The value of each series at a time, histograms left out.
    pub fn instant(&self, expr: &str, at: Timestamp) -> Result<Vec<(Labels, f64)>, String> {
        if let Some(store) = self.elsewhere() {
            return store.values(expr, at);
        }
        let expr = andon_promql::parse(expr).map_err(|error| error.to_string())?;
        let answer = andon_promql::instant(&expr, self.source(), at, &Options::default());
        match answer.map_err(|error| error.to_string())?.value {
            Value::Vector(elements) => {
                let floats =
                    elements.into_iter().filter_map(|one| one.value.float().map(|value| (one.labels, value)));
                Ok(floats.collect())
            }
            Value::Scalar(value) => Ok(vec![(Labels::default(), value)]),
            Value::Matrix(_) | Value::String(_) => Err(format!("{expr} has no single value for each series")),
        }
    }
}

/// Which series are meant: those that fit any of the selectors (no selector: all), from `from` to `to`, both included.
#[derive(Clone, Copy, Debug)]
pub struct Lookup<'a> {
    pub any_of: &'a [Matchers],
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Lookup<'_> {
    fn wanted<'a>(&self, matchers: &'a [Matcher]) -> Wanted<'a> {
        let before = Timestamp::from_ms(self.from.as_ms().saturating_sub(1));
        Wanted::any(matchers, before, self.to)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Targets {
    pub active: Vec<Target>,
    pub dropped: Vec<Dropped>,
}

/// A target, as it was last asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    pub pool: String,
    pub url: String,
    pub discovered: Labels,
    /// What its series carry.
    pub labels: Labels,
    pub interval: Duration,
    pub timeout: Duration,
    /// `None`: not yet.
    pub asked: Option<Timestamp>,
    pub took: Duration,
    /// Why it did not answer.
    pub error: Option<String>,
    /// What it says of its metrics, by name.
    pub described: BTreeMap<String, Metadata>,
}

/// A target that relabelling left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    pub pool: String,
    pub discovered: Labels,
}

/// A receiver of remote write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outgoing {
    /// Without what may be a secret in it.
    pub url: String,
    /// Samples acknowledged since the start.
    pub sent: u64,
    /// Samples that it will never take, since the start.
    pub dropped: u64,
    /// Samples that wait for it to answer.
    pub pending: u64,
    /// All samples up to here are acknowledged or dropped.
    pub done: Option<Timestamp>,
    /// What is wrong at the moment, in words.
    pub trouble: Option<String>,
    /// Why samples were dropped the last time.
    pub refused: Option<String>,
}

/// What the store's newest part holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub series: u64,
    pub chunks: u64,
    pub samples: u64,
    /// The times of the oldest and the newest sample.
    pub span: Option<(Timestamp, Timestamp)>,
    /// How long samples are kept, in words: `15d`.
    pub retention: String,
}

/// Changes to what is stored, which need to be allowed.
pub trait Admin: Send + Sync {
    /// Deletes what these series have from `from` to `to`, both included.
    fn delete(&self, lookup: &Lookup<'_>) -> Result<(), String>;

    /// Gives back the room of what was deleted.
    fn clean(&self) -> Result<(), String>;

    /// Copies the store while it runs, without what is only in memory if so asked: the name of the copy.
    fn snapshot(&self, skip_head: bool) -> Result<String, String>;
}
