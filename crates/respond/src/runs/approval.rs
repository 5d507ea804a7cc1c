//! The human checkpoint: who is asked, with what before their eyes, and who may decide.
//!
//! An approval binds to the hash of the preview that was shown; what the preview does not hold is asked for anew.

use std::time::Duration;

use andon_definitions::step::{NotBy, OnExpire, Reason};
use andon_definitions::{Approve, Context, Does, Team};
use andon_vocabulary::{
    ApprovalExpiredThen, Event, Name, Refusal, RefusalKind, Requester, RespondEvent, Who,
};

use super::preview::{self, Reach};
use super::run::{Ask, Run};
use super::step::At;
use crate::called;
use crate::command::said;

/// How often others are asked before the run ends without a decision.
const ROUNDS_MAX: u32 = 3;
/// For a change that no step of the runbook asks for, where the runbook is not trusted to act by itself.
const EXPIRES: Duration = Duration::from_secs(15 * 60);

/// `approve` is None before a change that must be approved and for which the runbook has no step that asks.
pub(super) fn ask(at: &At, approve: Option<&Approve>, round: u32) -> RespondEvent {
    let (run, cx) = (at.run, at.cx);
    let first = run.runbook.steps.iter().position(|step| step.id == at.step.id).unwrap_or(0);
    let first = if approve.is_some() { first + 1 } else { first };
    let preview = match preview::of(run, first, Reach::NextApproval, at.scope()) {
        Ok(preview) => preview,
        Err(why) => return at.failed(format!("what is to be approved cannot be shown: {why}")),
    };
    let from = asked(run, approve, round, cx);
    if from.is_empty() {
        return at.failed(format!("nobody can approve it: {} has no people", run.runbook.owner));
    }
    let expires = cx.now + approve.map_or(EXPIRES, |approve| approve.expires.0);
    RespondEvent::ApprovalAsked { run: run.id, step: at.name.clone(), from, preview, expires }
}

/// Whom the step names, or the owner's rotation; one more of the owner's people with each round.
fn asked(run: &Run, approve: Option<&Approve>, round: u32, cx: &Context) -> Vec<Name> {
    let Some(owner) = cx.catalog.teams.get(run.runbook.owner.name()) else { return Vec::new() };
    let mut from = match approve {
        Some(approve) => called::people(approve.from.iter(), owner, cx),
        None => {
            let rotation = owner.oncall.get_key_value("primary").or_else(|| owner.oncall.iter().next());
            let whom = rotation
                .map(|(name, _)| andon_definitions::Whom::OnCall { team: None, rotation: name.clone() });
            called::people(whom.iter(), owner, cx)
        }
    };
    if from.is_empty() {
        return everybody(owner).collect();
    }
    let others: Vec<Name> = everybody(owner).filter(|person| !from.contains(person)).collect();
    from.extend(others.into_iter().take(round as usize));
    from
}

fn everybody(team: &Team) -> impl Iterator<Item = Name> + '_ {
    team.people.keys().map(|person| person.as_str().into())
}

pub(super) fn expire(at: &At, ask: &Ask) -> Option<RespondEvent> {
    if at.cx.now < ask.expires {
        return None;
    }
    let on_expire = match &at.step.does {
        Does::Approve(approve) => approve.on_expire,
        Does::Act(_) => OnExpire::Escalate,
    };
    let then = match on_expire {
        OnExpire::Escalate if ask.round < ROUNDS_MAX => ApprovalExpiredThen::Escalate,
        OnExpire::Escalate | OnExpire::Abort => ApprovalExpiredThen::Abort,
    };
    Some(RespondEvent::ApprovalExpired { run: at.run.id, step: at.name.clone(), then })
}

