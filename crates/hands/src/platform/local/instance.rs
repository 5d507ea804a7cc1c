//! The keeper of one instance: starts what is wanted, sees whether it is ready, starts it again when it ends, stops
//! it in its own time. It decides nothing else.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use andon_vocabulary::{FromHands, LocalService, Name};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::desired::Target;
use super::environment::{self, Place};
use super::view::Seen;
use super::{logs, ports};
use crate::leader::Leader;
use crate::loopback;
use crate::serve::{Up, say};

const BACKOFF_MIN: Duration = Duration::from_millis(200);
const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// Ready for so long, it is well again: the next end begins with the shortest wait.
const WELL_AFTER: Duration = Duration::from_secs(30);
const PROBE_PATIENCE: Duration = Duration::from_secs(1);
/// One slow answer is no illness.
const PROBES_FAILED_MAX: u32 = 2;

/// How soon to look again: often while it starts, since somebody waits; seldom when it is well, since nobody does.
fn probe_after(seen: &Seen, running_for: Duration) -> Duration {
    match running_for.as_secs() {
        _ if seen.ready => Duration::from_secs(5),
        0..2 => Duration::from_millis(40),
        2..30 => Duration::from_millis(250),
        _ => Duration::from_secs(2),
    }
}

pub struct Report {
    pub n: u32,
    pub port: u16,
    pub seen: Seen,
}

pub struct Keeper {
    pub n: u32,
    pub name: Name,
    pub service: Arc<LocalService>,
    pub place: Arc<Place>,
    pub port: u16,
    /// What is wanted; None: nothing. Ends when nobody can want anything any more.
    pub want: watch::Receiver<Option<Target>>,
    pub reports: mpsc::UnboundedSender<Report>,
    pub up: Up,
    pub seen: Seen,
    /// What runs.
    pub leader: Option<Leader>,
}

impl Keeper {
    pub async fn keep(mut self) {
        loop {
            let want = self.want.borrow_and_update().clone();
            if want != self.seen.target {
                self.stop().await;
            }
            match want {
                Some(target) => self.run(target).await,
                None => {
                    if self.want.changed().await.is_err() {
                        return;
                    }
                }
            }
            // Nobody is left who could want something else: what runs, runs on.
            if self.want.has_changed().is_err() && self.want.borrow().is_some() {
                return;
            }
        }
    }

    /// Until something else is wanted.
    async fn run(&mut self, target: Target) {
        if self.seen.target.as_ref() != Some(&target) {
            self.seen =
                Seen { target: Some(target.clone()), restarts: self.seen.restarts, ..Seen::nothing() };
        }
        let mut backoff = BACKOFF_MIN;
        loop {
            let (began, how) = match self.start(&target) {
                Ok(leader) => {
                    self.seen.pid = Some(leader.id());
                    self.report();
                    let began = Instant::now();
                    // The probe is cut off in the middle when the instance ends or something else is wanted.
                    tokio::select! {
                        _ = self.want.changed() => {
                            self.leader = Some(leader);
                            return;
                        }
                        () = leader.ended() => {}
                        () = watch_ready(
                            &mut self.seen, &self.service.ready_path, self.port, self.n, &self.reports,
                        ) => {}
                    }
                    let how = match leader.bury().await {
                        Some(status) => status.to_string(),
                        None => "how is unknown: earlier hands started it".to_owned(),
                    };
                    (Some(began), how)
                }
                Err(error) => (None, error.to_string()),
            };
            if self.seen.ready && began.is_some_and(|began| began.elapsed() >= WELL_AFTER) {
                backoff = BACKOFF_MIN;
            }
            self.ended(&how, backoff);
            tokio::select! {
                _ = self.want.changed() => return,
                () = tokio::time::sleep(backoff) => {}
            }
            backoff = (backoff * 2).min(BACKOFF_MAX);
        }
    }

    fn ended(&mut self, how: &str, again_after: Duration) {
        self.seen.pid = None;
        self.seen.ready = false;
        self.seen.crashes += 1;
        self.seen.restarts += 1;
        self.seen.last_end = Some(how.into());
        self.report();
        let text = format!("{} ended ({how}); starting it again in {again_after:?}", self.name);
        say(&self.up, FromHands::Log { text });
    }

    /// What was adopted or left running, else a new process.
    fn start(&mut self, target: &Target) -> io::Result<Leader> {
        if let Some(leader) = self.leader.take() {
            return Ok(leader);
        }
        if !ports::is_free(self.port) {
            let fresh = self
                .place
                .ports
                .claim(&self.service.name, self.n)
                .ok_or_else(|| io::Error::other("no port is free"))?;
            let text = format!("{}: somebody else took port {}; moving to {fresh}", self.name, self.port);
            say(&self.up, FromHands::Log { text });
            self.port = fresh;
            self.report();
        }
        let mut command = environment::command(&self.place, &self.service, &self.name, target, self.port);
        let log = logs::open(&self.place.log_file(&self.name))?;
        command.stdin(std::process::Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mark = (environment::MARK, self.place.mark(&self.name));
        let program = command.as_std().get_program().to_string_lossy().into_owned();
        Leader::start(&mut command, mark)
            .map_err(|error| io::Error::other(format!("{program} cannot be started: {error}")))
    }

    async fn stop(&mut self) {
        let restarts = self.seen.restarts;
        if let Some(leader) = self.leader.take() {
            self.seen.ready = false;
            self.report();
            leader.stop(self.service.grace).await;
        }
        self.seen = Seen { restarts, ..Seen::nothing() };
        self.report();
    }

    fn report(&self) {
        report(&self.reports, self.n, self.port, &self.seen);
    }
}

/// An error means that the supervisor is gone, and this keeper goes with it.
fn report(reports: &mpsc::UnboundedSender<Report>, n: u32, port: u16, seen: &Seen) {
    let _ = reports.send(Report { n, port, seen: seen.clone() });
}

/// Asks for ever whether the instance is ready, and reports when the answer changes.
async fn watch_ready(
    seen: &mut Seen,
    path: &str,
    port: u16,
    n: u32,
    reports: &mpsc::UnboundedSender<Report>,
) {
    let began = Instant::now();
    let mut failed = 0;
    loop {
        tokio::time::sleep(probe_after(seen, began.elapsed())).await;
        let answer = loopback::get(port, path, PROBE_PATIENCE).await;
        let well = answer.is_ok_and(|status| (200..300).contains(&status));
        failed = if well { 0 } else { failed + 1 };
        let ready = well || (seen.ready && failed < PROBES_FAILED_MAX);
        if ready != seen.ready {
            seen.ready = ready;
            seen.settled |= ready;
            report(reports, n, port, seen);
        }
    }
}
