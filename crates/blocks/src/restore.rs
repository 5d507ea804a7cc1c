//! Filling a head again from the log, when the store opens.

use std::io;
use std::path::Path;

use andon_timeseries::{AppendError, Exemplar, Head, Metadata, MetricKind, RestoreError, SeriesRef};
use andon_vocabulary::{Labels, Timestamp};

use crate::wal::{Extra, Record, Replayed, replay};

/// Numbers beyond it are no series of ours: a process does not live to see so many.
const NUMBER_MAX: u64 = 1 << 28;

/// What came back.
#[derive(Debug, Default)]
pub struct Restored {
    pub log: Replayed,
    pub samples: u64,
    /// Samples whose series was named in a part of the log that could not be read.
    pub nameless: u64,
    /// Samples that the head did not take: most are in blocks already.
    pub refused: u64,
}

pub fn restore(dir: &Path, head: &mut Head) -> io::Result<Restored> {
    let mut restored = Restored::default();
    let mut known: Vec<Option<SeriesRef>> = Vec::new();
    let log = replay(dir, &mut |record| restored.take(head, &mut known, record))?;
    restored.log = log;
    Ok(restored)
}

impl Restored {
    fn take(&mut self, head: &mut Head, known: &mut Vec<Option<SeriesRef>>, record: Record<'_>) {
        let of =
            |known: &[Option<SeriesRef>], id: u64| known.get(usize::try_from(id).ok()?).copied().flatten();
        match record {
            Record::Start => known.clear(),
            Record::Series { id, labels } => self.name(head, known, id, &labels),
            Record::Samples(samples) => {
                for (id, sample) in samples.map_while(Result::ok) {
                    let series = of(known, id);
                    self.count(1, series.map(|series| head.append_ref(series, sample)));
                }
            }
            Record::Histogram { id, sample } => {
                let series = of(known, id);
                self.count(1, series.map(|series| head.append_histogram(series, sample)));
            }
            Record::Chunk { id, chunk } => {
                let samples = chunk.len() as u64;
                let taken = of(known, id).map(|series| match head.restore(series, chunk) {
                    Err(RestoreError::Damaged(error)) => {
                        tracing::error!(%error, "a chunk of the log's checkpoint is left out");
                        Err(AppendError::Disk)
                    }
                    Err(RestoreError::Refused(error)) => Err(error),
                    Ok(()) => Ok(()),
                });
                self.count(samples, taken);
            }
            Record::Extra(Extra::Exemplar { series, at, labels, bits }) => {
                let exemplar = Exemplar { labels, value: f64::from_bits(bits), at: Timestamp::from_ms(at) };
                if let Some(series) = of(known, series) {
                    // One exemplar more or less is no loss to speak of.
                    let _ = head.exemplar(series, exemplar);
                }
            }
            Record::Extra(Extra::Metadata { metric, kind, help, unit }) => {
                let kind = MetricKind::ALL.into_iter().find(|known| known.as_str() == kind);
                let metadata =
                    Metadata { kind: kind.unwrap_or_default(), help: help.into(), unit: unit.into() };
                let _ = head.describe(&metric, metadata);
            }
            Record::End => {}
        }
    }

    fn name(&mut self, head: &mut Head, known: &mut Vec<Option<SeriesRef>>, id: u64, labels: &Labels) {
        if id >= NUMBER_MAX {
            return;
        }
        let at = id as usize;
        if known.len() <= at {
            known.resize(at + 1, None);
        }
        known[at] = match head.series(labels) {
            Ok(series) => Some(series),
            Err(error) => {
                tracing::warn!(series = %labels, %error, "a series of the log is left out");
                None
            }
        };
    }

    fn count(&mut self, samples: u64, taken: Option<Result<(), AppendError>>) {
        match taken {
            Some(Ok(())) => self.samples += samples,
            Some(Err(_)) => self.refused += samples,
            None => self.nameless += samples,
        }
    }
}
