//! Reviews, in words.

use andon_vocabulary::{Closing, ImproveEvent};

use super::{Kind, Subject};
use crate::State;

pub(super) fn say(event: &ImproveEvent) -> String {
    match event {
        ImproveEvent::ReviewDrafted(draft) => format!("{} drafted for {}", draft.review, draft.incident),
        ImproveEvent::ReviewRedrafted(draft) => {
            format!("{} drafted anew for {}", draft.review, draft.incident)
        }
        ImproveEvent::ReviewEdited { review, who, .. } => format!("{} wrote in {review}", who.person),
        ImproveEvent::ActionAdded { review, text, owner, .. } => {
            format!("{review} action for {owner}: {text}")
        }
        ImproveEvent::ReviewClosed { review, who, closing: Closing::Change { link } } => {
            format!("{} closed {review} with a change: {link}", who.person)
        }
        ImproveEvent::ReviewClosed { review, who, closing: Closing::Waiver { reason, until } } => {
            format!("{} closed {review} with a waiver until {until}: {reason}", who.person)
        }
    }
}

pub(super) fn kind(event: &ImproveEvent) -> Kind {
    match event {
        ImproveEvent::ReviewDrafted(_) | ImproveEvent::ReviewRedrafted(_) => Kind::Automation,
        _ => Kind::Person,
    }
}

pub(super) fn subject(event: &ImproveEvent, state: &State) -> Subject {
    let (review, incident) = match event {
        ImproveEvent::ReviewDrafted(draft) | ImproveEvent::ReviewRedrafted(draft) => {
            (draft.review, Some(draft.incident))
        }
        ImproveEvent::ReviewEdited { review, .. }
        | ImproveEvent::ActionAdded { review, .. }
        | ImproveEvent::ReviewClosed { review, .. } => {
            (*review, state.improve.reviews.get(review).map(|review| review.drafted.incident))
        }
    };
    Subject { incident, review: Some(review), ..Subject::default() }
}
