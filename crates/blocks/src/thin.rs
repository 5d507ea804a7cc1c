//! Thinning out the past: what remains of many samples, and what that answers later.
//!
//! Of each step of time `(k·step - step, k·step]` remain the lowest and highest value, the sum and the count, told at its
//! end. A counter keeps the last sample of each step and both samples around every reset, at their own times, so that
//! an increase over whole steps is exact. Staleness markers go.

use std::time::Duration;

use andon_timeseries::{Purpose, Sample, is_stale};
use andon_vocabulary::Timestamp;

use crate::block::Column;

/// How far apart samples may be for an instant query to find one: Prometheus's look-back. A value that stands for a
/// longer step is told again this often.
const TOLD_EVERY_MS: i64 = 300_000;

/// What remains of one series; every column in order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thinned {
    pub min: Vec<Sample>,
    pub max: Vec<Sample>,
    pub sum: Vec<Sample>,
    pub count: Vec<Sample>,
    pub counter: Vec<Sample>,
}

impl Thinned {
    pub fn columns(&self) -> [(Column, &[Sample]); 5] {
        [
            (Column::Min, &self.min),
            (Column::Max, &self.max),
            (Column::Sum, &self.sum),
            (Column::Count, &self.count),
            (Column::Counter, &self.counter),
        ]
    }

    pub fn clear(&mut self) {
        for column in Column::THINNED {
            self.column(column).into_iter().for_each(Vec::clear);
        }
    }

    pub fn column(&mut self, column: Column) -> Option<&mut Vec<Sample>> {
        match column {
            Column::Samples => None,
            Column::Min => Some(&mut self.min),
            Column::Max => Some(&mut self.max),
            Column::Sum => Some(&mut self.sum),
            Column::Count => Some(&mut self.count),
            Column::Counter => Some(&mut self.counter),
        }
    }
}

/// The end of the step in which a time lies.
pub fn step_end(at: Timestamp, step: Duration) -> Timestamp {
    let (at, step) = (at.as_ms(), step.as_millis() as i64);
    Timestamp::from_ms(at.saturating_sub(1).div_euclid(step).saturating_add(1).saturating_mul(step))
}

/// Samples as they came.
pub fn thin(samples: &[Sample], step: Duration) -> Thinned {
    let real: Vec<Sample> = samples.iter().filter(|sample| !is_stale(sample.value)).copied().collect();
    let ones: Vec<Sample> = real.iter().map(|sample| Sample { value: 1.0, ..*sample }).collect();
    Thinned {
        min: fold(&real, step, f64::min),
        max: fold(&real, step, f64::max),
        sum: fold(&real, step, |a, b| a + b),
        count: fold(&ones, step, |a, b| a + b),
        counter: counter(&real, step),
    }
}

/// What was thinned out to shorter steps before.
pub fn thin_again(finer: &Thinned, step: Duration) -> Thinned {
    Thinned {
        min: fold(&finer.min, step, f64::min),
        max: fold(&finer.max, step, f64::max),
        sum: fold(&finer.sum, step, |a, b| a + b),
        count: fold(&finer.count, step, |a, b| a + b),
        counter: counter(&finer.counter, step),
    }
}

fn fold(samples: &[Sample], step: Duration, with: impl Fn(f64, f64) -> f64) -> Vec<Sample> {
    let same_step = |a: &Sample, b: &Sample| step_end(a.at, step) == step_end(b.at, step);
    let one = |samples: &[Sample]| Sample {
        at: step_end(samples[0].at, step),
        value: samples[1..].iter().fold(samples[0].value, |value, next| with(value, next.value)),
    };
    samples.chunk_by(same_step).map(one).collect()
}

fn counter(samples: &[Sample], step: Duration) -> Vec<Sample> {
    let is_reset = |at: usize| {
        let pair = at.checked_sub(1).and_then(|before| Some((samples.get(before)?, samples.get(at)?)));
        pair.is_some_and(|(before, after)| after.value < before.value)
    };
    let is_last = |at: usize| {
        let next = samples.get(at + 1);
        next.is_none_or(|next| step_end(next.at, step) != step_end(samples[at].at, step))
    };
    let keeps = |at: &usize| *at == 0 || is_last(*at) || is_reset(*at) || is_reset(*at + 1);
    (0..samples.len()).filter(keeps).map(|at| samples[at]).collect()
}

/// Which columns answer a purpose.
pub fn columns_for(purpose: Purpose) -> &'static [Column] {
    match purpose {
        Purpose::Counter => &[Column::Counter],
        Purpose::Min => &[Column::Min],
        Purpose::Max => &[Column::Max],
        Purpose::Sum => &[Column::Sum],
        Purpose::Any | Purpose::Average | Purpose::Count => &[Column::Sum, Column::Count],
    }
}

