//! Aggregations that pass some series on as they are: `topk`, `bottomk`, `limitk`, `limit_ratio`.

use std::cmp::Ordering;

use andon_vocabulary::Labels;

use super::group::groups;
use super::heap::Heap;
use crate::display::number;
use crate::eval::engine::Engine;
use crate::eval::notes::Notes;
use crate::eval::rows::{Row, Rows};
use crate::eval::scalars::Scalars;
use crate::eval::sort::order;
use crate::eval::steps::Steps;
use crate::eval::{EvalError, Number};
use crate::node::Aggregate;

/// How many of a group are passed on, and which.
pub(super) trait Pick {
    /// Which of a group's rows are passed on at one step, in the order of an answer. `present` is what each is worth.
    fn pick(&self, param: f64, present: &mut Vec<(usize, f64, &Labels)>);
    /// Whether the parameter can be used at all, and whether it passes anything on.
    fn passes(&self, param: f64) -> Result<bool, EvalError>;
    /// What is to be said about all parameters.
    fn remark(&self, params: &Scalars, notes: &mut Notes);
    /// The aggregation's name, if histograms cannot be picked.
    fn ignores_histograms(&self) -> Option<&'static str>;
}

impl Engine<'_> {
    pub(super) fn pick(
        &self,
        aggregate: &Aggregate,
        params: &Scalars,
        steps: Steps,
        how: impl Pick,
    ) -> Result<Rows, EvalError> {
        let rows = self.vector(&aggregate.inner, steps)?;
        self.note(aggregate.param_place, |notes| how.remark(params, notes));
        let groups = groups(&rows, &aggregate.grouping);
        let mut picked: Vec<(&Row, Vec<bool>)> = Vec::new();
        let mut ignored = false;
        for (_, rows) in &groups {
            self.meter.check()?;
            let first = picked.len();
            picked.extend(rows.iter().map(|row| (*row, vec![false; steps.count])));
            let mut order = Vec::new();
            for step in 0..steps.count {
                let mut present = Vec::with_capacity(rows.len());
                for (place, row) in rows.iter().enumerate() {
                    match row.points.at(step) {
                        Some(Number::Float(value)) => present.push((place, value, &row.labels)),
                        Some(Number::Histogram(_)) if how.ignores_histograms().is_some() => ignored = true,
                        Some(Number::Histogram(_)) => present.push((place, f64::NAN, &row.labels)),
                        None => {}
                    }
                }
                if present.is_empty() || !how.passes(params.at(step))? {
                    continue;
                }
                how.pick(params.at(step), &mut present);
                for (place, ..) in &present {
                    picked[first + place].1[step] = true;
                }
                order = present.into_iter().map(|(place, ..)| place).collect();
            }
            if steps.count == 1 {
                // The best first, as an instant query shows them.
                let of_group = picked.split_off(first);
                picked.extend(order.into_iter().map(|place| of_group[place].clone()));
            }
        }
        if let (true, Some(name)) = (ignored, how.ignores_histograms()) {
            self.note(aggregate.place, |notes| notes.ignored_in_aggregation(name));
        }
        let row = |(row, kept): (&Row, Vec<bool>)| {
            let mut row = row.clone();
            row.points.keep(|step| kept[step]);
            row
        };
        Ok(rows.like(picked.into_iter().map(row).collect()))
    }
}

/// `topk` and `bottomk`.
pub(super) struct Extremes {
    pub largest: bool,
}

impl Extremes {
    /// Which comes first in the answer; NaN last.
    fn order(&self, a: f64, b: f64) -> Ordering {
        order(a, b, self.largest)
    }
}

impl Pick for Extremes {
    fn pick(&self, k: f64, present: &mut Vec<(usize, f64, &Labels)>) {
        let mut heap = Heap::new((k as usize).min(present.len()), self.largest);
        present.drain(..).for_each(|one| heap.offer(one.1, one));
        present.extend(heap.into_kept().into_iter().map(|(_, one)| one));
        present.sort_by(|a, b| self.order(a.1, b.1));
    }

    fn passes(&self, k: f64) -> Result<bool, EvalError> {
        is_some(k)
    }

    fn remark(&self, _: &Scalars, _: &mut Notes) {}

    fn ignores_histograms(&self) -> Option<&'static str> {
        Some(if self.largest { "topk" } else { "bottomk" })
    }
}

/// `limitk`: the first so many, as they come.
pub(super) struct First;

impl Pick for First {
    fn pick(&self, k: f64, present: &mut Vec<(usize, f64, &Labels)>) {
        present.truncate(k as usize);
    }

    fn passes(&self, k: f64) -> Result<bool, EvalError> {
        is_some(k)
    }

    fn remark(&self, _: &Scalars, _: &mut Notes) {}

    fn ignores_histograms(&self) -> Option<&'static str> {
        None
    }
}

/// `k` of `topk` and its like: below one passes nothing on.
fn is_some(k: f64) -> Result<bool, EvalError> {
    /// The largest float that is an integer of 64 bits.
    const MAX: f64 = 9_223_372_036_854_774_784.0;
    if k.is_nan() || k > MAX {
        return Err(EvalError::BadArgument(format!("Scalar value {} overflows int64", number(k))));
    }
    Ok(k >= 1.0)
}

/// `limit_ratio`: about this share of the series, always the same ones; a negative share passes on the others.
pub(super) struct Share;

impl Pick for Share {
    fn pick(&self, ratio: f64, present: &mut Vec<(usize, f64, &Labels)>) {
        let ratio = ratio.clamp(-1.0, 1.0);
        present.retain(|(_, _, labels)| {
            let place = labels.fingerprint() as f64 / u64::MAX as f64;
            if ratio >= 0.0 { place < ratio } else { place >= 1.0 + ratio }
        });
    }

    fn passes(&self, ratio: f64) -> Result<bool, EvalError> {
        if ratio.is_nan() {
            return Err(EvalError::BadArgument("Ratio value NaN is NaN".to_owned()));
        }
        Ok(ratio != 0.0)
    }

    fn remark(&self, ratios: &Scalars, notes: &mut Notes) {
        let most = ratios.values().iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let least = ratios.values().iter().copied().fold(f64::INFINITY, f64::min);
        if most > 1.0 {
            notes.ratio_out_of_range(most, 1.0);
        }
        if least < -1.0 {
            notes.ratio_out_of_range(least, -1.0);
        }
    }

    fn ignores_histograms(&self) -> Option<&'static str> {
        None
    }
}
