//! Walks the tree at one time after another.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::iter;

use andon_timeseries::{Sample, Select, Series, is_stale};
use andon_vocabulary::{Labels, METRIC_NAME, Timestamp};

use super::load::{Selections, key};
use super::{Annotations, Answer, EvalError, Options, Plain};
use crate::Expr;
use crate::function::Function;
use crate::node::{At, Call, Node, Op, Subquery, When};

/// One evaluation. All times are milliseconds.
pub(super) struct Engine<'a> {
    options: &'a Options<'a>,
    pub lookback: i64,
    /// What `@ start()` and `@ end()` mean.
    start: i64,
    end: i64,
    samples_left: Cell<usize>,
    pub annotations: RefCell<Annotations>,
    pub selections: Selections,
}

/// The samples of a range, series by series.
pub(super) struct Ranged<'a> {
    pub start: i64,
    pub end: i64,
    pub series: Vec<RangedSeries<'a>>,
}

pub(super) struct RangedSeries<'a> {
    pub labels: Cow<'a, Labels>,
    pub unnamed: Cow<'a, Labels>,
    pub samples: Cow<'a, [Sample]>,
}

impl<'a> Engine<'a> {
    pub fn load(
        expr: &Expr,
        source: &dyn Select,
        start: i64,
        end: i64,
        options: &'a Options<'a>,
    ) -> Result<Engine<'a>, EvalError> {
        let unsupported = expr.unsupported();
        if !unsupported.is_empty() {
            return Err(EvalError::Unsupported(unsupported));
        }
        let mut engine = Engine {
            options,
            lookback: i64::try_from(options.lookback.as_millis()).unwrap_or(i64::MAX),
            start,
            end,
            samples_left: Cell::new(options.samples_max),
            annotations: RefCell::default(),
            selections: Selections::new(),
        };
        engine.load_below(&expr.0, source, start, end)?;
        Ok(engine)
    }

    pub fn answer<T>(self, value: T) -> Answer<T> {
        let samples = self.options.samples_max - self.samples_left.get();
        Answer { value, annotations: self.annotations.into_inner(), samples }
    }

    pub fn check(&self) -> Result<(), EvalError> {
        if (self.options.is_cancelled)() { Err(EvalError::Cancelled) } else { Ok(()) }
    }

    /// Counts samples against the limit.
    pub fn spend(&self, samples: usize) -> Result<(), EvalError> {
        let left = self.samples_left.get().checked_sub(samples);
        self.samples_left.set(left.ok_or(EvalError::TooManySamples { max: self.options.samples_max })?);
        Ok(())
    }

    /// The time that is looked at when evaluated at `now`.
    pub fn reference(&self, when: When, now: i64) -> i64 {
        let base = match when.at {
            None => now,
            Some(At::Time(time)) => time,
            Some(At::Start) => self.start,
            Some(At::End) => self.end,
        };
        base.saturating_sub(when.offset)
    }

    pub fn scalar(&self, node: &Node, now: i64) -> Result<f64, EvalError> {
        match node {
            Node::Number(value) => Ok(*value),
            Node::Paren(inner) => self.scalar(inner, now),
            Node::Negate(inner) => Ok(-self.scalar(inner, now)?),
            Node::Binary(binary) => {
                let (lhs, rhs) = (self.scalar(&binary.lhs, now)?, self.scalar(&binary.rhs, now)?);
                Ok(match binary.op {
                    Op::Math(math) => math.apply(lhs, rhs),
                    Op::Compare { how, .. } => f64::from(u8::from(how.holds(lhs, rhs))),
                    Op::Set(_) => unreachable!("the grammar refuses set operators between scalars"),
                })
            }
            Node::Call(Call { function: Function::Time, .. }) => Ok(now as f64 / 1000.0),
            Node::Call(Call { function: Function::Pi, .. }) => Ok(std::f64::consts::PI),
            Node::Call(Call { function: Function::Scalar, args, .. }) => {
                match self.vector(&args[0], now)?.as_slice() {
                    [only] => Ok(only.value),
                    _ => Ok(f64::NAN),
                }
            }
            other => unreachable!("{other} is no scalar, and types are checked when a query is parsed"),
        }
    }

    pub fn vector(&self, node: &Node, now: i64) -> Result<Vec<Plain>, EvalError> {
        self.check()?;
        match node {
            Node::Select(_) => Ok(self
                .newest(node, now)
                .map(|(labels, sample)| Plain { labels: labels.clone(), value: sample.value })
                .collect()),
            Node::Paren(inner) => self.vector(inner, now),
            Node::Negate(inner) => {
                let mut elements = self.vector(inner, now)?;
                elements.iter_mut().for_each(|element| element.value = -element.value);
                unnamed(elements)
            }
            Node::Call(call) => self.call(call, now),
            Node::Aggregate(aggregate) => self.aggregate(aggregate, now),
            Node::Binary(binary) => self.binary(binary, now),
            other => unreachable!("{other} is no vector, and types are checked when a query is parsed"),
        }
    }

    /// Each series' newest sample that is neither too old nor a staleness marker; nothing for any other node.
    pub fn newest(&self, node: &Node, now: i64) -> impl Iterator<Item = (&Labels, Sample)> {
        let (loaded, until) = match node {
            Node::Select(selector) => {
                (self.selections.get(&key(selector)), self.reference(selector.when, now))
            }
            _ => (None, now),
        };
        let oldest = until.saturating_sub(self.lookback);
        loaded.into_iter().flatten().filter_map(move |series| {
            let after = series.samples.partition_point(|sample| sample.at.as_ms() <= until);
            let sample = *series.samples[..after].last()?;
            (sample.at.as_ms() > oldest && !is_stale(sample.value)).then_some((&series.labels, sample))
        })
    }

    /// The samples of a range selector or a subquery.
    pub fn ranged(&self, node: &Node, now: i64) -> Result<Ranged<'_>, EvalError> {
        match node.unparen() {
            Node::Range(selector, range) => {
                let end = self.reference(selector.when, now);
                let start = end.saturating_sub(*range);
                let series = self.selections.get(&key(selector)).into_iter().flatten().filter_map(|series| {
                    let from = series.samples.partition_point(|sample| sample.at.as_ms() <= start);
                    let to = series.samples.partition_point(|sample| sample.at.as_ms() <= end);
                    (from < to).then(|| RangedSeries {
                        labels: Cow::Borrowed(&series.labels),
                        unnamed: Cow::Borrowed(&series.unnamed),
                        samples: Cow::Borrowed(&series.samples[from..to]),
                    })
                });
                Ok(Ranged { start, end, series: series.collect() })
            }
            Node::Subquery(subquery) => self.subquery(subquery, now),
            other => unreachable!("{other} is no range vector, and types are checked when a query is parsed"),
        }
    }

    /// Evaluates the inner query at each multiple of the resolution within `(start, end]`.
    fn subquery(&self, subquery: &Subquery, now: i64) -> Result<Ranged<'_>, EvalError> {
        let end = self.reference(subquery.when, now);
        let start = end.saturating_sub(subquery.range);
        let default = i64::try_from(self.options.subquery_step.as_millis()).unwrap_or(i64::MAX);
        let step = subquery.step.unwrap_or(default).max(1);
        let aligned = start - start % step;
        let first = if aligned <= start { aligned.saturating_add(step) } else { aligned };
        let mut found: BTreeMap<Labels, Vec<Sample>> = BTreeMap::new();
        for time in times(first, end, step) {
            let elements = self.vector(&subquery.inner, time)?;
            self.spend(elements.len().max(1))?;
            append(&mut found, elements, time)?;
        }
        let series = found.into_iter().map(|(labels, samples)| RangedSeries {
            unnamed: Cow::Owned(labels.without(&[METRIC_NAME])),
            labels: Cow::Owned(labels),
            samples: Cow::Owned(samples),
        });
        Ok(Ranged { start, end, series: series.collect() })
    }

    /// A range as an answer.
    pub fn series(&self, node: &Node, now: i64) -> Result<Vec<Series>, EvalError> {
        let ranged = self.ranged(node, now)?;
        let owned = |series: RangedSeries| Series {
            labels: series.labels.into_owned(),
            samples: series.samples.into_owned(),
            histograms: Vec::new(),
        };
        Ok(ranged.series.into_iter().map(owned).collect())
    }
}

