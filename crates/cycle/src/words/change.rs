//! Changes, in words.

use andon_vocabulary::{Answer, ChangeEvent, OrderResult, What};

use super::Subject;

pub(super) fn say(event: &ChangeEvent) -> String {
    match event {
        ChangeEvent::ChangeIntended { change, what, who, .. } => {
            format!("{change} {} asks to {}", who.person, did(what))
        }
        ChangeEvent::ChangeCarried { change, result, .. } => format!("{change} {}", result_words(result)),
        ChangeEvent::ChangeUnknown { change, why, .. } => {
            format!("{change}: don't know whether it happened: {why}")
        }
        ChangeEvent::ChangeLookup { change, .. } => format!("{change}: looking whether it happened"),
        ChangeEvent::ChangeLookedUp { change, answer, .. } => format!("{change}: {}", answer_words(answer)),
        ChangeEvent::ChangeRecorded { change, what, who } => {
            format!("{change} recorded by {}: {what}", who.person)
        }
        ChangeEvent::PlatformSeen { status } => {
            format!("{} runs {}, {}/{} ready", status.service, status.version, status.ready, status.wanted)
        }
        ChangeEvent::ChangeSuspected { change, what, why, .. } => {
            format!("{change} {what} is suspected: {why}")
        }
    }
}

fn did(what: &What) -> String {
    match what {
        What::Deploy { service, version, .. } => format!("deploy {service} {version}"),
        What::RollBack { service, version, .. } => format!("roll back {service} to {version}"),
        What::Fault { service, fault, on } => {
            format!("switch the fault {fault} of {service} {}", if *on { "on" } else { "off" })
        }
    }
}

pub(super) fn result_words(result: &OrderResult) -> String {
    match result {
        OrderResult::Done { detail } => format!("done: {detail}"),
        OrderResult::Failed { error } => format!("failed: {error}"),
        OrderResult::Refused { why } => format!("not sent: {why}"),
        OrderResult::Unknown { why } => format!("don't know whether it happened: {why}"),
    }
}

pub(super) fn answer_words(answer: &Answer) -> String {
    match answer {
        Answer::Happened { evidence } => format!("looked: it did happen ({evidence}); not repeated"),
        Answer::DidNotHappen { evidence } => format!("looked: it did not happen ({evidence})"),
        Answer::CannotTell { why } => format!("looked, and cannot tell: {why}"),
    }
}

pub(super) fn subject(event: &ChangeEvent) -> Subject {
    let (change, incident) = match event {
        ChangeEvent::ChangeIntended { change, .. }
        | ChangeEvent::ChangeCarried { change, .. }
        | ChangeEvent::ChangeUnknown { change, .. }
        | ChangeEvent::ChangeLookup { change, .. }
        | ChangeEvent::ChangeLookedUp { change, .. }
        | ChangeEvent::ChangeRecorded { change, .. } => (Some(*change), None),
        ChangeEvent::ChangeSuspected { change, incident, .. } => (Some(*change), Some(*incident)),
        ChangeEvent::PlatformSeen { .. } => (None, None),
    };
    Subject { incident, change, ..Subject::default() }
}
