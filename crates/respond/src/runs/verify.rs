//! Did it help? The bound must hold for a while, on samples newer than the step, before the time is over.

use andon_definitions::Act;
use andon_definitions::step::{NoData, Verify};
use andon_vocabulary::{Purpose, RespondEvent, Says, Timestamp, Value};

use super::run::{Attempt, Doing, Run};
use super::step::At;
use super::timers;

/// The step was carried out: verify it, or be done where there is nothing to verify.
pub(super) fn begin(at: &At, attempt: &Attempt, detail: &str) -> RespondEvent {
    let verify = at.act().and_then(|act| act.verify.as_ref());
    match verify.filter(|_| attempt.purpose == Purpose::Act) {
        Some(verify) => RespondEvent::VerifyBegan {
            run: at.run.id,
            step: at.name.clone(),
            until: at.cx.now + verify.within.0,
        },
        None => at.done(match attempt.purpose {
            Purpose::Act => detail.to_owned(),
            Purpose::RollBack => format!("taken back: {detail}"),
        }),
    }
}

/// What a new reading of a verification changes. Only a change of what it says is kept.
pub(super) fn read(run: &Run, says: &Says, now: Timestamp) -> Option<RespondEvent> {
    let (step, Doing::Verifying { held_since, says: last, until, .. }) = run.at()? else { return None };
    let verify = run.act(&step.id)?.verify.as_ref()?;
    let (id, name) = (run.id, step.id.as_str().into());
    match (says, held_since) {
        (Says::Holds { value }, Some(since))
            if now >= *since + verify.held_for.0 && *since + verify.held_for.0 <= *until =>
        {
            Some(RespondEvent::StepVerified { run: id, step: name, value: *value })
        }
        _ if last.as_ref().is_some_and(|last| same_kind(last, says)) => None,
        _ => Some(RespondEvent::VerifyReading { run: id, step: name, says: says.clone() }),
    }
}

fn same_kind(one: &Says, other: &Says) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

/// What time alone, or the last reading, decides.
pub(super) fn due(at: &At, doing: &Doing) -> Option<RespondEvent> {
    let Doing::Verifying { held_since, until, blank_since, says, .. } = doing else { return None };
    let verify = at.act()?.verify.as_ref()?;
    let (run, step) = (at.run.id, at.name.clone());
    if let Some(value) = held_long_enough(verify, *held_since, *until, says.as_ref(), at.cx.now) {
        return Some(RespondEvent::StepVerified { run, step, value });
    }
    let gone = blank_since.is_some_and(|since| at.cx.now >= since + timers::READING_WAIT_MAX);
    let vanished = gone && verify.no_data == NoData::Fail;
    let words = words(verify, says.as_ref());
    if vanished {
        return Some(RespondEvent::StepNotVerified { run, step, why: words });
    }
    (at.cx.now >= *until).then(|| RespondEvent::StepNotVerified {
        run,
        step,
        why: format!("{words}, after {}", verify.within),
    })
}

/// Whether data that was there and is gone counts as a failure.
pub(super) fn fails_without_data(act: &Act) -> bool {
    act.verify.as_ref().is_some_and(|verify| verify.no_data == NoData::Fail)
}

fn held_long_enough(
    verify: &Verify,
    held_since: Option<Timestamp>,
    until: Timestamp,
    says: Option<&Says>,
    now: Timestamp,
) -> Option<Value> {
    let held_at = held_since? + verify.held_for.0;
    match says? {
        Says::Holds { value } if held_at <= now && held_at <= until => Some(*value),
        _ => None,
    }
}

fn words(verify: &Verify, says: Option<&Says>) -> String {
    let (query, bound) = (verify.query.trim(), verify.bound);
    match says {
        Some(Says::Holds { value }) => {
            format!("`{query}` is {value}, {bound}, but not for {} yet", verify.held_for)
        }
        Some(Says::Fails { value }) => format!("`{query}` is {value}, not {bound}"),
        Some(Says::NoData) | None => format!("`{query}` has no data"),
        Some(Says::Error { error }) => format!("`{query}` cannot be evaluated: {error}"),
    }
}
