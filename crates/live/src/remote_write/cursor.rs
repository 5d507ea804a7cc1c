//! How far a receiver has acknowledged, in a file of its own.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use andon_vocabulary::Timestamp;

/// All samples up to `done` are acknowledged; of those up to `until`, the first `requests` requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: Timestamp,
    pub until: Timestamp,
    pub requests: usize,
}

impl Progress {
    pub fn up_to(done: Timestamp) -> Progress {
        Progress { done, until: done, requests: 0 }
    }
}

#[derive(Debug)]
pub struct Cursor {
    path: PathBuf,
    progress: Progress,
}

impl Cursor {
    /// A receiver that is new gets what is measured from now on.
    pub fn open(directory: &Path, name: &str, now: Timestamp) -> io::Result<Cursor> {
        fs::create_dir_all(directory)?;
        let path = directory.join(file_name(name));
        let read = match fs::read_to_string(&path) {
            Ok(text) => read(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let mut cursor = Cursor { path, progress: read.unwrap_or(Progress::up_to(now)) };
        if read.is_none() {
            cursor.save(cursor.progress)?;
        }
        Ok(cursor)
    }

    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// By rename, so that a crash leaves the old progress or the new one.
    pub fn save(&mut self, progress: Progress) -> io::Result<()> {
        let Progress { done, until, requests } = progress;
        let aside = self.path.with_extension("new");
        let mut file = File::create(&aside)?;
        writeln!(file, "{} {} {requests}", done.as_ms(), until.as_ms())?;
        file.sync_data()?;
        fs::rename(&aside, &self.path)?;
        self.progress = progress;
        Ok(())
    }
}

fn read(text: &str) -> Option<Progress> {
    let mut words = text.split_ascii_whitespace();
    let (done, until) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let requests = words.next()?.parse().ok()?;
    Some(Progress { done: Timestamp::from_ms(done), until: Timestamp::from_ms(until), requests })
}

/// Readable, and different for different receivers.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let readable: String = name.chars().take(60).map(plain).collect();
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{readable}-{hash:016x}.cursor")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_outlives_the_process() {
        let dir = tempfile::tempdir().unwrap();
        let at = Timestamp::from_ms;
        let open = |name| Cursor::open(dir.path(), name, at(500)).unwrap();
        assert_eq!(open("a/b").progress(), Progress::up_to(at(500)));
        let later = Progress { done: at(700), until: at(900), requests: 3 };
        open("a/b").save(later).unwrap();
        assert_eq!(open("a/b").progress(), later);
        assert_eq!(open("a_b").progress(), Progress::up_to(at(500)), "another receiver");
    }

    #[test]
    fn a_file_that_says_nothing_begins_anew() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(file_name("a")), "x").unwrap();
        let cursor = Cursor::open(dir.path(), "a", Timestamp::from_ms(5)).unwrap();
        assert_eq!(cursor.progress().done.as_ms(), 5);
    }
}