/// A person says yes to the preview with this hash.
pub(super) fn approve(
    run: &Run,
    step: &str,
    hash: &str,
    who: &Who,
    reason: Option<&str>,
    cx: &Context,
) -> Result<Event, Refusal> {
    let (step, ask) = waiting(run, step)?;
    if ask.preview.hash() != hash {
        return Err(Refusal {
            kind: RefusalKind::Conflict,
            what: format!("what {} would do has changed since you looked", run.id),
            hint: Some("look at it again and approve what it would do now".to_owned()),
        });
    }
    let deciders = deciders(run, ask, cx);
    may_decide(run, &deciders, who)?;
    let rule = match run.runbook.step(&step).map(|step| &step.does) {
        Some(Does::Approve(approve)) => Some(approve),
        _ => None,
    };
    let own = matches!(&run.requested_by, Requester::Person(by) if by.person == who.person);
    let only = deciders.iter().all(|person| *person == who.person);
    if own && !only && rule.is_some_and(|rule| rule.not == Some(NotBy::Requester)) {
        return Err(Refusal {
            kind: RefusalKind::Forbidden,
            what: format!("{} asked for {} and may not approve it", who.person, run.id),
            hint: Some(format!("ask one of: {}", others(&deciders, &who.person))),
        });
    }
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    let alone = rule.and_then(|rule| rule.alone);
    let must_say = match alone {
        Some(alone) => (own || only) && alone.reason == Reason::Required,
        None => own,
    };
    if must_say && reason.is_none() {
        return Err(Refusal {
            kind: RefusalKind::Invalid,
            what: "nobody else looks at this approval, so it needs a reason".to_owned(),
            hint: Some("say in a sentence why it cannot wait for a second person".to_owned()),
        });
    }
    Ok(RespondEvent::Approved {
        run: run.id,
        step,
        who: who.clone(),
        hash: hash.to_owned(),
        alone: match (reason, alone) {
            (Some(reason), _) if own || only => Some(reason.to_owned()),
            // It need not be said, and is listed in the review all the same.
            (None, Some(_)) if own || only => Some("no reason was given".to_owned()),
            _ => None,
        },
    }
    .into())
}

pub(super) fn reject(run: &Run, step: &str, who: &Who, reason: &str, cx: &Context) -> Result<Event, Refusal> {
    let (step, ask) = waiting(run, step)?;
    may_decide(run, &deciders(run, ask, cx), who)?;
    Ok(RespondEvent::Rejected { run: run.id, step, who: who.clone(), reason: said(reason, "a reason")? }
        .into())
}

fn waiting<'a>(run: &'a Run, step: &str) -> Result<(Name, &'a Ask), Refusal> {
    match run.ask() {
        Some((asking, ask)) if &*asking == step => Ok((asking, ask)),
        Some((asking, _)) => Err(Refusal {
            kind: RefusalKind::Conflict,
            what: format!("{} does not wait for an approval of {step}", run.id),
            hint: Some(format!("it waits for {asking}")),
        }),
        None => Err(Refusal {
            kind: RefusalKind::Conflict,
            what: format!("{} does not wait for an approval", run.id),
            hint: None,
        }),
    }
}

/// Those who were asked, and everybody of the team that owns the runbook.
fn deciders(run: &Run, ask: &Ask, cx: &Context) -> Vec<Name> {
    let mut people = ask.from.clone();
    if let Some(owner) = cx.catalog.teams.get(run.runbook.owner.name()) {
        people.extend(everybody(owner).filter(|person| !ask.from.contains(person)));
    }
    people
}

fn may_decide(run: &Run, deciders: &[Name], who: &Who) -> Result<(), Refusal> {
    if deciders.contains(&who.person) {
        return Ok(());
    }
    Err(Refusal {
        kind: RefusalKind::Forbidden,
        what: format!("{} is neither asked for {} nor in {}", who.person, run.id, run.runbook.owner),
        hint: Some(format!("ask one of: {}", others(deciders, &who.person))),
    })
}

fn others(people: &[Name], but: &Name) -> String {
    let others: Vec<&str> = people.iter().filter(|person| *person != but).map(|person| &**person).collect();
    others.join(", ")
}
