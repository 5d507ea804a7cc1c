//! Functions of ranges: `rate(x[5m])` and its like, over the samples of a store or over those that a subquery makes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use andon_timeseries::{Purpose, Reset, Series, Stretch, is_stale};
use andon_vocabulary::{Labels, Timestamp};

use super::engine::Engine;
use super::notes::Notes;
use super::rows::{Points, Row, Rows, names};
use super::steps::Steps;
use super::window::{Slide, Window};
use super::{Annotations, EvalError, Number, Place, series};
use crate::node::{Node, Subquery};

/// What was made of one series.
struct Made {
    points: Points,
    annotations: Annotations,
}

/// Whether all series are of one metric: seen where several threads look at labels for the first time, since looking
/// again waits for memory.
#[derive(Default)]
struct OneMetric {
    first: OnceLock<Labels>,
    several: AtomicBool,
}

impl OneMetric {
    fn see(&self, labels: &Labels) {
        if names(self.first.get_or_init(|| labels.clone())) != names(labels) {
            self.several.store(true, Ordering::Relaxed);
        }
    }
}

impl Engine<'_> {
    /// What a function makes of the windows of every series. `place` is where the range stands in the text.
    pub(super) fn windows(
        &self,
        arg: &Node,
        place: Option<Place>,
        purpose: Purpose,
        steps: Steps,
        of: impl Fn(&Window, &mut Notes) -> Option<Number> + Sync,
    ) -> Result<Rows, EvalError> {
        let metric = OneMetric::default();
        let (made, one_name) = match arg.unparen() {
            Node::Range(selector, range) => {
                let ends = self.bounds.references(selector.when, steps);
                let slide = Slide { steps, ends, range: *range };
                let times = (ends.first.saturating_sub(*range), ends.last());
                let made = self.read(&selector.matchers, times, purpose, |labels, stretch, meter| {
                    metric.see(labels);
                    let mut notes = Notes { metric: labels.name(), ..Notes::at(place) };
                    let (points, looked_at) = slide.over(stretch, &mut notes, &of);
                    meter.look_at(looked_at);
                    meter.hold(points.size())?;
                    Ok(Made { points, annotations: notes.annotations })
                })?;
                (made, !metric.several.into_inner())
            }
            Node::Subquery(subquery) => {
                let ends = self.bounds.references(subquery.when, steps);
                let slide = Slide { steps, ends, range: subquery.range };
                let mut made = Vec::new();
                let (rows, inner) = self.subquery(subquery, steps)?;
                for row in rows.settled() {
                    self.meter.check()?;
                    let series = without_resets(series(row, inner));
                    let mut notes = Notes { metric: series.labels.name(), ..Notes::at(place) };
                    let stretch = Stretch { samples: &series.samples, histograms: &series.histograms };
                    let (points, _) = slide.over(stretch, &mut notes, &of);
                    self.meter.hold(points.size())?;
                    let annotations = notes.annotations;
                    made.push((series.labels, Made { points, annotations }));
                }
                (made, false)
            }
            other => unreachable!("{other} is no range vector, and types are checked when a query is parsed"),
        };
        let row = |(labels, made): (Labels, Made)| {
            self.annotate(made.annotations);
            Row::new(labels, made.points)
        };
        let rows = Rows::new(made.into_iter().map(row).collect());
        Ok(if one_name { rows.of_one_name() } else { rows })
    }

    /// A range as an answer: the samples themselves.
    pub(super) fn samples(&self, node: &Node, at: i64) -> Result<Vec<Series>, EvalError> {
        let steps = Steps::once(at);
        let (mut all, when, range) = match node.unparen() {
            Node::Range(selector, range) => {
                let end = self.bounds.references(selector.when, steps).first;
                let times = (end.saturating_sub(*range), end);
                let all = self.read(&selector.matchers, times, Purpose::Any, |labels, stretch, meter| {
                    meter.look_at(stretch.len());
                    meter.hold(stretch.len())?;
                    let (samples, histograms) = (stretch.samples.to_vec(), stretch.histograms.to_vec());
                    Ok(Series { labels: labels.clone(), samples, histograms })
                })?;
                (all.into_iter().map(|(_, series)| series).collect::<Vec<_>>(), selector.when, *range)
            }
            Node::Subquery(subquery) => {
                let (rows, inner) = self.subquery(subquery, steps)?;
                let all = rows.finished()?.into_iter().map(|row| series(row, inner));
                (all.collect(), subquery.when, subquery.range)
            }
            other => unreachable!("{other} is no range vector, and types are checked when a query is parsed"),
        };
        let end = self.bounds.references(when, steps).first;
        let covers = |time: Timestamp| time.as_ms() > end.saturating_sub(range) && time.as_ms() <= end;
        for series in &mut all {
            series.samples.retain(|sample| covers(sample.at) && !is_stale(sample.value));
            series.histograms.retain(|sample| covers(sample.at));
        }
        all.retain(|series| !series.samples.is_empty() || !series.histograms.is_empty());
        Ok(all)
    }

    /// Evaluates the inner query at each multiple of the resolution that any of the steps covers; gives those times too.
    fn subquery(&self, subquery: &Subquery, steps: Steps) -> Result<(Rows, Steps), EvalError> {
        let ends = self.bounds.references(subquery.when, steps);
        let start = ends.first.saturating_sub(subquery.range);
        let step = subquery.step.unwrap_or(self.subquery_step).max(1);
        let aligned = start - start % step;
        let first = if aligned <= start { aligned.saturating_add(step) } else { aligned };
        let inner = Steps::between(first, ends.last(), step);
        // Each time costs something, even where there is no series.
        self.meter.would_fit(inner.count)?;
        Ok((self.rows(&subquery.inner, inner)?, inner))
    }
}

/// What a histogram says of resets holds between samples of the store, not between those of a subquery.
fn without_resets(mut series: Series) -> Series {
    for sample in &mut series.histograms {
        if matches!(sample.histogram.reset, Reset::Reset | Reset::NotReset) {
            Arc::make_mut(&mut sample.histogram).reset = Reset::Unknown;
        }
    }
    series
}
