//! Histograms within a query: native ones as values of their own, classic ones as buckets told apart by the label `le`.
//! What a native histogram is and how two are added stands in `andon_timeseries`; here stands what PromQL makes of it.

mod classic;
mod estimate;
mod operator;
mod range;

use andon_timeseries::Histogram;

use super::rows::{Points, Rows};
pub(super) use estimate::{fractions, quantiles};
pub(super) use operator::{Operated, operate};
pub(super) use range::{approach, change, mean, step, sum};

/// A number for each histogram; floats are left out.
pub(super) fn each(mut rows: Rows, value: impl Fn(&Histogram) -> f64) -> Rows {
    for row in &mut rows.rows {
        let mut points = Points::default();
        for (step, histogram) in &row.points.histograms {
            points.push(*step, value(histogram));
        }
        row.points = points;
    }
    rows.pruned()
}
