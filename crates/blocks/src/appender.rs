//! What a write may do: everything that goes into the head goes into the log too.

use andon_timeseries::{AppendError, Exemplar, Head, HistogramSample, Metadata, Sample, SeriesRef};
use andon_vocabulary::Labels;

use crate::wal::{Encoder, Extra};

/// The head, and what is to be logged of it.
#[derive(Debug)]
pub struct Front {
    pub head: Head,
    pub encoder: Encoder,
    /// Whose labels stand in the log since the last checkpoint, one bit a series.
    named: Vec<u64>,
    pub counted: Counted,
}

/// Since the start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    pub appended: u64,
    pub refused: u64,
}

impl Front {
    pub fn new(head: Head) -> Front {
        Front { head, encoder: Encoder::default(), named: Vec::new(), counted: Counted::default() }
    }

    /// The log goes on in a new segment, which must be understood without those before it.
    pub fn begin_segment(&mut self) {
        self.named.clear();
        self.encoder.start();
    }

    fn name(&mut self, series: SeriesRef, labels: impl FnOnce(&Head) -> Option<Labels>) {
        let number = series.number() as usize;
        if self.named.len() <= number / 64 {
            self.named.resize(number / 64 + 1, 0);
        }
        let (word, bit) = (&mut self.named[number / 64], 1 << (number % 64));
        if *word & bit == 0
            && let Some(labels) = labels(&self.head)
        {
            *word |= bit;
            self.encoder.series(u64::from(series.number()), &labels);
        }
    }
}

/// Appends to the store. What it refuses leaves everything that is there unharmed.
#[derive(Debug)]
pub struct Appender<'a> {
    front: &'a mut Front,
    /// The disk takes nothing at the moment.
    disk_refuses: bool,
    logs: bool,
}

impl<'a> Appender<'a> {
    pub(crate) fn new(front: &'a mut Front, logs: bool, disk_refuses: bool) -> Appender<'a> {
        Appender { front, disk_refuses, logs }
    }

    /// What is there already.
    pub fn head(&self) -> &Head {
        &self.front.head
    }

    /// As [`Head::series`].
    pub fn series(&mut self, labels: &Labels) -> Result<SeriesRef, AppendError> {
        self.series_of(None, labels)
    }

    /// As [`Head::series_of`].
    pub fn series_of(&mut self, target: Option<&str>, labels: &Labels) -> Result<SeriesRef, AppendError> {
        self.counted(|front| front.head.series_of(target, labels))
    }

    /// As [`Head::append`].
    pub fn append(&mut self, labels: &Labels, sample: Sample) -> Result<SeriesRef, AppendError> {
        let series = self.series(labels)?;
        self.append_ref(series, sample).map(|()| series)
    }

    /// As [`Head::append_ref`].
    pub fn append_ref(&mut self, series: SeriesRef, sample: Sample) -> Result<(), AppendError> {
        let logs = self.logs;
        self.counted(|front| {
            front.head.append_ref(series, sample)?;
            front.counted.appended += 1;
            if logs {
                front.name(series, |head| head.labels(series).cloned());
                front.encoder.sample(u64::from(series.number()), sample);
            }
            Ok(())
        })
    }

    /// As [`Head::append_histogram`].
    pub fn append_histogram(
        &mut self,
        series: SeriesRef,
        sample: HistogramSample,
    ) -> Result<(), AppendError> {
        let logs = self.logs;
        self.counted(|front| {
            front.head.append_histogram(series, sample.clone())?;
            front.counted.appended += 1;
            if logs {
                front.name(series, |head| head.labels(series).cloned());
                front.encoder.histogram(u64::from(series.number()), &sample);
            }
            Ok(())
        })
    }

    /// As [`Head::exemplar`].
    pub fn exemplar(&mut self, series: SeriesRef, exemplar: Exemplar) -> Result<(), AppendError> {
        let logs = self.logs;
        self.counted(|front| {
            let extra = Extra::Exemplar {
                series: u64::from(series.number()),
                at: exemplar.at.as_ms(),
                labels: exemplar.labels.clone(),
                bits: exemplar.value.to_bits(),
            };
            front.head.exemplar(series, exemplar)?;
            if logs {
                front.name(series, |head| head.labels(series).cloned());
                front.encoder.extra(&extra);
            }
            Ok(())
        })
    }

    /// As [`Head::describe`].
    pub fn describe(&mut self, metric: &str, metadata: Metadata) -> Result<bool, AppendError> {
        let logs = self.logs;
        self.counted(|front| {
            let is_new = front.head.describe(metric, metadata)?;
            if is_new
                && logs
                && let Some(metadata) = front.head.metadata(metric)
            {
                front.encoder.extra(&described(metric, metadata));
            }
            Ok(is_new)
        })
    }

    /// As [`Head::last`].
    pub fn last(&self, labels: &Labels) -> Option<Sample> {
        self.front.head.last(labels)
    }

    fn counted<T>(
        &mut self,
        act: impl FnOnce(&mut Front) -> Result<T, AppendError>,
    ) -> Result<T, AppendError> {
        let done = if self.disk_refuses { Err(AppendError::Disk) } else { act(self.front) };
        if done.is_err() {
            self.front.counted.refused += 1;
        }
        done
    }
}

pub fn described(metric: &str, metadata: &Metadata) -> Extra {
    Extra::Metadata {
        metric: metric.to_owned(),
        kind: metadata.kind.as_str().to_owned(),
        help: metadata.help.to_string(),
        unit: metadata.unit.to_string(),
    }
}
