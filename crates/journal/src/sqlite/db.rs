//! One connection to the journal's database: how it is opened, what the tables are, how records are read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Row, params};

use crate::chain::{Hash, Head};
use crate::error::{Damage, JournalError};
use crate::journal::Stored;
use crate::position::Seq;
use crate::sqlite::keep;
use crate::sqlite::place::Home;

/// "Ando": tells our file from any other SQLite database.
const APPLICATION_ID: i64 = 0x416e_646f;
/// In SQLite's `user_version`. It rises when an older binary could no longer read or append correctly.
pub(crate) const FORMAT: u32 = 1;

/// `about` is an index that may be emptied and rebuilt; `meta` holds the term and the home.
const SCHEMA: &str = "
    CREATE TABLE record (seq INTEGER PRIMARY KEY, body BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
    CREATE TABLE about (subject TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (subject, seq)) STRICT, WITHOUT ROWID;
    CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO meta VALUES ('term', 0);
";

#[derive(Debug)]
pub(crate) struct Db {
    pub(crate) connection: Connection,
    /// Canonical, so that it names the same file whatever becomes of the working directory.
    pub(crate) file: PathBuf,
}

impl Db {
    /// For the writer. Creates the file if there is none, and writes nothing else: see `create_tables`.
    pub(crate) fn open_to_write(path: &Path) -> Result<Db, JournalError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        Db::open(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
    }

    /// For everybody else, in this process or another, while the writer writes.
    pub(crate) fn open_to_read(path: &Path) -> Result<Db, JournalError> {
        let db = Db::open(
            path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        if db.is_blank()? {
            let what = "it is empty".to_owned();
            return Err(JournalError::NotAJournal { file: db.file, what });
        }
        Ok(db)
    }

    fn open(path: &Path, flags: OpenFlags) -> Result<Db, JournalError> {
        let told = |error| explain(path, error);
        let connection = Connection::open_with_flags(path, flags).map_err(told)?;
        let file = path.canonicalize().map_err(|error| JournalError::Io {
            file: path.to_owned(),
            what: error.to_string(),
        })?;
        connection.busy_timeout(Duration::from_secs(5)).map_err(told)?;
        // Notice a bad page when it is read, not when its neighbour is overwritten.
        connection
            .pragma_update(None, "cell_size_check", true)
            .map_err(told)?;
        let db = Db { connection, file };
        db.check_format()?;
        Ok(db)
    }

    /// Reads only: a journal from the future, or somebody else's database, must stay as it is.
    fn check_format(&self) -> Result<(), JournalError> {
        let id: i64 = self.pragma("application_id")?;
        let found: u32 = self.pragma("user_version")?;
        if id != APPLICATION_ID && !self.is_blank()? {
            let what = "it is another program's sqlite database".to_owned();
            return Err(JournalError::NotAJournal {
                file: self.file.clone(),
                what,
            });
        }
        if found > FORMAT {
            return Err(JournalError::Newer {
                file: self.file.clone(),
                found,
                known: FORMAT,
            });
        }
        Ok(())
    }

    /// Nothing was ever written to it.
    pub(crate) fn is_blank(&self) -> Result<bool, JournalError> {
        let count = "SELECT count(*) FROM sqlite_schema";
        let tables: i64 = self
            .connection
            .query_row(count, [], |row| row.get(0))
            .map_err(|e| self.told(e))?;
        let id: i64 = self.pragma("application_id")?;
        Ok(tables == 0 && id == 0)
    }

    fn pragma<T: rusqlite::types::FromSql>(&self, name: &str) -> Result<T, JournalError> {
        self.connection
            .pragma_query_value(None, name, |row| row.get(0))
            .map_err(|e| self.told(e))
    }

    /// The settings that make a commit durable, on every start since SQLite does not keep them all.
    pub(crate) fn make_durable(&self) -> Result<(), JournalError> {
        let set = || {
            self.connection.pragma_update(None, "journal_mode", "WAL")?;
            self.connection.pragma_update(None, "synchronous", "FULL")
        };
        set().map_err(|e| self.told(e))?;
        let mode: String = self.pragma("journal_mode")?;
        let synchronous: i64 = self.pragma("synchronous")?;
        if mode != "wal" || synchronous != 2 {
            let what = format!(
                "this file system does not carry a durable journal (mode {mode}, sync {synchronous})"
            );
            return Err(JournalError::Io {
                file: self.file.clone(),
                what,
            });
        }
        Ok(())
    }

    /// All in one commit: a start that is killed leaves a blank file or a whole journal.
    pub(crate) fn create_tables(&mut self, home: &Home) -> Result<(), JournalError> {
        let create = || {
            let tables = self.connection.unchecked_transaction()?;
            tables.execute_batch(SCHEMA)?;
            tables.pragma_update(None, "application_id", APPLICATION_ID)?;
            tables.pragma_update(None, "user_version", FORMAT)?;
            keep::write_home(&tables, home)?;
            tables.commit()
        };
        create().map_err(|e| self.told(e))
    }

    pub(crate) fn head(&self) -> Result<Head, JournalError> {
        let last = "SELECT seq, hash FROM record ORDER BY seq DESC LIMIT 1";
        let read = |row: &Row<'_>| {
            Ok(Head {
                seq: seq_at(row, 0)?,
                hash: hash_at(row, 1)?,
            })
        };
        let head = self
            .connection
            .prepare_cached(last)
            .and_then(|mut s| s.query_row([], read).optional());
        Ok(head.map_err(|e| self.told(e))?.unwrap_or(Head::EMPTY))
    }

    /// The head, after checking that record against its hash.
    pub(crate) fn last_checked(&self) -> Result<Head, JournalError> {
        let head = self.head()?;
        self.walk(head.seq, 1, |_| Ok(()))?;
        Ok(head)
    }

    /// The stored hash of one record.
    pub(crate) fn hash(&self, seq: Seq) -> Result<Option<Hash>, JournalError> {
        if seq == Seq::START {
            return Ok(Some(Hash::GENESIS));
        }
        let one = "SELECT hash FROM record WHERE seq = ?1";
        let read = |row: &Row<'_>| hash_at(row, 0);
        let hash = self
            .connection
            .prepare_cached(one)
            .and_then(|mut s| s.query_row([number(seq)], read).optional());
        hash.map_err(|e| self.told(e))
    }

    pub(crate) fn read(&self, from: Seq, limit: usize) -> Result<Vec<Stored>, JournalError> {
        let mut records = Vec::with_capacity(limit.min(4096));
        self.walk(from, limit, |stored| {
            records.push(stored);
            Ok(())
        })?;
        Ok(records)
    }

    /// Gives each record from `from` on to `each`, once it has been checked against the chain.
    pub(crate) fn walk(
        &self,
        from: Seq,
        limit: usize,
        mut each: impl FnMut(Stored) -> Result<(), JournalError>,
    ) -> Result<Head, JournalError> {
        let before = Seq(from.0.saturating_sub(1));
        // Past the end there is nothing; a hole before the first record asked for shows as that record missing.
        let mut head = match self.hash(before)? {
            Some(hash) => Head { seq: before, hash },
            None if before > self.head()?.seq => {
                return Ok(Head {
                    seq: before,
                    hash: Hash::GENESIS,
                });
            }
            None => return Err(self.damaged(Damage::at(before, format!("record {before} is missing")))),
        };
        let rows = "SELECT seq, body, hash FROM record WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        let mut statement = self.connection.prepare_cached(rows).map_err(|e| self.told(e))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = statement
            .query(params![number(before), limit])
            .map_err(|e| self.told(e))?;
        while let Some(row) = rows.next().map_err(|e| self.told_at(head.seq.next(), e))? {
            let stored = stored_at(row).map_err(|e| self.told_at(head.seq.next(), e))?;
            head = head
                .follow(stored.seq, &stored.body, stored.hash)
                .map_err(|damage| self.damaged(damage))?;
            each(stored)?;
        }
        Ok(head)
    }

    /// Every record from the first, in order.
    pub(crate) fn walk_all(&self, mut each: impl FnMut(&[u8])) -> Result<Head, JournalError> {
        self.walk(Seq(1), usize::MAX, |stored| {
            each(&stored.body);
            Ok(())
        })
    }

    /// The end of a record as it stands in the file: body and hash lie side by side there.
    pub(crate) fn bytes_of(&self, seq: Seq) -> Option<Vec<u8>> {
        let one = "SELECT body, hash FROM record WHERE seq = ?1";
        let read = |row: &Row<'_>| {
            let body = row.get_ref(0)?.as_blob()?;
            let hash = row.get_ref(1)?.as_blob()?;
            Ok([&body[body.len().saturating_sub(64)..], hash].concat())
        };
        self.connection
            .query_row(one, [number(seq)], read)
            .ok()
            .filter(|bytes| !bytes.is_empty())
    }

    /// SQLite's own look at every page, the index of subjects included.
    pub(crate) fn check_pages(&self) -> Result<(), JournalError> {
        let found: String = self.pragma("quick_check")?;
        match found.as_str() {
            "ok" => Ok(()),
            _ => Err(self.damaged(Damage::somewhere(format!(
                "the records are whole, but a page is not: {found}"
            )))),
        }
    }

    pub(crate) fn about(&self, subject: &str, from: Seq, limit: usize) -> Result<Vec<Stored>, JournalError> {
        let rows = "SELECT seq FROM about WHERE subject = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let find = || {
            let mut statement = self.connection.prepare_cached(rows)?;
            let seqs = statement.query_map(params![subject, number(from), limit], |row| seq_at(row, 0))?;
            seqs.collect::<Result<Vec<Seq>, _>>()
        };
        let mut records = Vec::new();
        for seq in find().map_err(|e| self.told(e))? {
            let found = self.read(seq, 1)?;
            if found.is_empty() {
                let what = format!(
                    "the index names record {seq} for {subject:?}, and there is none: rebuild the index"
                );
                return Err(self.damaged(Damage::at(seq, what)));
            }
            records.extend(found);
        }
        Ok(records)
    }

    pub(crate) fn damaged(&self, damage: Damage) -> JournalError {
        JournalError::Damaged {
            file: self.file.clone(),
            damage,
        }
    }

    pub(crate) fn told(&self, error: rusqlite::Error) -> JournalError {
        explain(&self.file, error)
    }

    /// As `told`, where it is known which record was being read.
    fn told_at(&self, seq: Seq, error: rusqlite::Error) -> JournalError {
        match self.told(error) {
            JournalError::Damaged { file, damage } => JournalError::Damaged {
                file,
                damage: Damage {
                    seq: Some(seq),
                    ..damage
                },
            },
            other => other,
        }
    }
}

/// SQLite's seqs are signed; a journal that outgrows them would be older than the universe.
pub(crate) fn number(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}

fn stored_at(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        seq: seq_at(row, 0)?,
        body: row.get_ref(1)?.as_blob()?.to_vec(),
        hash: hash_at(row, 2)?,
    })
}

fn seq_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Seq> {
    let seq: i64 = row.get(column)?;
    u64::try_from(seq)
        .map(Seq)
        .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, seq))
}

fn hash_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Hash> {
    row.get(column).map(Hash)
}

/// What SQLite says, sorted into what a person can do about it.
fn explain(file: &Path, error: rusqlite::Error) -> JournalError {
    let file = file.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => JournalError::NotAJournal {
            file,
            what: "it is not a sqlite database, or its first page is damaged".to_owned(),
        },
        Some(ErrorCode::DatabaseCorrupt) => JournalError::Damaged {
            file,
            damage: Damage::somewhere(format!("a page is damaged: {error}")),
        },
        Some(_) => JournalError::Io {
            file,
            what: error.to_string(),
        },
        // Not from SQLite: a value of a type or length that we never write.
        None => JournalError::Damaged {
            file,
            damage: Damage::somewhere(format!("a stored value is damaged: {error}")),
        },
    }
}
