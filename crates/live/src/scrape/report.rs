//! What Andon says of a scrape itself: `up` and the series beside it, named as Prometheus names them.

use std::collections::BTreeSet;
use std::time::Duration;

use andon_blocks::Appender;
use andon_timeseries::{AppendError, STALE, Sample, SeriesRef};
use andon_vocabulary::{Labels, METRIC_NAME, Name, Timestamp};

const NAMES: [&str; 5] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];

/// How much a scrape brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub scraped: usize,
    /// After relabelling.
    pub kept: usize,
    /// Series that were not there the last time.
    pub new: usize,
}

/// What there is to say.
#[derive(Clone, Copy, Debug)]
pub enum Told {
    Up(Duration, Counts),
    Down(Duration, Counts),
    /// Nobody asks the target any more.
    End,
}

#[derive(Debug)]
pub struct Reports([(Labels, Option<SeriesRef>); 5]);

impl Reports {
    pub fn new(target: &Labels) -> Reports {
        Reports(NAMES.map(|name| (target.with(METRIC_NAME, name), None)))
    }

    /// Adds the metrics that got samples to `written`. These series count towards no limit of the target's: they tell
    /// of one that has too many.
    pub fn write(
        &mut self,
        head: &mut Appender<'_>,
        now: Timestamp,
        told: Told,
        written: &mut BTreeSet<Name>,
    ) {
        let values = match told {
            Told::Up(took, counts) => values(1.0, took, counts),
            Told::Down(took, counts) => values(0.0, took, counts),
            Told::End => [STALE; 5],
        };
        for ((labels, handle), value) in self.0.iter_mut().zip(values) {
            let sample = Sample { at: now, value };
            let mut taken = handle.map_or(Err(AppendError::Gone), |handle| head.append_ref(handle, sample));
            if taken == Err(AppendError::Gone) {
                taken = head.append(labels, sample).map(|new| *handle = Some(new));
            }
            match taken {
                Ok(()) => {
                    written.insert(Name::from(labels.name()));
                }
                Err(error) => tracing::debug!(series = %labels, %error, "sample refused"),
            }
        }
    }
}

fn values(up: f64, took: Duration, counts: Counts) -> [f64; 5] {
    let [scraped, kept, new] = [counts.scraped, counts.kept, counts.new].map(|count| count as f64);
    [up, took.as_secs_f64(), scraped, kept, new]
}
