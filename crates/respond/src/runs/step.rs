//! The table of what follows next in a run: one event for each thing that a step can be at.

use std::time::Duration;

use andon_definitions::guardrails::{Held, Level};
use andon_definitions::{Act, Action as Defined, Context, Does, Step};
use andon_vocabulary::{
    Action, Event, IntentId, Name, Order, Purpose, RespondEvent, RunOutcome, Says, UnknownReason, Warrant,
};

use super::conditions::Scope;
use super::known::{self, Known};
use super::run::{Attempt, Doing, Phase, Run};
use super::{action, approval, guard, timers, unknown, verify, watches};

/// An order that was not dispatched by then is stale.
const DISPATCH_WITHIN: Duration = Duration::from_secs(10);

pub(super) fn next(known: Known, run: &Run, intent: IntentId, cx: &Context) -> Option<RespondEvent> {
    if run.is_finished() {
        return None;
    }
    if let Some(max) = run.runbook.guardrails.max_duration
        && cx.now >= run.started + max.0
    {
        return Some(finished(run, RunOutcome::Stopped, format!("it took longer than {max}")));
    }
    if let (Some(stop_if), Some(since)) = (&run.runbook.guardrails.stop_if, run.blind_since)
        && cx.now >= since + timers::READING_WAIT_MAX
    {
        let why = format!("stop_if: `{}` has no data", stop_if.query.trim());
        return Some(finished(run, RunOutcome::Stopped, why));
    }
    match &run.phase {
        Phase::Queued { behind } => queued(known, run, behind.is_some(), cx),
        Phase::Between { next } => between(known, run, *next, cx),
        Phase::At { step, doing } => {
            let step = run.runbook.steps.get(*step)?;
            At { known, run, step, name: step.id.as_str().into(), intent, cx }.next(doing)
        }
        Phase::Finished { .. } => None,
    }
}

fn queued(known: Known, run: &Run, waits: bool, cx: &Context) -> Option<RespondEvent> {
    let Some(lock) = run.lock.clone() else { return between(known, run, 0, cx) };
    let held = run.runbook.guardrails.lock.as_ref().map_or(Held::Wait, |lock| lock.held);
    match (known.holder(&lock, cx.now), held) {
        (None, _) => Some(RespondEvent::LockTaken { run: run.id, lock }),
        (Some(_), Held::Wait) if waits => None,
        (Some(held_by), Held::Wait) => Some(RespondEvent::RunWaits { run: run.id, lock, held_by }),
        (Some(by), Held::Skip | Held::Page) => {
            Some(finished(run, RunOutcome::Stopped, format!("{by} holds the lock {lock}")))
        }
    }
}

fn between(known: Known, run: &Run, next: usize, cx: &Context) -> Option<RespondEvent> {
    let Some(step) = run.runbook.steps.get(next) else {
        let why = run.ending.as_ref().map_or("every step was carried out", |ending| &ending.why);
        return Some(finished(run, run.outcome(), why.to_owned()));
    };
    let (id, name) = (run.id, Name::from(step.id.as_str()));
    let skipped = |why: String| RespondEvent::StepSkipped { run: id, step: name.clone(), why };
    if let Some(ending) = run.ending.as_ref().filter(|ending| forbids_change(ending.outcome))
        && asks_or_changes(step)
    {
        return Some(skipped(format!("the run ends: {}", ending.outcome)));
    }
    Some(match Scope::of(run, known, cx).allows(step.condition.as_ref()) {
        Ok(Ok(())) => RespondEvent::StepBegan { run: id, step: name },
        Ok(Err(why)) => skipped(why),
        Err(why) => RespondEvent::StepFailed { run: id, step: name, why },
    })
}

/// After a failure a step with `always()` may still tidy up; after a person's no, nothing changes any more.
fn forbids_change(outcome: RunOutcome) -> bool {
    matches!(outcome, RunOutcome::Rejected | RunOutcome::Expired | RunOutcome::Aborted | RunOutcome::Stopped)
}

fn asks_or_changes(step: &Step) -> bool {
    match &step.does {
        Does::Approve(_) => true,
        Does::Act(act) => act.action.changes(),
    }
}

/// The incident is resolved: a run that has changed nothing and is about to change nothing ends.
pub(super) fn no_longer_needed(run: &Run) -> Option<Event> {
    let waits = matches!(run.phase, Phase::Queued { .. })
        || matches!(run.at(), Some((_, Doing::Asking(_) | Doing::AskingNext { .. })));
    let why = "the incident was resolved before anything was changed".to_owned();
    (waits && !run.changed).then(|| finished(run, RunOutcome::Aborted, why).into())
}

pub(super) fn finished(run: &Run, outcome: RunOutcome, why: String) -> RespondEvent {
    let unsure = run.attempt().filter(|_| run.is_in_flight());
    let why = match unsure {
        Some(attempt) => format!("{why}; whether \"{}\" happened is not known", attempt.order.action),
        None => why,
    };
    RespondEvent::RunFinished { run: run.id, incident: run.incident, runbook: run.name(), outcome, why }
}

