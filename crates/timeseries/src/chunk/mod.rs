//! Sealed chunks: up to some thousand samples of one series, packed once and never changed.
//!
//! What a chunk packs comes back bit for bit: staleness markers, other NaN payloads, -0 and infinities too. Its bytes are
//! one format byte, the [`times`], and then a [`column`] of values ([`floats`]) or one row a histogram ([`histograms`]).
//! The extent (first time, last time, count) stands beside the bytes, since whoever keeps chunks needs it without
//! unpacking them.

mod bits;
mod bytes;
mod column;
mod floats;
mod histograms;
mod line;
mod packed;
#[cfg(test)]
mod tests;
mod times;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use andon_vocabulary::Timestamp;

use crate::{HistogramSample, Sample};
use bytes::Reader;
use times::Times;

/// First byte: plain samples.
const FLOATS: u8 = 3;
/// First byte: native histograms.
const HISTOGRAMS: u8 = 4;
/// Set in the first byte where the times follow from the extent.
const STEADY: u8 = 0x80;

/// How hard to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    /// For what is soon packed anew.
    Quick,
    /// For what stays.
    Small,
}

/// What a chunk covers: its first and its last sample, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    pub from: Timestamp,
    pub to: Timestamp,
    pub len: u32,
}

/// Immutable and cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Chunk {
    extent: Extent,
    bytes: Arc<[u8]>,
}

/// These bytes are no chunk, or not the one that the extent speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadChunk {
    pub why: &'static str,
}

impl fmt::Display for BadChunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "damaged chunk: {}", self.why)
    }
}

impl std::error::Error for BadChunk {}

impl Chunk {
    /// No chunk holds more. It bounds what unpacking hostile bytes can take.
    pub const LEN_MAX: usize = 8192;

    /// At least one sample, at most [`Chunk::LEN_MAX`], each later than the one before it.
    pub fn seal(samples: &[Sample]) -> Chunk {
        seal(samples, Packing::Quick)
    }

    /// As [`Chunk::seal`], but smaller, and it takes several times as long: for what will be kept.
    pub fn seal_small(samples: &[Sample]) -> Chunk {
        seal(samples, Packing::Small)
    }

    /// As [`Chunk::seal`].
    pub fn seal_histograms(samples: &[HistogramSample]) -> Chunk {
        let times = Times::of(samples.iter().map(|sample| sample.at));
        let mut bytes = begin(HISTOGRAMS, &times, Packing::Small);
        histograms::write(&mut bytes, samples);
        Chunk { extent: times.extent(), bytes: bytes.into() }
    }

    /// A chunk from a disk or another place that may lie: nothing is checked before it is read.
    pub fn from_parts(extent: Extent, bytes: impl Into<Arc<[u8]>>) -> Chunk {
        Chunk { extent, bytes: bytes.into() }
    }

    pub fn extent(&self) -> Extent {
        self.extent
    }

    /// The time of the first sample.
    pub fn from(&self) -> Timestamp {
        self.extent.from
    }

    /// The time of the last sample.
    pub fn to(&self) -> Timestamp {
        self.extent.to
    }

    /// How many samples; never 0 where the chunk was sealed.
    #[expect(clippy::len_without_is_empty, reason = "no chunk is empty")]
    pub fn len(&self) -> usize {
        self.extent.len as usize
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes in memory, its own and those on the heap.
    pub(crate) fn size(&self) -> usize {
        size_of::<Chunk>() + 2 * size_of::<usize>() + self.bytes.len()
    }

    /// Whether it holds native histograms; else plain samples.
    pub fn is_histograms(&self) -> bool {
        self.bytes.first().is_some_and(|first| first & !STEADY == HISTOGRAMS)
    }

    /// Adds everything to the list of its kind. On damage nothing is added.
    pub fn read(
        &self,
        into: &mut Vec<Sample>,
        histograms: &mut Vec<HistogramSample>,
    ) -> Result<(), BadChunk> {
        Chunk::unpack(self.extent, &self.bytes, into, histograms)
    }

    /// As [`Chunk::read`], but only what is later than `after` and not later than `to`. What lies before it is mostly not
    /// unpacked, and what lies behind it is not.
    pub fn read_within(
        &self,
        after: Timestamp,
        to: Timestamp,
        into: &mut Vec<Sample>,
        histograms: &mut Vec<HistogramSample>,
    ) -> Result<(), BadChunk> {
        Chunk::unpack_within(self.extent, &self.bytes, (after, to), into, histograms)
    }

    /// [`Chunk::read`] of bytes that lie in a larger buffer, which spares a copy.
    pub fn unpack(
        extent: Extent,
        bytes: &[u8],
        into: &mut Vec<Sample>,
        histograms: &mut Vec<HistogramSample>,
    ) -> Result<(), BadChunk> {
        unpack(extent, bytes, |times| 0..times.len(), into, histograms)
    }

    /// [`Chunk::read_within`] of such bytes.
    pub fn unpack_within(
        extent: Extent,
        bytes: &[u8],
        (after, to): (Timestamp, Timestamp),
        into: &mut Vec<Sample>,
        histograms: &mut Vec<HistogramSample>,
    ) -> Result<(), BadChunk> {
        unpack(extent, bytes, |times| times.within(after, to), into, histograms)
    }
}

fn seal(samples: &[Sample], packing: Packing) -> Chunk {
    let times = Times::of(samples.iter().map(|sample| sample.at));
    let mut bytes = begin(FLOATS, &times, packing);
    floats::write(&mut bytes, samples, packing);
    Chunk { extent: times.extent(), bytes: bytes.into() }
}

fn begin(format: u8, times: &Times, packing: Packing) -> Vec<u8> {
    let steady = matches!(times, Times::Steady { .. });
    let mut bytes = vec![format | if steady { STEADY } else { 0 }];
    times.write(&mut bytes, packing);
    bytes
}

/// On damage nothing is added.
fn unpack(
    extent: Extent,
    bytes: &[u8],
    wanted: impl FnOnce(&Times) -> Range<usize>,
    into: &mut Vec<Sample>,
    histograms: &mut Vec<HistogramSample>,
) -> Result<(), BadChunk> {
    let mut reader = Reader::new(bytes);
    let format = reader.byte()?;
    let times = if format & STEADY == 0 { Times::read(&mut reader, extent) } else { Times::steady(extent) }?;
    let places = wanted(&times);
    let is_last = places.end == times.len();
    let before = (into.len(), histograms.len());
    let read = match format & !STEADY {
        _ if places.is_empty() => return Ok(()),
        FLOATS => floats::read(&mut reader, &times, places, into),
        HISTOGRAMS => histograms::read(&mut reader, &times, places, histograms),
        _ => Err(BadChunk { why: "a format that this Andon does not know" }),
    };
    let read = read.and_then(|()| if is_last { reader.end() } else { Ok(()) });
    read.inspect_err(|_| {
        into.truncate(before.0);
        histograms.truncate(before.1);
    })
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Extent { from, to, len } = self.extent;
        write!(f, "Chunk({from}..={to}, {len} samples, {} bytes)", self.bytes.len())
    }
}
