//! What each command needs: which permission, on whose behalf.

use andon_cycle::State;
use andon_identity::{Permission, Principal, Resource, Thing};
use andon_vocabulary::{Command, IncidentId, LabelMatch, MatchOp, Name, ReviewId, RunId, SilenceId};

/// Each of them is needed.
pub(crate) fn needed(command: &Command, who: &Principal, state: &State) -> Vec<(Permission, Resource)> {
    let mut needed = vec![of_itself(command, who, state)];
    // Whoever changes a silence needs to be allowed to lift the old one too.
    if let Command::Silence { replaces: Some(before), .. } = command {
        needed.push((Permission::Silence, silenced(*before, state)));
    }
    needed
}

fn of_itself(command: &Command, who: &Principal, state: &State) -> (Permission, Resource) {
    use Command as C;
    match command {
        C::Acknowledge { incident: id }
        | C::Resolve { incident: id, .. }
        | C::Note { incident: id, .. }
        | C::Override { incident: id, .. } => (Permission::Acknowledge, incident(*id, state)),
        C::Declare { service: name, .. } => (Permission::Acknowledge, service(name, state)),
        C::EditReview { review: id, .. }
        | C::AddAction { review: id, .. }
        | C::CloseReview { review: id, .. } => (Permission::Acknowledge, review(*id, state)),
        // Who is paged is who acknowledges.
        C::TakeOver { team, rotation, .. } | C::OfferSwap { team, rotation, .. } => {
            (Permission::Acknowledge, on_call(team, rotation))
        }
        C::GiveBack { taken } => {
            let taken = state.respond.duty.overrides.get(taken);
            (Permission::Acknowledge, taken.map_or_else(nobodys, |one| on_call(&one.team, &one.rotation)))
        }
        C::AcceptSwap { swap } | C::DeclineSwap { swap, .. } => {
            let offer = state.respond.duty.offers.get(swap);
            (Permission::Acknowledge, offer.map_or_else(nobodys, |one| on_call(&one.team, &one.rotation)))
        }
        C::Silence { silence, .. } => (Permission::Silence, matched(&silence.matchers, state)),
        C::LiftSilence { silence } => (Permission::Silence, silenced(*silence, state)),
        C::Approve { run: id, .. } | C::Reject { run: id, .. } | C::Answer { run: id, .. } => {
            (Permission::Approve, run(*id, state))
        }
        C::Abort { run: id, .. } => (Permission::Run, run(*id, state)),
        C::StartRun { runbook: name, .. } => (Permission::Run, runbook(name, state)),
        C::Fault { service: name, .. } => (Permission::Run, service(name, state)),
        C::Deploy { service: name, .. }
        | C::RollBack { service: name, .. }
        | C::RecordChange { service: name, .. } => (Permission::Deploy, service(name, state)),
        // Whoever may run something of any team may pull the brake, and let go of it.
        C::Halt { .. } | C::Release { .. } => (Permission::Run, automation(who)),
        // The first is for everybody who has signed in, which is known before this is asked.
        C::BreakGlass { .. } | C::ReviewGlass { .. } => (Permission::Administer, Resource::all(Thing::Glass)),
    }
}

fn on_call(team: &Name, rotation: &Name) -> Resource {
    Resource::one(Thing::Rotation, format!("{team}/{rotation}")).of(Some(team.clone()))
}

/// What is not there, or no longer, is of no team.
fn nobodys() -> Resource {
    Resource::all(Thing::Rotation)
}

fn incident(id: IncidentId, state: &State) -> Resource {
    let found = state.respond.incidents.get(id);
    let team = found.and_then(|incident| incident.team.clone());
    let service = found.map(|incident| incident.service.clone());
    Resource::one(Thing::Incident, id.to_string()).of(team).part_of(Thing::Service, service)
}

fn service(name: &str, state: &State) -> Resource {
    Resource::one(Thing::Service, name).of(owner(name, state))
}

fn owner(service: &str, state: &State) -> Option<Name> {
    state.catalog().owner_of(service).map(|team| team.name.as_str().into())
}

fn runbook(name: &str, state: &State) -> Resource {
    let owner = state.catalog().runbooks.get(name).map(|runbook| runbook.owner.name().into());
    Resource::one(Thing::Runbook, name).of(owner)
}

/// A run is of the team that its incident is of: its people were paged for it, whoever wrote the runbook.
fn run(id: RunId, state: &State) -> Resource {
    let found = state.respond.runs.get(id);
    let incident = found.and_then(|run| run.incident).and_then(|id| state.respond.incidents.get(id));
    let team = incident.and_then(|incident| incident.team.clone());
    let owner = || found.map(|run| run.runbook.owner.name().into());
    let runbook = found.map(|run| run.runbook.name.as_str().into());
    Resource::one(Thing::Run, id.to_string()).of(team.or_else(owner)).part_of(Thing::Runbook, runbook)
}

fn review(id: ReviewId, state: &State) -> Resource {
    let service = state.improve.reviews.get(&id).map(|review| &review.drafted.service);
    let team = service.and_then(|service| owner(service, state));
    Resource::one(Thing::Review, id.to_string()).of(team).part_of(Thing::Service, service.cloned())
}

fn silenced(id: SilenceId, state: &State) -> Resource {
    let found = state.monitor.silences.get(id);
    found
        .map_or_else(|| Resource::all(Thing::Silences), |silenced| matched(&silenced.silence.matchers, state))
}

/// A silence that names one service is of its team; any other may concern everybody.
fn matched(matchers: &[LabelMatch], state: &State) -> Resource {
    let names = &state.catalog().instance.labels.service;
    // The first of these labels decides whose an alert is, so only a condition on it keeps a silence to one service.
    let first = names.first().map(String::as_str);
    let exact = matchers.iter().find(|matcher| matcher.op == MatchOp::Equal && Some(&*matcher.name) == first);
    let service = exact.map(|matcher| matcher.value.as_str());
    let team = service.and_then(|service| owner(service, state));
    Resource::all(Thing::Silences).of(team).part_of(Thing::Service, service.map(Name::from))
}

fn automation(who: &Principal) -> Resource {
    let mut grants = who.grants.iter().filter(|grant| grant.role.allows(Permission::Run));
    Resource::all(Thing::Automation).of(grants.find_map(|grant| grant.team.clone()))
}
