//! Telling people: each notice is owed until a provider took it, with retries, the person's next channel, and then
//! the escalation.
//!
//! After a restart every notice without a receipt is still owed and is sent again with the same key: at least once,
//! deduplicated by the receiver, never called sent without the provider's word.

use std::time::Duration;

use andon_definitions::team::Person;
use andon_definitions::{Catalog, Context};
use andon_vocabulary::{
    Delivery, Effect, Event, IncidentId, Input, IntentId, Name, NoticeKind, NoticeNext, Outcome, Owed,
    PageReason, RespondEvent, RunId, Timestamp,
};
use imbl::OrdMap;

/// Deliveries that failed this often over one channel go to the person's next one.
const ATTEMPTS_PER_CHANNEL: u32 = 3;
/// The longest pause between two attempts. Where no other channel is left, attempts go on at this pace for as long as
/// the notice matters: a provider that is down for an hour loses nothing.
const RETRY_WAIT_MAX: Duration = Duration::from_secs(60);
/// What only informs is given up after this time.
const TELL_FOR: Duration = Duration::from_secs(3600);

#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub delivery: Delivery,
    pub why: PageReason,
    pub attempt: u32,
    /// When this attempt is due; none: at once.
    pub retry_at: Option<Timestamp>,
    pub last_error: Option<String>,
}

/// Every notice that is owed: what was sent has left the state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notices {
    pub owed: OrdMap<IntentId, Notice>,
}

/// Whom to tell what; the channel follows from the person.
pub(crate) struct Draft {
    pub kind: NoticeKind,
    pub incident: Option<IncidentId>,
    pub run: Option<RunId>,
    pub subject: String,
    pub body: String,
    pub why: PageReason,
}

impl Draft {
    /// Whose incident it is follows from the run.
    pub fn of_run(run: RunId, kind: NoticeKind, why: PageReason, subject: String, body: String) -> Draft {
        Draft { kind, incident: None, run: Some(run), subject, body, why }
    }
}

/// The intent to tell `person` over the contact point `contact`; None when they have none.
pub(crate) fn owe(draft: &Draft, person: &Name, contact: usize, intent: u64, cx: &Context) -> Option<Event> {
    let who = person_of(cx.catalog, person)?;
    let contact = who.contact.get(contact).or_else(|| who.contact.first())?;
    let intent = IntentId(intent);
    let delivery = Delivery {
        key: format!("{}/{intent}", cx.catalog.instance.name),
        kind: draft.kind,
        person: person.clone(),
        channel: contact.channel.as_str().into(),
        to: contact.to.as_ref().map(ToString::to_string),
        incident: draft.incident,
        run: draft.run,
        subject: draft.subject.clone(),
        body: draft.body.clone(),
        at: cx.now,
    };
    Some(RespondEvent::NoticeOwed { intent, delivery, why: draft.why.clone() }.into())
}

pub(crate) fn person_of<'a>(catalog: &'a Catalog, person: &str) -> Option<&'a Person> {
    catalog.teams.values().find_map(|team| team.people.get(person))
}

impl Notices {
    pub(crate) fn decide(&self, input: &Input, cx: &Context) -> Vec<Event> {
        match input {
            Input::Outcome { intent, attempt, outcome } => self.on_outcome(*intent, *attempt, outcome, cx),
            Input::Tick => self.on_tick(cx),
            _ => Vec::new(),
        }
    }

    fn on_outcome(&self, intent: IntentId, attempt: u32, outcome: &Outcome, cx: &Context) -> Vec<Event> {
        let Some(notice) = self.owed.get(&intent) else { return Vec::new() };
        match outcome {
            Outcome::Delivered { receipt } => {
                let Delivery { incident, person, channel, .. } = notice.delivery.clone();
                vec![
                    RespondEvent::NoticeSent { intent, incident, person, channel, receipt: receipt.clone() }
                        .into(),
                ]
            }
            // An answer to an attempt that is no longer the current one tells nothing new.
            Outcome::NotDelivered { error, lasting } if attempt == notice.attempt => {
                on_failure(intent, notice, error, *lasting, cx)
            }
            _ => Vec::new(),
        }
    }

    /// A retry that is due is an attempt of the same intent with the same key.
    fn on_tick(&self, cx: &Context) -> Vec<Event> {
        let expired = |notice: &&Notice| {
            notice.delivery.kind == NoticeKind::Tell && notice.delivery.at + TELL_FOR <= cx.now
        };
        self.owed
            .iter()
            .filter(|(_, notice)| expired(notice))
            .map(|(intent, notice)| {
                dropped(*intent, notice, "it only informed, and could not be delivered for an hour")
            })
            .collect()
    }

