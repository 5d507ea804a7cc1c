//! Under which words a record is found again: the journal keeps an index of them that can be thrown away.

use std::collections::BTreeSet;

use andon_vocabulary::{Event, Record, RespondEvent};

use crate::State;
use crate::words;

/// `INC-7`, `RUN-3`, `CHG-2`, `REV-1`, and `person/ana` for everybody whom the record tells something, `shadow` for a
/// day beside an incumbent that is reported. `state` is the one
/// after the record.
pub fn subjects(record: &Record, state: &State) -> Vec<String> {
    let mut found = BTreeSet::new();
    for event in &record.events {
        let subject = words::subject(event, state);
        found.extend(subject.incident.map(|id| id.to_string()));
        found.extend(subject.run.map(|id| id.to_string()));
        found.extend(subject.change.map(|id| id.to_string()));
        found.extend(subject.review.map(|id| id.to_string()));
        match event {
            Event::Respond(RespondEvent::NoticeOwed { delivery, .. }) => {
                found.insert(format!("person/{}", delivery.person));
            }
            Event::Respond(RespondEvent::ShadowReported { .. }) => {
                found.insert("shadow".to_owned());
            }
            Event::Respond(
                RespondEvent::ShiftTaken { taken, .. }
                | RespondEvent::ShiftGivenBack { taken, .. }
                | RespondEvent::ShiftLost { taken },
            ) => {
                found.insert(format!("person/{}", taken.person));
                found.insert(taken.id.to_string());
            }
            Event::Respond(
                RespondEvent::SwapOffered { offer, .. }
                | RespondEvent::SwapAccepted { offer, .. }
                | RespondEvent::SwapDeclined { offer, .. },
            ) => {
                found.extend([&offer.by, &offer.to].map(|person| format!("person/{person}")));
                found.insert(offer.id.to_string());
            }
            _ => {}
        }
    }
    found.into_iter().collect()
}
