//! Aggregations: many series to one, or to the few that count.

mod fold;
mod group;
mod heap;
mod pick;

use std::collections::BTreeMap;

use andon_vocabulary::Labels;

use super::call::text;
use super::engine::Engine;
use super::notes::Notes;
use super::rows::{Points, Row, Rows};
use super::scalars::Scalars;
use super::steps::Steps;
use super::{EvalError, Number, sum};
use crate::display::number;
use crate::node::{Aggregate, Aggregation, Grouping};
use fold::{Fold, fold};
use group::groups;
pub(super) use group::{Key, Numbering};

impl Engine<'_> {
    pub(super) fn aggregate(&self, aggregate: &Aggregate, steps: Steps) -> Result<Rows, EvalError> {
        let param = || match &aggregate.param {
            Some(param) => self.scalar(param, steps),
            None => Ok(Scalars::Same(f64::NAN)),
        };
        match aggregate.op {
            Aggregation::Sum => self.fold::<fold::Total>(aggregate, steps),
            Aggregation::Avg => self.fold::<fold::Average>(aggregate, steps),
            Aggregation::Count => self.fold::<fold::Count>(aggregate, steps),
            Aggregation::Group => self.fold::<fold::Any>(aggregate, steps),
            Aggregation::Min => self.fold::<fold::Least>(aggregate, steps),
            Aggregation::Max => self.fold::<fold::Most>(aggregate, steps),
            Aggregation::Stdvar => self.fold::<fold::Variance>(aggregate, steps),
            Aggregation::Stddev => self.fold::<fold::Deviation>(aggregate, steps),
            Aggregation::Topk => self.pick(aggregate, &param()?, steps, pick::Extremes { largest: true }),
            Aggregation::Bottomk => self.pick(aggregate, &param()?, steps, pick::Extremes { largest: false }),
            Aggregation::Limitk => self.pick(aggregate, &param()?, steps, pick::First),
            Aggregation::LimitRatio => self.pick(aggregate, &param()?, steps, pick::Share),
            Aggregation::Quantile => self.quantile(aggregate, &param()?, steps),
            Aggregation::CountValues => self.count_values(aggregate, steps),
        }
    }

    /// One row for each group.
    fn fold<F: Fold>(&self, aggregate: &Aggregate, steps: Steps) -> Result<Rows, EvalError> {
        let rows = self.vector(&aggregate.inner, steps)?;
        Ok(self.note(aggregate.inner_place, |notes| {
            let groups = groups(&rows, &aggregate.grouping).into_iter();
            let row = |(labels, rows): (Labels, Vec<&Row>)| Row {
                labels,
                points: fold::<F>(&rows, steps.count, notes),
                loses_name: rows[0].loses_name,
            };
            Rows::new(groups.map(row).collect())
        }))
    }

    fn quantile(&self, aggregate: &Aggregate, q: &Scalars, steps: Steps) -> Result<Rows, EvalError> {
        let rows = self.vector(&aggregate.inner, steps)?;
        self.note(aggregate.param_place, |notes| {
            let worst = |values: &mut dyn Iterator<Item = f64>, is_worse: fn(f64, f64) -> bool| {
                values.reduce(|a, b| if is_worse(b, a) { b } else { a })
            };
            let values = || q.values().iter().copied();
            if let Some(nan) = values().find(|q| q.is_nan()) {
                notes.quantile_out_of_range(nan);
            }
            let most = worst(&mut values().filter(|q| *q > 1.0), |a, b| a > b);
            let least = worst(&mut values().filter(|q| *q < 0.0), |a, b| a < b);
            most.into_iter().chain(least).for_each(|q| notes.quantile_out_of_range(q));
        });
        let mut ignores_histograms = false;
        let mut result = Vec::new();
        for (labels, rows) in groups(&rows, &aggregate.grouping) {
            self.meter.check()?;
            let mut points = Points::default();
            for step in 0..steps.count {
                let values: Vec<f64> = rows.iter().flat_map(|row| floats_at(row, step)).collect();
                if !values.is_empty() {
                    points.push(step, sum::quantile(q.at(step), values));
                }
            }
            ignores_histograms |= rows.iter().any(|row| !row.points.histograms.is_empty());
            result.push(Row { labels, points, loses_name: rows[0].loses_name });
        }
        if ignores_histograms {
            self.note(aggregate.inner_place, |notes: &mut Notes| notes.ignored_in_aggregation("quantile"));
        }
        Ok(Rows::new(result))
    }

    fn count_values(&self, aggregate: &Aggregate, steps: Steps) -> Result<Rows, EvalError> {
        let label = aggregate.param.as_ref().map_or("", text);
        if label.is_empty() {
            return Err(EvalError::BadArgument("invalid label name \"\"".to_owned()));
        }
        let rows = self.vector(&aggregate.inner, steps)?;
        let mut grouping = aggregate.grouping.clone();
        if let Grouping::By(labels) = &mut grouping {
            labels.push(label.to_owned());
        }
        let key = Key::of(&grouping, false);
        let mut counts: BTreeMap<Labels, BTreeMap<usize, f64>> = BTreeMap::new();
        for row in rows.settled() {
            self.meter.check()?;
            for (step, value) in row.points.numbers() {
                let value = match value {
                    Number::Float(value) => number(value),
                    Number::Histogram(histogram) => histogram.to_string(),
                };
                let labels = key.labels(&row.labels.with(label, &value));
                self.meter.hold(1)?;
                *counts.entry(labels).or_default().entry(step).or_default() += 1.0;
            }
        }
        let row = |(labels, counts): (Labels, BTreeMap<usize, f64>)| {
            let mut points = Points::default();
            counts.into_iter().for_each(|(step, count)| points.push(step, count));
            Row::new(labels, points)
        };
        Ok(Rows::new(counts.into_iter().map(row).collect()))
    }
}

fn floats_at(row: &Row, step: usize) -> Option<f64> {
    match row.points.at(step) {
        Some(Number::Float(value)) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Node;
    use crate::parse;

    #[test]
    fn the_name_is_a_label_until_it_is_dropped() {
        let Node::Aggregate(aggregate) = &*parse("sum by (__name__) (a)").unwrap().0 else { panic!() };
        let labels = Labels::new([("__name__", "a"), ("x", "1")]);
        assert_eq!(Key::of(&aggregate.grouping, false).labels(&labels).name(), "a");
        assert!(Key::of(&aggregate.grouping, true).labels(&labels).is_empty());
    }
}
