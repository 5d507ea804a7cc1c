//! A process that is measured from outside, and ends with its measurement.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::Failed;

pub struct Process(Child);

impl Process {
    pub fn start(command: &mut Command, log: &std::path::Path) -> Result<Process, Failed> {
        let log = fs::File::create(log)?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(Process(command.spawn()?))
    }

    /// User and system time so far.
    pub fn cpu(&self) -> Result<Duration, Failed> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        let after = stat.rsplit_once(')').ok_or("no name in stat")?.1;
        let fields: Vec<&str> = after.split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
        Ok(Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second()))
    }

    /// Bytes in memory now.
    pub fn resident(&self) -> Result<u64, Failed> {
        self.status("VmRSS:")
    }

    /// The most bytes that were ever in memory.
    pub fn peak_resident(&self) -> Result<u64, Failed> {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> Result<u64, Failed> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line in status")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
