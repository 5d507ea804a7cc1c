//! `journal.lock`: one server per journal.
//!
//! The kernel's lock on an open file, gone the moment its process is, so that a restart after `kill -9` waits for
//! no time-out. The pid inside is only for the message to the second server.

use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::Path;
use std::process;

use crate::error::JournalError;

/// Held for as long as it lives. The file itself stays: removing it would let two servers lock two files of one name.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    pub(crate) fn take(journal: &Path) -> Result<Lock, JournalError> {
        let path = journal.with_extension("lock");
        let io = |error: std::io::Error| JournalError::Io { file: path.clone(), what: error.to_string() };
        let mut file =
            File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {
                // Best effort: a full disk must not keep a server from starting.
                let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", process::id()));
                Ok(Lock { _file: file })
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).map_err(io)?;
                let pid = holder.trim().parse().ok();
                Err(JournalError::InUse { file: journal.to_owned(), lock: path, pid })
            }
            Err(TryLockError::Error(error)) => Err(io(error)),
        }
    }
}
