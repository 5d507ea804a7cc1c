//! The files of the log: numbered segments, and a checkpoint that stands for all segments before its number.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Every file begins with it; the last character is the version of the format.
pub const MAGIC: &[u8; 8] = b"ANDONWL1";

const SEGMENT: &str = "log";
const CHECKPOINT: &str = "checkpoint";
/// Not yet whole: left by a crash, removed at the next start.
pub const UNFINISHED: &str = "unfinished";

/// What lies in the directory of a log.
#[derive(Debug, Default)]
pub struct Listing {
    /// The newest one, and the segment from which on the log goes beyond it.
    pub checkpoint: Option<(u64, PathBuf)>,
    /// In order, from the checkpoint on.
    pub segments: Vec<(u64, PathBuf)>,
    /// What the checkpoint has made superfluous, and what a crash left unfinished.
    pub superfluous: Vec<PathBuf>,
}

pub fn list(dir: &Path) -> io::Result<Listing> {
    let mut listing = Listing::default();
    let mut checkpoints = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let number =
            path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<u64>().ok());
        match (number, path.extension().and_then(|kind| kind.to_str())) {
            (Some(number), Some(SEGMENT)) => listing.segments.push((number, path)),
            (Some(number), Some(CHECKPOINT)) => checkpoints.push((number, path)),
            (_, Some(UNFINISHED)) => listing.superfluous.push(path),
            _ => {}
        }
    }
    checkpoints.sort();
    listing.segments.sort();
    listing.checkpoint = checkpoints.pop();
    let from = listing.checkpoint.as_ref().map_or(0, |(number, _)| *number);
    let old = listing.segments.extract_if(.., |(number, _)| *number < from).chain(checkpoints);
    listing.superfluous.extend(old.map(|(_, path)| path));
    Ok(listing)
}

pub fn segment(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:08}.{SEGMENT}"))
}

pub fn checkpoint(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:08}.{CHECKPOINT}"))
}

/// Its name is on the disk when this returns, its header with the next sync.
pub fn create(path: &Path) -> io::Result<File> {
    let mut file = File::create_new(path)?;
    let begun = file.write_all(MAGIC).and_then(|()| sync_parent(path));
    if let Err(error) = begun {
        // A full disk: the next attempt uses the same name.
        let _ = fs::remove_file(path);
        return Err(error);
    }
    Ok(file)
}

/// A rename or a new file is durable only when its directory is.
pub fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().expect("files of the store lie in a directory");
    File::open(parent)?.sync_all()
}
