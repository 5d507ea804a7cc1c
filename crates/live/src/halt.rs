//! The HALT file: whoever can write to the data directory can stop all automation, whatever else is down.

use std::io;
use std::path::{Path, PathBuf};

/// While the file is there, nothing is handed to the hands.
#[derive(Clone, Debug)]
pub struct Halt(PathBuf);

impl Halt {
    pub fn within(data: &Path) -> Halt {
        Halt(data.join("HALT"))
    }

    /// Asked right before each dispatch. What cannot be looked at counts as halted.
    pub fn stands(&self) -> bool {
        self.0.try_exists().unwrap_or(true)
    }

    /// What the file says, for people.
    pub fn reason(&self) -> String {
        let text = std::fs::read_to_string(&self.0).unwrap_or_default();
        match text.lines().next().map(str::trim) {
            Some(line) if !line.is_empty() => line.chars().take(200).collect(),
            _ => format!("{} is there", self.0.display()),
        }
    }

    /// Survives a crash of the machine right after it.
    pub fn put(&self, reason: &str) -> io::Result<()> {
        let file = std::fs::File::create(&self.0)?;
        io::Write::write_all(&mut &file, format!("{reason}\n").as_bytes())?;
        file.sync_all()?;
        match self.0.parent() {
            Some(directory) => std::fs::File::open(directory)?.sync_all(),
            None => Ok(()),
        }
    }

    pub fn lift(&self) -> io::Result<()> {
        match std::fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_until_it_is_lifted() {
        let dir = tempfile::tempdir().unwrap();
        let halt = Halt::within(dir.path());
        assert!(!halt.stands());
        halt.put("ana: the database is being moved").unwrap();
        assert!(halt.stands());
        assert_eq!(halt.reason(), "ana: the database is being moved");
        halt.lift().unwrap();
        halt.lift().unwrap();
        assert!(!halt.stands());
    }

    #[test]
    fn a_touched_file_is_enough() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("HALT"), "").unwrap();
        let halt = Halt::within(dir.path());
        assert!(halt.stands());
        assert!(halt.reason().ends_with("HALT is there"));
    }
}
