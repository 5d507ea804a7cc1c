//! A step of which nobody knows whether it happened. What may follow is what the step says of itself (`repeat`); a
//! step that must not happen twice is repeated only after something or somebody said that it did not.

use andon_definitions::step::{Lookup, LookupQuery};
use andon_definitions::{Act, Repeat};
use andon_vocabulary::{
    Action, Answer, Event, HttpLookUp, IntentId, LookUp, Purpose, RespondEvent, UnknownReason,
};

use super::run::{Attempt, Doing, Run};
use super::step::At;

/// After so many attempts without an answer a person decides, even where repeating is harmless.
const ATTEMPTS_MAX: u32 = 5;

/// Whatever the hands had when Andon stopped may or may not have happened.
pub(super) fn on_restart(run: &Run) -> Option<Event> {
    let (step, Doing::InFlight(attempt)) = run.at()? else { return None };
    let event = RespondEvent::StepUnknown {
        run: run.id,
        step: step.id.as_str().into(),
        intent: attempt.order.intent,
        why: UnknownReason::Restarted,
        look_after: attempt.look_after(),
    };
    Some(event.into())
}

/// It has died by now, wherever it was: look, repeat or ask.
pub(super) fn resolve(at: &At, attempt: &Attempt) -> Option<RespondEvent> {
    let act = at.act()?;
    match repeat(act, attempt.purpose) {
        Repeat::Harmless | Repeat::WithKey if attempt.number < ATTEMPTS_MAX => at.again(attempt),
        Repeat::Harmless | Repeat::WithKey => {
            Some(ask(at, attempt, &format!("{} attempts went without an answer", attempt.number)))
        }
        Repeat::AfterLookup => Some(look_up(at, act, attempt)),
        Repeat::AskPerson => Some(ask(at, attempt, "nothing can look it up")),
    }
}

fn repeat(act: &Act, purpose: Purpose) -> Repeat {
    match (purpose, &act.rollback) {
        (Purpose::RollBack, Some(rollback)) => rollback.repeat().unwrap_or(Repeat::AskPerson),
        _ => act.repeat,
    }
}

fn look_up(at: &At, act: &Act, attempt: &Attempt) -> RespondEvent {
    let order = &attempt.order;
    // A step's own lookup answers for the step, not for its way back; a platform answers for both.
    let own = act.lookup.as_ref().filter(|_| attempt.purpose == Purpose::Act);
    let http = match own {
        Some(Lookup::Http(http)) => match at.scope().text(&http.url) {
            Ok(url) => Some(HttpLookUp { url, status: http.status, timeout: *http.timeout }),
            Err(why) => return ask(at, attempt, &why),
        },
        Some(Lookup::Promql(_)) => None,
        None if on_platform(&order.action) => None,
        None => return ask(at, attempt, "nothing can look it up"),
    };
    let lookup = Box::new(LookUp { order: (**order).clone(), http });
    RespondEvent::LookupIntended { run: at.run.id, step: at.name.clone(), intent: at.intent, lookup }
}

fn on_platform(action: &Action) -> bool {
    match action {
        Action::Restart { .. } | Action::Scale { .. } | Action::Run { .. } => true,
        Action::Http { .. } | Action::Process { .. } | Action::Fault { .. } => false,
    }
}

/// The query that answers whether the step happened, while it is being looked up.
pub(super) fn lookup_query(run: &Run) -> Option<&LookupQuery> {
    let (step, Doing::LookingUp { attempt, .. }) = run.at()? else { return None };
    match run.act(&step.id)?.lookup.as_ref()? {
        Lookup::Promql(query) if attempt.purpose == Purpose::Act => Some(query),
        _ => None,
    }
}

pub(super) fn no_answer(at: &At, intent: IntentId) -> RespondEvent {
    let answer = Answer::CannotTell { why: "the lookup gave no answer in time".to_owned() };
    RespondEvent::LookedUp { run: at.run.id, step: at.name.clone(), intent, answer }
}

pub(super) fn ask(at: &At, attempt: &Attempt, why: &str) -> RespondEvent {
    let action = &attempt.order.action;
    let question =
        format!("did \"{action}\" happen? {why}; mark it done, have it repeated, or abort the run");
    RespondEvent::PersonAsked { run: at.run.id, step: at.name.clone(), question }
}
