//! What a question gets from a head: sealed chunks shared, open ones copied, so that nothing is locked while somebody
//! unpacks and calculates.

use std::ops::{ControlFlow, Range};

use andon_vocabulary::{Labels, Timestamp};

use super::late::{self, Late};
use super::open::Tail;
use super::series::Remembered;
use crate::{Chunk, Each, Found, HistogramSample, Sample, SelectError, Stretch};

/// Owned: it lives on after the head has moved on. What belongs to the series lies in one list of each kind, so that
/// ten thousand series are not ten thousand allocations.
#[derive(Debug, Default)]
pub struct Taken {
    labels: Vec<Labels>,
    pieces: Vec<Pieces>,
    sealed: Vec<Chunk>,
    /// Of open chunks.
    bytes: Vec<u8>,
    from: Timestamp,
    to: Timestamp,
    /// In-order samples at or before this are in a block already.
    block_end: Timestamp,
}

#[derive(Debug)]
struct Pieces {
    /// Where its chunks lie among the sealed ones.
    sealed: Range<usize>,
    open: Option<Tail>,
    rare: Option<Box<Beside>>,
}

#[derive(Debug, Default)]
struct Beside {
    histograms: Vec<HistogramSample>,
    late: Late,
}

impl Taken {
    pub(super) fn new(from: Timestamp, to: Timestamp, block_end: Timestamp, capacity: usize) -> Taken {
        let (labels, pieces) = (Vec::with_capacity(capacity), Vec::with_capacity(capacity));
        Taken { labels, pieces, from, to, block_end, ..Taken::default() }
    }

    /// In-order samples are taken after this.
    fn floor(&self) -> Timestamp {
        self.from.max(self.block_end)
    }

    /// What this series has later than `from` and not later than `to`; in-order samples not at or before the end of the
    /// blocks. With what is kept for the next block, or without.
    pub(super) fn add(&mut self, series: &Remembered, next_too: bool) {
        let (from, to) = (self.floor(), self.to);
        let overlaps = |first: Timestamp, last: Timestamp| last > from && first <= to;
        let begins = self.sealed.len();
        if !series.is_open_since(from) {
            let sealed = series.sealed.iter().filter(|chunk| overlaps(chunk.from(), chunk.to()));
            self.sealed.extend(sealed.cloned());
        }
        let sealed = begins..self.sealed.len();
        let open = series.open.as_ref().filter(|open| overlaps(open.first_at(), open.last().at));
        let open = open.map(|open| open.tail(from, &mut self.bytes));
        let rare = series.rare.as_ref().and_then(|rare| {
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
            let is_any = !histograms.is_empty() || !late.is_empty();
            is_any.then(|| Box::new(Beside { histograms, late }))
        });
        if !sealed.is_empty() || open.is_some() || rare.is_some() {
            self.labels.push(series.labels.clone());
            self.pieces.push(Pieces { sealed, open, rare });
        }
    }

    /// Adds what was taken of the same head, for the same stretch, of series that come after these.
    pub fn append(&mut self, mut other: Taken) {
        let (sealed, bytes) = (self.sealed.len(), self.bytes.len());
        self.labels.append(&mut other.labels);
        self.sealed.append(&mut other.sealed);
        self.bytes.append(&mut other.bytes);
        self.pieces.extend(other.pieces.into_iter().map(|pieces| Pieces {
            sealed: pieces.sealed.start + sealed..pieces.sealed.end + sealed,
            open: pieces.open.map(|open| open.moved(bytes)),
            rare: pieces.rare,
        }));
    }

    /// The same as chunks, for a log: sealed ones as they are, which may begin earlier than what was taken, and the rest
    /// sealed for it.
    pub fn chunks(&self, at: usize) -> Vec<Chunk> {
        let pieces = &self.pieces[at];
        let mut chunks = self.sealed[pieces.sealed.clone()].to_vec();
        let mut seal = |samples: &[Sample], histograms: &[HistogramSample]| {
            chunks.extend(samples.chunks(Chunk::LEN_MAX).map(Chunk::seal));
            chunks.extend(histograms.chunks(Chunk::LEN_MAX).map(Chunk::seal_histograms));
        };
        if let Some(open) = &pieces.open {
            let mut samples = Vec::new();
            open.read(&self.bytes, &mut samples);
            seal(&samples, &[]);
        }
        if let Some(rare) = &pieces.rare {
            seal(&[], &rare.histograms);
            // What is older than the head's floor stands apart: of a chunk that crosses it, the older part is hidden.
            for samples in late::split(&rare.late.samples, self.floor()) {
                seal(samples, &[]);
            }
            for histograms in late::split(&rare.late.histograms, self.floor()) {
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
        let floor = self.floor();
        for chunk in &self.sealed[pieces.sealed.clone()] {
            let read = chunk.read_within(floor, self.to, samples, histograms);
            read.map_err(|error| SelectError(format!("{}: {error}", self.labels[at])))?;
        }
        if let Some(open) = &pieces.open {
            open.read(&self.bytes, samples);
        }
        if let Some(rare) = &pieces.rare {
            histograms.extend_from_slice(&rare.histograms);
        }
        clip(samples, floor, self.to);
        clip(histograms, floor, self.to);
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

    fn into_series(self: Box<Self>) -> Vec<Labels> {
        self.labels
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
