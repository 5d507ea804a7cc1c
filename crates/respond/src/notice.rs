//! Telling people: each notice is owed until a provider took it, with retries, the person's next channel, and then
//! the escalation. Where a provider says later that it could not deliver what it took, the same follows.
//!
//! After a restart every notice without a receipt is still owed and is sent again with the same key: at least once,
//! deduplicated by the receiver, never called sent without the provider's word.

mod failure;
mod lane;
mod taken;
mod trail;
mod withdrawn;

use std::time::Duration;

use andon_definitions::instance::Rate;
use andon_definitions::team::{Contact, Person};
use andon_definitions::{Catalog, ChannelKind, Context};
use andon_vocabulary::{
    Delivery, Effect, Event, Fate, IncidentId, Input, InstanceEvent, IntentId, Name, NoticeKind, Outcome,
    Owed, PageReason, Reported, RespondEvent, RunId, Timestamp,
};
use imbl::OrdMap;

use failure::{Again, on_failure};
use lane::Lane;
use taken::Taken;
use trail::Trail;
use withdrawn::Withdrawn;

/// What only informs, and was tried, is given up after this time.
const TELL_FOR: Duration = Duration::from_secs(3600);

#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub delivery: Delivery,
    pub why: PageReason,
    pub attempt: u32,
    /// Before this time it is not to leave, whatever place is free.
    wanted: Timestamp,
    /// When this attempt is due; none: at once.
    pub retry_at: Option<Timestamp>,
    pub last_error: Option<String>,
    /// Andon was started anew since it was owed: nobody knows whether this attempt was made before.
    pub restarted: bool,
    trail: Trail,
}

/// Every notice that is owed: what was sent has left the state, but for what a provider will say more of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notices {
    pub owed: OrdMap<IntentId, Notice>,
    taken: Taken,
    /// Where the notice that follows a failed one comes from, until it is owed.
    following: OrdMap<IntentId, Trail>,
    withdrawn: Withdrawn,
    /// Of each channel that has a rate.
    lanes: OrdMap<Name, Lane>,
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

/// Which of a person's contact points a notice went to: they may have two telephones.
pub(crate) fn contact_of(contacts: &[Contact], delivery: &Delivery) -> Option<usize> {
    let at = |contact: &Contact| contact.channel == *delivery.channel;
    let there = |contact: &Contact| contact.to.as_deref() == delivery.to.as_deref();
    let exactly = contacts.iter().position(|contact| at(contact) && there(contact));
    exactly.or_else(|| contacts.iter().position(at))
}

impl Notices {
    pub(crate) fn decide(&self, input: &Input, cx: &Context) -> Vec<Event> {
        match input {
            Input::Outcome { intent, attempt, outcome } => self.on_outcome(*intent, *attempt, outcome, cx),
            Input::Reported(reported) => self.on_report(reported, cx),
            Input::Tick => self.on_tick(cx),
            _ => Vec::new(),
        }
    }

    /// A report may be quicker than the answer that it reports of.
    fn on_report(&self, reported: &Reported, cx: &Context) -> Vec<Event> {
        let Reported { intent, channel, fate } = reported;
        let owed = self.owed.get(intent);
        let notice = owed.or_else(|| self.taken.get(*intent));
        let Some(notice) = notice.filter(|notice| notice.delivery.channel == *channel) else {
            return Vec::new();
        };
        match fate {
            Fate::Failed { error } => {
                on_failure(*intent, notice, &format!("it was taken, and then: {error}"), Again::Never, cx)
            }
            Fate::Arrived { receipt } => {
                let Delivery { incident, person, channel, .. } = notice.delivery.clone();
                let sent = owed.is_some().then(|| sent(*intent, notice, receipt));
                let (intent, receipt) = (*intent, receipt.clone());
                let arrived = RespondEvent::NoticeArrived { intent, incident, person, channel, receipt };
                sent.into_iter().chain([arrived.into()]).collect()
            }
        }
    }

