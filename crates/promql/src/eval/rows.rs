//! Series in the middle of an evaluation: labels, and what each is worth at every step.

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_timeseries::{Histogram, STALE, is_stale};
use andon_vocabulary::{Labels, METRIC_NAME};

use super::{EvalError, Number};

/// Nothing at this step. No value that takes part in an evaluation has these bits: a staleness marker ends where
/// series are read.
pub(crate) const ABSENT: f64 = STALE;

/// Labels that say what was measured, and that a calculated value no longer has.
pub(crate) const NAMES: &[&str] = &[METRIC_NAME, "__type__", "__unit__"];

#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub labels: Labels,
    pub points: Points,
    /// The metric's name goes when all is done ([`Naming::Late`]).
    pub loses_name: bool,
}

impl Row {
    pub fn new(labels: Labels, points: Points) -> Row {
        Row { labels, points, loses_name: false }
    }
}

/// When a calculated value loses the metric's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// At once.
    Prompt,
    /// At the end of the query, so that its other parts still see it.
    Late,
}

/// A value at each of some steps: dense from the first to the last one, with [`ABSENT`] between them. Histograms, which
/// are rare, are kept beside.
#[derive(Clone, Debug, Default)]
pub(crate) struct Points {
    /// The step of `floats[0]`.
    pub first: usize,
    pub floats: Vec<f64>,
    /// By step, ascending; the float of such a step is absent.
    pub histograms: Vec<(usize, Arc<Histogram>)>,
}

impl Points {
    /// So many floats can be pushed without another allocation; of very many, some.
    pub fn with_room_for(steps: usize) -> Points {
        Points { floats: Vec::with_capacity(steps.min(64)), ..Points::default() }
    }

    /// A float at a step that comes after all others.
    pub fn push(&mut self, step: usize, value: f64) {
        if self.floats.is_empty() {
            self.first = step;
        }
        let place = step - self.first;
        if place > self.floats.len() {
            self.floats.resize(place, ABSENT);
        }
        self.floats.push(value);
    }

    pub fn push_number(&mut self, step: usize, number: Number) {
        match number {
            Number::Float(value) => self.push(step, value),
            Number::Histogram(histogram) => self.histograms.push((step, histogram)),
        }
    }

    /// The same at so many steps.
    pub fn repeated(number: Number, steps: usize) -> Points {
        match number {
            Number::Float(value) => Points { floats: vec![value; steps], ..Points::default() },
            Number::Histogram(histogram) => {
                let histograms = (0..steps).map(|step| (step, histogram.clone())).collect();
                Points { histograms, ..Points::default() }
            }
        }
    }

    /// [`ABSENT`] where there is no float.
    pub fn float(&self, step: usize) -> f64 {
        self.floats.get(step.wrapping_sub(self.first)).copied().unwrap_or(ABSENT)
    }

    pub fn histogram(&self, step: usize) -> Option<&Arc<Histogram>> {
        let place = self.histograms.binary_search_by_key(&step, |(step, _)| *step).ok()?;
        Some(&self.histograms[place].1)
    }

    pub fn at(&self, step: usize) -> Option<Number> {
        let value = self.float(step);
        if is_stale(value) {
            self.histogram(step).map(|histogram| Number::Histogram(histogram.clone()))
        } else {
            Some(Number::Float(value))
        }
    }

    pub fn has(&self, step: usize) -> bool {
        !is_stale(self.float(step)) || self.histogram(step).is_some()
    }

    /// The floats that are there, with their steps.
    pub fn floats(&self) -> impl Iterator<Item = (usize, f64)> {
        self.floats
            .iter()
            .zip(self.first..)
            .filter(|(value, _)| !is_stale(**value))
            .map(|(v, step)| (step, *v))
    }

    /// Every step at which there is something, in order.
    pub fn steps(&self) -> Vec<usize> {
        let mut steps: Vec<usize> = self.floats().map(|(step, _)| step).collect();
        if !self.histograms.is_empty() {
            steps.extend(self.histograms.iter().map(|(step, _)| *step));
            steps.sort_unstable();
        }
        steps
    }

    pub fn numbers(&self) -> impl Iterator<Item = (usize, Number)> {
        self.steps().into_iter().filter_map(|step| Some((step, self.at(step)?)))
    }

