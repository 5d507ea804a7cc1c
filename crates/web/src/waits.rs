//! What waits for a person: approvals, questions, incidents that nobody has acknowledged.

use andon_cycle::State;
use andon_definitions::Catalog;
use andon_respond::runs::{Ask, Doing};
use andon_respond::{Incident, Phase, Run};
use andon_vocabulary::{Name, Requester};

pub enum Wait<'a> {
    Approval {
        run: &'a Run,
        ask: &'a Ask,
    },
    /// A step whose outcome only a person can tell.
    Question {
        run: &'a Run,
        question: &'a str,
    },
    Acknowledge {
        incident: &'a Incident,
    },
}

/// Every decision of a run that this person may take.
pub fn decisions<'a>(state: &'a State, me: &str) -> Vec<Wait<'a>> {
    state.respond.runs.open().filter_map(|run| decision(run, me, state.catalog())).collect()
}

fn decision<'a>(run: &'a Run, me: &str, catalog: &Catalog) -> Option<Wait<'a>> {
    if let Some((_, ask)) = run.ask() {
        return may_decide(run, ask, me, catalog).then_some(Wait::Approval { run, ask });
    }
    question(run).map(|question| Wait::Question { run, question })
}

pub fn question(run: &Run) -> Option<&str> {
    match run.at()?.1 {
        Doing::AskingPerson { question, .. } => Some(question),
        _ => None,
    }
}

/// The one thing that this person should do about an incident now.
pub fn first<'a>(incident: &'a Incident, state: &'a State, me: &str) -> Option<Wait<'a>> {
    let runs = incident.runs.iter().filter_map(|run| state.respond.runs.get(*run));
    let decision = runs.filter(|run| !run.is_finished()).find_map(|run| decision(run, me, state.catalog()));
    decision.or_else(|| (incident.phase == Phase::Open).then_some(Wait::Acknowledge { incident }))
}

/// Those who were asked, and everybody of the team that owns the runbook. The loop decides; this only spares a
/// person the refusal.
pub fn deciders(run: &Run, ask: &Ask, catalog: &Catalog) -> Vec<Name> {
    let mut people = ask.from.clone();
    if let Some(owner) = catalog.teams.get(run.runbook.owner.name()) {
        let others = owner.people.keys().map(|person| Name::from(person.as_str()));
        people.extend(others.filter(|person| !ask.from.contains(person)));
    }
    people
}

fn may_decide(run: &Run, ask: &Ask, me: &str, catalog: &Catalog) -> bool {
    deciders(run, ask, catalog).iter().any(|person| **person == *me)
}

/// Whether an approval by this person would be one that nobody else looks at.
pub fn is_alone(run: &Run, ask: &Ask, me: &str, catalog: &Catalog) -> bool {
    let own = matches!(&run.requested_by, Requester::Person(by) if *by.person == *me);
    own || deciders(run, ask, catalog).iter().all(|person| **person == *me)
}
