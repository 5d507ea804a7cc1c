//! What a script has loaded, in memory and without limits of its own.

use std::collections::BTreeMap;
use std::fmt;

use andon_timeseries::{
    BadHistogram, Each, Found, HistogramSample, Sample, Select, SelectError, Series, Stretch, Wanted,
};
use andon_vocabulary::{Labels, Timestamp};

use super::Point;

/// Series that were written out, and answer queries like any other store.
#[derive(Clone, Debug, Default)]
pub struct World(BTreeMap<Labels, Series>);

/// Why a point cannot be loaded.
#[derive(Clone, Debug, PartialEq)]
pub enum BadPoint {
    /// The series has this time already, or a later one.
    NotLater(Labels, Timestamp),
    Histogram(Labels, BadHistogram),
}

impl fmt::Display for BadPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadPoint::NotLater(labels, at) => {
                write!(f, "{labels} has a sample at {}s or later already", at.as_ms() as f64 / 1000.0)
            }
            BadPoint::Histogram(labels, error) => write!(f, "{labels}: {error}"),
        }
    }
}

impl std::error::Error for BadPoint {}

impl World {
    /// A point of a series, later than those it has; the same once more changes nothing.
    pub fn put(&mut self, labels: &Labels, at: Timestamp, point: &Point) -> Result<(), BadPoint> {
        if *point == Point::Gap {
            return Ok(());
        }
        let series = match self.0.get_mut(labels) {
            Some(series) => series,
            None => {
                let empty = Series { labels: labels.clone(), ..Series::default() };
                self.0.entry(labels.clone()).or_insert(empty)
            }
        };
        let ends = [series.samples.last().map(|s| s.at), series.histograms.last().map(|h| h.at)];
        let is_later = ends.into_iter().flatten().all(|end| end < at);
        match point {
            Point::Gap => unreachable!("handled above"),
            Point::Float(value) => {
                let sample = Sample { at, value: *value };
                if series.samples.last() == Some(&sample) {
                    return Ok(());
                }
                if is_later {
                    series.samples.push(sample);
                    return Ok(());
                }
            }
            Point::Histogram(histogram) => {
                histogram.check().map_err(|error| BadPoint::Histogram(labels.clone(), error))?;
                if series
                    .histograms
                    .last()
                    .is_some_and(|last| last.at == at && last.histogram.same(histogram))
                {
                    return Ok(());
                }
                if is_later {
                    series.histograms.push(HistogramSample { at, histogram: histogram.clone() });
                    return Ok(());
                }
            }
        }
        Err(BadPoint::NotLater(labels.clone(), at))
    }
}

impl Select for World {
    fn find<'a>(&'a self, wanted: Wanted<'_>) -> Result<Box<dyn Found + 'a>, SelectError> {
        let matches = |labels: &Labels| wanted.matchers.iter().all(|matcher| matcher.matches(labels));
        let (mut labels, mut stretches) = (Vec::new(), Vec::new());
        for series in self.0.values().filter(|series| matches(&series.labels)) {
            let samples = within(&series.samples, &wanted, |sample| sample.at);
            let histograms = within(&series.histograms, &wanted, |sample| sample.at);
            if !samples.is_empty() || !histograms.is_empty() {
                labels.push(series.labels.clone());
                stretches.push(Stretch { samples, histograms });
            }
        }
        Ok(Box::new(Seen { labels, stretches }))
    }
}

/// Those later than `from` and not later than `to`.
fn within<'a, T>(all: &'a [T], wanted: &Wanted<'_>, at: impl Fn(&T) -> Timestamp) -> &'a [T] {
    let until = |time: Timestamp| all.partition_point(|one| at(one) <= time);
    let (from, to) = (until(wanted.from), until(wanted.to));
    &all[from..to.max(from)]
}

struct Seen<'a> {
    labels: Vec<Labels>,
    stretches: Vec<Stretch<'a>>,
}

impl Found for Seen<'_> {
    fn series(&self) -> &[Labels] {
        &self.labels
    }

    fn into_series(self: Box<Self>) -> Vec<Labels> {
        self.labels
    }

    fn read(&self, each: &Each<'_>) -> Result<(), SelectError> {
        for (at, stretch) in self.stretches.iter().enumerate() {
            if each(at, *stretch).is_break() {
                break;
            }
        }
        Ok(())
    }
}
