//! The first process of a group that we started, or that earlier hands started and we adopt. What it started goes
//! when it goes.

use std::io;
use std::os::fd::OwnedFd;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::process::{Child, Command};

use crate::proc;

/// The variable of its environment by which a group is known, and its value.
pub type Mark = (&'static str, String);

pub struct Leader {
    pid: Pid,
    /// Readable once the process has ended; works for those that are not our children too.
    fd: AsyncFd<OwnedFd>,
    child: Option<Child>,
    mark: Mark,
}

impl Leader {
    /// Starts `command` as the leader of a new group, so that a signal reaches all that it starts and a Ctrl-C at
    /// Andon's terminal does not.
    pub fn start(command: &mut Command, mark: Mark) -> io::Result<Leader> {
        let child = command.env(mark.0, &mark.1).process_group(0).spawn()?;
        let pid = child
            .id()
            .and_then(|id| Pid::from_raw(id.try_into().ok()?))
            .ok_or_else(|| io::Error::other("the process ended before it had a number"))?;
        let fd = watch(pidfd_open(pid, PidfdFlags::empty())?)?;
        Ok(Leader { pid, fd, child: Some(child), mark })
    }

    pub fn adopt(pid: Pid, fd: OwnedFd, mark: Mark) -> io::Result<Leader> {
        Ok(Leader { pid, fd: watch(fd)?, child: None, mark })
    }

    pub fn id(&self) -> u32 {
        self.pid.as_raw_pid().unsigned_abs()
    }

    /// Until the leader has ended. Safe to cancel.
    pub async fn ended(&self) {
        // An error of the poll itself would mean that the descriptor is not ours any more: a bug, not an exit.
        let _ = self.fd.readable().await.expect("a pidfd can be polled");
    }

    /// Asks the group to end, and kills it after `grace`.
    pub async fn stop(self, grace: Duration) {
        self.signal(Signal::TERM);
        if tokio::time::timeout(grace, self.ended()).await.is_err() {
            self.kill();
            self.ended().await;
        }
        self.bury().await;
    }

    /// The whole group, now.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Call once it has ended: ends what it left behind, and says how it went; None if it was not our child.
    pub async fn bury(mut self) -> Option<ExitStatus> {
        // Before the child is reaped: so long, its number cannot be another group's.
        if self.child.is_some() {
            self.kill();
        }
        proc::kill_marked(self.mark.0, &self.mark.1);
        self.child.as_mut()?.wait().await.ok()
    }

    fn signal(&self, signal: Signal) {
        // An error means that the group is gone already, which is what was wanted.
        let _ = kill_process_group(self.pid, signal);
    }
}

#[expect(
    deprecated,
    reason = "its replacement is unsafe only for descriptors that somebody else may close; this one is owned"
)]
fn watch(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(fd, Interest::READABLE)
}
