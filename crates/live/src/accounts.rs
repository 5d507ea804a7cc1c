//! Users, sign-ins and tokens on the disk: `accounts.db` in the data directory, which nobody else may read.
//!
//! They stand apart from the journal because what proves a secret must not be in what is exported, copied and kept for
//! ever. What is read is in memory; a change is on the disk before anybody hears of it.

use std::fs::{OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use andon_identity::{Accounts, Change, Row};
use andon_vocabulary::Timestamp;
use rusqlite::{Connection, params};

use crate::queue::TellError;

const FILE: &str = "accounts.db";

#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    #[error("cannot use {}: {error}", path.display())]
    Disk { path: PathBuf, error: io::Error },
    #[error("cannot read the accounts in {}: {error}", path.display())]
    Store { path: PathBuf, error: rusqlite::Error },
    #[error("{} holds something else than this Andon's accounts: {why}", path.display())]
    Foreign { path: PathBuf, why: String },
}

#[derive(Debug)]
pub struct Book {
    store: Mutex<Connection>,
    accounts: RwLock<Arc<Accounts>>,
}

impl Book {
    pub fn open(data: &Path) -> Result<Book, AccountsError> {
        let path = data.join(FILE);
        private(&path).map_err(|error| AccountsError::Disk { path: path.clone(), error })?;
        let failed = |error| AccountsError::Store { path: path.clone(), error };
        let store = prepared(&path).map_err(failed)?;
        let rows = rows(&store).map_err(failed)?;
        let mut accounts = Accounts::default();
        for (kind, key, body) in rows {
            let loaded = kind.parse().and_then(|kind| accounts.load(kind, &key, &body));
            loaded.map_err(|why| AccountsError::Foreign { path: path.clone(), why })?;
        }
        Ok(Book { store: Mutex::new(store), accounts: RwLock::new(Arc::new(accounts)) })
    }

    /// As of the last change that is on the disk.
    pub fn read(&self) -> Arc<Accounts> {
        Arc::clone(&self.accounts.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Blocks until it is on the disk. One change is made after the other.
    pub fn change(&self, change: Change, now: Timestamp) -> Result<(), TellError> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = (*self.read()).clone();
        let rows = changed.change(change, now).map_err(TellError::Refused)?;
        let written = write(&mut store, &rows);
        written
            .map_err(|error| TellError::Unavailable(format!("the accounts cannot be written: {error}")))?;
        *self.accounts.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(changed);
        Ok(())
    }
}

/// SQLite gives what it keeps beside the file the file's own permissions.
fn private(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))
}

fn prepared(path: &Path) -> rusqlite::Result<Connection> {
    let store = Connection::open(path)?;
    store.pragma_update(None, "journal_mode", "wal")?;
    store.pragma_update(None, "synchronous", "full")?;
    store.execute_batch(
        "CREATE TABLE IF NOT EXISTS accounts (kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, \
         PRIMARY KEY (kind, key)) WITHOUT ROWID",
    )?;
    Ok(store)
}

fn rows(store: &Connection) -> rusqlite::Result<Vec<(String, String, String)>> {
    let mut all = store.prepare("SELECT kind, key, body FROM accounts")?;
    let found = all.query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    found.collect()
}

fn write(store: &mut Connection, rows: &[Row]) -> rusqlite::Result<()> {
    let transaction = store.transaction()?;
    for Row { kind, key, body } in rows {
        match body {
            Some(body) => transaction.execute(
                "INSERT INTO accounts (kind, key, body) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
                params![kind.word(), key, body],
            )?,
            None => transaction
                .execute("DELETE FROM accounts WHERE kind = ?1 AND key = ?2", params![kind.word(), key])?,
        };
    }
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use andon_identity::User;

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);

    fn add(handle: &str) -> Change {
        Change::Add { user: User::new(handle.into(), vec!["admin".parse().expect("a grant")], NOW) }
    }

    #[test]
    fn what_was_changed_is_there_after_a_restart() {
        let data = tempfile::tempdir().expect("a directory");
        let book = Book::open(data.path()).expect("it opens");
        book.change(add("ana"), NOW).expect("a new user");
        assert!(matches!(book.change(add("ana"), NOW), Err(TellError::Refused(_))));
        let before = book.read();
        drop(book);
        let again = Book::open(data.path()).expect("it opens again");
        assert_eq!(again.read(), before);
        assert!(again.read().has_admin());
    }

    #[test]
    fn nobody_else_reads_it() {
        let data = tempfile::tempdir().expect("a directory");
        std::fs::write(data.path().join(FILE), "").expect("a file");
        std::fs::set_permissions(data.path().join(FILE), Permissions::from_mode(0o644)).expect("it is ours");
        let book = Book::open(data.path()).expect("it opens");
        book.change(add("ana"), NOW).expect("a new user");
        for entry in std::fs::read_dir(data.path()).expect("a directory") {
            let entry = entry.expect("an entry");
            let mode = entry.metadata().expect("it is there").permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{:?}", entry.file_name());
        }
    }

    #[test]
    fn what_is_no_accounts_is_left_alone() {
        let data = tempfile::tempdir().expect("a directory");
        std::fs::write(data.path().join(FILE), "not a database, but somebody's words").expect("a file");
        let why = Book::open(data.path()).expect_err("it is something else").to_string();
        assert!(why.contains(FILE), "{why}");
    }
}
