//! Writing one block from several: merged, without what was deleted, perhaps thinned out.
//!
//! One series after the other, so that memory does not grow with the blocks.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use andon_timeseries::Chunk;
use andon_vocabulary::Labels;

use crate::block::{Block, BlockWriter, Column, Entry, Place, Resolution, Span, Unreadable};
use crate::ordered::{Gathered, keep, seal};
use crate::thin::{self, Thinned};
use crate::tombstones::{Deleted, Tombstones};

/// Series read ahead of each block.
const AHEAD: u32 = 32;

/// Why a block could not be written.
#[derive(Debug)]
pub enum CompactError {
    /// This one of the sources is damaged.
    Source(Arc<Block>, &'static str),
    Io(io::Error),
}

impl fmt::Display for CompactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompactError::Source(block, why) => {
                write!(f, "block {} is damaged: {why}", block.manifest.number)
            }
            CompactError::Io(error) => error.fmt(f),
        }
    }
}

impl From<io::Error> for CompactError {
    fn from(error: io::Error) -> CompactError {
        CompactError::Io(error)
    }
}

/// The sources are in order of their numbers, all of one resolution, which is the span's or the next finer one. The new
/// block, if there is anything to put into it.
pub fn compact(
    dir: &Path,
    number: u64,
    sources: &[Arc<Block>],
    span: Span,
    tombstones: &Tombstones,
) -> Result<Option<Arc<Block>>, CompactError> {
    let symbols: BTreeSet<Arc<str>> =
        sources.iter().flat_map(|block| block.index.symbols()).map(Arc::from).collect();
    let resolution = span.resolution;
    let mut writer = BlockWriter::begin(dir, number, span, symbols.into_iter().collect())?;
    let mut cursors: Vec<Cursor> =
        sources.iter().map(|block| Cursor::new(block, tombstones)).collect::<Result<_, CompactError>>()?;
    let mut work = Work::default();
    while let Some(labels) = cursors.iter().filter_map(Cursor::labels).min().cloned() {
        work.clear();
        for cursor in cursors.iter_mut().filter(|cursor| cursor.labels() == Some(&labels)) {
            cursor.take(&mut work)?;
        }
        writer.series(&labels, &work.seal(resolution))?;
    }
    if writer.is_empty() {
        return Ok(None);
    }
    let path = writer.finish()?;
    match Block::open(&path) {
        Ok(block) => Ok(Some(Arc::new(block))),
        Err(Unreadable::Io(error)) => Err(error.into()),
        Err(Unreadable::Damaged(why)) => Err(io::Error::other(why).into()),
    }
}

/// One series of all sources.
#[derive(Debug, Default)]
struct Work {
    gathered: Gathered,
    thinned: Thinned,
    /// What they come from: samples, or steps of this length.
    step: Option<Duration>,
    buffer: Vec<u8>,
}

impl Work {
    fn clear(&mut self) {
        self.gathered.clear();
        self.thinned.clear();
    }

    fn seal(&mut self, resolution: Resolution) -> Vec<(Column, Chunk)> {
        self.gathered.order();
        let Some(step) = resolution.step() else { return self.gathered.seal(Chunk::seal_small) };
        let thinned = match self.step {
            None => thin::thin(&self.gathered.samples, step),
            Some(finer) => {
                self.order_columns();
                if finer == step {
                    std::mem::take(&mut self.thinned)
                } else {
                    thin::thin_again(&self.thinned, step)
                }
            }
        };
        let histograms = thin_histograms(std::mem::take(&mut self.gathered), step);
        let mut chunks = histograms.seal(Chunk::seal_small);
        for (column, samples) in thinned.columns() {
            chunks.extend(seal(samples, column, Chunk::seal_small));
        }
        chunks
    }

    fn order_columns(&mut self) {
        for column in Column::THINNED {
            let Some(samples) = self.thinned.column(column) else { continue };
            let mut gathered = Gathered { samples: std::mem::take(samples), histograms: Vec::new() };
            gathered.order();
            *samples = gathered.samples;
        }
    }
}

/// Of histograms the last one of each step remains, at its own time.
fn thin_histograms(gathered: Gathered, step: Duration) -> Gathered {
    let end = |at| thin::step_end(at, step);
    let all = &gathered.histograms;
    let is_last = |at: usize| all.get(at + 1).is_none_or(|next| end(next.at) != end(all[at].at));
    let histograms = (0..all.len()).filter(|at| is_last(*at)).map(|at| all[at].clone()).collect();
    Gathered { samples: Vec::new(), histograms }
}

/// Walks the series of one block.
struct Cursor<'a> {
    block: &'a Arc<Block>,
    next: u32,
    ahead: VecDeque<Entry>,
    deleted: Vec<Deleted>,
}

impl<'a> Cursor<'a> {
    fn new(block: &'a Arc<Block>, tombstones: &Tombstones) -> Result<Cursor<'a>, CompactError> {
        let manifest = &block.manifest;
        let deleted = tombstones.concerning(manifest.number, manifest.from, manifest.to);
        let mut cursor = Cursor { block, next: 0, ahead: VecDeque::new(), deleted };
        cursor.look_ahead()?;
        Ok(cursor)
    }

    fn labels(&self) -> Option<&Labels> {
        self.ahead.front().map(|entry| &entry.labels)
    }

    fn look_ahead(&mut self) -> Result<(), CompactError> {
        let end = self.block.index.series().min(self.next.saturating_add(AHEAD));
        let numbers: Vec<u32> = (self.next..end).collect();
        self.next = end;
        let read = self.block.index.entries(&numbers, |entry| self.ahead.push_back(entry));
        read.map_err(|error| told(self.block, error))
    }

    /// Adds the samples of the first series and goes on to the next one.
    fn take(&mut self, work: &mut Work) -> Result<(), CompactError> {
        let Some(entry) = self.ahead.pop_front() else { return Ok(()) };
        if self.ahead.is_empty() {
            self.look_ahead()?;
        }
        work.step = self.block.manifest.resolution.step();
        let fits = |deleted: &&Deleted| deleted.fits(&entry.labels);
        let deleted: Vec<&Deleted> = self.deleted.iter().filter(fits).collect();
        for column in entry.chunks.chunk_by(|a, b| a.column == b.column) {
            self.read(column, &deleted, work).map_err(|error| told(self.block, error))?;
        }
        Ok(())
    }

    /// Adds chunks of one column, without what was deleted.
    fn read(&self, places: &[Place], deleted: &[&Deleted], work: &mut Work) -> Result<(), Unreadable> {
        let Work { gathered: Gathered { samples, histograms }, thinned, buffer, .. } = work;
        let into = places.first().and_then(|place| thinned.column(place.column)).unwrap_or(samples);
        let before = (into.len(), histograms.len());
        self.block.read(places, buffer, into, histograms)?;
        for deleted in deleted {
            keep(into, before.0, |sample| !deleted.hides(sample.at));
            keep(histograms, before.1, |sample| !deleted.hides(sample.at));
        }
        Ok(())
    }
}

fn told(block: &Arc<Block>, error: Unreadable) -> CompactError {
    match error {
        Unreadable::Damaged(why) => CompactError::Source(block.clone(), why),
        Unreadable::Io(error) => CompactError::Io(error),
    }
}
