//! One connection to the journal's database: how it is opened, what the tables are, what its errors mean.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::{Damage, JournalError};
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
        let db = Db::open(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        db.tidy_on_close(false)?;
        Ok(db)
    }

    /// Whether closing moves the log into the main file and deletes it. Not before the journal has been found good,
    /// since what SQLite cannot read in a damaged log would be lost for whoever comes to rescue it; and not after an
    /// I/O error.
    pub(crate) fn tidy_on_close(&self, tidy: bool) -> Result<(), JournalError> {
        let set = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !tidy);
        set.map(drop).map_err(|e| self.told(e))
    }

    /// For everybody else, in this process or another, while the writer writes.
    pub(crate) fn open_to_read(path: &Path) -> Result<Db, JournalError> {
        if !path.is_file() {
            return Err(JournalError::Io {
                file: path.to_owned(),
                what: "there is no journal here".to_owned(),
            });
        }
        let db = Db::open(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        if db.is_blank()? {
            let what = "it is empty".to_owned();
            return Err(JournalError::NotAJournal { file: db.file, what });
        }
        Ok(db)
    }

    fn open(path: &Path, flags: OpenFlags) -> Result<Db, JournalError> {
        let told = |error| explain(path, error);
        let connection = Connection::open_with_flags(path, flags).map_err(told)?;
        let file = path
            .canonicalize()
            .map_err(|error| JournalError::Io { file: path.to_owned(), what: error.to_string() })?;
        connection.busy_timeout(Duration::from_secs(5)).map_err(told)?;
        // Notice a bad page when it is read, not when its neighbour is overwritten.
        connection.pragma_update(None, "cell_size_check", true).map_err(told)?;
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
            return Err(JournalError::NotAJournal { file: self.file.clone(), what });
        }
        if found > FORMAT {
            return Err(JournalError::Newer { file: self.file.clone(), found, known: FORMAT });
        }
        Ok(())
    }

    /// Nothing was ever written to it.
    pub(crate) fn is_blank(&self) -> Result<bool, JournalError> {
        let count = "SELECT count(*) FROM sqlite_schema";
        let tables: i64 = self.connection.query_row(count, [], |row| row.get(0)).map_err(|e| self.told(e))?;
        let id: i64 = self.pragma("application_id")?;
        Ok(tables == 0 && id == 0)
    }

    fn pragma<T: rusqlite::types::FromSql>(&self, name: &str) -> Result<T, JournalError> {
        self.connection.pragma_query_value(None, name, |row| row.get(0)).map_err(|e| self.told(e))
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
            return Err(JournalError::Io { file: self.file.clone(), what });
        }
        Ok(())
    }

    /// All in one commit: a start that is killed leaves a blank file or a whole journal.
    pub(crate) fn create_tables(&self, home: &Home) -> Result<(), JournalError> {
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

    /// SQLite's own look at every page, the index of subjects included.
    pub(crate) fn check_pages(&self) -> Result<(), JournalError> {
        let found: String = self.pragma("quick_check")?;
        match found.as_str() {
            "ok" => Ok(()),
            _ => {
                Err(self
                    .damaged(Damage::somewhere(format!("the records are whole, but a page is not: {found}"))))
            }
        }
    }

    pub(crate) fn damaged(&self, damage: Damage) -> JournalError {
        JournalError::Damaged { file: self.file.clone(), damage }
    }

    pub(crate) fn told(&self, error: rusqlite::Error) -> JournalError {
        explain(&self.file, error)
    }

    /// As `told`, where it is known which record was being read.
    pub(crate) fn told_at(&self, seq: Seq, error: rusqlite::Error) -> JournalError {
        match self.told(error) {
            JournalError::Damaged { file, damage } => {
                JournalError::Damaged { file, damage: Damage { seq: Some(seq), ..damage } }
            }
            other => other,
        }
    }
}

/// What SQLite says, sorted into what a person can do about it.
fn explain(file: &Path, error: rusqlite::Error) -> JournalError {
    let file = file.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => JournalError::NotAJournal {
            file,
            what: "it is not a sqlite database, or its first page is damaged".to_owned(),
        },
        Some(ErrorCode::DatabaseCorrupt) => {
            JournalError::Damaged { file, damage: Damage::somewhere(format!("a page is damaged: {error}")) }
        }
        Some(ErrorCode::DiskFull) => {
            JournalError::Io { file, what: "no space left on its disk; free some and try again".to_owned() }
        }
        Some(_) => JournalError::Io { file, what: error.to_string() },
        // Not from SQLite: a value of a type or length that we never write.
        None => JournalError::Damaged {
            file,
            damage: Damage::somewhere(format!("a stored value is damaged: {error}")),
        },
    }
}
