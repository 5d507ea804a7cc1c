//! What can go wrong, in words for the person who has to do something about it.

use std::fmt;
use std::path::PathBuf;

use crate::position::Seq;

/// Why a batch was not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// A later `acquire` took over. Nothing was written: drop the state and reload, or stop.
    #[error("another writer has taken over the journal; this one must write no more")]
    Fenced,
    /// The journal does not end where the caller believes. Nothing was written: reload from `head`.
    #[error("the journal ends at record {head}, not where this batch was to follow")]
    Conflict { head: Seq },
    /// There is no room. Nothing was written, and the same batch can be tried again once there is.
    #[error("no space left for the journal; free some on its disk and try again")]
    Full,
    /// Nobody knows whether the batch is durable. The only safe answer is to stop this process and start from
    /// what the journal then holds; every later append to this journal says the same.
    #[error("unknown whether the batch was written: {0}")]
    Ambiguous(String),
}

/// Why a journal could not be opened or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    #[error(
        "{} is in use by {}, which holds {}; stop that server first, or give this one another data directory",
        file.display(),
        pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}")),
        lock.display()
    )]
    InUse { file: PathBuf, lock: PathBuf, pid: Option<u32> },
    #[error(
        "{} has format {found} and this andon reads up to {known}; run the newer andon that wrote it (nothing was changed)",
        file.display()
    )]
    Newer { file: PathBuf, found: u32, known: u32 },
    #[error("{} is not an andon journal: {what}", file.display())]
    NotAJournal { file: PathBuf, what: String },
    #[error("{} is damaged: {damage}", file.display())]
    Damaged { file: PathBuf, damage: Damage },
    #[error("{}: {what}", file.display())]
    Io { file: PathBuf, what: String },
}

/// One thing that is wrong with the contents of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The first record that cannot be trusted, if the damage can be laid to one.
    pub seq: Option<Seq>,
    pub what: String,
    /// Where in the file that record's bytes lie, if they could be found.
    pub offset: Option<u64>,
}

impl Damage {
    pub(crate) fn at(seq: Seq, what: String) -> Damage {
        Damage { seq: Some(seq), what, offset: None }
    }

    pub(crate) fn somewhere(what: impl Into<String>) -> Damage {
        Damage { seq: None, what: what.into(), offset: None }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match self.offset {
            Some(offset) => write!(f, " (at byte {offset} of the file)"),
            None => Ok(()),
        }
    }
}
