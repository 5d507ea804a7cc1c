//! Whatever is worth a page and told of, in an incident that nobody has, is told by a step of the escalation before long:
//! where one goes on, by its next step; where nothing that told of this round left, soon.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use andon_definitions::oncall::policy;
use andon_vocabulary::{
    AlertId, Event, IncidentId, IntentId, NoticeKind, NoticeNext, PageReason, RespondEvent, Timestamp,
};

use super::course::{Happened, course};
use super::standing::{Had, Standing, Standings};
use crate::play::Play;

/// What flaps, or comes soon after a page, waits for five minutes; and clocks jump.
const WAITS: Duration = Duration::from_secs(7 * 60);

/// What became of the pages of the round of an incident that goes on.
#[derive(Default)]
struct Round {
    owed: BTreeSet<IntentId>,
    /// All that is owed no more was dropped: nobody took it, and nobody refused it.
    answered: bool,
    dropped: bool,
}

impl Round {
    fn was_dropped(&self) -> bool {
        self.owed.is_empty() && self.dropped && !self.answered
    }
}

#[derive(Default)]
struct Watch {
    standings: Standings,
    rounds: BTreeMap<IncidentId, Round>,
    /// Of each alert that waits to be told, since when, and until when it may.
    waiting: BTreeMap<(IncidentId, AlertId), (Timestamp, Timestamp)>,
    escalated: BTreeMap<IncidentId, Timestamp>,
    told: BTreeSet<(IncidentId, AlertId)>,
}

pub fn check(play: &Play) -> Vec<String> {
    let mut violations = Vec::new();
    let mut watch = Watch::default();
    for (now, happened) in course(play) {
        match happened {
            Happened::Record(record) => {
                // What was too late before this was.
                violations.extend(watch.late(now));
                for event in &record.events {
                    watch.standings.hear(event);
                    watch.paged(event, now);
                }
                watch.looks(now, play);
            }
            // While Andon was away, nobody could be told.
            Happened::Back => {
                let (waiting, told) = (&mut watch.waiting, &mut watch.told);
                told.retain(|it| !waiting.contains_key(it));
                waiting.clear();
                watch.looks(now, play);
            }
            Happened::Tried(_) => {}
        }
    }
    violations.extend(watch.late(play.now));
    violations
}

impl Watch {
    fn late(&mut self, now: Timestamp) -> Vec<String> {
        let late = self.waiting.iter().filter(|(_, (_, until))| *until < now);
        let late: Vec<_> = late.map(|((incident, alert), (since, _))| (*incident, *alert, *since)).collect();
        let words = late.into_iter().map(|(incident, alert, since)| {
            self.waiting.remove(&(incident, alert));
            format!("{since}: {alert} of {incident} is worth a page, and until {now} nobody is told of it")
        });
        words.collect()
    }

    fn paged(&mut self, event: &Event, now: Timestamp) {
        let Event::Respond(event) = event else { return };
        match event {
            RespondEvent::Escalated { incident, step, why, .. } => {
                self.escalated.insert(*incident, now);
                self.waiting.retain(|(of, _), _| of != incident);
                if *step == 0 && !matches!(why, PageReason::Repeated { .. }) {
                    self.rounds.insert(*incident, Round::default());
                }
            }
            RespondEvent::NoticeOwed { intent, delivery, .. }
                if delivery.kind == NoticeKind::Page && delivery.run.is_none() =>
            {
                if let Some(incident) = delivery.incident {
                    self.rounds.entry(incident).or_default().owed.insert(*intent);
                }
            }
            RespondEvent::NoticeDropped { intent, incident: Some(incident), .. } => {
                let round = self.rounds.entry(*incident).or_default();
                round.dropped |= round.owed.remove(intent);
            }
            RespondEvent::NoticeSent { intent, incident: Some(incident), .. } => {
                let round = self.rounds.entry(*incident).or_default();
                round.owed.remove(intent);
                round.answered = true;
                // What was dropped was under way, and arrived: whoever has it is told more by the next step.
                self.waiting.retain(|(of, _), _| of != incident);
            }
            RespondEvent::NoticeFailed { intent, incident: Some(incident), next, .. } => {
                let round = self.rounds.entry(*incident).or_default();
                let was_owed = round.owed.remove(intent);
                let goes_on = match next {
                    NoticeNext::Retry { .. } => Some(*intent),
                    NoticeNext::EarlierChannel { intent: back, .. } => Some(*back),
                    // The one that follows says so itself.
                    NoticeNext::NextChannel { .. } => None,
                    NoticeNext::GiveUp => {
                        round.answered = true;
                        None
                    }
                };
                round.owed.extend(goes_on.filter(|_| was_owed));
            }
            _ => {}
        }
    }

    /// What begins to wait at this moment, and what no longer does.
    fn looks(&mut self, now: Timestamp, play: &Play) {
        let mut told = BTreeSet::new();
        for (id, standing) in self.standings.incidents.iter().filter(|(_, s)| s.had == Had::ByNobody) {
            told.extend(self.standings.told_anew(standing).map(|alert| (*id, alert)));
        }
        self.waiting.retain(|it, _| told.contains(it));
        for (id, alert) in told.difference(&self.told) {
            let Some(standing) = self.standings.incidents.get(id) else { continue };
            let Some(step) = longest(standing, play) else { continue };
            let round = self.rounds.get(id);
            let is_owed = round.is_some_and(|round| !round.owed.is_empty());
            if is_owed || self.escalated.get(id) == Some(&now) {
                continue;
            }
            let stood_still = !self.told.iter().any(|(of, other)| of == id && told.contains(&(*of, *other)));
            let soon = stood_still && round.is_some_and(Round::was_dropped);
            let within = if soon { WAITS } else { WAITS + step };
            self.waiting.insert((*id, *alert), (now, now + within));
        }
        self.told = told;
    }
}

/// When the last step of its team's escalation is due; none where it has no team, or that pages nobody.
fn longest(standing: &Standing, play: &Play) -> Option<Duration> {
    let catalog = play.state.catalog();
    policy(catalog.teams.get(&**standing.team.as_ref()?)?, catalog).iter().map(|step| step.after).max()
}
