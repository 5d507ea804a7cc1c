//! What people are sent through their channels: from a notice to the finished request or mail.
//!
//! Nothing is sent here, and no secret is kept: whoever sends gives a function that reads them. What a person can
//! answer, they can answer from there: by a button, a key, a code or a link, each for this notice and this person.

mod mail;
mod ntfy;
mod opsgenie;
mod pagerduty;
mod slack;
mod teams;
mod telegram;
#[cfg(test)]
mod tests;
mod twilio;
mod webhook;

use andon_definitions::ChannelKind;
use andon_definitions::scalar::Sensitive;
use andon_intake::answer::{Deed, link};
use andon_vocabulary::{Delivery, IntentId, NoticeKind, Timestamp};

use crate::receiver::{Content, Provider, Request, Unsendable, shortened};

/// Nobody reads more on a telephone.
const TEXT_CHARS_MAX: usize = 3000;

/// A notice as it leaves.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    pub intent: IntentId,
    pub delivery: &'a Delivery,
    /// Counted from 1.
    pub attempt: u32,
    /// Nobody knows whether this attempt was made before Andon was started anew.
    pub restarted: bool,
    /// The hash of what is to be approved, where this asks for it and nobody has decided yet.
    pub preview: Option<&'a str>,
    /// False: people have to say who they are here, and this one has no account. What they answered would be refused, so
    /// they are not asked to.
    pub can_answer: bool,
    /// What this Andon is called.
    pub instance: &'a str,
    /// Where people reach its pages, without a slash at its end.
    pub url: &'a str,
    /// Where its doors for answers are reached, in the same way.
    pub doors: &'a str,
    /// What links and codes are signed with; without it there are none.
    pub key: Option<&'a [u8]>,
    pub now: Timestamp,
}

/// Gives the value behind a secret.
pub type ReadSecret<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

/// What goes out through a channel of this kind; `None`: it is shown on Andon's own pages.
pub fn compose(
    kind: &ChannelKind,
    notice: &Notice,
    secret: &ReadSecret,
) -> Result<Option<(Content, Provider)>, Unsendable> {
    let secrets = Secrets(secret);
    let (request, provider) = match kind {
        ChannelKind::Web {} => return Ok(None),
        ChannelKind::Smtp(smtp) => {
            let mail = mail::compose(smtp, notice, &secrets)?;
            return Ok(Some((Content::Mail(Box::new(mail)), Provider::Any)));
        }
        ChannelKind::Webhook(webhook) => (webhook::compose(webhook, notice, &secrets)?, Provider::Any),
        ChannelKind::Slack(slack) => (slack::compose(slack, notice, &secrets)?, Provider::Slack),
        ChannelKind::Teams(teams) => (teams::compose(teams, notice, &secrets)?, Provider::Any),
        ChannelKind::Pagerduty(pagerduty) => {
            (pagerduty::compose(pagerduty, notice, &secrets)?, Provider::Pagerduty)
        }
        ChannelKind::Opsgenie(opsgenie) => {
            (opsgenie::compose(opsgenie, notice, &secrets)?, Provider::Opsgenie)
        }
        ChannelKind::Ntfy(ntfy) => (ntfy::compose(ntfy, notice, &secrets)?, Provider::Ntfy),
        ChannelKind::Telegram(telegram) => {
            (telegram::compose(telegram, notice, &secrets)?, Provider::Telegram)
        }
        ChannelKind::Sms(twilio) => (twilio::text(twilio, notice, &secrets)?, Provider::Twilio),
        ChannelKind::Voice(twilio) => (twilio::call(twilio, notice, &secrets)?, Provider::Twilio),
    };
    Ok(Some((Content::Requests(vec![request]), provider)))
}

/// Reads what stands behind secrets, and refuses what would not stay on its line.
struct Secrets<'a>(&'a ReadSecret<'a>);

