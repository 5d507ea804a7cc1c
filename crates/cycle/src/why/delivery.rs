//! What became of a page or a notification: every attempt with its answer, quoted from the journal.

use andon_definitions::{Catalog, Location};
use andon_vocabulary::{
    Delivery, Event, IntentId, Name, NotificationOwed, RespondEvent, SuppressedBy, Timestamp,
};

use super::past::{Fact, Past};
use super::step::{Sign, Stage, Step};

/// A page, or another notice to a person: `fact` is the intent to send it.
pub(super) fn notice(past: &Past<'_>, fact: &Fact<'_>, intent: IntentId, delivery: &Delivery) -> Step {
    let mut attempts = attempts(past, intent, fact.seq);
    if let Some(owed) = past.state.respond.notices.owed.get(&intent) {
        attempts.push(match owed.retry_at {
            Some(at) => Step::waits(Stage::Attempt, format!("attempt {} is next", owed.attempt)).at(at),
            None => {
                Step::waits(Stage::Attempt, format!("attempt {} is under way: no answer yet", owed.attempt))
            }
        });
    }
    if let Some((channel, at)) = left(past, intent) {
        let text = format!("it failed for the moment, and is asked again when {channel} fails too");
        attempts.push(Step::waits(Stage::Attempt, text).at(at));
    }
    let step = Step::quoting(Stage::Page, sign(&attempts), fact);
    let place = past.catalog_of(fact).and_then(|catalog| contact(catalog, delivery));
    step.by(place).with(attempts)
}

/// Where a notice was left for another channel that has not failed yet: that one, and when it may be gone back.
fn left<'a>(past: &'a Past<'_>, intent: IntentId) -> Option<(&'a Name, Timestamp)> {
    past.state.respond.notices.owed.values().find_map(|owed| {
        let (_, _, at) = owed.left().find(|(left, ..)| *left == intent)?;
        Some((&owed.delivery.channel, at))
    })
}

/// A message to a receiver of an `alertmanager.yml`.
pub(super) fn notification(past: &Past<'_>, fact: &Fact<'_>, owed: &NotificationOwed) -> Step {
    let mut attempts = attempts(past, owed.intent, fact.seq);
    if let Some(owing) = past.state.respond.dispatch.outbox.get(owed.intent) {
        let text = match &owing.last_error {
            Some(_) => format!("attempt {} is next", owing.attempt),
            None => format!("attempt {} is under way: no answer yet", owing.attempt),
        };
        attempts.push(Step::waits(Stage::Attempt, text).at(owing.attempt_at));
    }
    Step::quoting(Stage::Notification, sign(&attempts), fact).with(attempts)
}

fn attempts(past: &Past<'_>, intent: IntentId, since: u64) -> Vec<Step> {
    let quoted = past.of_intent(intent, since).map(|fact| {
        let sign = match fact.event {
            Event::Respond(RespondEvent::NoticeSent { .. } | RespondEvent::NotificationSent { .. }) => {
                Sign::Led
            }
            Event::Respond(
                RespondEvent::NoticeFailed { .. }
                | RespondEvent::NoticeDropped { .. }
                | RespondEvent::NoticeWithheld { .. }
                | RespondEvent::NotificationWithheld { .. }
                | RespondEvent::NotificationFailed { .. }
                | RespondEvent::NotificationDropped { .. },
            ) => Sign::Stopped,
            _ => Sign::Said,
        };
        Step::quoting(Stage::Attempt, sign, &fact)
    });
    quoted.collect()
}

/// Sent where an attempt was, else as its last one ended.
fn sign(attempts: &[Step]) -> Sign {
    match attempts.iter().any(|attempt| attempt.sign == Sign::Led) {
        true => Sign::Led,
        false => attempts.last().map_or(Sign::Waits, |last| last.sign),
    }
}

fn contact(catalog: &Catalog, delivery: &Delivery) -> Option<Location> {
    let (name, team) = catalog.teams.iter().find(|(_, team)| team.people.contains_key(&*delivery.person))?;
    let contacts = &team.people[&*delivery.person].contact;
    let used = contacts.iter().position(|contact| contact.channel == *delivery.channel)?;
    catalog.locate(&format!("Team/{name}"), &format!("/spec/people/{}/contact/{used}", delivery.person))
}

/// Why nobody is told of an alert: each silence with whose it is, each alert that explains it.
pub(super) fn suppression(past: &Past<'_>, by: SuppressedBy, labels: &andon_vocabulary::Labels) -> Step {
    match by {
        SuppressedBy::Silence(id) => match past.state.monitor.silences.get(id) {
            Some(silenced) => {
                let silence = &silenced.silence;
                let matchers: Vec<String> = silence.shown().iter().map(ToString::to_string).collect();
                let until = match silence.ends_at {
                    Timestamp::MAX => "without an end".to_owned(),
                    ends_at => format!("until {}", ends_at.second()),
                };
                let text = format!(
                    "silenced by {}, {until}: {{{}}}, \"{}\" (silence {id})",
                    silence.created_by,
                    matchers.join(", "),
                    silence.comment
                );
                Step::stopped(Stage::Suppression, text).at(silence.starts_at)
            }
            None => Step::stopped(Stage::Suppression, format!("silenced by silence {id}")),
        },
        SuppressedBy::Cause(id) => {
            let cause = past.state.monitor.alerts.get(&id);
            let name = cause.and_then(|alert| alert.labels.get("alertname")).unwrap_or("an alert");
            let service = cause.and_then(|alert| alert.service.as_deref()).unwrap_or("a service");
            let text =
                format!("{name} ({id}) of {service} explains it: its own service depends on {service}");
            let origin = past.catalog().services.get(service).map(|service| &service.origin);
            Step::stopped(Stage::Suppression, text).by(origin)
        }
        SuppressedBy::Alert(id) => {
            let cause = past.state.monitor.alerts.get(&id);
            let name = cause.and_then(|alert| alert.labels.get("alertname")).unwrap_or("an alert");
            let text = format!("inhibited by {name} ({id}), which fires and explains it");
            let rules = past.catalog().alertmanager.as_ref().map(|file| &file.inhibitions);
            let all = |matchers: &[andon_definitions::alertmanager::AlertMatcher], labels| {
                matchers.iter().all(|matcher| matcher.matches(labels))
            };
            let rule = rules.into_iter().flatten().find(|rule| {
                cause.is_some_and(|cause| {
                    all(&rule.source, &cause.labels)
                        && all(&rule.target, labels)
                        && rule.equal.iter().all(|name| cause.labels.get(name) == labels.get(name))
                })
            });
            Step::stopped(Stage::Suppression, text).by(rule.map(|rule| &rule.origin))
        }
    }
}
