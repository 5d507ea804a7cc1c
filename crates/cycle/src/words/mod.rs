//! Every event in words, the same words everywhere: the timeline, a command's receipt, `why`, a failing rehearsal.

mod access;
mod change;
mod improve;
mod instance;
mod monitor;
mod respond;

use andon_vocabulary::{ChangeId, Event, IncidentId, InstanceEvent, ReviewId, RunId};

use crate::State;

/// What sort of entry it is in a timeline: told apart by colour and by word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Alert,
    /// Andon did it by itself, by a rule that somebody wrote.
    Automation,
    Person,
    Decision,
    Change,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Alert => "alert",
            Kind::Automation => "automation",
            Kind::Person => "person",
            Kind::Decision => "decision",
            Kind::Change => "change",
        }
    }
}

/// One sentence without a full stop.
pub fn say(event: &Event) -> String {
    match event {
        Event::Instance(event) => instance::say(event),
        Event::Monitor(event) => monitor::say(event),
        Event::Respond(event) => respond::say(event),
        Event::Change(event) => change::say(event),
        Event::Improve(event) => improve::say(event),
    }
}

pub fn kind(event: &Event) -> Kind {
    match event {
        Event::Monitor(_) => Kind::Alert,
        Event::Respond(event) => respond::kind(event),
        Event::Change(_) => Kind::Change,
        Event::Instance(
            InstanceEvent::Access { .. }
            | InstanceEvent::GlassBroken { .. }
            | InstanceEvent::GlassReviewed { .. },
        ) => Kind::Person,
        Event::Instance(_) => Kind::Automation,
        Event::Improve(event) => improve::kind(event),
    }
}

/// What an event is about, as far as it says so itself or the state knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    pub incident: Option<IncidentId>,
    pub run: Option<RunId>,
    pub change: Option<ChangeId>,
    pub review: Option<ReviewId>,
}

/// An event of an alert belongs to the incident that holds the alert; one of a run to the run's incident.
pub fn subject(event: &Event, state: &State) -> Subject {
    let mut subject = match event {
        Event::Instance(_) => Subject::default(),
        Event::Monitor(event) => {
            let holder = monitor::alert(event).and_then(|alert| state.respond.incidents.of_alert(alert));
            Subject { incident: holder.map(|incident| incident.id), ..Subject::default() }
        }
        Event::Respond(event) => respond::subject(event),
        Event::Change(event) => change::subject(event),
        Event::Improve(event) => improve::subject(event, state),
    };
    if let (None, Some(run)) = (subject.incident, subject.run) {
        let mut incidents = state.respond.incidents.open.values();
        subject.incident =
            incidents.find(|incident| incident.runs.contains(&run)).map(|incident| incident.id);
    }
    subject
}