    fn on_outcome(&self, intent: IntentId, attempt: u32, outcome: &Outcome, cx: &Context) -> Vec<Event> {
        match outcome {
            Outcome::Delivered { receipt } => {
                let notice = self.owed.get(&intent).or_else(|| self.withdrawn.get(intent));
                notice.map(|notice| sent(intent, notice, receipt)).into_iter().collect()
            }
            Outcome::NotDelivered { error, lasting, retry_after_s } => {
                // An answer to an attempt that is no longer the current one tells nothing new.
                let owed = self.owed.get(&intent).filter(|notice| attempt == notice.attempt);
                let Some(notice) = owed else { return Vec::new() };
                let again = match (lasting, retry_after_s) {
                    (true, _) => Again::Never,
                    (false, Some(seconds)) => Again::After(Duration::from_secs(*seconds)),
                    (false, None) => Again::Soon,
                };
                on_failure(intent, notice, error, again, cx)
            }
            _ => Vec::new(),
        }
    }

    /// A retry that is due is an attempt of the same intent with the same key.
    fn on_tick(&self, cx: &Context) -> Vec<Event> {
        self.owed
            .iter()
            .filter(|(_, notice)| notice.given_up_at().is_some_and(|at| at <= cx.now))
            .map(|(intent, notice)| {
                dropped(*intent, notice, "it only informed, and could not be delivered for an hour")
            })
            .collect()
    }

