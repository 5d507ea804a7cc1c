//! What an instance writes goes straight into its file, so that it can write on while Andon is away. Two files of
//! bounded size are kept for each.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

const LOG_BYTES_MAX: u64 = 8 * 1024 * 1024;

pub fn open(file: &Path) -> io::Result<File> {
    turn(file)?;
    OpenOptions::new().create(true).append(true).open(file)
}

/// Puts a file that has grown too long aside. The instance holds it open for appending, so it is copied and cut; the
/// lines written between the two are lost, which is the price of not standing in the way.
pub fn turn(file: &Path) -> io::Result<()> {
    match fs::metadata(file) {
        Ok(found) if found.len() > LOG_BYTES_MAX => {
            fs::copy(file, file.with_extension("log.1"))?;
            OpenOptions::new().write(true).open(file)?.set_len(0)
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_long_log_is_turned_while_somebody_writes_to_it() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("checkout-1.log");
        let mut log = open(&file).expect("the directory is there");
        log.write_all(&vec![b'x'; usize::try_from(LOG_BYTES_MAX).expect("it fits") + 1])
            .expect("there is room");
        turn(&file).expect("it can be turned");
        log.write_all(b"after\n").expect("it is still open");
        assert_eq!(fs::read(&file).expect("it is there"), b"after\n");
        assert_eq!(fs::metadata(dir.path().join("checkout-1.log.1")).expect("kept").len(), LOG_BYTES_MAX + 1);
    }
}
