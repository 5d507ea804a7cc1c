//! A block: the samples of one span of time in a directory that is written once and never changed.
//!
//! Three files: `chunks` (packed samples, one series after the other), `index` (which series there are and where their
//! chunks lie) and `manifest.json` (what the block is). Whoever reads holds the block; its directory is removed only
//! when nobody does.

mod column;
mod index;
mod index_write;
mod manifest;
mod symbols;
mod write;

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use andon_timeseries::{BadChunk, Chunk, Extent, HistogramSample, Sample};
use andon_vocabulary::Timestamp;

pub use column::Column;
pub use index::{Entry, Index, Place};
pub use manifest::{Manifest, Resolution, VERSION};
pub use write::{BlockWriter, Span};

use crate::codec::Short;
use crate::wal::UNFINISHED;
use index_write::CRC_BYTES;

const CHUNKS: &str = "chunks";
const INDEX: &str = "index";
pub const MANIFEST: &str = "manifest.json";
/// The file of chunks begins with it.
const CHUNKS_MAGIC: &[u8; 8] = b"ANDONCK2";

/// Why a block could not be read.
#[derive(Debug)]
pub enum Unreadable {
    /// Its bytes are not what was written.
    Damaged(&'static str),
    /// The disk or the operating system refused; the block may be well.
    Io(io::Error),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Damaged(what) => f.write_str(what),
            Unreadable::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Unreadable {}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Unreadable {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Unreadable::Damaged("a file is shorter than it should be"),
            io::ErrorKind::NotFound => Unreadable::Damaged("a file is missing"),
            _ => Unreadable::Io(error),
        }
    }
}

impl From<Short> for Unreadable {
    fn from(Short: Short) -> Unreadable {
        Unreadable::Damaged("the index says what cannot be")
    }
}

impl From<BadChunk> for Unreadable {
    fn from(bad: BadChunk) -> Unreadable {
        Unreadable::Damaged(bad.why)
    }
}

/// A block that is open for reading.
#[derive(Debug)]
pub struct Block {
    pub manifest: Manifest,
    pub index: Index,
    path: PathBuf,
    chunks: File,
    /// Its directory goes when the last reader does.
    superseded: AtomicBool,
}

impl Block {
    pub fn open(path: &Path) -> Result<Block, Unreadable> {
        let manifest = fs::read(path.join(MANIFEST))?;
        let manifest = Manifest::from_json(&manifest)
            .ok_or(Unreadable::Damaged("manifest.json is not what was written"))?;
        if manifest.version != VERSION {
            return Err(Unreadable::Damaged("it has a version that this Andon does not know"));
        }
        let chunks = File::open(path.join(CHUNKS))?;
        if chunks.metadata()?.len() != manifest.chunk_bytes {
            return Err(Unreadable::Damaged("the file of chunks does not have its length"));
        }
        let index = File::open(path.join(INDEX))?;
        if index.metadata()?.len() != manifest.index_bytes {
            return Err(Unreadable::Damaged("the index does not have its length"));
        }
        let index = Index::open(index, manifest.from.as_ms())?;
        if u64::from(index.series()) != manifest.series {
            return Err(Unreadable::Damaged("the index has other series than the manifest says"));
        }
        Ok(Block { manifest, index, path: path.to_owned(), chunks, superseded: AtomicBool::new(false) })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    #[cfg(test)]
    pub fn files(&self) -> [PathBuf; 3] {
        [CHUNKS, INDEX, MANIFEST].map(|name| self.path.join(name))
    }

    /// Nobody finds it any more: its directory is removed when the last reader has gone.
    pub fn supersede(&self) {
        self.superseded.store(true, Ordering::Relaxed);
    }

    /// Reads all samples of these chunks, which lie one after the other, each whole.
    pub fn read(
        &self,
        places: &[Place],
        buffer: &mut Vec<u8>,
        samples: &mut Vec<Sample>,
        histograms: &mut Vec<HistogramSample>,
    ) -> Result<(), Unreadable> {
        self.each(places, buffer, |extent, bytes| Chunk::unpack(extent, bytes, samples, histograms))
    }

    /// As [`Block::read`], but only what is later than the first time and not later than the second.
    pub fn read_within(
        &self,
        places: &[Place],
        within: (Timestamp, Timestamp),
        buffer: &mut Vec<u8>,
        samples: &mut Vec<Sample>,
        histograms: &mut Vec<HistogramSample>,
    ) -> Result<(), Unreadable> {
        self.each(places, buffer, |extent, bytes| {
            Chunk::unpack_within(extent, bytes, within, samples, histograms)
        })
    }

    fn each(
        &self,
        places: &[Place],
        buffer: &mut Vec<u8>,
        mut unpack: impl FnMut(Extent, &[u8]) -> Result<(), BadChunk>,
    ) -> Result<(), Unreadable> {
        let (Some(first), Some(last)) = (places.first(), places.last()) else { return Ok(()) };
        let end = last.end();
        if end > self.manifest.chunk_bytes {
            return Err(Unreadable::Damaged("the index speaks of chunks beyond the end"));
        }
        let length = usize::try_from(end - first.at).map_err(|_| Short)?;
        buffer.resize(length, 0);
        self.chunks.read_exact_at(&mut buffer[..length], first.at)?;
        for place in places {
            let begins = usize::try_from(place.at - first.at).map_err(|_| Short)?;
            let bytes = &buffer[begins..begins + place.length as usize + CRC_BYTES];
            unpack(place.extent, index::checked(bytes)?)?;
        }
        Ok(())
    }

    /// Reads everything there is and compares it with every checksum.
    pub fn verify(&self) -> Result<(), Unreadable> {
        let all: Vec<u32> = (0..self.index.series()).collect();
        let (mut buffer, mut samples, mut histograms) = (Vec::new(), Vec::new(), Vec::new());
        let (mut count, mut result, mut last) = (0, Ok(()), None);
        self.index.entries(&all, |entry| {
            if result.is_err() {
                return;
            }
            samples.clear();
            histograms.clear();
            result = self.read(&entry.chunks, &mut buffer, &mut samples, &mut histograms);
            count += entry.chunks.iter().map(|place| u64::from(place.extent.len)).sum::<u64>();
            if last.as_ref().is_some_and(|last| *last >= entry.labels) {
                result = Err(Unreadable::Damaged("the series are not in order of their labels"));
            }
            last = Some(entry.labels);
        })?;
        result?;
        for name in self.index.names() {
            self.index.find(&[andon_timeseries::Matcher::equal(name, "")])?;
        }
        if count != self.manifest.samples {
            return Err(Unreadable::Damaged("there are other samples than the manifest says"));
        }
        Ok(())
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // Renamed first: a crash in between must leave nothing that looks like a damaged block.
        let leaving = self.path.with_extension(UNFINISHED);
        if self.superseded.load(Ordering::Relaxed)
            && let Err(error) = fs::rename(&self.path, &leaving).and_then(|()| fs::remove_dir_all(&leaving))
        {
            tracing::warn!(block = %self.path.display(), %error, "a superseded block cannot be removed");
        }
    }
}

#[cfg(test)]
mod tests;
