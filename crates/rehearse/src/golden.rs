//! A journal that a live Andon wrote: the leak of v42, a `kill -9` in the middle of the roll-back, the look-up after it.
//!
//! It is read by every later version, and decided again it yields the same events and owes the same effects: what
//! `live` did is what a rehearsal does. A changed shape gets an upcaster, never a new file in its place.

use andon_cycle::State;
use andon_vocabulary::{Event, InstanceEvent, Record, RespondEvent, RunOutcome};

const V1: &str = include_str!("../golden/v1.jsonl");

fn records() -> Vec<Record> {
    V1.lines().map(|line| Record::decode(line.as_bytes()).expect("every version is read for ever")).collect()
}

#[test]
fn a_live_journal_is_decided_again_the_same() {
    let (mut folded, mut decided) = (State::default(), State::default());
    for record in records() {
        folded.apply(&record);
        let turn = andon_cycle::turn(&mut decided, record.input.clone(), record.at);
        let events = turn.record.map(|record| record.events).unwrap_or_default();
        assert_eq!(wordless(events), wordless(record.events), "at {}", record.at);
        assert_eq!(decided.owed(record.at), folded.owed(record.at), "at {}", record.at);
    }
    assert_eq!(decided.respond, folded.respond);
}

/// Without what receipts say to people, which a later version may say better.
fn wordless(mut events: Vec<Event>) -> Vec<Event> {
    for event in &mut events {
        if let Event::Instance(InstanceEvent::Answered { receipt, .. }) = event {
            receipt.done.clear();
        }
    }
    events
}

#[test]
fn the_live_journal_tells_its_story() {
    let events: Vec<Event> = records().into_iter().flat_map(|record| record.events).collect();
    let count = |is: &dyn Fn(&RespondEvent) -> bool| {
        events.iter().filter(|event| matches!(event, Event::Respond(event) if is(event))).count()
    };
    assert_eq!(count(&|event| matches!(event, RespondEvent::StepIntended { .. })), 1, "it was not repeated");
    assert_eq!(count(&|event| matches!(event, RespondEvent::StepUnknown { .. })), 1);
    assert_eq!(count(&|event| matches!(event, RespondEvent::LookedUp { .. })), 1);
    let verified = |event: &RespondEvent| {
        matches!(event, RespondEvent::RunFinished { outcome: RunOutcome::Verified, .. })
    };
    assert_eq!(count(&verified), 1);
}

#[test]
fn what_is_written_reads_back_the_same() {
    for (line, record) in V1.lines().zip(records()) {
        assert_eq!(Record::decode(&record.encode()).expect("just written"), record, "{line}");
    }
}