    pub fn is_empty(&self) -> bool {
        self.histograms.is_empty() && self.floats.iter().all(|value| is_stale(*value))
    }

    /// What it takes of the limit on samples: a histogram counts as its buckets.
    pub fn size(&self) -> usize {
        let of_histogram = |h: &Histogram| 1 + h.positive.0.len() + h.negative.0.len();
        self.floats.len() + self.histograms.iter().map(|(_, h)| of_histogram(h)).sum::<usize>()
    }

    /// Every float, changed; [`ABSENT`] takes it away.
    pub fn change(&mut self, mut to: impl FnMut(usize, f64) -> f64) {
        for (value, step) in self.floats.iter_mut().zip(self.first..) {
            if !is_stale(*value) {
                *value = to(step, *value);
            }
        }
    }

    /// What is there at the steps that are kept.
    pub fn keep(&mut self, mut kept: impl FnMut(usize) -> bool) {
        self.change(|step, value| if kept(step) { value } else { ABSENT });
        self.histograms.retain(|(step, _)| kept(*step));
    }

    /// Both together; `None` if both have something at the same step.
    fn joined(&self, other: &Points) -> Option<Points> {
        let mut all: Vec<(usize, Number)> = self.numbers().chain(other.numbers()).collect();
        all.sort_by_key(|(step, _)| *step);
        if all.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return None;
        }
        let mut points = Points::default();
        all.into_iter().for_each(|(step, number)| points.push_number(step, number));
        Some(points)
    }
}

/// Rows in the order of their answer; none is empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    pub rows: Vec<Row>,
    /// The labels still hold the metric's name, but it no longer counts: most rows are aggregated before anybody
    /// asks for it, and so need no labels of their own.
    unnamed: bool,
    /// It is known that all are of one metric; else they may be.
    one_name: bool,
}

impl Rows {
    pub fn new(rows: Vec<Row>) -> Rows {
        let mut rows = Rows { rows, unnamed: false, one_name: false };
        rows.rows.retain(|row| !row.points.is_empty());
        rows
    }

    /// These rows, which all are of one metric.
    pub fn of_one_name(self) -> Rows {
        Rows { one_name: true, ..self }
    }

    pub fn is_of_one_name(&self) -> bool {
        self.one_name
    }

    /// Other rows that were made of these, with labels of these.
    pub fn like(&self, rows: Vec<Row>) -> Rows {
        Rows { unnamed: self.unnamed, ..Rows::new(rows) }
    }

    pub fn is_unnamed(&self) -> bool {
        self.unnamed
    }

    pub fn size(&self) -> usize {
        self.rows.iter().map(|row| row.points.size()).sum()
    }

    /// These rows with labels that can be shown.
    pub fn settled(mut self) -> Vec<Row> {
        if self.unnamed {
            self.rows.iter_mut().for_each(|row| row.labels = row.labels.without(NAMES));
        }
        self.rows
    }

    /// These rows as an answer: no two have the same labels.
    pub fn finished(self) -> Result<Vec<Row>, EvalError> {
        let mut rows = self.settled();
        for row in rows.iter_mut().filter(|row| row.loses_name) {
            row.labels = row.labels.without(NAMES);
        }
        Ok(Rows::new(rows).apart()?.rows)
    }

    /// Without the metric's name. Where rows get the same labels, they become one if they are not worth something at
    /// the same step: what is a step's own mistake, as of Prometheus's functions of one vector.
    pub fn unnamed(self, naming: Naming) -> Result<Rows, EvalError> {
        self.without_names(naming, Rows::merged)
    }

    /// Without the metric's name. No two rows may get the same labels, as of Prometheus's functions of ranges.
    pub fn unnamed_apart(self, naming: Naming) -> Result<Rows, EvalError> {
        self.without_names(naming, Rows::apart)
    }

