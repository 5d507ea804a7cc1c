//! The journal in an SQLite file: write-ahead log, `synchronous=FULL`, one writer.
//!
//! Beside `journal.db` (and SQLite's own `-wal` and `-shm`) stand `journal.lock`, `journal.head` and the deletable
//! `journal.snapshot`. For a backup of a running server copy `journal.head` first and then take the database with
//! `sqlite3 journal.db '.backup …'`: the other way round, the copy looks as if its end had been cut off.
//!
//! A full disk refuses an append and nothing more; tried on tmpfs and on ext4 with blocks of 4 KiB. Where blocks are
//! smaller than a page of memory (ext4 makes such file systems on volumes below 512 MB), a disk that fills up can end
//! the process with SIGBUS inside SQLite's shared index: nothing acknowledged is lost, but give the journal 4 KiB blocks.

mod db;
mod keep;
mod lock;
mod place;
mod reader;
mod records;

#[cfg(test)]
mod damage;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use rusqlite::{ErrorCode, TransactionBehavior, params};

use crate::chain::{Hash, Head};
use crate::error::{AppendError, Damage, JournalError};
use crate::journal::{Entry, Journal, Snapshot, Stored};
use crate::position::{Seq, Term};
use crate::snapshot;
use crate::testimony::Testimony;
use crate::witness::Witness;

use db::Db;
use keep::INDEX;
use records::number;

pub(crate) use lock::Lock;
pub use place::{Home, Standing};
pub use reader::Reader;

/// The one writer of a journal file. Dropping it is a clean stop.
#[derive(Debug)]
pub struct SqliteJournal {
    db: Db,
    head: Head,
    witness: Witness,
    home: Home,
    standing: Standing,
    /// Why nothing may be written any more. After a failed commit SQLite's view, the kernel's cache and the disk may
    /// all differ (a second fsync can succeed without having written anything): only a new process may look again.
    poison: Option<String>,
    /// Last, so that it is released after the database is closed.
    _lock: Lock,
}

impl SqliteJournal {
    /// Opens or creates the journal `path` (a file such as `data/journal.db`, in a directory that exists) for the
    /// instance of that id. Checks its end against `journal.head`; the rest is checked as it is read.
    ///
    /// Nothing is written before all of this has been found good.
    pub fn open(path: &Path, instance: &str) -> Result<SqliteJournal, JournalError> {
        let path = canonical(path).map_err(|error| io(path, &error))?;
        let lock = Lock::take(&path)?;
        let db = Db::open_to_write(&path)?;
        let beside = path.with_extension("head");
        let testimony = Testimony::read(&beside).map_err(|error| io(&beside, &error))?;
        let home = Home::of(&path, instance).map_err(|error| io(&path, &error))?;

        let blank = db.is_blank()?;
        let head = if blank { Head::EMPTY } else { db.last_checked()? };
        let hash_of = |seq| {
            if blank { Ok(Some(Hash::GENESIS)) } else { db.hash(seq) }
        };
        testimony.agree(&path, head, hash_of)?;

        db.make_durable()?;
        db.tidy_on_close(true)?;
        if blank {
            db.create_tables(&home)?;
        } else if testimony == Testimony::Absent && head != Head::EMPTY {
            // Remembered until a person has looked, since the next start will find a new journal.head.
            db.set_unwitnessed()?;
        }
        let standing = db.standing(&home)?;
        let witness = Witness::start(&beside, head).map_err(|error| io(&beside, &error))?;
        Ok(SqliteJournal { db, head, witness, home, standing, poison: None, _lock: lock })
    }

    /// Whether this journal may act, or has to wait for a person first.
    #[must_use]
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// A person has looked and released it: from here on this is its home.
    pub fn settle(&mut self) -> Result<(), JournalError> {
        self.db.settle(&self.home)?;
        self.standing = Standing::Home;
        Ok(())
    }

    /// A connection for another thread of this process.
    pub fn reader(&self) -> Result<Reader, JournalError> {
        Reader::open(&self.db.file)
    }

    /// Throws the index of subjects away and makes it anew, for one that is damaged or follows an older rule.
    pub fn reindex(
        &mut self,
        subjects_of: &mut dyn FnMut(&Stored) -> Vec<String>,
    ) -> Result<(), JournalError> {
        self.db.reindex(subjects_of)
    }