/// `first`, and every step after it up to `last`.
pub(super) fn times(first: i64, last: i64, step: i64) -> impl Iterator<Item = i64> {
    iter::successors(Some(first), move |time| time.checked_add(step)).take_while(move |time| *time <= last)
}

/// Adds the elements of one time to the series they belong to.
pub(super) fn append(
    found: &mut BTreeMap<Labels, Vec<Sample>>,
    elements: Vec<Plain>,
    at: i64,
) -> Result<(), EvalError> {
    let at = Timestamp::from_ms(at);
    for Plain { labels, value } in elements {
        let samples = found.entry(labels.clone()).or_default();
        if samples.last().is_some_and(|last| last.at == at) {
            return Err(EvalError::SameLabels { labels });
        }
        samples.push(Sample { at, value });
    }
    Ok(())
}

/// The elements without the metric's name, which must not have been all that told them apart.
pub(super) fn unnamed(mut elements: Vec<Plain>) -> Result<Vec<Plain>, EvalError> {
    let one_metric = elements.windows(2).all(|pair| pair[0].labels.name() == pair[1].labels.name());
    for element in &mut elements {
        element.labels = element.labels.without(&[METRIC_NAME]);
    }
    if one_metric { Ok(elements) } else { distinct(elements) }
}

/// The elements, if no two have the same labels.
pub(super) fn distinct(elements: Vec<Plain>) -> Result<Vec<Plain>, EvalError> {
    let mut seen = BTreeSet::new();
    match elements.iter().find(|element| !seen.insert(&element.labels)) {
        Some(twice) => Err(EvalError::SameLabels { labels: twice.labels.clone() }),
        None => Ok(elements),
    }
}
