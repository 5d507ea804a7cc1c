//! What the kernel says of processes, and how to find ours among them: by a variable of the environment they were
//! started with, which their children inherit and nobody else has.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use rustix::process::{Pid, PidfdFlags, Signal, getpid, pidfd_open, pidfd_send_signal};

/// A living process that carries a mark. The descriptor makes sure that it is this one and no later process with
/// the same number.
pub struct Marked {
    pub pid: Pid,
    pub fd: OwnedFd,
    pub parent: i32,
    pub group: i32,
    /// Clock ticks since boot.
    pub started: u64,
    pub environment: BTreeMap<String, String>,
    pub argv: Vec<String>,
}

struct Stat {
    state: u8,
    parent: i32,
    group: i32,
    started: u64,
}

/// Every process, except this one, whose environment has `variable` with a value that `wanted` accepts.
pub fn marked(variable: &str, wanted: impl Fn(&str) -> bool) -> Vec<Marked> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| Pid::from_raw(entry.ok()?.file_name().to_str()?.parse().ok()?))
        .filter(|pid| *pid != getpid())
        .filter_map(|pid| look(pid, variable, &wanted))
        .collect()
}

fn look(pid: Pid, variable: &str, wanted: impl Fn(&str) -> bool) -> Option<Marked> {
    // Most processes are somebody else's: look before opening anything.
    let environment = environment(pid)?;
    environment.get(variable).filter(|value| wanted(value))?;
    let fd = pidfd_open(pid, PidfdFlags::empty()).ok()?;
    // Again, now that the number cannot pass to another process.
    let environment = self::environment(pid)?;
    environment.get(variable).filter(|value| wanted(value))?;
    let stat = stat(pid)?;
    (!matches!(stat.state, b'Z' | b'X')).then(|| Marked {
        pid,
        fd,
        parent: stat.parent,
        group: stat.group,
        started: stat.started,
        environment,
        argv: words(pid, "cmdline").unwrap_or_default(),
    })
}

/// Kills what carries exactly this mark, children that left the group included, until none is left.
pub fn kill_marked(variable: &str, value: &str) {
    // A process that forks while it is looked for is found in the next round; some rounds beat any honest one.
    for _ in 0..10 {
        let found = marked(variable, |found| found == value);
        if found.is_empty() {
            return;
        }
        for process in found {
            // An error means that it is gone already, which is what was wanted.
            let _ = pidfd_send_signal(&process.fd, Signal::KILL);
        }
    }
}

fn words(pid: Pid, file: &str) -> Option<Vec<String>> {
    let bytes = std::fs::read(format!("/proc/{}/{file}", pid.as_raw_pid())).ok()?;
    Some(
        bytes
            .split(|byte| *byte == 0)
            .filter(|word| !word.is_empty())
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect(),
    )
}

fn environment(pid: Pid) -> Option<BTreeMap<String, String>> {
    let split = |word: String| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    Some(words(pid, "environ")?.into_iter().filter_map(split).collect())
}

fn stat(pid: Pid) -> Option<Stat> {
    parse_stat(&std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid())).ok()?)
}

/// proc_pid_stat(5). The program's name stands in parentheses and may hold anything, so start after the last one.
fn parse_stat(text: &str) -> Option<Stat> {
    let fields: Vec<&str> = text.get(text.rfind(')')? + 1..)?.split_ascii_whitespace().collect();
    Some(Stat {
        state: *fields.first()?.as_bytes().first()?,
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_may_be_called_anything() {
        let line = "7 (a) R (b) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 9 9";
        let stat = parse_stat(line).expect("it is well formed");
        assert_eq!((stat.state, stat.parent, stat.group, stat.started), (b'S', 1, 7, 4242));
    }
}