    pub(crate) fn react(&self, event: &Event, cx: &Context) -> Vec<Event> {
        let now = cx.now;
        let event = match event {
            Event::Respond(event) => event,
            Event::Instance(InstanceEvent::CatalogChanged { .. }) => return self.of_the_gone(cx),
            _ => return Vec::new(),
        };
        let drop_where = |matters: &dyn Fn(&Delivery) -> bool, why: &str| {
            let gone = self.owed.iter().filter(|(_, notice)| matters(&notice.delivery));
            gone.map(|(intent, notice)| dropped(*intent, notice, why)).collect()
        };
        match event {
            // Only what waits for another attempt: of what is under way the provider's word is awaited.
            RespondEvent::NoticeOwed { intent, delivery, .. } if delivery.incident.is_some() => {
                let waits = |(other, notice): &(&IntentId, &Notice)| *other != intent && notice.attempt > 1;
                let older =
                    self.owed.iter().filter(waits).filter(|(_, notice)| {
                        !notice.is_due(now) && says_the_same(&notice.delivery, delivery)
                    });
                older.map(|(other, notice)| dropped(*other, notice, "a later page says the same")).collect()
            }
            RespondEvent::Acknowledged { incident, .. } => drop_where(
                &|d| d.incident == Some(*incident) && d.kind == NoticeKind::Page,
                "the incident was acknowledged first",
            ),
            RespondEvent::IncidentSuppressed { incident } => drop_where(
                &|d| d.incident == Some(*incident) && d.kind == NoticeKind::Page && d.run.is_none(),
                "its alerts were suppressed first",
            ),
            RespondEvent::IncidentCalmed { incident } => drop_where(
                &|d| d.incident == Some(*incident) && d.kind == NoticeKind::Page && d.run.is_none(),
                "what was worth a page was over first",
            ),
            RespondEvent::IncidentResolved { incident, .. } => drop_where(
                &|d| d.incident == Some(*incident) && d.kind == NoticeKind::Page,
                "the incident was resolved first",
            ),
            RespondEvent::ApprovalAsked { run, .. } => drop_where(
                &|d| d.run == Some(*run) && d.kind == NoticeKind::Approval,
                "the approval is asked for anew",
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

    /// Pages to people whom no team has any more: nobody could acknowledge them.
    fn of_the_gone(&self, cx: &Context) -> Vec<Event> {
        let pages = self.owed.iter().filter(|(_, notice)| notice.delivery.kind == NoticeKind::Page);
        let gone = pages.filter(|(_, notice)| person_of(cx.catalog, &notice.delivery.person).is_none());
        gone.map(|(intent, notice)| dropped(*intent, notice, "no team has them any more")).collect()
    }

    pub(crate) fn apply(&mut self, event: &RespondEvent, at: Timestamp, catalog: &Catalog) {
        match event {
            RespondEvent::NoticeOwed { intent, delivery, why, .. } => {
                let mut notice = Notice {
                    delivery: delivery.clone(),
                    why: why.clone(),
                    attempt: 1,
                    wanted: at,
                    retry_at: None,
                    last_error: None,
                    restarted: false,
                    trail: self.following.remove(intent).unwrap_or_default(),
                };
                if let Some(rate) = rate_of(catalog, delivery) {
                    notice.retry_at = Some(self.place_for(delivery, at, rate, at)).filter(|it| *it > at);
                }
                self.owed.insert(*intent, notice);
            }
            RespondEvent::NoticeFailed { intent, error, next, unreached, .. } => {
                if let Some(mut notice) = self.take(*intent, at) {
                    notice.last_error = Some(error.clone());
                    notice.trail.unreached |= unreached;
                    self.go_on(*intent, notice, next, at, catalog);
                }
            }
            RespondEvent::NoticeSent { intent, .. } => {
                self.withdrawn.remove(*intent);
                let Some(notice) = self.owed.remove(intent) else { return };
                let kind = channel_of(catalog, &notice.delivery);
                if catalog.instance.answers.is_some() && kind.is_some_and(ChannelKind::says_what_arrived) {
                    self.taken.put(*intent, notice, at);
                }
            }
            RespondEvent::NoticeArrived { intent, .. } | RespondEvent::NoticeWithheld { intent, .. } => {
                drop(self.take(*intent, at));
            }
            RespondEvent::NoticeDropped { intent, .. } => {
                if let Some(notice) = self.take(*intent, at).filter(|notice| notice.is_due(at)) {
                    self.withdrawn.put(*intent, notice, at);
                }
            }
            _ => self.taken.apply(event),
        }
    }

    /// Out of what is owed, or of what a provider took. Its place in a lane is free again.
    fn take(&mut self, intent: IntentId, at: Timestamp) -> Option<Notice> {
        let taken = self.taken.remove(intent);
        let Some(notice) = self.owed.remove(&intent) else { return taken };
        let channel = &notice.delivery.channel;
        if let Some(place) = notice.retry_at.filter(|place| *place > at && self.lanes.contains_key(channel)) {
            let last = self.move_up(channel, place);
            if let Some(lane) = self.lanes.get_mut(channel) {
                lane.give_back(last);
            }
        }
        Some(notice)
    }

    /// Whoever waits for a later place takes the one that is free, unless that is too soon for them. Which one is free
    /// then. Takes as long as many wait.
    fn move_up(&mut self, channel: &Name, mut free: Timestamp) -> Timestamp {
        let of_it = self.owed.iter().filter(|(_, notice)| notice.delivery.channel == *channel);
        let later =
            of_it.filter_map(|(intent, notice)| Some((notice.retry_at.filter(|at| *at > free)?, *intent)));
        let mut later: Vec<(Timestamp, IntentId)> = later.collect();
        later.sort_unstable();
        for (place, intent) in later {
            if let Some(notice) = self.owed.get_mut(&intent).filter(|notice| notice.wanted <= free) {
                notice.retry_at = Some(free);
                free = place;
            }
        }
        free
    }

    /// Andon begins anew: what was on its way may have arrived. What waits for its time was not.
    pub(crate) fn restarted(&mut self, at: Timestamp) {
        let on_its_way = self.owed.iter().filter(|(_, notice)| notice.is_due(at));
        for intent in on_its_way.map(|(intent, _)| *intent).collect::<Vec<_>>() {
            if let Some(notice) = self.owed.get_mut(&intent) {
                notice.restarted = true;
            }
        }
    }

    /// Whether nobody knows if the current attempt was made by the process before this one.
    pub fn may_have_left(&self, intent: IntentId) -> bool {
        self.owed.get(&intent).is_some_and(|notice| notice.restarted)
    }

    /// When it leaves through a channel that has a rate, `wanted` or later. What only informs gives its place to what
    /// somebody must answer.
    fn place_for(&mut self, delivery: &Delivery, wanted: Timestamp, rate: Rate, at: Timestamp) -> Timestamp {
        let channel = &delivery.channel;
        let mut place = self.lanes.entry(channel.clone()).or_default().take(wanted, rate, at);
        if place > wanted && delivery.kind.wants_an_answer() {
            let waiting = self.owed.iter().filter_map(|(intent, other)| {
                let gives = other.delivery.channel == *channel && !other.delivery.kind.wants_an_answer();
                let still = |theirs: &Timestamp| *theirs > at && *theirs >= wanted && *theirs < place;
                let earlier = other.retry_at.filter(|theirs| gives && still(theirs));
                Some((earlier?, *intent))
            });
            if let Some((earlier, intent)) = waiting.min()
                && let Some(other) = self.owed.get_mut(&intent)
            {
                other.retry_at = Some(place);
                place = earlier;
            }
        }
        place
    }

    /// Of what is owed, or was until a moment ago and may have left.
    pub(crate) fn delivery(&self, intent: IntentId) -> Option<&Delivery> {
        let notice = self.owed.get(&intent).or_else(|| self.withdrawn.get(intent));
        notice.map(|notice| &notice.delivery)
    }

    /// What is owed now; an attempt whose pause has not passed is not.
    pub(crate) fn owed(&self, now: Timestamp) -> impl Iterator<Item = Owed> + '_ {
        self.owed.iter().filter(move |(_, notice)| notice.is_due(now)).map(|(intent, notice)| Owed {
            intent: *intent,
            attempt: notice.attempt,
            effect: Effect::Deliver(notice.delivery.clone()),
        })
    }

    pub(crate) fn next_deadline(&self, after: Timestamp) -> Option<Timestamp> {
        let retries = self.owed.values().filter_map(|notice| notice.retry_at).filter(|at| *at > after);
        let tells = self.owed.values().filter_map(Notice::given_up_at);
        retries.chain(tells).min()
    }
}

fn says_the_same(one: &Delivery, other: &Delivery) -> bool {
    one.kind == NoticeKind::Page
        && (one.kind, &one.person, one.incident, one.run, &one.subject)
            == (other.kind, &other.person, other.incident, other.run, &other.subject)
}

fn dropped(intent: IntentId, notice: &Notice, why: &str) -> Event {
    let Delivery { incident, person, .. } = notice.delivery.clone();
    RespondEvent::NoticeDropped { intent, incident, person, why: why.to_owned() }.into()
}

impl Notice {
    fn is_due(&self, now: Timestamp) -> bool {
        self.retry_at.is_none_or(|at| at <= now)
    }

    fn given_up_at(&self) -> Option<Timestamp> {
        (!self.delivery.kind.wants_an_answer() && self.attempt > 1).then(|| self.delivery.at + TELL_FOR)
    }
}

fn channel_of<'a>(catalog: &'a Catalog, delivery: &Delivery) -> Option<&'a ChannelKind> {
    catalog.instance.channels.get(&*delivery.channel).map(|channel| &channel.kind)
}

fn rate_of(catalog: &Catalog, delivery: &Delivery) -> Option<Rate> {
    catalog.instance.channels.get(&*delivery.channel)?.rate
}

fn sent(intent: IntentId, notice: &Notice, receipt: &str) -> Event {
    let Delivery { incident, person, channel, .. } = notice.delivery.clone();
    RespondEvent::NoticeSent { intent, incident, person, channel, receipt: receipt.to_owned() }.into()
}

#[cfg(test)]
mod tests;
