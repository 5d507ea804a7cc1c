//! Whom a step of an escalation pages: people, whoever is on call in a rotation, whoever another team pages first.

use andon_definitions::oncall::{Act, Duty, OnDuty, Planned, policy};
use andon_definitions::team::Targets;
use andon_definitions::{Catalog, Context, Team, Whom};
use andon_vocabulary::{IncidentId, Name, Timestamp};

use crate::incident::Incident;

/// One step of a team's policy.
pub(crate) fn step<'a>(catalog: &'a Catalog, team: &str, step: u32) -> Option<Planned<'a>> {
    policy(catalog.teams.get(team)?, catalog).get(step as usize).copied()
}

/// How often a step was taken: where it goes round, whose turn it is.
pub(crate) fn rounds(duty: &Duty, team: &Name, step: u32) -> u64 {
    duty.rounds.get(&(team.clone(), step)).copied().unwrap_or(0)
}

/// Whom a step that was just taken pages, each with whose place they take.
pub(crate) fn called_now(incident: &Incident, team: &Name, step: u32, cx: &Context) -> Vec<OnDuty> {
    // It is counted already.
    let rounds = rounds(cx.duty, team, step).saturating_sub(1);
    called(cx.catalog, cx.duty, team, step, rounds, cx.now, Some(incident.id))
}

/// Those whom a team's escalation began with last, or would begin with.
pub(crate) fn first(team: &str, cx: &Context) -> Vec<Name> {
    let rounds = rounds(cx.duty, &Name::from(team), 0).saturating_sub(1);
    let called = called(cx.catalog, cx.duty, team, 0, rounds, cx.now, None);
    called.into_iter().map(|one| one.person).collect()
}

pub(crate) fn called(
    catalog: &Catalog,
    duty: &Duty,
    team: &str,
    step: u32,
    rounds: u64,
    at: Timestamp,
    incident: Option<IncidentId>,
) -> Vec<OnDuty> {
    let Some(planned) = self::step(catalog, team, step) else { return Vec::new() };
    let Act::Page(page) = planned.act else { return Vec::new() };
    // Where it goes round itself, a team that is one of its targets goes round as often as its turn comes.
    let within = match page.page {
        Targets::RoundRobin(_) => rounds / page.page.all().len().max(1) as u64,
        _ => rounds,
    };
    in_turn(&page.page, on_duty(page.page.all(), planned.team, catalog, duty, at, incident, within), rounds)
}

/// Those whom a step pages when it is taken once more after so many times.
fn in_turn(targets: &Targets, all: Vec<OnDuty>, rounds: u64) -> Vec<OnDuty> {
    match targets {
        Targets::RoundRobin(_) if !all.is_empty() => {
            let turn = usize::try_from(rounds % all.len() as u64).unwrap_or(0);
            vec![all[turn].clone()]
        }
        _ => all,
    }
}

/// The people whom these targets mean at this moment, in order, each once.
pub(crate) fn people<'a>(
    targets: impl IntoIterator<Item = &'a Whom>,
    team: &Team,
    cx: &Context,
) -> Vec<Name> {
    let all = on_duty(targets, team, cx.catalog, cx.duty, cx.now, None, 0);
    all.into_iter().map(|one| one.person).collect()
}

fn on_duty<'a>(
    targets: impl IntoIterator<Item = &'a Whom>,
    team: &Team,
    catalog: &Catalog,
    duty: &Duty,
    at: Timestamp,
    incident: Option<IncidentId>,
    rounds: u64,
) -> Vec<OnDuty> {
    let mut people: Vec<OnDuty> = Vec::new();
    for whom in targets {
        let meant = match whom {
            Whom::Person(name) => vec![OnDuty { person: Name::from(name.as_str()), rests: None }],
            Whom::OnCall { team: other, rotation } => {
                let team = other.as_ref().and_then(|name| catalog.teams.get(name)).unwrap_or(team);
                duty.on_duty(team, rotation, at, incident).into_iter().collect()
            }
            Whom::Team(other) => first_of(other, catalog, duty, at, incident, rounds),
        };
        for one in meant {
            if !people.iter().any(|other| other.person == one.person) {
                people.push(one);
            }
        }
    }
    people
}

/// Whom another team's policy pages first; where that goes round, the next of them each time.
fn first_of(
    team: &str,
    catalog: &Catalog,
    duty: &Duty,
    at: Timestamp,
    incident: Option<IncidentId>,
    rounds: u64,
) -> Vec<OnDuty> {
    let first = step(catalog, team, 0);
    let Some(Planned { team, act: Act::Page(page), .. }) = first else { return Vec::new() };
    // What it pages in its turn is followed where it stands alone in a step; here it would be a circle.
    let targets = page.page.all().iter().filter(|whom| !matches!(whom, Whom::Team(_)));
    in_turn(&page.page, on_duty(targets, team, catalog, duty, at, incident, 0), rounds)
}
