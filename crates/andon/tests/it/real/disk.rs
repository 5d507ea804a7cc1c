//! A disk of its own that can be filled.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const DISK: &str = "size=24m";
/// So much is left free, which a few requests fill.
const LEFT_BYTES: u64 = 300 * 1024;

/// A disk of its own in memory, for as long as the test runs.
pub struct Disk(PathBuf);

impl Disk {
    /// None: this machine does not let us.
    pub fn mount(at: &Path) -> Option<Disk> {
        std::fs::create_dir_all(at).expect("a directory");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", DISK, "andon-test"]).arg(at).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then(|| Disk(at.to_owned()))
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    pub fn fill(&self) {
        let mut ballast = File::create(self.ballast()).expect("a file");
        let block = [1; 4096];
        while ballast.write_all(&block).is_ok() {}
        let length = ballast.metadata().expect("its length").len();
        ballast.set_len(length.saturating_sub(LEFT_BYTES)).expect("it is cut");
    }

    pub fn free(&self) {
        std::fs::remove_file(self.ballast()).expect("it was there");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a server that is being ended may still have files open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
