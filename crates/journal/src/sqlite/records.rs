//! Reading records, each checked against the chain before it is given out.

use rusqlite::{OptionalExtension, Row, params};

use crate::chain::{Hash, Head};
use crate::error::{Damage, JournalError};
use crate::journal::Stored;
use crate::position::Seq;
use crate::sqlite::db::Db;

impl Db {
    pub(crate) fn head(&self) -> Result<Head, JournalError> {
        let last = "SELECT seq, hash FROM record ORDER BY seq DESC LIMIT 1";
        let read = |row: &Row<'_>| Ok(Head { seq: seq_at(row, 0)?, hash: hash_at(row, 1)? });
        let head = self.connection.prepare_cached(last).and_then(|mut s| s.query_row([], read).optional());
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
        let hash =
            self.connection.prepare_cached(one).and_then(|mut s| s.query_row([number(seq)], read).optional());
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
                return Ok(Head { seq: before, hash: Hash::GENESIS });
            }
            None => return Err(self.damaged(Damage::at(before, format!("record {before} is missing")))),
        };
        let rows = "SELECT seq, body, hash FROM record WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        let mut statement = self.connection.prepare_cached(rows).map_err(|e| self.told(e))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![number(before), limit]).map_err(|e| self.told(e))?;
        while let Some(row) = rows.next().map_err(|e| self.told_at(head.seq.next(), e))? {
            let stored = stored_at(row).map_err(|e| self.told_at(head.seq.next(), e))?;
            head =
                head.follow(stored.seq, &stored.body, stored.hash).map_err(|damage| self.damaged(damage))?;
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
        self.connection.query_row(one, [number(seq)], read).ok().filter(|bytes| !bytes.is_empty())
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
}

/// SQLite's seqs are signed; a journal that outgrows them would be older than the universe.
pub(crate) fn number(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}

fn stored_at(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored { seq: seq_at(row, 0)?, body: row.get_ref(1)?.as_blob()?.to_vec(), hash: hash_at(row, 2)? })
}

fn seq_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Seq> {
    let seq: i64 = row.get(column)?;
    u64::try_from(seq).map(Seq).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, seq))
}

fn hash_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Hash> {
    row.get(column).map(Hash)
}
