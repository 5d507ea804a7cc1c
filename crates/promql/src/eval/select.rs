//! Series out of the store: each selector is found once, each series read once, for all steps.

use std::ops::ControlFlow;
use std::sync::OnceLock;

use andon_timeseries::{Matcher, Purpose, Stretch, Wanted, is_stale};
use andon_vocabulary::{Labels, Timestamp};

use super::engine::Engine;
use super::meter::Meter;
use super::rows::{Points, Row, Rows};
use super::steps::Steps;
use super::{EvalError, Number};
use crate::node::Selector;

/// What is wanted of a series' newest sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Value,
    /// When it was sampled, in seconds.
    Time,
}

impl Engine<'_> {
    /// At every step each series' newest sample that is neither too old nor a staleness marker.
    pub(super) fn newest(&self, selector: &Selector, of: Of, steps: Steps) -> Result<Rows, EvalError> {
        let until = self.bounds.references(selector.when, steps);
        let times = (until.first.saturating_sub(self.lookback), until.last());
        let newest = Newest { until, lookback: self.lookback, of };
        let read = self.read(&selector.matchers, times, Purpose::Any, |_, stretch, meter| {
            let points = newest.points(stretch);
            meter.look_at(points.size());
            meter.hold(points.size())?;
            Ok(points)
        })?;
        Ok(Rows::new(read.into_iter().map(|(labels, points)| Row::new(labels, points)).collect()))
    }

    /// Reads each matching series with samples in `(from, to]` once, perhaps several at the same time, and gives what
    /// was made of each in the order of their labels.
    pub(super) fn read<T: Send + Sync>(
        &self,
        matchers: &[Matcher],
        (from, to): (i64, i64),
        purpose: Purpose,
        make: impl Fn(&Labels, Stretch, &Meter) -> Result<T, EvalError> + Sync,
    ) -> Result<Vec<(Labels, T)>, EvalError> {
        let meter = &self.meter;
        meter.check()?;
        let (from, to) = (Timestamp::from_ms(from), Timestamp::from_ms(to));
        let found = self.source.find(Wanted { matchers, from, to, purpose })?;
        let series = found.series();
        let slots: Vec<OnceLock<T>> = series.iter().map(|_| OnceLock::new()).collect();
        found.read(&|place, stretch| {
            let result = meter.check().and_then(|()| {
                let made = make(&series[place], stretch, meter)?;
                assert!(slots[place].set(made).is_ok(), "a series is read once");
                Ok(())
            });
            if meter.goes_on(result) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        meter.stopped()?;
        let made = found.into_series().into_iter().zip(slots);
        Ok(made.filter_map(|(labels, slot)| Some((labels, slot.into_inner()?))).collect())
    }
}

struct Newest {
    /// For each step the time that is looked at.
    until: Steps,
    lookback: i64,
    of: Of,
}

impl Newest {
    fn points(&self, Stretch { samples, histograms }: Stretch) -> Points {
        let mut points = Points::with_room_for(self.until.count);
        let (mut float, mut histogram) = (0, 0);
        for (step, until) in self.until.iter().enumerate() {
            let oldest = until.saturating_sub(self.lookback);
            float += samples[float..].iter().take_while(|sample| sample.at.as_ms() <= until).count();
            histogram += histograms[histogram..].iter().take_while(|h| h.at.as_ms() <= until).count();
            let newest_float = samples[..float].last();
            let newest_histogram = histograms[..histogram].last();
            let newest = match (newest_float, newest_histogram) {
                (Some(float), Some(histogram)) if histogram.at > float.at => {
                    (histogram.at, Number::Histogram(histogram.histogram.clone()))
                }
                (Some(float), _) if is_stale(float.value) => continue,
                (Some(float), _) => (float.at, Number::Float(float.value)),
                (None, Some(histogram)) => (histogram.at, Number::Histogram(histogram.histogram.clone())),
                (None, None) => continue,
            };
            let (at, value) = (newest.0.as_ms(), newest.1);
            if at <= oldest {
                continue;
            }
            match self.of {
                Of::Value => points.push_number(step, value),
                Of::Time => points.push(step, at as f64 / 1000.0),
            }
        }
        points
    }
}