    fn without_names(
        mut self,
        naming: Naming,
        settle: impl Fn(Rows) -> Result<Rows, EvalError>,
    ) -> Result<Rows, EvalError> {
        if self.unnamed {
            return Ok(self);
        }
        if naming == Naming::Late {
            self.rows.iter_mut().for_each(|row| row.loses_name = true);
            return Ok(self);
        }
        self.unnamed = true;
        let first = self.rows.first().map(|row| names(&row.labels));
        let is_same = self.one_name || self.rows.iter().skip(1).all(|row| Some(names(&row.labels)) == first);
        if is_same { Ok(self) } else { settle(Rows::new(self.settled())) }
    }

    /// Rows with the same labels become one.
    pub fn merged(self) -> Result<Rows, EvalError> {
        let mut places: BTreeMap<Labels, usize> = BTreeMap::new();
        let mut merged: Vec<Row> = Vec::with_capacity(self.rows.len());
        for row in self.settled() {
            match places.get(&row.labels) {
                None => {
                    places.insert(row.labels.clone(), merged.len());
                    merged.push(row);
                }
                Some(place) => {
                    let points = &mut merged[*place].points;
                    let joined = points.joined(&row.points);
                    *points = joined.ok_or(EvalError::SameLabels { labels: row.labels })?;
                }
            }
        }
        Ok(Rows::new(merged))
    }

    /// These rows, if no two have the same labels.
    pub fn apart(self) -> Result<Rows, EvalError> {
        let rows = self.settled();
        let mut sorted: Vec<&Labels> = rows.iter().map(|row| &row.labels).collect();
        sorted.sort_unstable();
        match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(twice) => Err(EvalError::SameLabels { labels: twice[0].clone() }),
            None => Ok(Rows::new(rows)),
        }
    }

    /// Every float, changed; histograms are left out, and so are rows of which nothing stays.
    pub fn map_floats(mut self, mut to: impl FnMut(usize, f64) -> f64) -> Rows {
        for row in &mut self.rows {
            row.points.histograms.clear();
            row.points.change(&mut to);
        }
        self.pruned()
    }

    /// Without the rows of which nothing stayed.
    pub fn pruned(mut self) -> Rows {
        self.rows.retain(|row| !row.points.is_empty());
        self
    }

    /// Rows of a single step, as they are at every one of so many.
    pub fn repeated(mut self, steps: usize) -> Rows {
        for row in &mut self.rows {
            let number = row.points.at(0).expect("a row has something at its only step");
            row.points = Points::repeated(number, steps);
        }
        self
    }
}

/// The values of [`NAMES`]; labels are sorted, so that what comes later need not be looked at.
pub(crate) fn names(labels: &Labels) -> [&str; 3] {
    let mut found = [""; 3];
    for (name, value) in labels.iter().take_while(|(name, _)| *name <= "__unit__") {
        if let Some(place) = NAMES.iter().position(|known| *known == name) {
            found[place] = value;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(labels: &[(&str, &str)], points: &[(usize, f64)]) -> Row {
        let mut row = Row::new(Labels::new(labels.iter().copied()), Points::default());
        points.iter().for_each(|(step, value)| row.points.push(*step, *value));
        row
    }

    #[test]
    fn a_gap_is_absent_and_nan_is_not() {
        let row = row(&[], &[(2, 1.0), (5, f64::NAN)]);
        assert_eq!(row.points.steps(), [2, 5]);
        assert!(!row.points.has(1) && row.points.has(2) && !row.points.has(3) && !row.points.has(6));
    }

    #[test]
    fn rows_without_names_are_one_if_they_never_meet() {
        let a = row(&[("__name__", "a"), ("x", "1")], &[(0, 1.0)]);
        let b = row(&[("__name__", "b"), ("x", "1")], &[(1, 2.0)]);
        let both = Rows::new(vec![a.clone(), b.clone()]);
        let merged = both.clone().unnamed(Naming::Prompt).unwrap();
        assert_eq!(merged.rows[0].points.floats, [1.0, 2.0]);
        assert!(both.unnamed_apart(Naming::Prompt).is_err());
        let meeting = row(&[("__name__", "b"), ("x", "1")], &[(0, 2.0)]);
        assert!(Rows::new(vec![a.clone(), meeting]).unnamed(Naming::Prompt).is_err());
        let one = Rows::new(vec![a]).unnamed(Naming::Prompt).unwrap();
        assert!(one.is_unnamed());
        assert_eq!(one.settled()[0].labels, Labels::new([("x", "1")]));
    }
}
