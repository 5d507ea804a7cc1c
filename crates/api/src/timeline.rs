//! Records as the lines of a timeline.

use andon_cycle::words::{self, Kind};
use andon_vocabulary::{Event, InstanceEvent, Record, RespondEvent, Timestamp};
use serde::Serialize;

/// One line of a timeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    pub seq: u64,
    pub at: Timestamp,
    /// alert, automation, person, decision or change.
    pub kind: &'static str,
    pub text: String,
    /// It recurs, or only accompanies another line: a page may show it quietly.
    pub routine: bool,
}

/// Records about one thing, as lines; what concerns others in the same record is left out.
pub fn timeline(records: &[(u64, Record)], concerns: impl Fn(&Event) -> bool) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (seq, record) in records {
        for event in record.events.iter().filter(|event| concerns(event)) {
            if !matches!(event, Event::Instance(InstanceEvent::Answered { .. })) {
                let kind: Kind = words::kind(event);
                let (text, routine) = (words::say(event), is_routine(event));
                entries.push(Entry { seq: *seq, at: record.at, kind: kind.word(), text, routine });
            }
        }
    }
    entries
}

fn is_routine(event: &Event) -> bool {
    let Event::Respond(event) = event else { return false };
    matches!(
        event,
        RespondEvent::AckExtended { .. }
            | RespondEvent::NoticeSent { .. }
            | RespondEvent::NoticeArrived { .. }
            | RespondEvent::NoticeDropped { .. }
            | RespondEvent::LockTaken { .. }
            | RespondEvent::StepBegan { .. }
            | RespondEvent::StepDone { .. }
            | RespondEvent::LookupIntended { .. }
            | RespondEvent::VerifyReading { .. }
            | RespondEvent::StopIfBaseline { .. }
    )
}
