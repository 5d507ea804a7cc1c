//! What people add to a review, and what it takes to close one.

use std::time::Duration;

use andon_definitions::Context;
use andon_vocabulary::{
    Closing, Command, ImproveEvent, Name, Refusal, RefusalKind, ReviewId, Timestamp, Told,
};

use crate::{Review, State};

/// A waiver for longer than this would be a decision that nobody has to look at again.
const WAIVER_MAX: Duration = Duration::from_secs(180 * 24 * 60 * 60);

impl State {
    pub(crate) fn told(&self, told: &Told, cx: &Context) -> Result<Option<ImproveEvent>, Refusal> {
        let who = told.who.clone();
        let event = match &told.command {
            Command::EditReview { review, conditions, surprised, helped } => {
                self.open(*review)?;
                ImproveEvent::ReviewEdited {
                    review: *review,
                    who,
                    conditions: conditions.clone(),
                    surprised: surprised.clone(),
                    helped: helped.clone(),
                }
            }
            Command::AddAction { review, text, owner, due } => {
                self.open(*review)?;
                action(text, owner, *due, cx)?;
                ImproveEvent::ActionAdded {
                    review: *review,
                    who,
                    text: text.clone(),
                    owner: owner.clone(),
                    due: *due,
                }
            }
            Command::CloseReview { review, closing } => {
                finished(*review, self.open(*review)?)?;
                closes(closing, cx.now)?;
                ImproveEvent::ReviewClosed { review: *review, who, closing: closing.clone() }
            }
            _ => return Ok(None),
        };
        Ok(Some(event))
    }

    fn open(&self, review: ReviewId) -> Result<&Review, Refusal> {
        self.reviews.get(&review).ok_or_else(|| {
            let open: Vec<String> = self.reviews.keys().map(ReviewId::to_string).collect();
            let hint = match open.as_slice() {
                [] => "no review is open".to_owned(),
                open => format!("open are: {}", open.join(", ")),
            };
            refusal(RefusalKind::NotFound, format!("{review} is not an open review"), &hint)
        })
    }
}

fn action(text: &str, owner: &Name, due: Timestamp, cx: &Context) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(refusal(
            RefusalKind::Invalid,
            "the action says nothing".to_owned(),
            "write what will be different when it is done",
        ));
    }
    let teams = &cx.catalog.teams;
    let known = teams.contains_key(&**owner) || teams.values().any(|team| team.people.contains_key(&**owner));
    if !known {
        return Err(refusal(
            RefusalKind::NotFound,
            format!("there is nobody called {owner:?}"),
            "name a person or a team of the definitions",
        ));
    }
    if due <= cx.now {
        return Err(refusal(
            RefusalKind::Invalid,
            format!("the action would be due at {due}, which is past"),
            "give a date to come",
        ));
    }
    Ok(())
}

fn finished(id: ReviewId, review: &Review) -> Result<(), Refusal> {
    if review.conditions.trim().is_empty() {
        return Err(refusal(
            RefusalKind::Conflict,
            format!("{id} does not say what made the incident possible"),
            "write its contributing conditions, then close it",
        ));
    }
    Ok(())
}

fn closes(closing: &Closing, now: Timestamp) -> Result<(), Refusal> {
    let (what, hint) = match closing {
        Closing::Change { link } if names_a_change(link.trim()) => return Ok(()),
        Closing::Change { link } => (
            format!("{link:?} does not lead to a change"),
            "give an http(s) address or the hash of a commit; if nothing changes, waive it",
        ),
        Closing::Waiver { reason, .. } if reason.trim().is_empty() => {
            ("the waiver has no reason".to_owned(), "say why nothing is changed because of this incident")
        }
        Closing::Waiver { until, .. } if *until <= now => (
            format!("the waiver would end at {until}, which is past"),
            "give a time to come, at most 180 days from now",
        ),
        Closing::Waiver { until, .. } if until.since(now) > WAIVER_MAX => (
            format!("the waiver would last until {until}"),
            "a waiver lasts 180 days at most; then somebody looks again",
        ),
        Closing::Waiver { .. } => return Ok(()),
    };
    Err(refusal(RefusalKind::Invalid, what, hint))
}

/// An address with a host, or a commit's hash, short or in full.
fn names_a_change(link: &str) -> bool {
    let address = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://"));
    match address {
        Some(rest) => {
            rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
                && !link.contains(char::is_whitespace)
        }
        None => (7..=64).contains(&link.len()) && link.bytes().all(|b| b.is_ascii_hexdigit()),
    }
}

fn refusal(kind: RefusalKind, what: String, hint: &str) -> Refusal {
    Refusal { kind, what, hint: Some(hint.to_owned()) }
}
