//! What people say to runs.

use andon_definitions::Context;
use andon_vocabulary::{
    Command, Event, Name, PersonAnswer, Refusal, RefusalKind, RespondEvent, RunId, RunOutcome, Told, Who,
};

use crate::command::said;

use super::known::Known;
use super::run::{Doing, Run};
use super::{Runs, approval, launch, step};

pub(super) fn decide(known: Known, told: &Told, cx: &Context) -> Result<Vec<Event>, Refusal> {
    let who = &told.who;
    let event = match &told.command {
        Command::StartRun { runbook, incident, inputs } => {
            return launch::on_command(known, who, runbook, *incident, inputs, cx);
        }
        Command::Approve { run, step, preview, reason } => {
            approval::approve(open(known.runs, *run)?, step, preview, who, reason.as_deref(), cx)?
        }
        Command::Reject { run, step, reason } => {
            approval::reject(open(known.runs, *run)?, step, who, reason, cx)?
        }
        Command::Answer { run, step, answer, reason } => {
            self::answer(open(known.runs, *run)?, step, *answer, who, reason, cx)?
        }
        Command::Abort { run, reason } => {
            let run = open(known.runs, *run)?;
            let why = format!("{}: {}", who.person, said(reason, "a reason")?);
            step::finished(run, RunOutcome::Aborted, why).into()
        }
        _ => return Ok(Vec::new()),
    };
    Ok(vec![event])
}

fn open(runs: &Runs, id: RunId) -> Result<&Run, Refusal> {
    match runs.get(id) {
        Some(run) if !run.is_finished() => Ok(run),
        Some(run) => Err(Refusal {
            kind: RefusalKind::Conflict,
            what: format!("{id} has ended: {}", run.outcome()),
            hint: None,
        }),
        None => Err(Refusal {
            kind: RefusalKind::NotFound,
            what: format!("no run {id} is going on"),
            hint: Some("list them: andon runs".to_owned()),
        }),
    }
}

/// What a person knows of a step with an unknown outcome. While it may still be under way nobody knows it.
fn answer(
    run: &Run,
    step: &str,
    answer: PersonAnswer,
    who: &Who,
    reason: &str,
    cx: &Context,
) -> Result<Event, Refusal> {
    let conflict = |what: String, hint: Option<String>| Refusal { kind: RefusalKind::Conflict, what, hint };
    let unknown = |at: &Name| {
        conflict(format!("the outcome of {step} is not asked for"), Some(format!("{} is at {at}", run.id)))
    };
    let Some((at, doing)) = run.at() else {
        return Err(conflict(format!("{} asks nothing", run.id), None));
    };
    let name: Name = at.id.as_str().into();
    let look_after = match doing {
        _ if at.id != step => return Err(unknown(&name)),
        Doing::Unknown { look_after, .. } | Doing::AskingPerson { look_after, .. } => *look_after,
        _ => return Err(unknown(&name)),
    };
    if cx.now < look_after {
        let what = format!("{step} may still be under way until {}", look_after.second());
        return Err(conflict(what, Some("look at it after that, then answer".to_owned())));
    }
    let reason = said(reason, "a reason")?;
    Ok(RespondEvent::PersonAnswered { run: run.id, step: name, who: who.clone(), answer, reason }.into())
}
