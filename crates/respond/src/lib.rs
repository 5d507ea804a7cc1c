//! Respond: incidents, the people who are told of them, the receivers that are told of alerts, and the runs of
//! runbooks.
//!
//! Contract: `decide` and `react` look at the state and return events, each with its reason; `apply` folds events and
//! never fails; what is owed to the world is read off the state by `owed`.
//! Never: a clock, an effect, another stage. What happens elsewhere comes in as events.

#![forbid(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod belonging;
mod called;
pub mod channel;
mod command;
pub mod comparison;
pub mod dispatch;
mod duty;
mod escalation;
mod grouping;
mod incident;
mod joined;
mod load;
mod notice;
pub mod receiver;
pub mod runs;
mod severity;
mod shadow;
mod telling;

use std::collections::BTreeMap;

use andon_definitions::oncall::Duty;
use andon_definitions::{Catalog, Context, Instance};
use andon_vocabulary::{
    Command, Delivery, Event, IncidentId, Input, InstanceEvent, NoticeKind, Owed, Preview, Refusal,
    RespondEvent, Timestamp,
};

pub use dispatch::Dispatch;
pub use escalation::{NextPage, next_page};
pub use incident::{Incident, Incidents, Phase, Progress, Suspect, UNASSIGNED};
pub use joined::{AlertPhase, Joined, JoinedAlert};
pub use load::{Borne, Load, Proposal, WINDOW, load, loads};
pub use notice::{Notice, Notices};
pub use runs::{Run, Runs, Watch};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub incidents: Incidents,
    pub notices: Notices,
    pub runs: Runs,
    pub dispatch: Dispatch,
    /// Who stands in for whom.
    pub duty: Duty,
    /// What an incumbent did, beside what was decided here.
    pub beside: comparison::Book,
}

impl State {
    pub fn decide(&self, input: &Input, cx: &Context) -> Result<Vec<Event>, Refusal> {
        let mut events = match input {
            Input::Told(told) => command::decide(&self.incidents, told, cx)?,
            Input::Tick => {
                let mut due = grouping::tick(&self.incidents, cx);
                due.extend(escalation::tick(&self.incidents, cx));
                due
            }
            _ => Vec::new(),
        };
        events.extend(duty::decide(&self.duty, input, cx)?);
        events.extend(self.notices.decide(input, &cx.after(&events)));
        events.extend(self.runs.decide(&self.incidents, input, &cx.after(&events))?);
        events.extend(self.kept_alive(input, cx));
        events.extend(self.dispatch.decide(input, &cx.after(&events)));
        events.extend(comparison::decide(&self.beside, input, cx));
        Ok(events)
    }

    /// Called after `event` was applied to every stage.
    pub fn react(&self, event: &Event, cx: &Context) -> Vec<Event> {
        let mut events = grouping::react(&self.incidents, event, cx);
        events.extend(escalation::react(&self.incidents, event, &events, cx));
        events.extend(self.notices.react(event, cx));
        events.extend(telling::react(&self.incidents, event, cx));
        events.extend(duty::react(event, &cx.after(&events)));
        events.extend(self.runs.react(&self.incidents, event, &cx.after(&events)));
        events.extend(self.dispatch.react(event, &cx.after(&events)));
        events.extend(shadow::react(self, event, cx));
        events
    }

    /// Runs of an incident of which nobody knows what became of a step. They outlive its end: what they did, or did not
    /// do, may yet bring it back.
    pub fn unsure<'a>(&'a self, incident: IncidentId) -> impl Iterator<Item = &'a Run> + 'a {
        self.runs.open().filter(move |run| run.incident == Some(incident) && run.is_unsure())
    }

    /// What a run would change, exactly, without touching anything.
    pub fn preview(
        &self,
        runbook: &str,
        inputs: &BTreeMap<String, String>,
        incident: Option<IncidentId>,
        cx: &Context,
    ) -> Result<Preview, Refusal> {
        self.runs.preview(&self.incidents, runbook, inputs, incident, cx)
    }

    /// Where people reach its pages, without a slash at its end.
    pub fn url(&self, instance: &Instance) -> String {
        instance.url_at(self.runs.address().unwrap_or(&instance.listen))
    }

    /// The hash of what a notice asks to approve, where it still waits for that.
    pub fn asked(&self, delivery: &Delivery) -> Option<String> {
        let run = self.runs.get(delivery.run.filter(|_| delivery.kind == NoticeKind::Approval)?)?;
        let (_, ask) = run.ask()?;
        (ask.asked_at <= delivery.at).then(|| ask.preview.hash())
    }

    /// What a person does about a run is activity on its incident.
    fn kept_alive(&self, input: &Input, cx: &Context) -> Option<Event> {
        let Input::Told(told) = input else { return None };
        let run = match &told.command {
            Command::Approve { run, .. } | Command::Reject { run, .. } | Command::Answer { run, .. } => *run,
            _ => return None,
        };
        command::activity(self.incidents.of_run(run)?, cx)
    }

    pub fn apply(&mut self, event: &Event, at: Timestamp, catalog: &Catalog) {
        if let Event::Respond(RespondEvent::IncidentClosed { incident }) = event {
            self.dispatch.given_up(&self.incidents.only_of(*incident), at, catalog);
        }
        self.dispatch.apply(event, at, catalog);
        self.incidents.apply(event, at, catalog, &self.notices);
        match event {
            Event::Instance(InstanceEvent::CatalogChanged { .. }) => {
                duty::defined_anew(&mut self.duty, catalog);
            }
            Event::Instance(InstanceEvent::Started { .. }) => self.notices.restarted(at),
            _ => {}
        }
        if let Event::Respond(event) = event {
            duty::apply(&mut self.duty, event, &self.notices, at);
            self.notices.apply(event, at, catalog);
        }
        self.runs.apply(event, at, &self.incidents);
        self.beside.apply(event, at, catalog, &self.incidents, &self.dispatch);
    }

    pub fn owed(&self, now: Timestamp) -> Vec<Owed> {
        self.notices.owed(now).chain(self.dispatch.owed(now)).chain(self.runs.owed()).collect()
    }

    /// The earliest time after `now` at which something here is due.
    pub fn next_deadline(&self, now: Timestamp, catalog: &Catalog) -> Option<Timestamp> {
        let incidents = self.incidents.open.values();
        let due = incidents.flat_map(|incident| {
            [escalation::deadline(incident, catalog), grouping::closes_at(incident, &catalog.instance)]
                .into_iter()
                .flatten()
        });
        let due = due.chain(self.notices.next_deadline(now)).chain(self.runs.next_deadline());
        let due = due.chain(comparison::deadline(&self.beside, catalog));
        due.chain(self.dispatch.next_deadline(now)).min()
    }
}
