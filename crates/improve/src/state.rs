//! What is held: the facts of incidents that are open or could reopen, and the reviews that are open.

use andon_definitions::{Catalog, Context};
use andon_vocabulary::{
    AlertId, ChangeEvent, Event, ImproveEvent, IncidentId, Input, IntentId, MonitorEvent, Name, NoticeKind,
    Refusal, RespondEvent, ReviewDrafted, ReviewId, RunId, Timestamp, What,
};
use imbl::OrdMap;

use crate::Facts;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Open reviews. A closed one is read from the journal.
    pub reviews: OrdMap<ReviewId, Review>,
    pub(crate) incidents: OrdMap<IncidentId, Facts>,
    /// Firing alerts: since when the condition holds, and when each fired.
    alerts: OrdMap<AlertId, (Timestamp, Timestamp)>,
    runs: OrdMap<RunId, IncidentId>,
    /// Pages that have not reached anybody yet.
    pages: OrdMap<IntentId, (IncidentId, Name)>,
    last: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// What Andon knows, anew each time the incident comes back and goes again.
    pub drafted: ReviewDrafted,
    pub drafted_at: Timestamp,
    /// What people wrote: what made it possible, what surprised, what helped.
    pub conditions: String,
    pub surprised: String,
    pub helped: String,
    pub actions: Vec<ActionItem>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionItem {
    pub text: String,
    pub owner: Name,
    pub due: Timestamp,
}

impl State {
    /// The events that an input brings; none if it does not concern reviews.
    pub fn decide(&self, input: &Input, cx: &Context) -> Result<Vec<Event>, Refusal> {
        let events = match input {
            Input::Told(told) => self.told(told, cx)?,
            _ => None,
        };
        Ok(events.into_iter().map(Event::from).collect())
    }

    /// The events that follow from another event, after every stage has applied it.
    pub fn react(&self, event: &Event, _cx: &Context) -> Vec<Event> {
        let (incident, over) = match event {
            Event::Respond(RespondEvent::IncidentResolved { incident, .. }) => (incident, true),
            // A run may outlive the incident that it ended: then the review learns how it went.
            Event::Respond(RespondEvent::RunFinished { incident: Some(incident), .. }) => (incident, false),
            _ => return Vec::new(),
        };
        let Some(facts) = self.incidents.get(incident) else {
            return Vec::new();
        };
        let mut reviews = self.reviews.iter();
        let open = reviews.find(|(_, review)| review.drafted.incident == *incident);
        let event = match open {
            Some((review, _)) if facts.times.resolved.is_some() => {
                ImproveEvent::ReviewRedrafted(Box::new(facts.draft(*review, *incident)))
            }
            None if over => {
                ImproveEvent::ReviewDrafted(Box::new(facts.draft(ReviewId(self.last + 1), *incident)))
            }
            _ => return Vec::new(),
        };
        vec![event.into()]
    }

    pub fn apply(&mut self, event: &Event, at: Timestamp, _catalog: &Catalog) {
        match event {
            Event::Improve(event) => self.improved(event, at),
            Event::Respond(event) => self.responded(event, at),
            Event::Monitor(MonitorEvent::AlertFired(fired)) => {
                self.alerts.insert(fired.alert, (fired.since, at));
            }
            Event::Monitor(MonitorEvent::AlertResolved { alert, .. }) => {
                self.alerts.remove(alert);
            }
            Event::Change(event) => self.changed(event, at),
            Event::Monitor(_) | Event::Instance(_) => {}
        }
    }

