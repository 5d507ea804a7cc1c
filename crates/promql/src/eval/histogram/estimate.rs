//! `histogram_quantile` and `histogram_fraction`, of classic and of native histograms alike.

use std::collections::BTreeMap;

use andon_timeseries::{Histogram, Skew, is_stale};
use andon_vocabulary::Labels;

use super::classic::{self, Bucket};
use crate::eval::engine::Engine;
use crate::eval::notes::Notes;
use crate::eval::rows::{Naming, Points, Row, Rows};
use crate::eval::steps::Steps;
use crate::eval::{EvalError, Place};
use crate::node::Call;

pub(in crate::eval) fn quantiles(engine: &Engine<'_>, call: &Call, steps: Steps) -> Result<Rows, EvalError> {
    let q = engine.scalar(&call.args[0], steps)?;
    engine.note(call.place(0), |notes| {
        let out_of_range = q.values().iter().filter(|q| !(0.0..=1.0).contains(*q));
        out_of_range.for_each(|q| notes.quantile_out_of_range(*q));
    });
    let rows = engine.vector(&call.args[1], steps)?;
    estimated(
        engine,
        rows,
        steps,
        (call.place(0), call.place(1)),
        Estimate {
            native: &|histogram, step, notes| {
                let (value, skew) = histogram.quantile(q.at(step));
                match skew {
                    Some(Skew::Lost) => notes.quantile_is_nan(),
                    Some(Skew::Skewed) => notes.quantile_is_skewed(),
                    None => {}
                }
                value
            },
            classic: &|buckets, step, notes| {
                let (value, is_forced) = classic::quantile(q.at(step), buckets);
                if is_forced {
                    notes.forced_monotonicity();
                }
                value
            },
        },
    )
}

pub(in crate::eval) fn fractions(engine: &Engine<'_>, call: &Call, steps: Steps) -> Result<Rows, EvalError> {
    let lower = engine.scalar(&call.args[0], steps)?;
    let upper = engine.scalar(&call.args[1], steps)?;
    let rows = engine.vector(&call.args[2], steps)?;
    estimated(
        engine,
        rows,
        steps,
        (call.place(0), call.place(2)),
        Estimate {
            native: &|histogram, step, notes| {
                let (value, skew) = histogram.fraction(lower.at(step), upper.at(step));
                if skew.is_some() {
                    notes.fraction_without_nans();
                }
                value
            },
            classic: &|buckets, step, _| classic::fraction(lower.at(step), upper.at(step), buckets),
        },
    )
}

/// What is made of a histogram at a step.
struct Estimate<'a> {
    native: &'a dyn Fn(&Histogram, usize, &mut Notes) -> f64,
    classic: &'a dyn Fn(Vec<Bucket>, usize, &mut Notes) -> f64,
}

/// The series of one classic histogram, each with the upper bound of its bucket.
type Classic<'r> = BTreeMap<Labels, Vec<(f64, &'r Row)>>;

/// One row for each histogram. Where a native and a classic one have the same labels at the same step, neither counts.
/// `places` are those of the first argument and of the vector.
fn estimated(
    engine: &Engine<'_>,
    rows: Rows,
    steps: Steps,
    places: (Option<Place>, Option<Place>),
    estimate: Estimate,
) -> Result<Rows, EvalError> {
    let rows = Rows::new(rows.settled());
    let classics = engine.note(places.1, |notes| classics(&rows, notes));
    let mut results = Vec::new();
    for row in rows.rows.iter().filter(|row| !row.points.histograms.is_empty()) {
        let twin = classics.get(&row.labels);
        let clashes = |step: usize| twin.is_some_and(|buckets| has_floats(buckets, step));
        let mut points = Points::default();
        let mut notes = Notes::at(places.0);
        if engine.naming == Naming::Late {
            notes.metric = row.labels.name();
        }
        for (step, histogram) in &row.points.histograms {
            if clashes(*step) {
                engine.note(places.1, |notes| notes.mixed_classic_native(row.labels.name()));
                continue;
            }
            points.push(*step, (estimate.native)(histogram, *step, &mut notes));
        }
        engine.annotate(notes.annotations);
        results.push(Row::new(row.labels.clone(), points));
    }
    let natives: BTreeMap<&Labels, &Row> = rows.rows.iter().map(|row| (&row.labels, row)).collect();
    for (labels, buckets) in &classics {
        engine.meter.check()?;
        let twin = natives.get(labels);
        let mut points = Points::default();
        engine.note(places.1, |notes| {
            let mut of_metric = Notes { metric: labels.name(), ..Notes::at(notes.place) };
            for step in 0..steps.count {
                let there = |(upper, row): &(f64, &Row)| {
                    let count = row.points.float(step);
                    (!is_stale(count)).then_some(Bucket { upper: *upper, count })
                };
                let present: Vec<Bucket> = buckets.iter().filter_map(there).collect();
                let clashes = twin.is_some_and(|row| row.points.histogram(step).is_some());
                if !present.is_empty() && !clashes {
                    points.push(step, (estimate.classic)(present, step, &mut of_metric));
                }
            }
            notes.annotations.merge(of_metric.annotations);
        });
        results.push(Row::new(labels.clone(), points));
    }
    Rows::new(results).unnamed(engine.naming)?.merged()
}

fn has_floats(buckets: &[(f64, &Row)], step: usize) -> bool {
    buckets.iter().any(|(_, row)| !is_stale(row.points.float(step)))
}

/// Rows with floats by their labels without `le`; what has no usable bound is left out, and it is said.
fn classics<'r>(rows: &'r Rows, notes: &mut Notes) -> Classic<'r> {
    let mut classics = Classic::new();
    for row in rows.rows.iter().filter(|row| row.points.floats().next().is_some()) {
        let le = row.labels.get("le").unwrap_or("");
        match le.parse() {
            Ok(upper) => classics.entry(row.labels.without(&["le"])).or_default().push((upper, row)),
            Err(_) => notes.bad_bucket_label(row.labels.name(), le),
        }
    }
    classics
}
