//! Writing a block: series in order of their labels, then its directory by one rename.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use andon_timeseries::Chunk;
use andon_vocabulary::{Labels, Timestamp};

use super::column::Column;
use super::index_write::{CRC_BYTES, IndexWriter};
use super::manifest::{Manifest, Resolution, VERSION};
use super::{CHUNKS, CHUNKS_MAGIC, INDEX, MANIFEST};
use crate::wal::{UNFINISHED, sync_parent};

/// What a block is to cover: every sample lies in `(from, to]`.
#[derive(Clone, Debug)]
pub struct Span {
    pub from: Timestamp,
    pub to: Timestamp,
    pub resolution: Resolution,
    /// The blocks that this one makes superfluous.
    pub replaces: Vec<u64>,
}

/// Nothing of it is seen before [`BlockWriter::finish`]; dropped before, it leaves nothing behind.
#[derive(Debug)]
pub struct BlockWriter {
    unfinished: PathBuf,
    path: PathBuf,
    manifest: Manifest,
    chunks: BufWriter<File>,
    index: Option<IndexWriter<BufWriter<File>>>,
}

impl BlockWriter {
    /// In the directory of blocks. The symbols are all names and values of the labels that will come, in order.
    pub fn begin(dir: &Path, number: u64, span: Span, symbols: Vec<Arc<str>>) -> io::Result<BlockWriter> {
        let path = dir.join(format!("{number:08}"));
        let unfinished = path.with_extension(UNFINISHED);
        if unfinished.is_dir() {
            fs::remove_dir_all(&unfinished)?;
        }
        fs::create_dir(&unfinished)?;
        let mut chunks = BufWriter::with_capacity(256 << 10, File::create(unfinished.join(CHUNKS))?);
        chunks.write_all(CHUNKS_MAGIC)?;
        let index = BufWriter::with_capacity(64 << 10, File::create(unfinished.join(INDEX))?);
        let index = IndexWriter::new(index, symbols, span.from.as_ms())?;
        let manifest = Manifest {
            version: VERSION,
            number,
            resolution: span.resolution,
            from: span.from,
            to: span.to,
            series: 0,
            samples: 0,
            chunks: 0,
            chunk_bytes: CHUNKS_MAGIC.len() as u64,
            index_bytes: 0,
            replaces: span.replaces,
        };
        Ok(BlockWriter { unfinished, path, manifest, chunks, index: Some(index) })
    }

    /// Series come in order of their labels; one without chunks is left out.
    pub fn series(&mut self, labels: &Labels, chunks: &[(Column, Chunk)]) -> io::Result<()> {
        if chunks.is_empty() {
            return Ok(());
        }
        let index = self.index.as_mut().expect("it is there until the end");
        index.series(labels, self.manifest.chunk_bytes, chunks)?;
        for (_, chunk) in chunks {
            self.chunks.write_all(chunk.bytes())?;
            self.chunks.write_all(&crc32c::crc32c(chunk.bytes()).to_le_bytes())?;
            self.manifest.chunk_bytes += (chunk.bytes().len() + CRC_BYTES) as u64;
            self.manifest.samples += chunk.len() as u64;
        }
        self.manifest.chunks += chunks.len() as u64;
        self.manifest.series += 1;
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.manifest.series == 0
    }

    /// Durable, and in its place. Its directory.
    pub fn finish(mut self) -> io::Result<PathBuf> {
        self.chunks.flush()?;
        self.chunks.get_ref().sync_all()?;
        let index = self.index.take().expect("a block is finished once");
        let (out, bytes) = index.finish()?;
        out.get_ref().sync_all()?;
        self.manifest.index_bytes = bytes;
        let manifest = self.unfinished.join(MANIFEST);
        let mut file = File::create(&manifest)?;
        file.write_all(&self.manifest.to_json())?;
        file.sync_all()?;
        sync_parent(&manifest)?;
        fs::rename(&self.unfinished, &self.path)?;
        sync_parent(&self.path)?;
        Ok(self.path.clone())
    }
}

impl Drop for BlockWriter {
    fn drop(&mut self) {
        if self.unfinished.is_dir() {
            // Should it not go, the next start removes it.
            let _ = fs::remove_dir_all(&self.unfinished);
        }
    }
}
