//! Reading beside the writer: pages in the same process, tools in another.

use std::path::Path;

use crate::chain::Head;
use crate::error::JournalError;
use crate::journal::Stored;
use crate::position::Seq;
use crate::sqlite::db::Db;

/// A connection of its own that cannot write. It sees what is durable, and neither waits for the writer nor makes it
/// wait. `Send`: each thread that reads opens one.
#[derive(Debug)]
pub struct Reader {
    pub(crate) db: Db,
}

impl Reader {
    /// Opens a journal that a server may be writing at this moment.
    pub fn open(path: &Path) -> Result<Reader, JournalError> {
        Db::open_to_read(path).map(|db| Reader { db })
    }

    /// As `Journal::read`.
    pub fn read(&self, from: Seq, limit: usize) -> Result<Vec<Stored>, JournalError> {
        self.db.read(from, limit)
    }

    /// As `Journal::about`.
    pub fn about(&self, subject: &str, from: Seq, limit: usize) -> Result<Vec<Stored>, JournalError> {
        self.db.about(subject, from, limit)
    }

    /// As `Journal::head`, read from the file each time.
    pub fn head(&self) -> Result<Head, JournalError> {
        self.db.head()
    }
}
