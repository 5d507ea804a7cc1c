//! Aggregations that make one value of many, fed one series after another.

use andon_timeseries::{Histogram, Mismatch};

use crate::eval::notes::Notes;
use crate::eval::rows::{Points, Row};
use crate::eval::sum::{Mean, Sum};
use crate::eval::{Number, histogram};

/// What one group has seen at one step.
pub(super) trait Fold: Clone + Default {
    fn float(&mut self, value: f64);
    fn histogram(&mut self, histogram: &Histogram, notes: &mut Notes);
    /// `None` if nothing was seen that counts.
    fn finish(self, notes: &mut Notes) -> Option<Number>;
}

/// Folds the rows of a group: series by series, so that each is walked once.
pub(super) fn fold<F: Fold>(rows: &[&Row], steps: usize, notes: &mut Notes<'_>) -> Points {
    let mut folds = vec![F::default(); steps];
    let place = notes.place;
    for row in rows {
        for (step, value) in row.points.floats() {
            folds[step].float(value);
        }
        if !row.points.histograms.is_empty() {
            let mut of_row = Notes { metric: row.labels.name(), ..Notes::at(place) };
            for (step, histogram) in &row.points.histograms {
                folds[*step].histogram(histogram, &mut of_row);
            }
            notes.annotations.merge(of_row.annotations);
        }
    }
    let mut points = Points::default();
    for (step, fold) in folds.into_iter().enumerate() {
        if let Some(number) = fold.finish(notes) {
            points.push_number(step, number);
        }
    }
    points
}

/// Histograms that are added up, or averaged.
#[derive(Clone, Default)]
enum Together {
    #[default]
    None,
    Some(Box<Histogram>),
    /// Two did not fit: there is no answer.
    Mismatched,
}

impl Together {
    fn add(
        &mut self,
        histogram: &Histogram,
        notes: &mut Notes,
        combine: impl Fn(&mut Histogram, &Histogram) -> Result<(), Mismatch>,
    ) {
        match self {
            Together::None => *self = Together::Some(Box::new(histogram.clone())),
            Together::Some(sum) => {
                if let Err(mismatch) = combine(sum, histogram) {
                    notes.mismatch(mismatch);
                    *self = Together::Mismatched;
                }
            }
            Together::Mismatched => {}
        }
    }

    /// The histogram, unless there are floats as well.
    fn finish(self, float: Option<f64>, notes: &mut Notes) -> Option<Number> {
        match (self, float) {
            (Together::None, float) => float.map(Number::Float),
            (_, Some(_)) => {
                notes.mixed_in_aggregation();
                None
            }
            (Together::Some(histogram), None) => Some(Number::Histogram((*histogram).into())),
            (Together::Mismatched, None) => None,
        }
    }
}

#[derive(Clone, Default)]
pub(super) struct Total {
    floats: Option<Sum>,
    histograms: Together,
}

impl Fold for Total {
    fn float(&mut self, value: f64) {
        match &mut self.floats {
            None => self.floats = Some(Sum::starting(value)),
            Some(sum) => sum.add(value),
        }
    }

    fn histogram(&mut self, histogram: &Histogram, notes: &mut Notes) {
        self.histograms.add(histogram, notes, Histogram::add);
    }

    fn finish(self, notes: &mut Notes) -> Option<Number> {
        self.histograms.finish(self.floats.map(|sum| sum.value()), notes)
    }
}

#[derive(Clone, Default)]
pub(super) struct Average {
    floats: Option<Mean>,
    histograms: Together,
    count: f64,
}

impl Fold for Average {
    fn float(&mut self, value: f64) {
        self.count += 1.0;
        self.floats.get_or_insert_default().add(value);
    }

    fn histogram(&mut self, histogram: &Histogram, notes: &mut Notes) {
        self.count += 1.0;
        let count = self.count;
        self.histograms.add(histogram, notes, |mean, next| histogram::approach(mean, next, count));
    }

    fn finish(self, notes: &mut Notes) -> Option<Number> {
        self.histograms.finish(self.floats.map(|mean| mean.value()), notes)
    }
}

#[derive(Clone, Default)]
pub(super) struct Count(usize);

impl Fold for Count {
    fn float(&mut self, _: f64) {
        self.0 += 1;
    }

    fn histogram(&mut self, _: &Histogram, _: &mut Notes) {
        self.0 += 1;
    }

    fn finish(self, _: &mut Notes) -> Option<Number> {
        (self.0 > 0).then_some(Number::Float(self.0 as f64))
    }
}

/// `group`: one, if there is anything.
#[derive(Clone, Default)]
pub(super) struct Any(bool);

impl Fold for Any {
    fn float(&mut self, _: f64) {
        self.0 = true;
    }

    fn histogram(&mut self, _: &Histogram, _: &mut Notes) {
        self.0 = true;
    }

    fn finish(self, _: &mut Notes) -> Option<Number> {
        self.0.then_some(Number::Float(1.0))
    }
}

/// NaN only if there is nothing else.
#[derive(Clone, Default)]
pub(super) struct Least(Option<f64>);

impl Fold for Least {
    fn float(&mut self, value: f64) {
        self.0 =
            Some(self.0.map_or(value, |least| if value < least || least.is_nan() { value } else { least }));
    }

    fn histogram(&mut self, _: &Histogram, notes: &mut Notes) {
        notes.ignored_in_aggregation("min");
    }

    fn finish(self, _: &mut Notes) -> Option<Number> {
        self.0.map(Number::Float)
    }
}

#[derive(Clone, Default)]
pub(super) struct Most(Option<f64>);

impl Fold for Most {
    fn float(&mut self, value: f64) {
        self.0 = Some(self.0.map_or(value, |most| if value > most || most.is_nan() { value } else { most }));
    }

    fn histogram(&mut self, _: &Histogram, notes: &mut Notes) {
        notes.ignored_in_aggregation("max");
    }

    fn finish(self, _: &mut Notes) -> Option<Number> {
        self.0.map(Number::Float)
    }
}

/// The population variance (Welford).
#[derive(Clone, Default)]
pub(super) struct Variance {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Variance {
    fn value(self) -> Option<f64> {
        (self.count > 0.0).then(|| self.squares / self.count)
    }
}

impl Fold for Variance {
    fn float(&mut self, value: f64) {
        self.count += 1.0;
        if self.count == 1.0 {
            self.mean = value;
            self.squares = if value.is_finite() { 0.0 } else { f64::NAN };
            return;
        }
        let delta = value - self.mean;
        self.mean += delta / self.count;
        self.squares += delta * (value - self.mean);
    }

    fn histogram(&mut self, _: &Histogram, notes: &mut Notes) {
        notes.ignored_in_aggregation("stdvar");
    }

    fn finish(self, _: &mut Notes) -> Option<Number> {
        self.value().map(Number::Float)
    }
}

#[derive(Clone, Default)]
pub(super) struct Deviation(Variance);

impl Fold for Deviation {
    fn float(&mut self, value: f64) {
        self.0.float(value);
    }

    fn histogram(&mut self, _: &Histogram, notes: &mut Notes) {
        notes.ignored_in_aggregation("stddev");
    }

    fn finish(self, _: &mut Notes) -> Option<Number> {
        self.0.value().map(|variance| Number::Float(variance.sqrt()))
    }
}
