//! Which alerts are worth a page: of each rule, how often people were paged for it, and how often they then did
//! something.

use std::collections::{BTreeMap, BTreeSet};

use andon_vocabulary::{
    AlertId, Command, Event, IncidentId, IncidentResolvedReason, Input, MonitorEvent, Name, NoticeKind,
    Record, RespondEvent, SuppressedBy, Told,
};

/// What became of a rule's alerts. The last four count incidents that somebody was paged for and that it was part of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actionable {
    pub fired: u64,
    pub paged: u64,
    pub acknowledged: u64,
    /// Somebody ran a runbook, changed the service, wrote a note, set a silence or ended it with a reason.
    pub acted: u64,
    /// It was over before anybody did anything.
    pub by_itself: u64,
}

impl Actionable {
    /// In percent; None where nobody was paged.
    pub fn share(&self) -> Option<u64> {
        (self.paged > 0).then(|| self.acted * 100 / self.paged)
    }
}

/// Told records in their order, oldest first.
#[derive(Debug, Default)]
pub struct Ledger {
    fired: BTreeMap<Name, u64>,
    rules: BTreeMap<AlertId, Name>,
    stories: BTreeMap<IncidentId, Story>,
}

#[derive(Debug, Default)]
struct Story {
    service: Option<Name>,
    rules: BTreeSet<Name>,
    alerts: BTreeSet<AlertId>,
    paged: bool,
    acknowledged: bool,
    acted: bool,
    /// None: it goes on.
    ended: Option<Ended>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    ByItself,
    ByPerson,
}

impl Ledger {
    pub fn record(&mut self, record: &Record) {
        for event in &record.events {
            match event {
                Event::Monitor(event) => self.monitored(event),
                Event::Respond(event) => self.responded(event),
                _ => {}
            }
        }
        if let Input::Told(told) = &record.input {
            self.told(told, record);
        }
    }

    /// Those that paged most first; what was in no incident that paged comes last.
    pub fn rules(&self) -> Vec<(Name, Actionable)> {
        let mut found: BTreeMap<Name, Actionable> = self
            .fired
            .iter()
            .map(|(rule, fired)| (rule.clone(), Actionable { fired: *fired, ..Actionable::default() }))
            .collect();
        for story in self.stories.values().filter(|story| story.paged) {
            for rule in &story.rules {
                let one = found.entry(rule.clone()).or_default();
                one.paged += 1;
                one.acknowledged += u64::from(story.acknowledged);
                one.acted += u64::from(story.acted);
                one.by_itself += u64::from(!story.acted && story.ended == Some(Ended::ByItself));
            }
        }
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by_key(|(rule, one)| {
            (std::cmp::Reverse((one.paged - one.acted, one.paged, one.fired)), rule.clone())
        });
        found
    }

    fn monitored(&mut self, event: &MonitorEvent) {
        match event {
            MonitorEvent::AlertFired(fired) => {
                *self.fired.entry(fired.rule.clone()).or_default() += 1;
                self.rules.insert(fired.alert, fired.rule.clone());
            }
            MonitorEvent::AlertResolved { alert, .. } => {
                self.rules.remove(alert);
            }
            _ => {}
        }
    }

    fn responded(&mut self, event: &RespondEvent) {
        use RespondEvent as E;
        match event {
            E::IncidentOpened { incident, service, .. } => {
                self.story(*incident).service = Some(service.clone());
            }
            E::AlertJoined { incident, alert, .. } => {
                let rule = self.rules.get(alert).cloned();
                let story = self.story(*incident);
                story.rules.extend(rule);
                story.alerts.insert(*alert);
            }
            E::IncidentReopened { incident, .. } => self.story(*incident).ended = None,
            E::NoticeOwed { delivery, .. } if delivery.kind == NoticeKind::Page => {
                if let Some(incident) = delivery.incident {
                    self.story(incident).paged = true;
                }
            }
            E::Acknowledged { incident, .. } => self.story(*incident).acknowledged = true,
            E::Noted { incident, .. } => self.story(*incident).acted = true,
            E::RunStarted(started) => {
                if let Some(incident) = started.incident {
                    self.story(incident).acted = true;
                }
            }
            E::IncidentResolved { incident, why } => {
                let story = self.story(*incident);
                let by_itself = matches!(why, IncidentResolvedReason::AlertsResolved);
                story.acted |= !by_itself;
                story.ended = Some(if by_itself { Ended::ByItself } else { Ended::ByPerson });
            }
            _ => {}
        }
    }

    /// What a person does about a service, or about alerts, is done about its incident that goes on.
    fn told(&mut self, told: &Told, record: &Record) {
        let service = match &told.command {
            Command::Deploy { service, .. }
            | Command::RollBack { service, .. }
            | Command::RecordChange { service, .. } => Some(service),
            _ => None,
        };
        let silenced: BTreeSet<AlertId> = record
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Monitor(MonitorEvent::AlertsSuppressed { by: SuppressedBy::Silence(_), alerts }) => {
                    Some(alerts)
                }
                _ => None,
            })
            .flatten()
            .copied()
            .collect();
        if service.is_none() && silenced.is_empty() {
            return;
        }
        for story in self.stories.values_mut().filter(|story| story.ended.is_none()) {
            let is_of = service.is_some() && story.service.as_ref() == service;
            story.acted |= is_of || !story.alerts.is_disjoint(&silenced);
        }
    }

    fn story(&mut self, incident: IncidentId) -> &mut Story {
        self.stories.entry(incident).or_default()
    }
}
