//! A store from outside. Whether it is open or not: what is there, whether it is sound, a copy of it. While nobody has it
//! open: all of it in as few blocks as there can be.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use andon_timeseries::Limits;
use andon_vocabulary::Timestamp;

use crate::block::{Block, Resolution};
use crate::past::numbered_in;
use crate::settings::Settings;
use crate::store::{BLOCKS, LOG, OpenError, Store};
use crate::tombstones;
use crate::wal::{self, UNFINISHED};

/// A block as a person wants to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub number: u64,
    pub resolution: Resolution,
    /// Every sample is later than `from` and not later than `to`.
    pub from: Timestamp,
    pub to: Timestamp,
    pub series: u64,
    pub samples: u64,
    pub bytes: u64,
}

/// A block or a file of the log, and what was found in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub path: PathBuf,
    pub result: Result<(), String>,
}

/// Every block that can be opened.
pub fn list(dir: &Path) -> io::Result<Vec<Listed>> {
    let blocks = numbered_in(&dir.join(BLOCKS))?;
    let opened = blocks.iter().filter_map(|(_, path)| Block::open(path).ok());
    let listed = opened.map(|block| Listed {
        number: block.manifest.number,
        resolution: block.manifest.resolution,
        from: block.manifest.from,
        to: block.manifest.to,
        series: block.manifest.series,
        samples: block.manifest.samples,
        bytes: block.manifest.bytes(),
    });
    Ok(listed.collect())
}

/// Reads every byte of every block and of the log, and compares it with its checksum. Changes nothing. The end of the
/// log may be in the middle of a record: it is being written, or a crash tore it, and the next start cuts it off.
pub fn verify(dir: &Path) -> io::Result<Vec<Checked>> {
    let mut checked = Vec::new();
    for (_, path) in numbered_in(&dir.join(BLOCKS))? {
        let result = Block::open(&path).and_then(|block| block.verify()).map_err(|error| error.to_string());
        // A running store may just have replaced it.
        if path.exists() {
            checked.push(Checked { path, result });
        }
    }
    for (path, damages) in wal::verify(&dir.join(LOG))? {
        let told: Vec<String> = damages.iter().map(ToString::to_string).collect();
        let result = if told.is_empty() { Ok(()) } else { Err(told.join("; ")) };
        checked.push(Checked { path, result });
    }
    Ok(checked)
}

/// Merges what is in the log and the blocks. No sample is refused for how late it came or how many there are: they were
/// all taken once.
pub fn compact(dir: &Path) -> Result<(), OpenError> {
    let limits = Limits {
        series_max: usize::MAX,
        samples_per_series_max: usize::MAX,
        late_max: Duration::MAX,
        ..Limits::default()
    };
    let store = Store::open(dir, Settings { limits, ..Settings::default() })?;
    let merged = store.merge_all();
    store.close();
    merged.map_err(|error| OpenError::Io { path: dir.to_owned(), error })
}

/// How often a file that a running store has just replaced is looked for again.
const ATTEMPTS: u32 = 20;

/// How much of a store a copy has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied {
    Everything,
    /// Not what is only in memory and in the log so far.
    Blocks,
}

/// Makes a directory that opens as the store was at one moment: blocks are linked, so that they take no room, and the
/// log is copied. The store may be running.
pub fn snapshot(dir: &Path, to: &Path, copied: Copied) -> io::Result<()> {
    fs::create_dir_all(to)?;
    if fs::read_dir(to)?.next().is_some() {
        let why = format!("{} is not empty: a snapshot goes into a directory of its own", to.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
    }
    // The log first: what leaves it afterwards is in the blocks by then, and a sample in both counts once.
    match copied {
        Copied::Everything => again_while_it_moves(|| copy_files(&dir.join(LOG), &to.join(LOG)))?,
        Copied::Blocks => fs::create_dir_all(to.join(LOG))?,
    }
    again_while_it_moves(|| {
        let blocks = to.join(BLOCKS);
        emptied(&blocks)?;
        for (_, path) in numbered_in(&dir.join(BLOCKS))? {
            let into = blocks.join(path.file_name().expect("blocks have a name"));
            copy_files(&path, &into)?;
        }
        Ok(())
    })?;
    let deleted = dir.join(tombstones::FILE);
    if deleted.is_file() {
        fs::copy(&deleted, to.join(tombstones::FILE))?;
    }
    Ok(())
}

fn again_while_it_moves(act: impl Fn() -> io::Result<()>) -> io::Result<()> {
    for _ in 1..ATTEMPTS {
        match act() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            done => return done,
        }
    }
    act()
}

fn emptied(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(dir),
    }
}

/// What never changes is linked, where the file system can.
fn copy_files(from: &Path, to: &Path) -> io::Result<()> {
    emptied(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == UNFINISHED) {
            continue;
        }
        let into = to.join(path.file_name().expect("entries have a name"));
        let is_written_to = path.extension().is_some_and(|kind| kind == "log");
        if is_written_to || fs::hard_link(&path, &into).is_err() {
            fs::copy(&path, &into)?;
        }
    }
    Ok(())
}