    pub(crate) fn react(&self, event: &Event) -> Vec<Event> {
        let Event::Respond(event) = event else { return Vec::new() };
        let drop_where = |matters: &dyn Fn(&Delivery) -> bool, why: &str| {
            let gone = self.owed.iter().filter(|(_, notice)| matters(&notice.delivery));
            gone.map(|(intent, notice)| dropped(*intent, notice, why)).collect()
        };
        match event {
            RespondEvent::Acknowledged { incident, .. } => drop_where(
                &|d| d.incident == Some(*incident) && d.kind == NoticeKind::Page,
                "the incident was acknowledged first",
            ),
            RespondEvent::IncidentSuppressed { incident } => drop_where(
                &|d| d.incident == Some(*incident) && d.kind == NoticeKind::Page && d.run.is_none(),
                "its alerts were suppressed first",
            ),
            RespondEvent::IncidentResolved { incident, .. } => drop_where(
                &|d| d.incident == Some(*incident) && d.kind == NoticeKind::Page,
                "the incident was resolved first",
            ),
            RespondEvent::Approved { run, .. } | RespondEvent::Rejected { run, .. } => drop_where(
                &|d| d.run == Some(*run) && d.kind == NoticeKind::Approval,
                "the approval was answered first",
            ),
            RespondEvent::PersonAnswered { run, .. } => drop_where(
                &|d| d.run == Some(*run) && d.kind == NoticeKind::Question,
                "it was answered first",
            ),
            RespondEvent::RunFinished { run, .. } => drop_where(
                &|d| d.run == Some(*run) && matches!(d.kind, NoticeKind::Approval | NoticeKind::Question),
                "the run finished first",
            ),
            _ => Vec::new(),
        }
    }

    pub(crate) fn apply(&mut self, event: &RespondEvent) {
        match event {
            RespondEvent::NoticeOwed { intent, delivery, why, .. } => {
                let notice = Notice {
                    delivery: delivery.clone(),
                    why: why.clone(),
                    attempt: 1,
                    retry_at: None,
                    last_error: None,
                };
                self.owed.insert(*intent, notice);
            }
            RespondEvent::NoticeFailed { intent, error, next: NoticeNext::Retry { at, attempt }, .. } => {
                if let Some(notice) = self.owed.get_mut(intent) {
                    notice.attempt = *attempt;
                    notice.retry_at = Some(*at);
                    notice.last_error = Some(error.clone());
                }
            }
            RespondEvent::NoticeFailed { intent, .. }
            | RespondEvent::NoticeSent { intent, .. }
            | RespondEvent::NoticeDropped { intent, .. } => {
                self.owed.remove(intent);
            }
            _ => {}
        }
    }

    /// What is owed now; an attempt whose pause has not passed is not.
    pub(crate) fn owed(&self, now: Timestamp) -> impl Iterator<Item = Owed> + '_ {
        let due = move |notice: &&Notice| notice.retry_at.is_none_or(|at| at <= now);
        self.owed.iter().filter(move |(_, notice)| due(notice)).map(|(intent, notice)| Owed {
            intent: *intent,
            attempt: notice.attempt,
            effect: Effect::Deliver(notice.delivery.clone()),
        })
    }

    pub(crate) fn next_deadline(&self, after: Timestamp) -> Option<Timestamp> {
        let retries = self.owed.values().filter_map(|notice| notice.retry_at).filter(|at| *at > after);
        let tells = self
            .owed
            .values()
            .filter(|n| n.delivery.kind == NoticeKind::Tell)
            .map(|n| n.delivery.at + TELL_FOR);
        retries.chain(tells).min()
    }
}

fn dropped(intent: IntentId, notice: &Notice, why: &str) -> Event {
    let Delivery { incident, person, .. } = notice.delivery.clone();
    RespondEvent::NoticeDropped { intent, incident, person, why: why.to_owned() }.into()
}

fn on_failure(intent: IntentId, notice: &Notice, error: &str, lasting: bool, cx: &Context) -> Vec<Event> {
    let failed = |next| {
        let Delivery { incident, kind, person, channel, .. } = notice.delivery.clone();
        RespondEvent::NoticeFailed { intent, incident, kind, person, channel, error: error.to_owned(), next }
            .into()
    };
    let give_over = lasting || notice.attempt >= ATTEMPTS_PER_CHANNEL;
    let delivery = &notice.delivery;
    let contacts = person_of(cx.catalog, &delivery.person).map_or(&[][..], |person| &person.contact);
    let used = contacts.iter().position(|contact| contact.channel == *delivery.channel);
    let following = used.map_or(0, |used| used + 1);
    if give_over && following < contacts.len() {
        let draft = Draft {
            kind: delivery.kind,
            incident: delivery.incident,
            run: delivery.run,
            subject: delivery.subject.clone(),
            body: delivery.body.clone(),
            why: PageReason::ChannelFailed { channel: delivery.channel.clone() },
        };
        let channel = contacts[following].channel.as_str().into();
        let mut events = vec![failed(NoticeNext::NextChannel { channel })];
        events.extend(owe(&draft, &delivery.person, following, cx.next_intent, cx));
        return events;
    }
    if lasting {
        return vec![failed(NoticeNext::GiveUp)];
    }
    let attempt = notice.attempt + 1;
    vec![failed(NoticeNext::Retry { at: cx.now + pause(attempt), attempt })]
}

/// 2 s, 4 s, 8 s … up to a minute.
fn pause(attempt: u32) -> Duration {
    Duration::from_secs(1 << attempt.saturating_sub(1).min(6)).min(RETRY_WAIT_MAX)
}

/// Nobody could be reached over any channel: the escalation need not wait for its time.
pub(crate) fn is_unreachable(next: &NoticeNext) -> bool {
    match next {
        NoticeNext::GiveUp => true,
        NoticeNext::Retry { attempt, .. } => *attempt == ATTEMPTS_PER_CHANNEL + 1,
        NoticeNext::NextChannel { .. } => false,
    }
}