/// The samples that answer best: so that the function they are for comes out as it would have over all samples of
/// whole steps, as far as that can be.
pub fn answer(thinned: &Thinned, purpose: Purpose, step: Duration, into: &mut Vec<Sample>) {
    let averages = || {
        let pairs = thinned.sum.iter().zip(&thinned.count);
        pairs.map(|(sum, count)| Sample { at: sum.at, value: sum.value / count.value })
    };
    match purpose {
        Purpose::Counter => into.extend(&thinned.counter),
        Purpose::Sum => into.extend(&thinned.sum),
        Purpose::Min => thinned.min.iter().for_each(|sample| hold(*sample, step, into)),
        Purpose::Max => thinned.max.iter().for_each(|sample| hold(*sample, step, into)),
        Purpose::Any | Purpose::Average => averages().for_each(|sample| hold(sample, step, into)),
        Purpose::Count => {
            for (average, count) in averages().zip(&thinned.count) {
                spread(average, count.value, step, into);
            }
        }
    }
}

/// A value that holds for its whole step, so that no instant within it finds nothing.
fn hold(sample: Sample, step: Duration, into: &mut Vec<Sample>) {
    let times = (step.as_millis() as i64 / TOLD_EVERY_MS).max(1);
    let at = |nth: i64| Timestamp::from_ms(sample.at.as_ms().saturating_sub(nth * TOLD_EVERY_MS));
    into.extend((0..times).rev().map(|nth| Sample { at: at(nth), value: sample.value }));
}

/// As many samples as there were, evenly over the step.
fn spread(sample: Sample, count: f64, step: Duration, into: &mut Vec<Sample>) {
    let step = step.as_millis() as i64;
    // No more than one a millisecond can have been there.
    let count = (count as i64).clamp(0, step);
    let at = |nth: i64| Timestamp::from_ms(sample.at.as_ms().saturating_sub(nth * step / count));
    into.extend((0..count).rev().map(|nth| Sample { at: at(nth), value: sample.value }));
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIVE: Duration = Duration::from_secs(300);
    const HOUR: Duration = Duration::from_secs(3600);

    fn sampled(values: impl IntoIterator<Item = f64>) -> Vec<Sample> {
        let at = |n: usize| Timestamp::from_ms((n as i64 + 1) * 15_000);
        values.into_iter().enumerate().map(|(n, value)| Sample { at: at(n), value }).collect()
    }

    fn increase(samples: &[Sample]) -> f64 {
        let rise = |pair: &[Sample]| {
            if pair[1].value < pair[0].value { pair[1].value } else { pair[1].value - pair[0].value }
        };
        samples.windows(2).map(rise).sum()
    }

    #[test]
    fn a_day_of_a_counter_with_resets_increased_by_as_much() {
        arbtest::arbtest(|u| {
            let mut value = 0.0;
            let mut values = Vec::new();
            for _ in 0..u.int_in_range(1..=700)? {
                value = if u.ratio(1, 50)? { 0.0 } else { value + f64::from(u.int_in_range(0..=9_u8)?) };
                values.push(value);
            }
            let raw = sampled(values);
            let five = thin(&raw, FIVE);
            assert_eq!(increase(&five.counter), increase(&raw));
            assert_eq!(increase(&thin_again(&five, HOUR).counter), increase(&raw));
            assert_eq!(thin_again(&five, HOUR), thin(&raw, HOUR));
            Ok(())
        });
    }

    #[test]
    fn every_purpose_comes_out_as_over_all_samples() {
        let raw = sampled((0..480).map(|n| f64::from(n % 37)));
        let hour = thin(&raw, HOUR);
        let answered = |purpose| {
            let mut into = Vec::new();
            answer(&hour, purpose, HOUR, &mut into);
            assert!(into.is_sorted_by(|a, b| a.at < b.at), "{purpose:?}");
            assert!(into.iter().all(|sample| sample.at.as_ms() > 0 && sample.at.as_ms() <= 7_200_000));
            into
        };
        assert_eq!(answered(Purpose::Count).len(), 480);
        let sum: f64 = raw.iter().map(|sample| sample.value).sum();
        assert_eq!(answered(Purpose::Sum).iter().map(|sample| sample.value).sum::<f64>(), sum);
        let max = answered(Purpose::Max);
        assert!(max.windows(2).all(|pair| pair[1].at.since(pair[0].at) <= FIVE), "an instant finds one");
        assert!(max.iter().all(|sample| sample.value == 36.0));
        assert!(answered(Purpose::Min).iter().all(|sample| sample.value == 0.0));
    }

    #[test]
    fn a_step_includes_its_end() {
        let at = |ms| step_end(Timestamp::from_ms(ms), FIVE).as_ms();
        assert_eq!([at(0), at(1), at(300_000), at(300_001)], [0, 300_000, 300_000, 600_000]);
    }
}
