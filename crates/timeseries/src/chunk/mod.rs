//! Sealed chunks: up to some thousand samples of one series, packed once and never changed.
//!
//! What a chunk packs comes back bit for bit: staleness markers, other NaN payloads, -0 and infinities too. Its bytes are
//! one format byte, a [`column`] of times, and then a column of values ([`floats`]) or one row a histogram
//! ([`histograms`]). The extent (first time, last time, count) stands beside the bytes, since whoever keeps chunks
//! needs it without unpacking them.

mod bytes;
mod column;
mod floats;
mod histograms;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use andon_vocabulary::Timestamp;

use crate::{HistogramSample, Sample};
use bytes::Reader;

/// First byte: plain samples.
const FLOATS: u8 = 1;
/// First byte: native histograms.
const HISTOGRAMS: u8 = 2;

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
        let mut bytes = vec![FLOATS];
        let extent = write_times(&mut bytes, samples.iter().map(|sample| sample.at));
        floats::write(&mut bytes, samples);
        Chunk { extent, bytes: bytes.into() }
    }

    /// As [`Chunk::seal`].
    pub fn seal_histograms(samples: &[HistogramSample]) -> Chunk {
        let mut bytes = vec![HISTOGRAMS];
        let extent = write_times(&mut bytes, samples.iter().map(|sample| sample.at));
        histograms::write(&mut bytes, samples);
        Chunk { extent, bytes: bytes.into() }
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
        self.bytes.first() == Some(&HISTOGRAMS)
    }

    /// Adds everything to the list of its kind. On damage nothing is added.
    pub fn read(
        &self,
        into: &mut Vec<Sample>,
        histograms: &mut Vec<HistogramSample>,
    ) -> Result<(), BadChunk> {
        Chunk::unpack(self.extent, &self.bytes, into, histograms)
    }

    /// [`Chunk::read`] of bytes that lie in a larger buffer, which spares a copy.
    pub fn unpack(
        extent: Extent,
        bytes: &[u8],
        into: &mut Vec<Sample>,
        histograms: &mut Vec<HistogramSample>,
    ) -> Result<(), BadChunk> {
        let mut reader = Reader::new(bytes);
        let format = reader.byte()?;
        let times = read_times(&mut reader, extent)?;
        match format {
            FLOATS => {
                let before = into.len();
                let read = floats::read(&mut reader, &times, into).and_then(|()| reader.end());
                read.inspect_err(|_| into.truncate(before))
            }
            HISTOGRAMS => {
                let before = histograms.len();
                let read = histograms::read(&mut reader, &times, histograms).and_then(|()| reader.end());
                read.inspect_err(|_| histograms.truncate(before))
            }
            _ => Err(BadChunk { why: "unknown format" }),
        }
    }
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Extent { from, to, len } = self.extent;
        write!(f, "Chunk({from}..={to}, {len} samples, {} bytes)", self.bytes.len())
    }
}

/// Times count from the first one, so that a steady interval leaves nothing to write.
fn write_times(bytes: &mut Vec<u8>, times: impl ExactSizeIterator<Item = Timestamp>) -> Extent {
    let len = times.len();
    assert!((1..=Chunk::LEN_MAX).contains(&len), "a chunk holds one to {} samples", Chunk::LEN_MAX);
    let mut all: Vec<i64> = times.map(Timestamp::as_ms).collect();
    assert!(all.is_sorted_by(|a, b| a < b), "a chunk's samples are in order of time");
    let (from, to) = (all[0], all[len - 1]);
    for time in &mut all {
        *time = time.wrapping_sub(from);
    }
    column::write(bytes, &all);
    Extent { from: Timestamp::from_ms(from), to: Timestamp::from_ms(to), len: len as u32 }
}

fn read_times(reader: &mut Reader<'_>, extent: Extent) -> Result<Vec<i64>, BadChunk> {
    let len = extent.len as usize;
    if !(1..=Chunk::LEN_MAX).contains(&len) {
        return Err(BadChunk { why: "impossible number of samples" });
    }
    let mut times = column::read(reader, len)?;
    let from = extent.from.as_ms();
    for time in &mut times {
        *time = time.wrapping_add(from);
    }
    if times[0] != from || times[len - 1] != extent.to.as_ms() {
        return Err(BadChunk { why: "times outside its extent" });
    }
    if !times.is_sorted_by(|a, b| a < b) {
        return Err(BadChunk { why: "times out of order" });
    }
    Ok(times)
}
