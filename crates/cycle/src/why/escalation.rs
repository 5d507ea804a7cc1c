//! Whom a step of an escalation means at a time, and how a person stands with it.

use andon_definitions::oncall::{Act, By, Planned};
use andon_definitions::team::{Rotation, Targets};
use andon_definitions::{Catalog, Duty, Escalation, Team, Whom};
use andon_vocabulary::{IncidentId, Timestamp};

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

/// The closest that any target of the step comes to the person, for an incident.
pub(super) fn stands(
    catalog: &Catalog,
    known: &Duty,
    step: &Planned<'_>,
    person: &str,
    at: Timestamp,
    incident: IncidentId,
) -> Stands {
    let Act::Page(page) = step.act else { return Stands::Elsewhere };
    let mut stands = Stands::Elsewhere;
    for whom in page.page.all() {
        match whom {
            Whom::Person(name) if name == person => stands = Stands::Paged,
            Whom::Person(_) => {}
            // Its own steps follow, and are asked for themselves.
            Whom::Team(_) => {}
            Whom::OnCall { team: other, rotation } => {
                let team = other.as_ref().and_then(|name| catalog.teams.get(name)).unwrap_or(step.team);
                let on_duty = known.on_duty(team, rotation, at, Some(incident));
                if on_duty.is_some_and(|one| *one.person == *person) {
                    stands = Stands::Paged;
                } else if team.oncall.get(rotation).is_some_and(|rotation| knows(rotation, person))
                    && stands == Stands::Elsewhere
                {
                    stands = Stands::OffDuty(duty(team, rotation, person, at, known));
                }
            }
        }
    }
    match (&page.page, stands) {
        (Targets::RoundRobin(_), Stands::Paged) => {
            Stands::OffDuty(format!("it goes round, and it was not {person}'s turn"))
        }
        (_, stands) => stands,
    }
}

/// Whether somebody ever has a turn in it.
pub(super) fn knows(rotation: &Rotation, person: &str) -> bool {
    let turns = [&rotation.turns].into_iter().chain(&rotation.layers);
    turns.flat_map(|turns| &turns.people).any(|name| name == person)
        || rotation.overrides.iter().any(|one| one.person == person)
}

/// Who had a rotation, as seen by a person.
pub(super) fn duty(team: &Team, rotation: &str, person: &str, at: Timestamp, known: &Duty) -> String {
    let name = format!("{}/{rotation}", team.name);
    match known.shift(team, rotation, at) {
        Some(shift) if shift.person == person => {
            let rests = known.rest(team, rotation, person, at, None).map_or_else(String::new, |rest| {
                let until = rest.until.second();
                format!(", resting until {until} after a page at night: other incidents page the next person")
            });
            format!("{person} was on call in {name} until {}{rests}", shift.until.second())
        }
        Some(shift) => format!(
            "{person} was not on call in {name}: {} was, until {}",
            shift.person,
            shift.until.second()
        ),
        None => format!("nobody was on call in {name}"),
    }
}

/// The exception that decided a rotation at a time, if one did: whose it is and why, and where it stands.
pub(super) fn exception(
    catalog: &Catalog,
    known: &Duty,
    team: &Team,
    rotation: &str,
    at: Timestamp,
) -> Option<(String, Option<andon_definitions::Location>)> {
    let because = |reason: &str| if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let place = |pointer: &str| {
        catalog.locate(&format!("Team/{}", team.name), &format!("/spec/oncall/{rotation}{pointer}"))
    };
    match known.shift(team, rotation, at)?.by {
        By::Turn(..) => None,
        By::File(index) => {
            let one = team.oncall.get(rotation)?.overrides.get(index)?;
            let why = because(one.reason.as_deref().unwrap_or_default());
            let said = format!("an override puts {} on call{why}", one.person);
            Some((said, place(&format!("/overrides/{index}"))))
        }
        By::Taken(id) => {
            let taken = known.overrides.get(&id)?;
            Some((format!("{id}: {} took it over{}", taken.person, because(&taken.reason)), None))
        }
        By::Calendar(_) => Some(("the calendar that it reads says so".to_owned(), place("/ical"))),
    }
}

/// What a step is called: people count from one.
pub(super) fn named(step: usize, escalation: &Escalation) -> String {
    match escalation {
        Escalation::Page(page) => {
            let whom: Vec<String> = page.page.all().iter().map(ToString::to_string).collect();
            let round = if matches!(page.page, Targets::RoundRobin(_)) { "in turn " } else { "" };
            format!("step {} pages {round}{}", step + 1, whom.join(", "))
        }
        Escalation::Repeat(repeat) => {
            format!("step {} begins again, up to {} times", step + 1, repeat.repeat)
        }
    }
}
