//! What one scrape brings: its samples, or why nothing of it is believed.

use std::sync::Arc;

use andon_blocks::Appender;
use andon_exposition::Spot;
use andon_timeseries::{AppendError, Exemplar, Histogram, HistogramSample, Sample, SeriesRef};
use andon_vocabulary::Timestamp;

use crate::scrape::report::Counts;

/// The samples of a body that was read to its end.
#[derive(Debug, Default)]
pub struct Batch {
    pub(super) samples: Vec<Item>,
    pub(super) exemplars: Vec<(Spot, Exemplar)>,
    /// More than the job's limit: they are still counted, but not taken.
    pub(super) is_over: bool,
    pub counts: Counts,
}

#[derive(Debug)]
pub(super) struct Item {
    pub(super) spot: Spot,
    pub(super) handle: Option<SeriesRef>,
    pub(super) at: Timestamp,
    pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Float(f64),
    Histogram(Arc<Histogram>),
}

/// Why a body is not believed at all.
#[derive(Debug)]
pub struct Broken {
    pub why: String,
    pub counts: Counts,
}

/// Why a target that could not be asked, or not to the end, is not believed.
impl From<String> for Broken {
    fn from(why: String) -> Broken {
        Broken { why, counts: Counts::default() }
    }
}

impl Item {
    pub(super) fn append(&self, head: &mut Appender<'_>, handle: SeriesRef) -> Result<(), AppendError> {
        let at = self.at;
        match &self.value {
            Value::Float(value) => head.append_ref(handle, Sample { at, value: *value }),
            Value::Histogram(histogram) => {
                head.append_histogram(handle, HistogramSample { at, histogram: histogram.clone() })
            }
        }
    }
}
