//! What `journal.head` says, and whether the journal bears it out.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::chain::{Hash, Head};
use crate::error::{Damage, JournalError};
use crate::position::Seq;
use crate::witness::newest;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Testimony {
    /// At least this was written.
    Head(Head),
    /// There is no such file.
    Absent,
    /// There is a file, and neither slot can be read.
    Garbled,
}

impl Testimony {
    /// Of the file at `beside`, the path of `journal.head`.
    pub(crate) fn read(beside: &Path) -> io::Result<Testimony> {
        match File::open(beside) {
            Ok(file) => Ok(newest(&file)?.map_or(Testimony::Garbled, |(_, head)| Testimony::Head(head))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Testimony::Absent),
            Err(error) => Err(error),
        }
    }

    /// The damage, if `journal` ends at `head` and holds the hashes that `hash_of` finds.
    pub(crate) fn agree(
        self,
        journal: &Path,
        head: Head,
        hash_of: impl Fn(Seq) -> Result<Option<Hash>, JournalError>,
    ) -> Result<(), JournalError> {
        let beside = journal.with_extension("head");
        let beside = beside.display();
        let way_out = format!("restore a backup, or delete {beside} to go on without them, halted");
        let damage = match self {
            // What this means is the caller's to say: a start that was killed before its first append left none.
            Testimony::Absent => return Ok(()),
            Testimony::Garbled => Damage::somewhere(format!(
                "{beside} cannot be read: records may be missing at the end; {way_out}"
            )),
            Testimony::Head(seen) if seen.seq > head.seq => {
                let first = head.seq.next();
                Damage::at(
                    first,
                    format!("records {first} to {} are missing at the end; {way_out}", seen.seq),
                )
            }
            Testimony::Head(seen) if hash_of(seen.seq)? != Some(seen.hash) => {
                let what =
                    format!("record {} is not the one that was written: {beside} saw another hash", seen.seq);
                Damage::at(seen.seq, what)
            }
            Testimony::Head(_) => return Ok(()),
        };
        Err(JournalError::Damaged { file: journal.to_owned(), damage })
    }
}
