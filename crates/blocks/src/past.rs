//! The blocks of a store: which there are, how one comes and goes, and where a damaged one is put.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use andon_vocabulary::Timestamp;

use crate::block::{Block, Resolution, Unreadable};
use crate::wal::{UNFINISHED, sync_parent};

/// A block, or a file of the log, that could not be read and was put aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// Where it lies now.
    pub path: PathBuf,
    pub why: String,
}

#[derive(Debug)]
pub struct Past {
    dir: PathBuf,
    quarantine: PathBuf,
    /// In order of their numbers: what was stored first comes first.
    blocks: RwLock<Vec<Arc<Block>>>,
    next: AtomicU64,
    quarantined: Mutex<Vec<Quarantined>>,
}

impl Past {
    /// Opens every block; what cannot be read is put into quarantine, and the rest is served.
    pub fn open(dir: &Path, quarantine: &Path) -> io::Result<Past> {
        fs::create_dir_all(dir)?;
        fs::create_dir_all(quarantine)?;
        let past = Past {
            dir: dir.to_owned(),
            quarantine: quarantine.to_owned(),
            blocks: RwLock::default(),
            next: AtomicU64::new(1),
            quarantined: Mutex::new(already(quarantine)?),
        };
        let mut blocks = Vec::new();
        for (number, path) in numbered(dir)? {
            past.next.fetch_max(number + 1, Ordering::Relaxed);
            match Block::open(&path) {
                Ok(block) if block.manifest.number == number => blocks.push(Arc::new(block)),
                Ok(_) => past.put_aside(&path, "its manifest names another block"),
                Err(Unreadable::Damaged(why)) => past.put_aside(&path, why),
                Err(Unreadable::Io(error)) => return Err(error),
            }
        }
        // A crash came between a compaction and the removal of what it had compacted.
        let replaced: BTreeSet<u64> =
            blocks.iter().flat_map(|block| &block.manifest.replaces).copied().collect();
        for block in blocks.extract_if(.., |block| replaced.contains(&block.manifest.number)) {
            block.supersede();
        }
        *past.write() = blocks;
        Ok(past)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Vec<Arc<Block>>> {
        self.blocks.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// For the next block.
    pub fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// The next block's number is not below this one.
    pub fn number_from(&self, number: u64) {
        self.next.fetch_max(number, Ordering::Relaxed);
    }

    /// As they are now; whoever holds them can read them whatever becomes of them.
    pub fn all(&self) -> Vec<Arc<Block>> {
        self.blocks.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Those with samples in `(from, to]`.
    pub fn overlapping(&self, from: Timestamp, to: Timestamp) -> Vec<Arc<Block>> {
        let blocks = self.blocks.read().unwrap_or_else(PoisonError::into_inner);
        blocks.iter().filter(|block| block.manifest.overlaps(from, to)).cloned().collect()
    }

    /// Everything up to here that came in time is in blocks.
    pub fn reaches(&self) -> Option<Timestamp> {
        let blocks = self.blocks.read().unwrap_or_else(PoisonError::into_inner);
        let raw = blocks.iter().filter(|block| block.manifest.resolution == Resolution::Raw);
        raw.map(|block| block.manifest.to).max()
    }

    /// The new ones are found, and the old ones no longer, from the same moment on.
    pub fn replace(&self, old: &[u64], new: Vec<Arc<Block>>) {
        let mut blocks = self.write();
        for gone in blocks.extract_if(.., |block| old.contains(&block.manifest.number)) {
            gone.supersede();
        }
        blocks.extend(new);
        blocks.sort_by_key(|block| block.manifest.number);
    }

    /// A block that turned out to be damaged while it was read: from now on the others answer without it.
    pub fn quarantine(&self, block: &Block, why: &str) {
        let number = block.manifest.number;
        let mut blocks = self.write();
        let before = blocks.len();
        blocks.retain(|held| held.manifest.number != number);
        // Two readers may have found it at once.
        if blocks.len() < before {
            drop(blocks);
            self.put_aside(block.path(), why);
        }
    }

    fn put_aside(&self, path: &Path, why: &str) {
        let name = path.file_name().expect("blocks have a name");
        let to = self.quarantine.join(name);
        let moved = fs::rename(path, &to).and_then(|()| sync_parent(path));
        let path = match moved {
            Ok(()) => to,
            Err(error) => {
                tracing::error!(block = %path.display(), %error, "a damaged block cannot be put into quarantine");
                path.to_owned()
            }
        };
        tracing::error!(block = %path.display(), why, "a damaged block is in quarantine; the others are served");
        self.note(Quarantined { path, why: why.to_owned() });
    }

    pub fn note(&self, quarantined: Quarantined) {
        self.quarantined.lock().unwrap_or_else(PoisonError::into_inner).push(quarantined);
    }

    pub fn quarantined(&self) -> Vec<Quarantined> {
        self.quarantined.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn quarantine_dir(&self) -> &Path {
        &self.quarantine
    }
}

/// What earlier runs put there.
fn already(quarantine: &Path) -> io::Result<Vec<Quarantined>> {
    let why = || "found damaged by an earlier run; see its log".to_owned();
    let found = |entry: io::Result<fs::DirEntry>| Ok(Quarantined { path: entry?.path(), why: why() });
    fs::read_dir(quarantine)?.map(found).collect()
}

/// The directories of blocks, in order. What a crash left unfinished is removed.
fn numbered(dir: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == UNFINISHED) {
            fs::remove_dir_all(&path)?;
        }
    }
    numbered_in(dir)
}

/// The directories of finished blocks, in order.
pub fn numbered_in(dir: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if let Some(number) = path.file_name().and_then(|name| name.to_str()?.parse().ok()) {
            found.push((number, path));
        }
    }
    found.sort();
    Ok(found)
}
