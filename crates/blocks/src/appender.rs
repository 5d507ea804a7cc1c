//! What a write may do: everything that goes into the head goes into the log too.

use andon_timeseries::{AppendError, Exemplar, Head, HistogramSample, Metadata, Sample, SeriesRef};
use andon_vocabulary::Labels;

use crate::wal::{Encoder, Extra};

/// The head, and what is to be logged of it.
#[derive(Debug)]
pub struct Front {
    pub head: Head,
    pub logging: Logging,
    pub counted: Counted,
}

/// What has been appended and not yet been handed to the log.
#[derive(Debug, Default)]
pub struct Logging {
    pub encoder: Encoder,
    /// Whose labels stand in the log since the last checkpoint, one bit a series.
    named: Vec<u64>,
}

/// Since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub appended: u64,
    pub refused: u64,
}

impl Front {
    pub fn new(head: Head) -> Front {
        Front { head, logging: Logging::default(), counted: Counted::default() }
    }
}

impl Logging {
    /// The log goes on in a new segment, which must be understood without those before it.
    pub fn begin_segment(&mut self) {
        self.named.clear();
        self.encoder.start();
    }

    /// The number under which the log knows the series from now on.
    fn number(&mut self, series: SeriesRef, head: &Head) -> u64 {
        let number = series.number() as usize;
        if self.named.len() <= number / 64 {
            self.named.resize(number / 64 + 1, 0);
        }
        let (word, bit) = (&mut self.named[number / 64], 1 << (number % 64));
        if *word & bit == 0
            && let Some(labels) = head.labels(series)
        {
            *word |= bit;
            self.encoder.series(u64::from(series.number()), labels);
        }
        u64::from(series.number())
    }
}

/// Appends to a store. What it refuses leaves everything that is there unharmed.
#[derive(Debug)]
pub struct Appender<'a> {
    head: &'a mut Head,
    /// None where nothing is kept on a disk.
    logging: Option<&'a mut Logging>,
    counted: Counted,
    /// The disk takes nothing at the moment.
    disk_refuses: bool,
}

/// To a head that stands alone.
impl<'a> From<&'a mut Head> for Appender<'a> {
    fn from(head: &'a mut Head) -> Appender<'a> {
        Appender { head, logging: None, counted: Counted::default(), disk_refuses: false }
    }
}

impl<'a> Appender<'a> {
    pub(crate) fn to_disk(head: &'a mut Head, logging: &'a mut Logging, disk_refuses: bool) -> Appender<'a> {
        Appender { head, logging: Some(logging), counted: Counted::default(), disk_refuses }
    }

    /// What this one has done.
    pub(crate) fn counted(&self) -> Counted {
        self.counted
    }

    /// What is there already.
    pub fn head(&self) -> &Head {
        self.head
    }

    /// As [`Head::series`].
    pub fn series(&mut self, labels: &Labels) -> Result<SeriesRef, AppendError> {
        self.series_of(None, labels)
    }

    /// As [`Head::series_of`].
    pub fn series_of(&mut self, target: Option<&str>, labels: &Labels) -> Result<SeriesRef, AppendError> {
        self.open()?;
        let series = self.head.series_of(target, labels);
        self.count(series)
    }

    /// As [`Head::append`].
    pub fn append(&mut self, labels: &Labels, sample: Sample) -> Result<SeriesRef, AppendError> {
        let series = self.series(labels)?;
        self.append_ref(series, sample).map(|()| series)
    }

    /// As [`Head::append_ref`].
    pub fn append_ref(&mut self, series: SeriesRef, sample: Sample) -> Result<(), AppendError> {
        self.open()?;
        let taken = self.head.append_ref(series, sample);
        self.count(taken)?;
        self.counted.appended += 1;
        if let Some(logging) = &mut self.logging {
            let number = logging.number(series, self.head);
            logging.encoder.sample(number, sample);
        }
        Ok(())
    }

    /// As [`Head::append_histogram`].
    pub fn append_histogram(
        &mut self,
        series: SeriesRef,
        sample: HistogramSample,
    ) -> Result<(), AppendError> {
        self.open()?;
        let taken = self.head.append_histogram(series, sample.clone());
        self.count(taken)?;
        self.counted.appended += 1;
        if let Some(logging) = &mut self.logging {
            let number = logging.number(series, self.head);
            logging.encoder.histogram(number, &sample);
        }
        Ok(())
    }

    /// As [`Head::exemplar`].
    pub fn exemplar(&mut self, series: SeriesRef, exemplar: Exemplar) -> Result<(), AppendError> {
        self.open()?;
        self.head.exemplar(series, exemplar.clone())?;
        if let Some(logging) = &mut self.logging {
            let number = logging.number(series, self.head);
            logging.encoder.extra(&told(number, exemplar));
        }
        Ok(())
    }

    /// As [`Head::describe`].
    pub fn describe(&mut self, metric: &str, metadata: Metadata) -> Result<bool, AppendError> {
        self.open()?;
        let is_new = self.head.describe(metric, metadata)?;
        if is_new && let (Some(logging), Some(metadata)) = (&mut self.logging, self.head.metadata(metric)) {
            logging.encoder.extra(&described(metric, metadata));
        }
        Ok(is_new)
    }

    /// As [`Head::last`].
    pub fn last(&self, labels: &Labels) -> Option<Sample> {
        self.head.last(labels)
    }

    fn open(&mut self) -> Result<(), AppendError> {
        if self.disk_refuses { self.count(Err(AppendError::Disk)) } else { Ok(()) }
    }

    fn count<T>(&mut self, done: Result<T, AppendError>) -> Result<T, AppendError> {
        done.inspect_err(|_| self.counted.refused += 1)
    }
}

/// An exemplar as the log tells it.
pub fn told(series: u64, exemplar: Exemplar) -> Extra {
    let (at, bits) = (exemplar.at.as_ms(), exemplar.value.to_bits());
    Extra::Exemplar { series, at, labels: exemplar.labels, bits }
}

/// What a metric says of itself, as the log tells it.
pub fn described(metric: &str, metadata: &Metadata) -> Extra {
    Extra::Metadata {
        metric: metric.to_owned(),
        kind: metadata.kind.as_str().to_owned(),
        help: metadata.help.to_string(),
        unit: metadata.unit.to_string(),
    }
}
