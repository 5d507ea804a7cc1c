//! What the people of a scenario do when they are asked or paged.

use andon_definitions::scenario::{AskedFor, Does, When};
use andon_vocabulary::{
    Answer, Command, Delivery, Event, IncidentId, IntentId, Name, NoticeKind, OrderResult, PersonAnswer,
    RespondEvent, RunId, Told, Via, Who,
};

/// What made a world entry begin: what a person's deed refers to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cause {
    pub person: Option<Name>,
    pub incident: Option<IncidentId>,
    pub run: Option<RunId>,
    pub step: Option<Name>,
    /// Hash of the preview that the person was shown.
    pub preview: Option<String>,
}

/// What Andon did that a world may react to.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// A person was told something and it was delivered.
    Told(Delivery),
    /// An order left for the hands.
    Sent { run: Option<RunId>, step: Name },
    /// A step is known to have happened.
    Done { run: RunId, step: Name },
    /// It was asked whether a step happened.
    LookedUp { step: Name },
}

/// Whether `deed` is what an entry waits for, and what it then refers to.
pub fn begins(when: &When, deed: &Deed) -> Option<Cause> {
    let told = |person: &str, delivery: &Delivery, kind: NoticeKind| {
        (*delivery.person == *person && delivery.kind == kind).then(|| Cause {
            person: Some(delivery.person.clone()),
            incident: delivery.incident,
            run: delivery.run,
            ..Cause::default()
        })
    };
    let of_step =
        |run: Option<RunId>, step: &Name| Cause { run, step: Some(step.clone()), ..Cause::default() };
    match (when, deed) {
        (When::Asked(asked), Deed::Told(delivery)) => {
            let kind = match asked.what {
                AskedFor::Approval => NoticeKind::Approval,
                AskedFor::Outcome => NoticeKind::Question,
            };
            told(&asked.asked, delivery, kind)
        }
        (When::Paged(paged), Deed::Told(delivery)) => {
            let channel = paged.via.as_deref().is_none_or(|via| via == &*delivery.channel);
            told(&paged.paged, delivery, NoticeKind::Page).filter(|_| channel)
        }
        (When::Delivered(delivered), Deed::Told(delivery)) => (delivered.delivered == *delivery.channel)
            .then(|| Cause {
                person: Some(delivery.person.clone()),
                incident: delivery.incident,
                ..Cause::default()
            }),
        (When::Sent(sent), Deed::Sent { run, step }) if sent.sent == **step => Some(of_step(*run, step)),
        (When::Done(done), Deed::Done { run, step }) if done.done == **step => {
            Some(of_step(Some(*run), step))
        }
        (When::Lookup(lookup), Deed::LookedUp { step }) if lookup.lookup == **step => {
            Some(of_step(None, step))
        }
        _ => None,
    }
}

/// The deeds that a record's events amount to.
pub fn deeds(events: &[Event], delivered: impl Fn(IntentId) -> Option<Delivery>) -> Vec<Deed> {
    let deed = |event: &Event| match event {
        Event::Respond(RespondEvent::NoticeSent { intent, .. }) => delivered(*intent).map(Deed::Told),
        Event::Respond(RespondEvent::StepCarried { run, step, result: OrderResult::Done { .. }, .. })
        | Event::Respond(RespondEvent::LookedUp { run, step, answer: Answer::Happened { .. }, .. }) => {
            Some(Deed::Done { run: *run, step: step.clone() })
        }
        _ => None,
    };
    events.iter().filter_map(deed).collect()
}

/// What the person says to Andon; None when they do nothing, or when there is nothing to do it about.
pub fn says(does: Does, cause: &Cause, key: String) -> Option<Told> {
    let reason = || "as the scenario says".to_owned();
    let of_run = || Some((cause.run?, cause.step.clone()?));
    let answer = |answer| {
        let (run, step) = of_run()?;
        Some(Command::Answer { run, step, answer, reason: reason() })
    };
    let command = match does {
        Does::Nothing => None,
        Does::Acknowledge => cause.incident.map(|incident| Command::Acknowledge { incident }),
        Does::Resolve => cause.incident.map(|incident| Command::Resolve { incident, reason: reason() }),
        Does::Approve => of_run().and_then(|(run, step)| {
            let preview = cause.preview.clone()?;
            Some(Command::Approve { run, step, preview, reason: Some(reason()) })
        }),
        Does::Reject => of_run().map(|(run, step)| Command::Reject { run, step, reason: reason() }),
        Does::MarkDone => answer(PersonAnswer::Done),
        Does::Repeat => answer(PersonAnswer::Repeat),
        Does::Abort => answer(PersonAnswer::Abort),
    };
    let person = cause.person.clone()?;
    Some(Told { who: Who::new(person, Via::Scenario), key, command: command? })
}
