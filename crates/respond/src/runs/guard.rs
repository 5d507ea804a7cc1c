//! What keeps a runbook harmless before it begins, and before each change.

use andon_definitions::guardrails::Held;
use andon_definitions::{Context, Runbook};
use andon_vocabulary::{Action, Name, RunId, RunRefusedReason, Timestamp};

use super::conditions::Scope;
use super::run::Run;
use super::{Runs, action};

/// A run that guardrails still count: kept for as long as its runbook's longest window, and no longer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Past {
    pub runbook: Name,
    pub lock: Option<String>,
    pub started: Timestamp,
    pub finished: Option<Timestamp>,
    pub keep: std::time::Duration,
}

impl Past {
    pub fn new(run: &Run, at: Timestamp) -> Self {
        let guards = &run.runbook.guardrails;
        let windows = [guards.cooldown, guards.rate.as_ref().map(|rate| rate.per)];
        let keep = windows.into_iter().flatten().map(|period| period.0).max().unwrap_or_default();
        Past { runbook: run.name(), lock: run.lock.clone(), started: at, finished: None, keep }
    }

    pub fn counts(&self, now: Timestamp) -> bool {
        self.finished.is_none_or(|finished| now < finished + self.keep)
    }
}

/// Whether a run of this runbook may begin now.
pub(super) fn launch(
    runs: &Runs,
    runbook: &Runbook,
    lock: Option<&str>,
    cx: &Context,
) -> Result<(), RunRefusedReason> {
    if cx.catalog.instance.is_shadow() {
        return Err(RunRefusedReason::Shadow);
    }
    if cx.halted {
        return Err(RunRefusedReason::Halted);
    }
    let guards = &runbook.guardrails;
    if let (Some(key), Some(defined)) = (lock, &guards.lock)
        && let Some(by) = runs.holder(key, cx.now)
        && defined.held != Held::Wait
    {
        return Err(RunRefusedReason::LockHeld { lock: key.to_owned(), by });
    }
    let past = || runs.past.values().filter(|past| *past.runbook == *runbook.name);
    if let Some(cooldown) = guards.cooldown {
        let last = past().filter(|past| past.lock.as_deref() == lock).filter_map(|past| past.finished).max();
        if let Some(until) = last.map(|finished| finished + cooldown.0).filter(|until| cx.now < *until) {
            return Err(RunRefusedReason::Cooldown { until });
        }
    }
    if let Some(rate) = &guards.rate {
        let recent = past().filter(|past| cx.now < past.started + rate.per.0).count();
        let runs = u32::try_from(recent).unwrap_or(u32::MAX);
        if runs >= rate.max {
            return Err(RunRefusedReason::Rate { runs });
        }
    }
    Ok(())
}

/// Whether a run may do this on top of what it did: services over the whole run, instances at once.
pub(super) fn blast<'a>(
    runbook: &Runbook,
    done: impl IntoIterator<Item = &'a Action>,
    next: &'a Action,
    scope: &Scope,
) -> Result<(), RunRefusedReason> {
    let Some(radius) = &runbook.guardrails.blast_radius else { return Ok(()) };
    let beyond = |wanted: u32, allowed: u32| RunRefusedReason::BlastRadius { wanted, allowed };
    if let Some(allowed) = radius.targets {
        let touched = action::targets(done.into_iter().chain([next])).len();
        let wanted = u32::try_from(touched).unwrap_or(u32::MAX);
        if wanted > allowed {
            return Err(beyond(wanted, allowed));
        }
    }
    if let (Some(percent), Some(instances)) = (radius.percent_of_instances, action::instances(next, scope)) {
        // One at a time is the least that anything can be done in.
        let allowed = ((f64::from(instances) * percent / 100.0).floor() as u32).max(1);
        let wanted = action::taken_at_once(next);
        if wanted > allowed {
            return Err(beyond(wanted, allowed));
        }
    }
    Ok(())
}

/// Who holds a lock. A run that ended while a change of it was still under way keeps it until that has died.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lock {
    pub by: RunId,
    pub until: Option<Timestamp>,
}

impl Lock {
    pub fn is_held(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl Runs {
    /// The run that holds a lock.
    pub fn holder(&self, lock: &str, now: Timestamp) -> Option<RunId> {
        self.locks.get(lock).filter(|lock| lock.is_held(now)).map(|lock| lock.by)
    }
}
