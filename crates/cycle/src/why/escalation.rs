//! Whom a step of an escalation means at a time, and how a person stands with it.

use andon_definitions::team::Rotation;
use andon_definitions::{Catalog, Escalation, Team, Whom, oncall};
use andon_vocabulary::Timestamp;

/// A person and one target of a step.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stands {
    /// Paged by name, or on call.
    Paged,
    /// In the rotation, but it was another's turn, or nobody's: in words.
    OffDuty(String),
    /// The step has nothing to do with them.
    Elsewhere,
}

/// The closest that any target of the step comes to the person.
pub(super) fn stands(
    catalog: &Catalog,
    team: &Team,
    step: &Escalation,
    person: &str,
    at: Timestamp,
) -> Stands {
    let Escalation::Page(page) = step else { return Stands::Elsewhere };
    let mut stands = Stands::Elsewhere;
    for whom in page.page.iter() {
        match whom {
            Whom::Person(name) if name == person => return Stands::Paged,
            Whom::Person(_) => {}
            Whom::OnCall { team: other, rotation } => {
                let team = other.as_ref().and_then(|name| catalog.teams.get(name)).unwrap_or(team);
                let shift = oncall::on_call(team, rotation, at);
                if shift.as_ref().is_some_and(|shift| shift.person == person) {
                    return Stands::Paged;
                }
                if team.oncall.get(rotation).is_some_and(|rotation| knows(rotation, person)) {
                    stands = Stands::OffDuty(duty(team, rotation, person, at));
                }
            }
        }
    }
    stands
}

/// Whether somebody ever has a turn in it.
pub(super) fn knows(rotation: &Rotation, person: &str) -> bool {
    let turns = [&rotation.turns].into_iter().chain(&rotation.layers);
    turns.flat_map(|turns| &turns.people).any(|name| name == person)
        || rotation.overrides.iter().any(|one| one.person == person)
}

/// Who had a rotation, as seen by a person.
pub(super) fn duty(team: &Team, rotation: &str, person: &str, at: Timestamp) -> String {
    let name = &team.name;
    match oncall::on_call(team, rotation, at) {
        Some(shift) if shift.person == person => {
            format!("{person} was on call in {name}/{rotation} until {}", shift.until.second())
        }
        Some(shift) => format!(
            "{person} was not on call in {name}/{rotation}: {} was, until {}",
            shift.person,
            shift.until.second()
        ),
        None => format!("nobody was on call in {name}/{rotation}"),
    }
}

/// The exception that decided a rotation at a time, if one did: whose it is and why, and where it stands.
pub(super) fn exception(
    catalog: &Catalog,
    team: &Team,
    rotation: &str,
    at: Timestamp,
) -> Option<(String, Option<andon_definitions::Location>)> {
    let overrides = &team.oncall.get(rotation)?.overrides;
    let time = |moment: &andon_definitions::scalar::Moment| moment.timestamp();
    let holds = overrides.iter().enumerate().rev().find(|(_, one)| {
        matches!((time(&one.from), time(&one.until)), (Some(from), Some(until)) if from <= at && at < until)
    });
    let (index, one) = holds?;
    let why = one.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    let place = format!("/spec/oncall/{rotation}/overrides/{index}");
    Some((
        format!("an override puts {} on call{why}", one.person),
        catalog.locate(&format!("Team/{}", team.name), &place),
    ))
}

/// What a step is called: people count from one.
pub(super) fn named(step: usize, escalation: &Escalation) -> String {
    match escalation {
        Escalation::Page(page) => {
            let whom: Vec<String> = page.page.iter().map(ToString::to_string).collect();
            format!("step {} pages {}", step + 1, whom.join(", "))
        }
        Escalation::Repeat(repeat) => {
            format!("step {} begins again, up to {} times", step + 1, repeat.repeat)
        }
    }
}
