//! Doors for what people answer from where they were told: a button, a key of the telephone, a reply, a link.
//!
//! Each door proves its sender itself, by the provider's signature or by our own, and may be reached by another name than
//! the pages; it is there only where the definitions give it a secret. What somebody may do here they may do anywhere
//! else: an answer is an ordinary command of the person whose contact it comes from, answered once it is durable.

mod link;
mod seen;
mod slack;
mod telegram;
#[cfg(test)]
mod tests;
mod twilio;

use std::sync::Arc;

use andon_definitions::{Catalog, ChannelKind};
use andon_intake::answer::Deed;
use andon_respond::Phase;
use andon_vocabulary::{Command, Name, Timestamp, Told, Via, Who};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::doors::{Door, Routes, Visitor};
use crate::framework;
use crate::port::{Loop, TellError};
use crate::problem::Problem;
use seen::Seen;

/// Slack tells of the whole message beside the press.
const BODY_BYTES_MAX: usize = 256 * 1024;

#[rustfmt::skip]
pub fn routes(shared: Arc<dyn Loop>) -> Routes {
    const LINK: Door = Door::Anywhere("the link is signed, for one person and one deed");
    const SIGNED: Door = Door::Anywhere("the provider signs, or gives its secret token");
    Routes::new()
        .route("/answers/link/{pass}",                 LINK,   get(link::show).post(link::follow))
        .route("/answers/slack/{channel}",             SIGNED, post(slack::pressed))
        .route("/answers/telegram/{channel}",          SIGNED, post(telegram::pressed))
        .route("/answers/twilio/{channel}",            SIGNED, post(twilio::replied))
        .route("/answers/twilio/{channel}/{notice}",   SIGNED, post(twilio::reported))
        .route("/answers/twilio/{channel}/key/{pass}", SIGNED, post(twilio::keyed))
        .through(|router| router.layer(DefaultBodyLimit::max(BODY_BYTES_MAX)).layer(from_fn(in_problems)))
        .with_state(Arc::new(Doors { shared, seen: Seen::default() }))
}

/// What the framework refuses is a problem as any other.
async fn in_problems(request: Request, next: Next) -> Response {
    framework::run(request, next, BODY_BYTES_MAX, Problem::from).await
}

/// What the doors remember between requests.
struct Doors {
    shared: Arc<dyn Loop>,
    seen: Seen,
}

/// Why nothing was answered.
#[derive(Debug)]
enum Trouble {
    /// The definitions open no such door.
    Closed,
    /// The sender has not proven to be who it should be.
    Denied(&'static str),
    /// It came before.
    Replayed,
    Unreadable(String),
    /// Nothing is wrong with it: it may be sent again.
    Unavailable(String),
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let (status, why) = match self {
            Trouble::Closed => (StatusCode::NOT_FOUND, "there is nothing here".to_owned()),
            Trouble::Denied(why) => (StatusCode::UNAUTHORIZED, why.to_owned()),
            Trouble::Replayed => (StatusCode::CONFLICT, "this was sent before".to_owned()),
            Trouble::Unreadable(why) => (StatusCode::BAD_REQUEST, why),
            Trouble::Unavailable(why) => (StatusCode::SERVICE_UNAVAILABLE, why),
        };
        Problem::new(status, why).into_response()
    }
}

/// What came of an answer, in words for the person.
enum Said {
    Done(String),
    Refused(String),
}

impl Said {
    fn text(&self) -> &str {
        match self {
            Said::Done(text) | Said::Refused(text) => text,
        }
    }
}

