//! What was deleted: hidden from every query at once, and gone from the disk when its blocks are compacted.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use andon_timeseries::{MatchOp, Matcher};
use andon_vocabulary::{Labels, Timestamp};
use serde::{Deserialize, Serialize};

use crate::wal::sync_parent;

pub const FILE: &str = "deleted.json";
const UNFINISHED: &str = "deleted.unfinished";

/// Samples of `[from, to]` of the series that fit are gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tombstone {
    matchers: Vec<(String, MatchOp, String)>,
    pub from: Timestamp,
    pub to: Timestamp,
    /// Blocks from this number on were written later: what is in them was not deleted.
    pub before: u64,
}

/// One that is ready to be compared with.
#[derive(Clone, Debug)]
pub struct Deleted {
    matchers: Arc<[Matcher]>,
    from: Timestamp,
    to: Timestamp,
    before: u64,
}

impl Deleted {
    pub fn concerns(&self, number: u64, from: Timestamp, to: Timestamp) -> bool {
        number < self.before && self.from <= to && from <= self.to
    }

    pub fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }

    pub fn fits(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.matches(labels))
    }

    pub fn hides(&self, at: Timestamp) -> bool {
        at >= self.from && at <= self.to
    }
}

/// All deletions that some block still has to be cleaned of.
#[derive(Debug)]
pub struct Tombstones {
    path: PathBuf,
    all: RwLock<(Vec<Tombstone>, Vec<Deleted>)>,
}

impl Tombstones {
    pub fn open(dir: &Path) -> io::Result<Tombstones> {
        let path = dir.join(FILE);
        let stones = match fs::read(&path) {
            Ok(json) => serde_json::from_slice::<Vec<Tombstone>>(&json).map_err(|error| {
                let why =
                    format!("{} cannot be read: {error}; move it away to see what it hid", path.display());
                io::Error::new(io::ErrorKind::InvalidData, why)
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let ready = ready(&stones)?;
        Ok(Tombstones { path, all: RwLock::new((stones, ready)) })
    }

    /// Those that concern samples of `[from, to]` in blocks before this number.
    pub fn concerning(&self, number: u64, from: Timestamp, to: Timestamp) -> Vec<Deleted> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        all.1.iter().filter(|deleted| deleted.concerns(number, from, to)).cloned().collect()
    }

    /// A block that is written from now on has at least this number, or it would count as older than a deletion.
    pub fn next_block(&self) -> u64 {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        all.0.iter().map(|stone| stone.before).max().unwrap_or_default()
    }

    pub fn is_empty(&self) -> bool {
        self.all.read().unwrap_or_else(PoisonError::into_inner).0.is_empty()
    }

    /// Durable before it returns.
    pub fn add(&self, matchers: &[Matcher], from: Timestamp, to: Timestamp, before: u64) -> io::Result<()> {
        let text = |matcher: &Matcher| (matcher.name().to_owned(), matcher.op(), matcher.value().to_owned());
        let stone = Tombstone { matchers: matchers.iter().map(text).collect(), from, to, before };
        self.change(|stones| stones.push(stone))
    }

    /// No block is left that they concern.
    pub fn clear(&self) -> io::Result<()> {
        self.change(Vec::clear)
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Tombstone>)) -> io::Result<()> {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let mut stones = all.0.clone();
        change(&mut stones);
        let unfinished = self.path.with_file_name(UNFINISHED);
        let mut file = File::create(&unfinished)?;
        file.write_all(&serde_json::to_vec_pretty(&stones)?)?;
        file.sync_all()?;
        fs::rename(&unfinished, &self.path)?;
        sync_parent(&self.path)?;
        *all = (stones.clone(), ready(&stones)?);
        Ok(())
    }
}

fn ready(stones: &[Tombstone]) -> io::Result<Vec<Deleted>> {
    let one = |stone: &Tombstone| {
        let matcher = |(name, op, value): &(String, MatchOp, String)| {
            Matcher::new(*op, name.as_str(), value.as_str()).map_err(io::Error::other)
        };
        let matchers = stone.matchers.iter().map(matcher).collect::<io::Result<_>>()?;
        Ok(Deleted { matchers, from: stone.from, to: stone.to, before: stone.before })
    };
    stones.iter().map(one).collect()
}