    /// Reviews have no timers: what is overdue is seen, not done.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        None
    }

    fn improved(&mut self, event: &ImproveEvent, at: Timestamp) {
        match event {
            ImproveEvent::ReviewDrafted(drafted) => {
                self.last = self.last.max(drafted.review.0);
                let review = Review {
                    drafted: (**drafted).clone(),
                    drafted_at: at,
                    conditions: String::new(),
                    surprised: String::new(),
                    helped: String::new(),
                    actions: Vec::new(),
                };
                self.reviews.insert(drafted.review, review);
            }
            ImproveEvent::ReviewRedrafted(drafted) => {
                if let Some(review) = self.reviews.get_mut(&drafted.review) {
                    review.drafted = (**drafted).clone();
                    review.drafted_at = at;
                }
            }
            ImproveEvent::ReviewEdited { review, conditions, surprised, helped, .. } => {
                if let Some(review) = self.reviews.get_mut(review) {
                    review.conditions.clone_from(conditions);
                    review.surprised.clone_from(surprised);
                    review.helped.clone_from(helped);
                }
            }
            ImproveEvent::ActionAdded { review, text, owner, due, .. } => {
                if let Some(review) = self.reviews.get_mut(review) {
                    review.actions.push(ActionItem { text: text.clone(), owner: owner.clone(), due: *due });
                }
            }
            ImproveEvent::ReviewClosed { review, .. } => {
                self.reviews.remove(review);
            }
        }
    }

    fn responded(&mut self, event: &RespondEvent, at: Timestamp) {
        match event {
            RespondEvent::IncidentOpened { incident, service, title, severity, declared_by, .. } => {
                let mut facts = Facts::new(service, title, *severity);
                if declared_by.is_some() {
                    facts.times.incident_start = Some(at);
                }
                self.incidents.insert(*incident, facts);
            }
            RespondEvent::AlertJoined { incident, alert, .. } => {
                let fired = self.alerts.get(alert).copied();
                if let (Some(facts), Some((since, fired))) = (self.incidents.get_mut(incident), fired) {
                    facts.alarmed(since, fired);
                }
            }
            RespondEvent::IncidentClosed { incident } => {
                self.incidents.remove(incident);
                let runs = self.runs.clone().into_iter();
                self.runs = runs.filter(|(_, of)| of != incident).collect();
                let pages = self.pages.clone().into_iter();
                self.pages = pages.filter(|(_, (of, _))| of != incident).collect();
            }
            RespondEvent::NoticeOwed { intent, delivery, .. } if delivery.kind == NoticeKind::Page => {
                if let Some(incident) = delivery.incident {
                    self.pages.insert(*intent, (incident, delivery.person.clone()));
                }
            }
            RespondEvent::NoticeSent { intent, .. } => {
                if let Some((incident, person)) = self.pages.remove(intent)
                    && let Some(facts) = self.incidents.get_mut(&incident)
                {
                    facts.paged(&person);
                }
            }
            // What was dropped may have left already, and then it is said to be sent.
            RespondEvent::NoticeWithheld { intent, .. } => {
                self.pages.remove(intent);
            }
            _ => {
                if let RespondEvent::RunStarted(started) = event
                    && let Some(incident) = started.incident
                {
                    self.runs.insert(started.run, incident);
                }
                if let Some(facts) = self.incident_of(event).and_then(|id| self.incidents.get_mut(&id)) {
                    facts.responded(event, at);
                }
            }
        }
    }

    fn changed(&mut self, event: &ChangeEvent, at: Timestamp) {
        match event {
            ChangeEvent::ChangeSuspected { incident, .. } => {
                if let Some(facts) = self.incidents.get_mut(incident) {
                    facts.suspected(event);
                }
            }
            ChangeEvent::ChangeIntended { what: What::RollBack { service, .. }, .. } => {
                let open = |facts: &Facts| facts.service == *service && facts.times.resolved.is_none();
                let answered = self.incidents.iter().filter(|(_, facts)| open(facts));
                let answered: Vec<IncidentId> = answered.map(|(incident, _)| *incident).collect();
                for incident in answered {
                    self.incidents[&incident].mitigated(at);
                }
            }
            _ => {}
        }
    }

    /// The incident that an event of an incident or of a run belongs to.
    fn incident_of(&self, event: &RespondEvent) -> Option<IncidentId> {
        let run = match event {
            RespondEvent::SeverityChanged { incident, .. }
            | RespondEvent::Acknowledged { incident, .. }
            | RespondEvent::Noted { incident, .. }
            | RespondEvent::IncidentReopened { incident, .. }
            | RespondEvent::IncidentResolved { incident, .. } => return Some(*incident),
            RespondEvent::RunStarted(started) => started.run,
            RespondEvent::RunFinished { run, .. }
            | RespondEvent::Approved { run, .. }
            | RespondEvent::Rejected { run, .. } => *run,
            RespondEvent::StepIntended { order, .. } => order.run?,
            _ => return None,
        };
        self.runs.get(&run).copied()
    }
}
