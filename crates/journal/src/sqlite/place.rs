//! Whose journal it is and where it lives, so that a copy does not act as if it were the original.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// An instance at a place.
///
/// The place is the path, the inode and the moment the inode was born: a restored or copied file is born anew, even
/// where a fresh disk gives it the same path and number. The device number is left out on purpose: it changes when
/// a disk is renamed at boot, and a reboot at night must not halt Andon. Not seen by this: an image of the whole
/// machine that was started twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    pub instance: String,
    pub path: String,
    pub inode: String,
    /// Nanoseconds since 1970; empty where the file system does not keep it.
    pub born: String,
}

impl Home {
    /// Of a journal that exists and whose path is canonical.
    pub(crate) fn of(journal: &Path, instance: &str) -> io::Result<Home> {
        let metadata = fs::metadata(journal)?;
        let born = metadata.created().ok().and_then(|born| born.duration_since(UNIX_EPOCH).ok());
        Ok(Home {
            instance: instance.to_owned(),
            path: journal.display().to_string(),
            inode: metadata.ino().to_string(),
            born: born.map_or(String::new(), |born| born.as_nanos().to_string()),
        })
    }
}

impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "instance {:?} at {} (inode {})", self.instance, self.path, self.inode)
    }
}

/// May what this journal's state owes be carried out?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is where it was last written.
    Home,
    /// It was copied, restored or renamed, or belongs to another instance. The original may be alive and acting, or
    /// days may have passed: start halted until a person releases it (`SqliteJournal::settle`).
    Moved { was: Home, now: Home },
    /// Its `journal.head` was missing, so nobody can tell whether its end is. Start halted, as above.
    Unwitnessed,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Standing::Home => f.write_str("at home"),
            Standing::Moved { was, now } => write!(f, "moved: it was {was}, now it is {now}"),
            Standing::Unwitnessed => {
                f.write_str("its journal.head was missing: records may have been lost at its end")
            }
        }
    }
}
