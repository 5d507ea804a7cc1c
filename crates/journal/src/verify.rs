//! Is this journal whole? What `andon journal verify` asks, of a file that a server may be writing meanwhile.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::chain::Head;
use crate::error::{Damage, JournalError};
use crate::position::Seq;
use crate::sqlite::{Lock, Reader};
use crate::testimony::Testimony;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every record is there and is what was written. `bytes` counts bodies.
    Ok {
        head: Head,
        records: u64,
        bytes: u64,
    },
    Damaged(Damage),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Ok { head, records, bytes } => {
                write!(f, "whole: {records} records of {bytes} bytes; the head is {} {}", head.seq, head.hash)
            }
            Verdict::Damaged(damage) => match damage.seq {
                Some(seq) => write!(f, "damaged at record {seq}: {damage}"),
                None => write!(f, "damaged: {damage}"),
            },
        }
    }
}

/// Reads everything once: each record against the chain, the end against `journal.head`, then SQLite's own pages.
/// Changes nothing. An `Err` is what kept it from looking: no such file, no permission, a newer format.
pub fn verify(path: &Path) -> Result<Verdict, JournalError> {
    match examine(path) {
        Ok(verdict) => Ok(verdict),
        Err(JournalError::Damaged { damage, .. }) => Ok(Verdict::Damaged(damage)),
        Err(JournalError::NotAJournal { what, .. }) => Ok(Verdict::Damaged(Damage::somewhere(what))),
        Err(error) => Err(error),
    }
}

fn examine(path: &Path) -> Result<Verdict, JournalError> {
    // Before the records: the running writer only ever adds, so they must hold at least this.
    let beside = path.with_extension("head");
    let testimony = Testimony::read(&beside)
        .map_err(|error| JournalError::Io { file: beside.clone(), what: error.to_string() })?;
    let Reader { db } = Reader::open(path)?;
    // One view of the file for all that follows.
    let _view = db.connection.unchecked_transaction().map_err(|error| db.told(error))?;

    let (mut records, mut bytes) = (0, 0);
    let count = |body: &[u8]| {
        records += 1;
        bytes += body.len() as u64;
    };
    let head = match db.walk_all(count) {
        Err(JournalError::Damaged { file, damage }) => {
            let offset = damage.seq.and_then(|seq| locate(path, &db.bytes_of(seq)?));
            return Err(JournalError::Damaged { file, damage: Damage { offset, ..damage } });
        }
        other => other?,
    };
    testimony.agree(path, head, |seq| db.hash(seq))?;
    if testimony == Testimony::Absent && head.seq > Seq::START {
        let what = format!(
            "{} is missing: nobody can tell whether records are missing at the end",
            beside.display()
        );
        return Err(db.damaged(Damage::somewhere(what)));
    }
    db.check_pages()?;
    Ok(Verdict::Ok { head, records, bytes })
}

/// Where `bytes` lie in the file. Only while no server runs: in the server's own process, closing a second handle to
/// the file would drop the locks that SQLite holds on it.
fn locate(path: &Path, bytes: &[u8]) -> Option<u64> {
    let _lock = Lock::take(path).ok()?;
    find(File::open(path).ok()?, bytes).ok()?
}

/// The first place of `needle`, reading a piece at a time.
fn find(mut file: impl Read, needle: &[u8]) -> io::Result<Option<u64>> {
    const PIECE: u64 = 1 << 20;
    let (mut window, mut start) = (Vec::new(), 0);
    loop {
        if file.by_ref().take(PIECE).read_to_end(&mut window)? == 0 {
            return Ok(None);
        }
        if let Some(at) = window.windows(needle.len()).position(|piece| piece == needle) {
            return Ok(Some(start + at as u64));
        }
        // What may be the beginning of a match stays.
        let done = window.len().saturating_sub(needle.len() - 1);
        window.drain(..done);
        start += done as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_found_across_pieces() {
        let mut file = vec![0; (1 << 20) - 2];
        file.extend(b"needle");
        assert_eq!(find(&file[..], b"needle").unwrap(), Some((1 << 20) - 2));
        assert_eq!(find(&file[..], b"thread").unwrap(), None);
    }
}
