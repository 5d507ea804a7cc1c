//! What one process uses.

use andon_vocabulary::Labels;
use procfs::process::Process;

use crate::store::series;

/// Nothing if the process is gone.
pub fn read(pid: u32, service: &str, instance: &str) -> Vec<(Labels, f64)> {
    let process = i32::try_from(pid).ok().and_then(|pid| Process::new(pid).ok());
    let Some((process, stat)) = process.and_then(|process| {
        let stat = process.stat().ok()?;
        Some((process, stat))
    }) else {
        return Vec::new();
    };
    let cpu = (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64;
    let mut found = vec![
        ("andon_process_cpu_seconds_total", cpu),
        ("andon_process_resident_memory_bytes", (stat.rss * procfs::page_size()) as f64),
        ("andon_process_threads", stat.num_threads as f64),
    ];
    // Another user's files cannot be counted.
    if let Ok(open) = process.fd_count() {
        found.push(("andon_process_open_fds", open as f64));
    }
    let labels = [("service", service), ("instance", instance)];
    found.into_iter().map(|(name, value)| (series(name, &labels), value)).collect()
}