    fn commit(&mut self, term: Term, expected_seq: Seq, batch: &[Entry]) -> Result<Head, Stop> {
        let transaction = self.db.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let current: i64 = transaction
            .prepare_cached("SELECT value FROM meta WHERE key = 'term'")?
            .query_row([], |row| row.get(0))?;
        if u64::try_from(current) != Ok(term.0) {
            return Err(Stop::Fenced);
        }
        if expected_seq != self.head.seq {
            return Err(Stop::Conflict);
        }
        let mut head = self.head;
        {
            let mut record =
                transaction.prepare_cached("INSERT INTO record (seq, body, hash) VALUES (?1, ?2, ?3)")?;
            let mut about = transaction.prepare_cached(INDEX)?;
            for entry in batch {
                head = head.link(&entry.body);
                // Whatever wrote behind our back would meet the primary key here.
                record.execute(params![number(head.seq), entry.body, head.hash.0])?;
                for subject in &entry.subjects {
                    about.execute(params![subject, number(head.seq)])?;
                }
            }
        }
        transaction.commit()?;
        Ok(head)
    }

    /// True if a commit that met a full disk left everything as it was.
    fn unchanged(&self) -> bool {
        self.db.connection.is_autocommit() && self.db.head() == Ok(self.head)
    }

    fn poisoned(&mut self, why: String) -> AppendError {
        // If even this fails, the poison below still keeps every append away.
        let _ = self.db.tidy_on_close(false);
        AppendError::Ambiguous(self.poison.insert(why).clone())
    }
}

/// Why a commit did not come back with a head.
enum Stop {
    Fenced,
    Conflict,
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Stop {
        Stop::Sql(error)
    }
}

impl Journal for SqliteJournal {
    fn acquire(&mut self, node: &str) -> Result<Term, JournalError> {
        match &self.poison {
            Some(why) => Err(JournalError::Io { file: self.db.file.clone(), what: why.clone() }),
            None => self.db.raise_term(node),
        }
    }

    fn append(&mut self, term: Term, expected_seq: Seq, batch: &[Entry]) -> Result<Seq, AppendError> {
        if let Some(why) = &self.poison {
            return Err(AppendError::Ambiguous(why.clone()));
        }
        match self.commit(term, expected_seq, batch) {
            Ok(head) => self.head = head,
            Err(Stop::Fenced) => return Err(AppendError::Fenced),
            Err(Stop::Conflict) => return Err(AppendError::Conflict { head: self.head.seq }),
            Err(Stop::Sql(error)) => {
                let full = error.sqlite_error_code() == Some(ErrorCode::DiskFull);
                if full && self.unchanged() {
                    return Err(AppendError::Full);
                }
                let why = self.db.told(error).to_string();
                return Err(self.poisoned(why));
            }
        }
        // Durable by now, but a disk that does not take the head is not one to go on with.
        if let Err(error) = self.witness.record(self.head) {
            let why = io(&self.db.file.with_extension("head"), &error).to_string();
            return Err(self.poisoned(why));
        }
        Ok(self.head.seq)
    }

    fn read(&self, from: Seq, limit: usize) -> Result<Vec<Stored>, JournalError> {
        let records = self.db.read(from, limit)?;
        let next = Seq(from.0.max(1) + records.len() as u64);
        if records.len() < limit && next <= self.head.seq {
            let what = format!("record {next} is missing: this journal was written up to {}", self.head.seq);
            return Err(self.db.damaged(Damage::at(next, what)));
        }
        Ok(records)
    }

    fn about(&self, subject: &str, from: Seq, limit: usize) -> Result<Vec<Stored>, JournalError> {
        self.db.about(subject, from, limit)
    }

    fn head(&self) -> Head {
        self.head
    }

    fn save_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        let path = self.db.file.with_extension("snapshot");
        snapshot::save(&path, snapshot).map_err(|error| io(&path, &error))
    }

    fn load_snapshot(&self) -> Result<Option<Snapshot>, JournalError> {
        let path = self.db.file.with_extension("snapshot");
        let Some(snapshot) = snapshot::load(&path).map_err(|error| io(&path, &error))? else {
            return Ok(None);
        };
        let agrees = self.db.hash(snapshot.at.seq)? == Some(snapshot.at.hash);
        Ok(agrees.then_some(snapshot))
    }
}

/// Of a file that may not exist yet.
fn canonical(path: &Path) -> std::io::Result<PathBuf> {
    path.canonicalize().or_else(|_| match (path.parent(), path.file_name()) {
        (Some(directory), Some(name)) if directory.as_os_str().is_empty() => {
            Ok(Path::new(".").canonicalize()?.join(name))
        }
        (Some(directory), Some(name)) => Ok(directory.canonicalize()?.join(name)),
        _ => Err(std::io::Error::from(std::io::ErrorKind::InvalidInput)),
    })
}

fn io(path: &Path, error: &std::io::Error) -> JournalError {
    JournalError::Io { file: path.to_owned(), what: error.to_string() }
}
