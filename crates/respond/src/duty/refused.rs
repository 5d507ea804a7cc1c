//! Why time on call does not change hands, for whoever asked.

use andon_definitions::{Catalog, Team};
use andon_vocabulary::{Refusal, RefusalKind};

pub(super) fn invalid(what: String, hint: &str) -> Refusal {
    Refusal { kind: RefusalKind::Invalid, what, hint: Some(hint.to_owned()) }
}

pub(super) fn conflict(what: String, hint: &str) -> Refusal {
    Refusal { kind: RefusalKind::Conflict, what, hint: Some(hint.to_owned()) }
}

pub(super) fn forbidden(what: String, hint: &str) -> Refusal {
    Refusal { kind: RefusalKind::Forbidden, what, hint: Some(hint.to_owned()) }
}

pub(super) fn not_found(what: &str) -> Refusal {
    let hint = "`andon oncall changes` lists what was agreed on and what is offered";
    Refusal { kind: RefusalKind::NotFound, what: what.to_owned(), hint: Some(hint.to_owned()) }
}

pub(super) fn no_team(team: &str, catalog: &Catalog) -> Refusal {
    missing(format!("there is no team {team:?}"), "teams", catalog.teams.keys())
}

pub(super) fn no_rotation(rotation: &str, team: &Team) -> Refusal {
    let what = format!("{} has no rotation {rotation:?}", team.name);
    missing(what, "its rotations", team.oncall.keys())
}

/// Whoever may be on call is one of the team's people: their contact points stand there.
pub(super) fn not_of_team(person: &str, team: &Team) -> Refusal {
    let what = format!("{person:?} is not among the people of {}", team.name);
    missing(what, "they", team.people.keys())
}

fn missing<'a>(what: String, of: &str, known: impl Iterator<Item = &'a String>) -> Refusal {
    let known: Vec<&str> = known.map(String::as_str).collect();
    let hint = if known.is_empty() { None } else { Some(format!("{of} are {}", known.join(", "))) };
    Refusal { kind: RefusalKind::NotFound, what, hint }
}
