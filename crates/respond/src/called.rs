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
    Roster { incident: Some(incident.id), ..Roster::now(cx) }.called(team, step, rounds)
}

/// Those whom a team's escalation began with last, or would begin with.
pub(crate) fn first(team: &str, cx: &Context) -> Vec<Name> {
    let rounds = rounds(cx.duty, &Name::from(team), 0).saturating_sub(1);
    names(Roster::now(cx).called(team, 0, rounds))
}

/// The people whom these targets mean at this moment, in order, each once.
pub(crate) fn people<'a>(
    targets: impl IntoIterator<Item = &'a Whom>,
    team: &Team,
    cx: &Context,
) -> Vec<Name> {
    names(Roster::now(cx).on_duty(targets, team, 0))
}

fn names(called: Vec<OnDuty>) -> Vec<Name> {
    called.into_iter().map(|one| one.person).collect()
}

/// Who is there to be paged at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Roster<'a> {
    pub catalog: &'a Catalog,
    pub duty: &'a Duty,
    pub at: Timestamp,
    /// Of which incident; who rests after a page still has the one that they were paged for.
    pub incident: Option<IncidentId>,
}

impl<'a> Roster<'a> {
    pub fn now(cx: &Context<'a>) -> Roster<'a> {
        Roster { catalog: cx.catalog, duty: cx.duty, at: cx.now, incident: None }
    }

    /// Whom a step pages when it is taken once more after so many times.
    pub fn called(self, team: &str, step: u32, rounds: u64) -> Vec<OnDuty> {
        let Some(planned) = self::step(self.catalog, team, step) else { return Vec::new() };
        let Act::Page(page) = planned.act else { return Vec::new() };
        // Where it goes round itself, a team that is one of its targets goes round as often as its turn comes.
        let within = match page.page {
            Targets::RoundRobin(_) => rounds / page.page.all().len().max(1) as u64,
            _ => rounds,
        };
        in_turn(&page.page, self.on_duty(page.page.all(), planned.team, within), rounds)
    }

    fn on_duty<'b>(
        self,
        targets: impl IntoIterator<Item = &'b Whom>,
        team: &Team,
        rounds: u64,
    ) -> Vec<OnDuty> {
        let mut people: Vec<OnDuty> = Vec::new();
        for whom in targets {
            let meant = match whom {
                Whom::Person(name) => vec![OnDuty { person: Name::from(name.as_str()), rests: None }],
                Whom::OnCall { team: other, rotation } => {
                    let team = other.as_ref().and_then(|name| self.catalog.teams.get(name)).unwrap_or(team);
                    self.duty.on_duty(team, rotation, self.at, self.incident).into_iter().collect()
                }
                Whom::Team(other) => self.first_of(other, rounds),
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
    fn first_of(self, team: &str, rounds: u64) -> Vec<OnDuty> {
        let first = step(self.catalog, team, 0);
        let Some(Planned { team, act: Act::Page(page), .. }) = first else { return Vec::new() };
        // What it pages in its turn is followed where it stands alone in a step; here it would be a circle.
        let targets = page.page.all().iter().filter(|whom| !matches!(whom, Whom::Team(_)));
        in_turn(&page.page, self.on_duty(targets, team, 0), rounds)
    }
}

/// Of those whom a step means, those whose turn it is after it was taken so many times.
fn in_turn(targets: &Targets, all: Vec<OnDuty>, rounds: u64) -> Vec<OnDuty> {
    match targets {
        Targets::RoundRobin(_) if !all.is_empty() => {
            let turn = usize::try_from(rounds % all.len() as u64).unwrap_or(0);
            vec![all[turn].clone()]
        }
        _ => all,
    }
}
