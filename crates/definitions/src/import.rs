//! Schedules of other programs, as a `Team`: what cannot be said in one is said in words, and what the other program
//! itself says of who is on call is held against the result.

mod fields;
mod layer;
mod opsgenie;
mod pagerduty;
#[cfg(test)]
mod tests;
mod written;

use andon_vocabulary::{Stretch, Timestamp};

use crate::diagnostic::SourceFile;
use crate::oncall::Schedule;
use crate::team::Team;

pub use opsgenie::opsgenie_schedule;
pub use pagerduty::pagerduty_schedule;
pub use written::{Handles, calendar_team};

/// A file for the definitions, and what a person should know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    pub file: SourceFile,
    /// Each a sentence: what could not be said, or is to be looked at.
    pub said: Vec<String>,
    /// How many of the other program's own entries were held against it; `None` where the file has none.
    pub compared: Option<usize>,
}

/// Differences are named up to this number.
const NAMED_MAX: usize = 3;

/// Who has it, as the other program says: handles, in order of time.
pub(crate) type Rendered = Vec<(String, Stretch)>;

/// Where the rotation says otherwise than the entries, within the time that they tell of.
fn differences(team: &Team, rotation: &str, rendered: &Rendered) -> Vec<String> {
    let Some(turns) = team.oncall.get(rotation) else { return Vec::new() };
    let from = rendered.iter().map(|(_, during)| during.from).min();
    let until = rendered.iter().map(|(_, during)| during.until).max();
    let Some((from, until)) = from.zip(until) else { return Vec::new() };
    let schedule = Schedule::of_files(turns);
    let shifts = schedule.shifts(from, until);
    let ends = shifts.iter().flat_map(|shift| [shift.from, shift.until]);
    let bounds = ends.chain(rendered.iter().flat_map(|(_, during)| [during.from, during.until]));
    let mut bounds: Vec<Timestamp> = bounds.filter(|at| *at < until).collect();
    bounds.sort_unstable();
    bounds.dedup();
    let mut said = Vec::new();
    for at in bounds {
        let theirs =
            rendered.iter().rev().find(|(_, during)| during.contains(at)).map(|(person, _)| &**person);
        let ours = schedule.person(at);
        if theirs != ours {
            let word = |person: Option<&str>| person.unwrap_or("nobody").to_owned();
            said.push(format!("from {} on it says {}, and this {}", at.second(), word(theirs), word(ours)));
        }
    }
    let more = said.len().saturating_sub(NAMED_MAX);
    said.truncate(NAMED_MAX);
    if more > 0 {
        said.push(format!("and {more} more differences"));
    }
    said
}

/// The team of a file that was just made, with its differences from what the other program says.
fn compared(file: &SourceFile, rotation: &str, rendered: &Rendered) -> Vec<String> {
    let (catalog, _) = crate::load(std::slice::from_ref(file));
    catalog.teams.values().flat_map(|team| differences(team, rotation, rendered)).collect()
}
