//! The samples of one series that a range covers, sliding over all steps.

use andon_timeseries::{HistogramSample, Sample, Stretch, is_stale};

use super::Number;
use super::notes::Notes;
use super::rows::Points;
use super::steps::Steps;

/// What a range covers at one step: samples within `(start, end]`, without staleness markers; at least one. Times are
/// milliseconds.
pub(crate) struct Window<'a> {
    pub samples: &'a [Sample],
    pub histograms: &'a [HistogramSample],
    /// The value before each sample of this window that is lower than the one before it, which is of this window too.
    pub drops: &'a [Drop],
    pub start: i64,
    pub end: i64,
    /// The time of evaluation: not the end of the window where there is an offset.
    pub now: i64,
    pub step: usize,
    /// How long the range is.
    pub seconds: f64,
}

/// A counter that fell: it began anew.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drop {
    /// Where among the samples the lower value stands.
    at: usize,
    pub before: f64,
}

impl Window<'_> {
    pub fn values(&self) -> impl Iterator<Item = f64> + Clone {
        self.samples.iter().map(|sample| sample.value)
    }
}

/// How windows lie on the line of time: the same for every series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slide {
    pub steps: Steps,
    /// Where the window ends at each step.
    pub ends: Steps,
    pub range: i64,
}

impl Slide {
    /// What the function makes of each window that holds a sample, and how many samples the windows held.
    pub fn over(
        &self,
        stretch: Stretch,
        notes: &mut Notes,
        of: impl Fn(&Window, &mut Notes) -> Option<Number>,
    ) -> (Points, usize) {
        let fresh: Vec<Sample>;
        let mut samples = stretch.samples;
        // No short cut: without one, the compiler looks at several samples at once.
        if samples.iter().fold(false, |found, sample| found | is_stale(sample.value)) {
            fresh = samples.iter().filter(|sample| !is_stale(sample.value)).copied().collect();
            samples = &fresh;
        }
        let drops = drops(samples);
        let mut points = Points::with_room_for(self.steps.count);
        let seconds = self.range as f64 / 1000.0;
        let mut looked_at = 0;
        let (mut floats, mut histograms) = (Edges::default(), Edges::default());
        for (step, (now, end)) in self.steps.iter().zip(self.ends.iter()).enumerate() {
            let start = end.saturating_sub(self.range);
            floats.move_to(samples.len(), |at| samples[at].at.as_ms(), start, end);
            histograms.move_to(stretch.histograms.len(), |at| stretch.histograms[at].at.as_ms(), start, end);
            let covered = (floats.to - floats.from) + (histograms.to - histograms.from);
            if covered == 0 {
                continue;
            }
            looked_at += covered;
            let window = Window {
                samples: &samples[floats.from..floats.to],
                histograms: &stretch.histograms[histograms.from..histograms.to],
                drops: floats.within(&drops),
                start,
                end,
                now,
                step,
                seconds,
            };
            if let Some(number) = of(&window, notes) {
                points.push_number(step, number);
            }
        }
        (points, looked_at)
    }
}

/// Found once a series: windows overlap, and most counters never fall.
fn drops(samples: &[Sample]) -> Vec<Drop> {
    if !samples.windows(2).fold(false, |found, pair| found | (pair[1].value < pair[0].value)) {
        return Vec::new();
    }
    let falls = |(at, pair): (usize, &[Sample])| {
        (pair[1].value < pair[0].value).then_some(Drop { at: at + 1, before: pair[0].value })
    };
    samples.windows(2).enumerate().filter_map(falls).collect()
}

/// Which samples are within the window; both only ever move forward.
#[derive(Clone, Copy, Debug, Default)]
struct Edges {
    from: usize,
    to: usize,
}

impl Edges {
    fn move_to(&mut self, length: usize, at: impl Fn(usize) -> i64, start: i64, end: i64) {
        while self.to < length && at(self.to) <= end {
            self.to += 1;
        }
        while self.from < self.to && at(self.from) <= start {
            self.from += 1;
        }
    }

    fn within<'a>(&self, drops: &'a [Drop]) -> &'a [Drop] {
        if drops.is_empty() {
            return drops;
        }
        let from = drops.partition_point(|drop| drop.at <= self.from);
        let to = drops.partition_point(|drop| drop.at < self.to);
        &drops[from..to.max(from)]
    }
}
