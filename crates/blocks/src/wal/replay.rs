//! Reading the log back when the store opens.

use std::fs::{self, OpenOptions};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::files::{self, MAGIC};
use super::frame::{Frames, Part};
use super::record::Record;

/// What was found, beside the records themselves.
#[derive(Debug, Default)]
pub struct Replayed {
    pub records: u64,
    pub bytes: u64,
    /// Places that could not be read. Everything around them was.
    pub damages: Vec<Damage>,
    /// The number of the segment to go on with.
    pub next: u64,
}

/// A place in a file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    pub path: PathBuf,
    pub bytes: Range<u64>,
    pub what: &'static str,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Range { start, end } = self.bytes;
        write!(f, "{} in bytes {start} to {end} of {}", self.what, self.path.display())
    }
}

/// Hands every record that verifies to `each`, in the order in which they were written. A tail that a crash tore is
/// cut off, since it never was acknowledged.
pub fn replay(dir: &Path, each: &mut dyn FnMut(Record<'_>)) -> io::Result<Replayed> {
    let listing = files::list(dir)?;
    for path in &listing.superfluous {
        fs::remove_file(path)?;
    }
    let mut replayed = Replayed::default();
    let last = listing.segments.last().map(|(number, _)| *number);
    let checkpoint = listing.checkpoint.map(|(number, path)| (number, path, true));
    let segments = listing.segments.into_iter().map(|(number, path)| (number, path, false));
    for (number, path, is_checkpoint) in checkpoint.into_iter().chain(segments) {
        replayed.next = replayed.next.max(number + u64::from(!is_checkpoint));
        let tail = Tail { may_be_torn: !is_checkpoint && Some(number) == last, cut: true };
        let whole = replayed.file(&path, tail, each)?;
        if is_checkpoint && !whole {
            replayed.damages.push(Damage { path, bytes: 0..0, what: "the end of the checkpoint is missing" });
        }
    }
    Ok(replayed)
}

/// The files of the log, each with the places that cannot be read. Changes nothing.
pub fn verify(dir: &Path) -> io::Result<Vec<(PathBuf, Vec<Damage>)>> {
    let listing = files::list(dir)?;
    let last = listing.segments.last().map(|(number, _)| *number);
    let mut verified = Vec::new();
    let checkpoint = listing.checkpoint.map(|(_, path)| (path, false));
    let segments = listing.segments.into_iter().map(|(number, path)| (path, Some(number) == last));
    for (path, may_be_torn) in checkpoint.into_iter().chain(segments) {
        let mut read = Replayed::default();
        match read.file(&path, Tail { may_be_torn, cut: false }, &mut |_| {}) {
            Ok(_) => verified.push((path, read.damages)),
            // A running store has removed it since.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(verified)
}

/// What the end of a file may be, and what is done about it.
#[derive(Clone, Copy)]
struct Tail {
    may_be_torn: bool,
    cut: bool,
}

impl Replayed {
    /// Whether its last record says that it is whole.
    fn file(&mut self, path: &Path, tail: Tail, each: &mut dyn FnMut(Record<'_>)) -> io::Result<bool> {
        let bytes = fs::read(path)?;
        self.bytes += bytes.len() as u64;
        let mut damage = |bytes: Range<usize>, what| {
            let bytes = bytes.start as u64..bytes.end as u64;
            self.damages.push(Damage { path: path.to_owned(), bytes, what });
        };
        if tail.may_be_torn && bytes.len() < MAGIC.len() {
            // Created, and then the process ended: there is nothing in it, and it must not stand before others.
            if tail.cut {
                fs::remove_file(path)?;
            }
            return Ok(false);
        }
        let start = if bytes.starts_with(MAGIC) {
            MAGIC.len()
        } else {
            damage(0..MAGIC.len().min(bytes.len()), "an unknown beginning");
            MAGIC.len().min(bytes.len())
        };
        let mut ended = false;
        for part in Frames::new(&bytes, start) {
            match part {
                Part::Record(body) => match Record::read(body) {
                    Ok(Record::End) => ended = true,
                    Ok(record) => {
                        self.records += 1;
                        each(record);
                    }
                    Err(_) => {
                        let at = body.as_ptr() as usize - bytes.as_ptr() as usize;
                        damage(at..at + body.len(), "a record of an unknown kind");
                    }
                },
                Part::Damage(range) => damage(range, "a damaged record"),
                Part::Tail(_) if tail.may_be_torn && !tail.cut => {}
                Part::Tail(at) if tail.may_be_torn => {
                    tracing::warn!(
                        file = %path.display(), at, cut = bytes.len() - at,
                        "the log ends in the middle of a record: its tail is cut off"
                    );
                    OpenOptions::new().write(true).open(path)?.set_len(at as u64)?;
                }
                Part::Tail(at) => damage(at..bytes.len(), "a damaged end"),
            }
        }
        Ok(ended)
    }
}
