//! What a question gets from a head: sealed chunks shared, open ones copied, so that nothing is locked while somebody
//! unpacks and calculates.

use std::ops::ControlFlow;

use andon_vocabulary::{Labels, Timestamp};

use super::late::{self, Late};
use super::open::Tail;
use super::series::Remembered;
use crate::{Chunk, Each, Found, HistogramSample, Sample, SelectError, Stretch};

/// Owned: it lives on after the head has moved on.
#[derive(Debug, Default)]
pub struct Taken {
    labels: Vec<Labels>,
    pieces: Vec<Pieces>,
    from: Timestamp,
    to: Timestamp,
}

#[derive(Debug)]
struct Pieces {
    sealed: Vec<Chunk>,
    open: Option<Tail>,
    rare: Option<Box<Beside>>,
    /// In-order samples at or before this are in a block already.
    from: Timestamp,
}

#[derive(Debug, Default)]
struct Beside {
    histograms: Vec<HistogramSample>,
    late: Late,
}

impl Taken {
    pub(super) fn new(from: Timestamp, to: Timestamp, capacity: usize) -> Taken {
        let (labels, pieces) = (Vec::with_capacity(capacity), Vec::with_capacity(capacity));
        Taken { labels, pieces, from, to }
    }

    /// What this series has later than `from` and not later than `to`; in-order samples not at or before `block_end`.
    /// With what is kept for the next block, or without.
    pub(super) fn add(&mut self, series: &Remembered, block_end: Timestamp, next_too: bool) {
        let (from, to) = (self.from.max(block_end), self.to);
        let overlaps = |first: Timestamp, last: Timestamp| last > from && first <= to;
        let sealed: Vec<Chunk> =
            series.sealed.iter().filter(|chunk| overlaps(chunk.from(), chunk.to())).cloned().collect();
        let open = series.open.as_ref().filter(|open| overlaps(open.first_at(), open.last().at));
        let open = open.map(|open| open.tail(from));
        let rare = series.rare.as_ref().map(|rare| {
            let mut late = Late {
                samples: late::between(&rare.late.samples, self.from, to).to_vec(),
                histograms: late::between(&rare.late.histograms, self.from, to).to_vec(),
            };
            if next_too {
                late.absorb(Late {
                    samples: late::between(&rare.next.samples, self.from, to).to_vec(),
                    histograms: late::between(&rare.next.histograms, self.from, to).to_vec(),
                });
            }
            let histograms = late::between(&rare.histograms, from, to).to_vec();
            Box::new(Beside { histograms, late })
        });
        let rare = rare.filter(|rare| !rare.histograms.is_empty() || !rare.late.is_empty());
        if !sealed.is_empty() || open.is_some() || rare.is_some() {
            self.labels.push(series.labels.clone());
            self.pieces.push(Pieces { sealed, open, rare, from });
        }
    }

    /// The same as chunks, for a log: sealed ones as they are, which may begin earlier than what was taken, and the rest
    /// sealed for it.
    pub fn chunks(&self, at: usize) -> Vec<Chunk> {
        let pieces = &self.pieces[at];
        let mut chunks = pieces.sealed.clone();
        let mut seal = |samples: &[Sample], histograms: &[HistogramSample]| {
            chunks.extend(samples.chunks(Chunk::LEN_MAX).map(Chunk::seal));
            chunks.extend(histograms.chunks(Chunk::LEN_MAX).map(Chunk::seal_histograms));
        };
        if let Some(open) = &pieces.open {
            let mut samples = Vec::new();
            open.read(&mut samples);
            seal(&samples, &[]);
        }
        if let Some(rare) = &pieces.rare {
            seal(&[], &rare.histograms);
            // What is older than the head's floor stands apart: of a chunk that crosses it, the older part is hidden.
            for samples in late::split(&rare.late.samples, pieces.from) {
                seal(samples, &[]);
            }
            for histograms in late::split(&rare.late.histograms, pieces.from) {
                seal(&[], histograms);
            }
        }
        chunks
    }

    /// Fills the two lists with what the series at this place has, and clears them before.
    pub fn read_one(
        &self,
        at: usize,
        samples: &mut Vec<Sample>,
        histograms: &mut Vec<HistogramSample>,
    ) -> Result<(), SelectError> {
        samples.clear();
        histograms.clear();
        let pieces = &self.pieces[at];
        for chunk in &pieces.sealed {
            let read = chunk.read_within(pieces.from, self.to, samples, histograms);
            read.map_err(|error| SelectError(format!("{}: {error}", self.labels[at])))?;
        }
        if let Some(open) = &pieces.open {
            open.read(samples);
        }
        if let Some(rare) = &pieces.rare {
            histograms.extend_from_slice(&rare.histograms);
        }
        clip(samples, pieces.from, self.to);
        clip(histograms, pieces.from, self.to);
        if let Some(rare) = &pieces.rare {
            late::merge(samples, 0, &rare.late.samples);
            late::merge(histograms, 0, &rare.late.histograms);
        }
        Ok(())
    }
}

/// Leaves what is later than `from` and not later than `to`.
fn clip<T: late::Timed>(list: &mut Vec<T>, from: Timestamp, to: Timestamp) {
    if list.last().is_some_and(|last| last.at() > to) {
        list.truncate(list.partition_point(|sample| sample.at() <= to));
    }
    if list.first().is_some_and(|first| first.at() <= from) {
        list.drain(..list.partition_point(|sample| sample.at() <= from));
    }
}

impl Found for Taken {
    fn series(&self) -> &[Labels] {
        &self.labels
    }

    fn read(&self, each: &Each<'_>) -> Result<(), SelectError> {
        let (mut samples, mut histograms) = (Vec::new(), Vec::new());
        for at in 0..self.pieces.len() {
            self.read_one(at, &mut samples, &mut histograms)?;
            let stretch = Stretch { samples: &samples, histograms: &histograms };
            if !stretch.is_empty() && each(at, stretch) == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }
}
