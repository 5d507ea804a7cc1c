//! What the journal keeps besides its records: the term, its home, and the index of subjects.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::JournalError;
use crate::journal::Stored;
use crate::position::{Seq, Term};
use crate::sqlite::db::Db;
use crate::sqlite::place::{Home, Standing};
use crate::sqlite::records::number;

impl Db {
    /// A new term, durable before it is handed out.
    pub(crate) fn raise_term(&self, node: &str) -> Result<Term, JournalError> {
        let raise = || {
            let transaction = self.connection.unchecked_transaction()?;
            let sql = "UPDATE meta SET value = value + 1 WHERE key = 'term' RETURNING value";
            let term: i64 = transaction.query_row(sql, [], |row| row.get(0))?;
            set(&transaction, "node", node)?;
            transaction.commit()?;
            Ok(Term(term.unsigned_abs()))
        };
        raise().map_err(|e| self.told(e))
    }

    pub(crate) fn standing(&self, now: &Home) -> Result<Standing, JournalError> {
        let read = || {
            Ok((
                get(&self.connection, "unwitnessed")?.is_some(),
                Home {
                    instance: get(&self.connection, "instance")?.unwrap_or_default(),
                    path: get(&self.connection, "path")?.unwrap_or_default(),
                    inode: get(&self.connection, "inode")?.unwrap_or_default(),
                    born: get(&self.connection, "born")?.unwrap_or_default(),
                },
            ))
        };
        let (unwitnessed, was) = read().map_err(|e| self.told(e))?;
        Ok(match (unwitnessed, was == *now) {
            (true, _) => Standing::Unwitnessed,
            (false, true) => Standing::Home,
            (false, false) => Standing::Moved { was, now: now.clone() },
        })
    }

    pub(crate) fn set_unwitnessed(&self) -> Result<(), JournalError> {
        set(&self.connection, "unwitnessed", "1").map_err(|e| self.told(e))
    }

    pub(crate) fn settle(&self, home: &Home) -> Result<(), JournalError> {
        let settle = || {
            let transaction = self.connection.unchecked_transaction()?;
            write_home(&transaction, home)?;
            transaction.execute("DELETE FROM meta WHERE key = 'unwitnessed'", [])?;
            transaction.commit()
        };
        settle().map_err(|e| self.told(e))
    }

    pub(crate) fn reindex(
        &self,
        subjects_of: &mut dyn FnMut(&Stored) -> Vec<String>,
    ) -> Result<(), JournalError> {
        let transaction = self.connection.unchecked_transaction().map_err(|e| self.told(e))?;
        transaction.execute("DELETE FROM about", []).map_err(|e| self.told(e))?;
        let mut insert = transaction.prepare(INDEX).map_err(|e| self.told(e))?;
        self.walk(Seq(1), usize::MAX, |stored| {
            for subject in subjects_of(&stored) {
                insert.execute(params![subject, number(stored.seq)]).map_err(|e| self.told(e))?;
            }
            Ok(())
        })?;
        drop(insert);
        transaction.commit().map_err(|e| self.told(e))
    }
}

/// A subject that is named twice in one record is one entry.
pub(crate) const INDEX: &str = "INSERT OR IGNORE INTO about (subject, seq) VALUES (?1, ?2)";

pub(crate) fn write_home(connection: &Connection, home: &Home) -> rusqlite::Result<()> {
    let Home { instance, path, inode, born } = home;
    for (key, value) in [("instance", instance), ("path", path), ("inode", inode), ("born", born)] {
        set(connection, key, value)?;
    }
    Ok(())
}

fn set(connection: &Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", [key, value]).map(drop)
}

fn get(connection: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    connection.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0)).optional()
}
