//! The turn itself: decide, apply, let every stage react to what happened, until nothing more follows.

use andon_definitions::Context;
use andon_vocabulary::{
    Event, Input, InstanceEvent, MonitorEvent, Receipt, Record, Refusal, RefusalKind, RespondEvent, Timestamp,
};

use crate::state::State;
use crate::words;

/// Far more than any real turn brings; reaching it is our bug, and endless growth would be worse.
const EVENTS_PER_TURN_MAX: usize = 1_000_000;

/// What one tick brings, about: what else is due then comes with the next, and others are heard between them.
const EVENTS_PER_TICK: usize = 2_000;

/// What a turn brought. Nothing of it may leave before its record is durable.
#[derive(Clone, Debug)]
pub struct Turn {
    /// None: the input changed nothing.
    pub record: Option<Record>,
    /// For a person's command: what it did, or why not.
    pub answer: Result<Receipt, Refusal>,
}

/// Turns the loop once. `now` earlier than the last record counts as the last record's time.
pub fn turn(state: &mut State, input: Input, now: Timestamp) -> Turn {
    let now = now.max(state.at);
    if let Input::Told(told) = &input
        && let Some(answer) = state.instance.answer(told, now)
    {
        return Turn { record: None, answer: answer.cloned() };
    }
    let input = match input {
        // Senders repeat every minute what is known: the record keeps no more of it than is new.
        Input::Received(received) => Input::Received(state.monitor.shortened(received, now)),
        other => other,
    };
    let mut events = Vec::new();
    if matches!(input, Input::Tick) {
        // A timer that fires may make another one due at the same moment.
        while events.len() < EVENTS_PER_TICK && time_passes(state, now, &mut events) {}
    } else {
        match decide(state, &input, now) {
            Ok(decided) => settle(state, decided, now, &mut events),
            Err(refusal) => return Turn { record: None, answer: Err(refusal) },
        }
    }
    let answer = answer(state, &input, now, &mut events);
    let record = (!events.is_empty()).then_some(Record { at: now, input, events });
    Turn { record, answer }
}

/// Every stage decides the same state.
fn decide(state: &State, input: &Input, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    let mut events = state.instance.decide(input, now)?;
    for stage in STAGES {
        events.extend(stage.decide(state, input, &state.context(now).after(&events))?);
    }
    Ok(events)
}

/// What is due, stage by stage: what comes of one is there when the next looks, so that nobody is paged for what is over
/// at the same moment. False: nothing was.
fn time_passes(state: &mut State, now: Timestamp, events: &mut Vec<Event>) -> bool {
    let before = events.len();
    let tick = Input::Tick;
    // Time asks for nothing that could be refused.
    let due = state.instance.decide(&tick, now).unwrap_or_default();
    settle(state, due, now, events);
    for stage in STAGES {
        let due = stage.decide(state, &tick, &state.context(now)).unwrap_or_default();
        settle(state, due, now, events);
    }
    events.len() > before
}

/// Applies each event and lets every stage react to it. What follows from an event comes before the next one that was
/// decided beside it, so that the second alert of a turn finds the incident that the first one opened.
fn settle(state: &mut State, decided: Vec<Event>, now: Timestamp, events: &mut Vec<Event>) {
    // Numbers are given out when an event is decided, which may be long before it is applied.
    let mut next_intent = state.context(now).after(&decided).next_intent;
    for event in decided {
        follow(state, event, now, &mut next_intent, events);
    }
}

/// A stage sees what followed from the reaction of those before it: an incident is not over because its last alert
/// ended, when what that alert inhibited joins it.
fn follow(state: &mut State, event: Event, now: Timestamp, next_intent: &mut u64, events: &mut Vec<Event>) {
    state.apply_event(&event, now);
    let at = events.len();
    events.push(event);
    assert!(events.len() < EVENTS_PER_TURN_MAX, "a turn that does not end is a bug of the stages");
    for stage in STAGES {
        let cx = Context { next_intent: *next_intent, ..state.context(now) };
        let reactions = stage.react(state, &events[at], &cx);
        *next_intent = cx.after(&reactions).next_intent;
        for reaction in reactions {
            follow(state, reaction, now, next_intent, events);
        }
    }
}

/// In the order in which they decide and react: who changed what is known before people are told.
const STAGES: [Stage; 4] = [Stage::Monitor, Stage::Change, Stage::Respond, Stage::Improve];

#[derive(Clone, Copy)]
enum Stage {
    Monitor,
    Change,
    Respond,
    Improve,
}

impl Stage {
    fn decide(self, state: &State, input: &Input, cx: &Context) -> Result<Vec<Event>, Refusal> {
        match self {
            Stage::Monitor => state.monitor.decide(input, cx),
            Stage::Change => state.change.decide(input, cx),
            Stage::Respond => state.respond.decide(input, cx),
            Stage::Improve => state.improve.decide(input, cx),
        }
    }

    fn react(self, state: &State, event: &Event, cx: &Context) -> Vec<Event> {
        match self {
            Stage::Monitor => state.monitor.react(event, cx),
            Stage::Change => state.change.react(event, cx),
            Stage::Respond => state.respond.react(event, cx),
            Stage::Improve => state.improve.react(event, cx),
        }
    }
}

/// The sender of a command hears what the first event says; the same key will be answered the same way.
fn answer(
    state: &mut State,
    input: &Input,
    now: Timestamp,
    events: &mut Vec<Event>,
) -> Result<Receipt, Refusal> {
    let Input::Told(told) = input else { return Ok(Receipt::default()) };
    let Some(first) = events.first() else {
        return Err(Refusal {
            kind: RefusalKind::Conflict,
            what: "that changes nothing".to_owned(),
            hint: Some("it is already so".to_owned()),
        });
    };
    let run = events.iter().find_map(|event| match event {
        Event::Respond(RespondEvent::RunStarted(started)) => Some(started.run),
        _ => None,
    });
    let silence = events.iter().find_map(|event| match event {
        Event::Monitor(MonitorEvent::SilenceSet { silence }) => Some(silence.id),
        _ => None,
    });
    let subjects = words::subject(first, state);
    let receipt = Receipt {
        done: words::say(first),
        incident: subjects.incident,
        run: subjects.run.or(run),
        change: subjects.change,
        silence,
    };
    let answered: Event = InstanceEvent::Answered { key: told.key.clone(), receipt: receipt.clone() }.into();
    state.apply_event(&answered, now);
    state.instance.answered(told);
    events.push(answered);
    Ok(receipt)
}