impl Doors {
    fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(self.shared.view().catalog())
    }

    /// The place of a secret is the operator's affair, so only the log tells it.
    fn secret(&self, text: &str) -> Result<String, Trouble> {
        self.shared.reach().secret(text).map_err(|why| {
            tracing::error!(%why, "a secret cannot be read; nobody can answer by it");
            Trouble::Unavailable("a secret cannot be read here; the operator finds why in the log".to_owned())
        })
    }

    /// Whoever has this address as a contact at this channel.
    fn person(&self, catalog: &Catalog, channel: &str, address: &str) -> Option<Name> {
        let reach = self.shared.reach();
        let people = catalog.teams.values().flat_map(|team| &team.people);
        let is_theirs = |to: &str| reach.secret(to).is_ok_and(|to| to.trim() == address);
        let mut theirs = people.filter(|(_, person)| {
            let contacts = person.contact.iter().filter(|contact| contact.channel == channel);
            contacts.filter_map(|contact| contact.to.as_ref()).any(|to| is_theirs(to))
        });
        theirs.next().map(|(name, _)| name.as_str().into())
    }

    /// Says it to the loop as this person. The same key is the same answer.
    async fn answer(&self, deed: &Deed, who: Who, key: String) -> Result<Said, Trouble> {
        let command = match self.command(deed, who.via) {
            Ok(command) => command,
            // It may be this very answer that the run waits for no more.
            Err(why) => {
                let view = self.shared.view();
                let known = view.instance.answered_under(&key, self.shared.now());
                return Ok(known.map_or(Said::Refused(why), |(_, receipt)| Said::Done(receipt.done.clone())));
            }
        };
        let visitor = Visitor::answering(&who.person, &*self.shared);
        if let Err(problem) = visitor.may_tell(&command, &self.shared.view()) {
            return Ok(Said::Refused(format!("{} may not do this: {}", who.person, problem.detail)));
        }
        match self.shared.tell(Told { who, key, command }).await {
            Ok(receipt) => Ok(Said::Done(receipt.done)),
            Err(TellError::Refused(refusal)) => Ok(Said::Refused(match refusal.hint {
                Some(hint) => format!("{}: {hint}", refusal.what),
                None => refusal.what,
            })),
            Err(TellError::Unavailable(why)) => Err(Trouble::Unavailable(why)),
        }
    }

    /// An acknowledgement that has lapsed, or that somebody's later one has replaced, is over: who follows the same link
    /// then acknowledges anew, under the next key. While theirs is in force the key stays, and so does the answer.
    fn key_now(&self, deed: &Deed, first: String) -> String {
        let Deed::Acknowledge(incident) = deed else { return first };
        let (view, now) = (self.shared.view(), self.shared.now());
        let incident = view.respond.incidents.get(*incident);
        let is_over = |answered: Timestamp| match incident.map(|incident| &incident.phase) {
            Some(Phase::Open) => true,
            Some(Phase::Acknowledged { at, expires, .. }) => *at != answered || *expires <= now,
            Some(Phase::Resolved { .. }) | None => false,
        };
        let (mut key, mut nth) = (first.clone(), 1);
        while let Some((answered, _)) = view.instance.answered_under(&key, now) {
            let next = format!("{first}/{}", nth + 1);
            let is_last = view.instance.answered_under(&next, now).is_none();
            if is_last && !is_over(answered) {
                break;
            }
            (key, nth) = (next, nth + 1);
        }
        key
    }

    /// An approval is of what the person was shown, and of nothing that has taken its place.
    fn command(&self, deed: &Deed, via: Via) -> Result<Command, String> {
        let (run, shown) = match deed {
            Deed::Acknowledge(incident) => return Ok(Command::Acknowledge { incident: *incident }),
            Deed::Approve { run, preview } | Deed::Reject { run, preview } => (*run, preview),
        };
        let view = self.shared.view();
        let asked = view.respond.runs.get(run).and_then(|run| run.ask());
        let (step, ask) = asked.ok_or_else(|| format!("{run} does not wait for an approval any more"))?;
        let hash = ask.preview.hash();
        if !hash.starts_with(shown.as_str()) {
            return Err(format!("what {run} would do has changed since you were told; look at it again"));
        }
        Ok(match deed {
            Deed::Reject { .. } => {
                Command::Reject { run, step, reason: format!("rejected by {}", means(via)) }
            }
            _ => Command::Approve { run, step, preview: hash, reason: None },
        })
    }
}

fn means(via: Via) -> &'static str {
    match via {
        Via::Slack => "a button in Slack",
        Via::Telegram => "a button in Telegram",
        _ => "a link",
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn kind<'a>(catalog: &'a Catalog, channel: &str) -> Result<&'a ChannelKind, Trouble> {
    catalog.instance.channels.get(channel).map(|channel| &channel.kind).ok_or(Trouble::Closed)
}