/// A step that has begun.
pub(super) struct At<'a> {
    pub known: Known<'a>,
    pub run: &'a Run,
    pub step: &'a Step,
    pub name: Name,
    pub intent: IntentId,
    pub cx: &'a Context<'a>,
}

impl At<'_> {
    fn next(&self, doing: &Doing) -> Option<RespondEvent> {
        let now = self.cx.now;
        match doing {
            Doing::Began { at } => match &self.step.does {
                Does::Approve(approve) => Some(approval::ask(self, Some(approve), 0)),
                Does::Act(act) => self.begin(act, now >= *at + timers::READING_WAIT_MAX),
            },
            Doing::Measured { says } => Some(match says {
                Says::Holds { value } | Says::Fails { value } => self.done(value.to_string()),
                Says::NoData => self.done("no data".to_owned()),
                Says::Error { error } => self.failed(error.clone()),
            }),
            Doing::Asking(ask) => approval::expire(self, ask),
            Doing::AskingNext { round } => {
                let approve = match &self.step.does {
                    Does::Approve(approve) => Some(approve),
                    Does::Act(_) => None,
                };
                Some(approval::ask(self, approve, *round))
            }
            Doing::Approved { who } => Some(self.done(format!("approved by {}", who.person))),
            Doing::Notified => Some(self.done("told".to_owned())),
            Doing::InFlight(attempt) => (now >= attempt.expires()).then(|| self.unknown(attempt)),
            Doing::Unknown { attempt, look_after, .. } => {
                (now >= *look_after).then(|| unknown::resolve(self, attempt)).flatten()
            }
            Doing::LookingUp { intent, since, .. } => {
                (now >= *since + timers::READING_WAIT_MAX).then(|| unknown::no_answer(self, *intent))
            }
            Doing::Unanswered { attempt, why } => Some(unknown::ask(self, attempt, why)),
            Doing::AskingPerson { .. } => None,
            Doing::Again(attempt) => self.again(attempt),
            Doing::Failed { attempt, error } => Some(self.retry(attempt, error)),
            Doing::Retrying { attempt, at } => {
                (now >= *at).then(|| self.over(attempt.purpose).or_else(|| self.again(attempt))).flatten()
            }
            Doing::Carried { attempt, detail, .. } => Some(verify::begin(self, attempt, detail)),
            Doing::Verifying { .. } => verify::due(self, doing),
            Doing::Unverified { attempt, why } => self.take_back(attempt, why),
        }
    }

    fn begin(&self, act: &Act, late: bool) -> Option<RespondEvent> {
        match &act.action {
            Defined::Promql(promql) => match watches::query(self.run, &promql.query) {
                Ok(_) => late.then(|| self.failed("no reading came in time".to_owned())),
                Err(why) => Some(self.failed(why)),
            },
            Defined::Notify(notify) => Some(match self.scope().text(&notify.text) {
                Ok(text) => {
                    let (run, step) = (self.run.id, self.name.clone());
                    RespondEvent::NotifyAsked { run, step, to: notify.to.clone(), text }
                }
                Err(why) => self.failed(why),
            }),
            _ => self.change(act),
        }
    }

    /// Something is about to change: does the condition still hold, does a guardrail forbid it, may it be done?
    fn change(&self, act: &Act) -> Option<RespondEvent> {
        if let Some(over) = self.over(Purpose::Act) {
            return Some(over);
        }
        let stop_if = self.run.runbook.guardrails.stop_if.as_ref();
        let unmeasured =
            self.run.baseline.is_none() && stop_if.is_some_and(|stop_if| stop_if.times.is_some());
        if unmeasured || self.run.blind_since.is_some() {
            return None;
        }
        let scope = self.scope();
        let resolved = match action::resolve(&self.step.id, act, &scope) {
            Ok(resolved) => resolved,
            Err(why) => return Some(self.failed(why)),
        };
        if let Err(why) = guard::blast(&self.run.runbook, &self.run.touched, &resolved.action, &scope) {
            return Some(self.failed(why.to_string()));
        }
        let Some(warrant) = self.warrant(act, &resolved.action) else {
            return Some(approval::ask(self, None, 0));
        };
        let (action, timeout, before) = (resolved.action, resolved.timeout, resolved.before);
        (!self.cx.halted).then(|| {
            self.intend(Intend { action, timeout, before, warrant, number: 1, purpose: Purpose::Act })
        })
    }

    /// The disturbance went away before anything was changed: there is nothing left to do.
    fn over(&self, purpose: Purpose) -> Option<RespondEvent> {
        let run = self.run;
        if run.changed || run.ending.is_some() || purpose == Purpose::RollBack {
            return None;
        }
        let incidents = self.known.incidents;
        let why = if run.incident.is_some_and(|incident| !known::is_open(incidents, incident)) {
            "the incident was resolved before anything was changed"
        } else if run.alert.is_some_and(|alert| !incidents.alerts.contains_key(&alert)) {
            "the alert resolved by itself before anything was changed"
        } else {
            return None;
        };
        Some(finished(run, RunOutcome::Done, why.to_owned()))
    }

    /// None: a person must approve first, even where the condition of the runbook's own `approve` step was false: only
    /// `auto` acts by itself. An approval covers only what was shown.
    fn warrant(&self, act: &Act, action: &Action) -> Option<Warrant> {
        let trust = &self.run.runbook.trust;
        let trusted = Warrant::Trusted { runbook: self.run.name() };
        match &self.run.approval {
            _ if !act.action.changes() => Some(trusted),
            Some(approval) if approval.preview.covers(&self.step.id, action) => Some(Warrant::Approved {
                by: approval.by.clone(),
                hash: approval.hash.clone(),
                preview: Box::new(approval.preview.clone()),
            }),
            None if trust.start.min(trust.ceiling) == Level::Auto => Some(trusted),
            _ => None,
        }
    }

    /// The same order once more, as another intent with the same key.
    pub fn again(&self, attempt: &Attempt) -> Option<RespondEvent> {
        let order = &attempt.order;
        (!self.cx.halted).then(|| {
            self.intend(Intend {
                action: order.action.clone(),
                timeout: order.timeout,
                before: attempt.before.clone(),
                warrant: order.warrant.clone(),
                number: attempt.number + 1,
                purpose: attempt.purpose,
            })
        })
    }

    fn retry(&self, attempt: &Attempt, error: &str) -> RespondEvent {
        let retry = self.act().and_then(|act| act.retry.as_ref());
        match retry.filter(|retry| attempt.number <= retry.max) {
            Some(retry) => RespondEvent::StepRetried {
                run: self.run.id,
                step: self.name.clone(),
                attempt: attempt.number + 1,
                at: self.cx.now + retry.backoff.0,
                why: error.to_owned(),
            },
            None => self.failed(match attempt.purpose {
                Purpose::Act => error.to_owned(),
                Purpose::RollBack => format!("it could not be taken back: {error}"),
            }),
        }
    }

    /// It did not help. The way back is the one that was shown; where there is none, people go on.
    fn take_back(&self, attempt: &Attempt, why: &str) -> Option<RespondEvent> {
        let act = self.act()?;
        let done = &attempt.order.action;
        let (action, timeout) =
            match action::way_back(&self.step.id, act, done, &attempt.before, &self.scope()) {
                Ok(Some(way_back)) => way_back,
                Ok(None) => return Some(self.failed(format!("it did not help: {why}"))),
                Err(error) => {
                    return Some(
                        self.failed(format!("it did not help: {why}; there is no way back: {error}")),
                    );
                }
            };
        let warrant = attempt.order.warrant.clone();
        if let Warrant::Approved { preview, .. } = &warrant
            && !preview.covers(&self.step.id, &action)
        {
            let words = format!("it did not help: {why}; the way back, {action}, is not what was approved");
            return Some(self.failed(words));
        }
        let before = attempt.before.clone();
        (!self.cx.halted).then(|| {
            self.intend(Intend { action, timeout, before, warrant, number: 1, purpose: Purpose::RollBack })
        })
    }

    fn intend(&self, what: Intend) -> RespondEvent {
        let key = match what.purpose {
            Purpose::Act => format!("{}/{}", self.run.id, self.name),
            Purpose::RollBack => format!("{}/{}/rollback", self.run.id, self.name),
        };
        let order = Order {
            intent: self.intent,
            run: Some(self.run.id),
            step: self.name.clone(),
            action: what.action,
            key,
            not_after: self.cx.now + DISPATCH_WITHIN,
            timeout: what.timeout,
            warrant: what.warrant,
        };
        let (attempt, purpose, before) = (what.number, what.purpose, what.before);
        RespondEvent::StepIntended { order: Box::new(order), attempt, purpose, before }
    }

    fn unknown(&self, attempt: &Attempt) -> RespondEvent {
        RespondEvent::StepUnknown {
            run: self.run.id,
            step: self.name.clone(),
            intent: attempt.order.intent,
            why: UnknownReason::TimedOut,
            look_after: attempt.look_after(),
        }
    }

    pub fn act(&self) -> Option<&Act> {
        self.run.act(&self.step.id)
    }

    pub fn scope(&self) -> Scope {
        Scope::of(self.run, self.known, self.cx)
    }

    pub fn done(&self, detail: String) -> RespondEvent {
        RespondEvent::StepDone { run: self.run.id, step: self.name.clone(), detail }
    }

    pub fn failed(&self, why: String) -> RespondEvent {
        RespondEvent::StepFailed { run: self.run.id, step: self.name.clone(), why }
    }
}

struct Intend {
    action: Action,
    timeout: Duration,
    before: std::collections::BTreeMap<String, String>,
    warrant: Warrant,
    number: u32,
    purpose: Purpose,
}