impl Secrets<'_> {
    fn read(&self, what: &str, text: &Sensitive) -> Result<String, Unsendable> {
        self.text(what, text)
    }

    fn text(&self, what: &str, text: &str) -> Result<String, Unsendable> {
        let value = (self.0)(text).map_err(|why| Unsendable(format!("`{what}`: {why}")))?;
        let value = value.trim();
        if value.is_empty() {
            return Err(Unsendable(format!("`{what}` is empty")));
        }
        if value.contains(char::is_control) {
            return Err(Unsendable(format!("`{what}` has a line break in it")));
        }
        Ok(value.to_owned())
    }

    /// The address of the person at this channel.
    fn to(&self, notice: &Notice) -> Result<String, Unsendable> {
        let to = notice.delivery.to.as_deref();
        let missing = || Unsendable("the person's contact has no `to:`".to_owned());
        self.text("to", to.ok_or_else(missing)?)
    }
}

impl<'a> Notice<'a> {
    /// What the person can do about it.
    fn deeds(&self) -> Vec<Deed> {
        if self.can_answer { self.asked() } else { Vec::new() }
    }

    /// Why the person can do nothing about what they are asked.
    fn unanswerable(&self) -> Option<String> {
        let what = match self.asked().first()? {
            Deed::Acknowledge(incident) => format!("acknowledge {incident}"),
            Deed::Approve { run, .. } | Deed::Reject { run, .. } => format!("approve {run}"),
        };
        (!self.can_answer)
            .then(|| format!("you have no account here, so you cannot {what}: ask somebody who has one"))
    }

    fn asked(&self) -> Vec<Deed> {
        let delivery = self.delivery;
        match (delivery.kind, delivery.incident, delivery.run, self.preview) {
            (NoticeKind::Page, Some(incident), _, _) => vec![Deed::Acknowledge(incident)],
            (NoticeKind::Approval, _, Some(run), Some(preview)) => {
                vec![Deed::approve(run, preview), Deed::reject(run, preview)]
            }
            _ => Vec::new(),
        }
    }

    /// An address at which this person does this, once.
    fn link(&self, deed: &Deed) -> Option<String> {
        Some(format!("{}/answers/link/{}", self.doors, self.pass(deed)?))
    }

    fn pass(&self, deed: &Deed) -> Option<String> {
        let person = self.delivery.person.clone();
        let until = self.now + link::HOLDS_FOR;
        let pass = link::Pass { deed: deed.clone(), person, notice: self.intent, until };
        Some(pass.seal(self.key?))
    }

    /// Where it is to be seen.
    fn page(&self) -> String {
        match (self.delivery.run, self.delivery.incident) {
            (Some(run), _) => format!("{}/runs/{run}", self.url),
            (None, Some(incident)) => format!("{}/incidents/{incident}", self.url),
            (None, None) => self.url.to_owned(),
        }
    }

    /// On one line.
    fn subject(&self, most: usize) -> String {
        let subject = self.delivery.subject.split(char::is_control).filter(|part| !part.is_empty());
        shortened(&subject.collect::<Vec<_>>().join(" "), most)
    }

    /// What is sent again may have arrived before, and whoever cannot answer it must not look for how: the text says so.
    fn body(&self) -> String {
        let body = shortened(&self.delivery.body, TEXT_CHARS_MAX);
        let more = [self.unanswerable(), self.again()];
        more.into_iter().flatten().fold(body, |body, more| format!("{body}\n\n({more})"))
    }

    fn again(&self) -> Option<String> {
        let which = match (self.attempt, self.restarted) {
            (..=1, false) => return None,
            (..=1, true) => "after a restart".to_owned(),
            (attempt, _) => format!("attempt {attempt}"),
        };
        Some(format!("sent again, {which}: it may have reached you before"))
    }

    /// What all that is told of one incident has in common, at providers that hold something open.
    fn thread(&self) -> String {
        match self.delivery.incident {
            Some(incident) => format!("{}/{incident}", self.instance),
            None => self.delivery.key.clone(),
        }
    }
}

/// An address and what stands below it.
fn below(url: &str, path: &str) -> String {
    format!("{}/{path}", url.trim_end_matches('/'))
}

fn authorized(mut request: Request, value: String) -> Request {
    request.headers.push(("Authorization".into(), value));
    request
}
