//! Where a service's ready instances listen, in a file for those that call it: what an instance was told at its start
//! is outdated with the next scale-out.
//!
//! `platform/addresses/SERVICE` holds one URL to a line and is replaced as a whole, so that a reader finds either the
//! old ones or the new ones.

use std::path::PathBuf;
use std::{fs, io};

use super::view::View;

pub struct Addresses {
    file: PathBuf,
    /// What the file holds, as far as this process wrote it.
    written: String,
}

impl Addresses {
    pub fn new(file: PathBuf) -> Addresses {
        Addresses { file, written: String::new() }
    }

    /// Brings the file up to the view. Where nobody is ready it stays as it is: no address serves a caller worse than
    /// the last ones, and right after a take-over everybody is only about to be found ready.
    pub fn follow(&mut self, view: &View) -> io::Result<()> {
        let ready = view.instances.iter().filter(|spot| spot.n <= view.count && spot.seen.ready);
        let lines: String = ready.map(|spot| format!("http://127.0.0.1:{}\n", spot.port)).collect();
        if lines.is_empty() || lines == self.written {
            return Ok(());
        }
        // No service's name begins with a dot.
        let name = self.file.file_name().expect("it is called like its service").to_string_lossy();
        let fresh = self.file.with_file_name(format!(".{name}.fresh"));
        fs::write(&fresh, &lines)?;
        fs::rename(&fresh, &self.file)?;
        self.written = lines;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::view::Spot;
    use super::super::view::tests::spot;
    use super::*;

    #[test]
    fn the_file_lists_who_is_ready_and_is_never_emptied() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("checkout");
        let mut addresses = Addresses::new(file.clone());
        let mut after = |ready: [bool; 3], count: u32| {
            let on = |(n, ready): (u32, bool)| Spot { port: 20_000 + n as u16, ..spot(n, true, ready) };
            let view = View {
                service: "checkout".into(),
                version: "v41".into(),
                previous: None,
                count,
                instances: (1..).zip(ready).map(on).collect(),
            };
            addresses.follow(&view).expect("the directory is there");
            fs::read_to_string(&file).ok()
        };
        let lines = |ports: &[u16]| {
            Some(ports.iter().map(|port| format!("http://127.0.0.1:{port}\n")).collect::<String>())
        };
        assert_eq!(after([false; 3], 3), None);
        assert_eq!(after([true, false, true], 3), lines(&[20_001, 20_003]));
        assert_eq!(after([true; 3], 3), lines(&[20_001, 20_002, 20_003]));
        assert_eq!(after([false; 3], 3), lines(&[20_001, 20_002, 20_003]));
        assert_eq!(after([true; 3], 1), lines(&[20_001]));
        assert_eq!(fs::read_dir(dir.path()).expect("it is there").count(), 1);
    }
}
