//! How long each step of a run took, from its records.

use std::collections::BTreeMap;

use andon_vocabulary::{Event, Record, RespondEvent, RunId, Timestamp};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lasted {
    pub began: Timestamp,
    /// None: it goes on.
    pub ended: Option<Timestamp>,
}

/// A step ends when the next one begins, is skipped, or the run finishes.
pub fn durations(records: &[(u64, Record)], id: RunId) -> BTreeMap<String, Lasted> {
    let mut steps: BTreeMap<String, Lasted> = BTreeMap::new();
    let mut current: Option<String> = None;
    for (_, record) in records {
        for event in &record.events {
            let next = match event {
                Event::Respond(RespondEvent::StepBegan { run, step }) if *run == id => Some(step.to_string()),
                Event::Respond(
                    RespondEvent::StepSkipped { run, .. } | RespondEvent::RunFinished { run, .. },
                ) if *run == id => None,
                _ => continue,
            };
            if let Some(step) = current.take().and_then(|step| steps.get_mut(&step)) {
                step.ended = Some(record.at);
            }
            if let Some(step) = next {
                steps.insert(step.clone(), Lasted { began: record.at, ended: None });
                current = Some(step);
            }
        }
    }
    steps
}
