//! Who is on call: a function of the team's definition, of what people agreed on since, and a time, with zones from
//! the bundled database.
//!
//! A rotation is turns; a calendar elsewhere may lie over them, then other turns during their hours, then the
//! overrides of the files, then those that were agreed on while Andon ran, of which the newest decides. Each is asked
//! who it says at a time, and when that may change next; what a person sees is one sequence of shifts.

mod calendar;
mod duty;
mod named;
mod night;
mod policy;
mod turns;

use std::time::Duration;

use andon_vocabulary::{OverrideId, ShiftOverride, Stretch, Timestamp};
use jiff::civil::Time;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::team::Rotation;
use turns::Taking;

pub use duty::{CalendarKept, Duty, OnDuty, Paged, Rest};
pub use named::named;
pub use night::{is_night, is_weekend};
pub use policy::{Act, Planned, policy};

/// One person's time on call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shift {
    pub person: String,
    pub from: Timestamp,
    pub until: Timestamp,
    pub by: By,
}

/// What puts somebody on call; two shifts of the same person with different ones are two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// A layer, 0 for the rotation's own turns, and the number of the turn.
    Turn(usize, i64),
    /// What a calendar elsewhere says; which of its shifts.
    Calendar(usize),
    /// An override of the files; which of them.
    File(usize),
    /// One that was agreed on while Andon ran.
    Taken(OverrideId),
}

/// A time is a whole millisecond.
const TICK: Duration = Duration::from_millis(1);
/// A shift that goes on beyond so many changes of what it is made of is cut there.
const CHANGES_MAX: usize = 1000;

/// A zone of the bundled database; the machine's own is never asked.
pub fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

fn time_of_day(text: &str) -> Option<Time> {
    Time::strptime("%H:%M", text).ok()
}

/// One rotation and all that lies over it: who has it at every instant.
#[derive(Clone, Debug)]
pub struct Schedule<'a> {
    rotation: &'a Rotation,
    /// The rotation's own turns, then those laid over them.
    layers: Vec<Option<Taking<'a>>>,
    calendar: Option<&'a CalendarKept>,
    /// From the weakest to the strongest.
    overrides: Vec<(By, &'a str, Stretch)>,
}

impl<'a> Schedule<'a> {
    /// What the files alone say.
    pub fn of_files(rotation: &'a Rotation) -> Schedule<'a> {
        Schedule::new(rotation, None, [])
    }

    /// With what people agreed on since, oldest first, and what the rotation's calendar says.
    pub fn new(
        rotation: &'a Rotation,
        calendar: Option<&'a CalendarKept>,
        taken: impl IntoIterator<Item = &'a ShiftOverride>,
    ) -> Schedule<'a> {
        let layers = [&rotation.turns].into_iter().chain(&rotation.layers);
        let taken = taken.into_iter().map(|one| (By::Taken(one.id), &*one.person, one.during));
        Schedule {
            rotation,
            layers: layers.map(Taking::of).collect(),
            calendar,
            overrides: file_overrides(rotation).chain(taken).collect(),
        }
    }

    /// The same without overrides: whose turn it would be.
    #[must_use]
    pub fn without_overrides(&self) -> Schedule<'a> {
        Schedule { overrides: Vec::new(), ..self.clone() }
    }

    /// Only the stretches in which somebody stands in for another.
    pub fn overrides(&self) -> &[(By, &'a str, Stretch)] {
        &self.overrides
    }

    pub fn person(&self, at: Timestamp) -> Option<&'a str> {
        self.holder(at).map(|(person, _)| person)
    }

    /// `None` where nobody is on call: outside of all hours.
    pub fn shift(&self, at: Timestamp) -> Option<Shift> {
        let (person, by) = self.holder(at)?;
        let same = |at: Timestamp| self.holder(at).is_some_and(|(_, other)| other == by);
        let mut from = self.changed(at)?;
        let mut until = self.changes(at)?;
        for _ in 0..CHANGES_MAX {
            if !same(from - TICK) {
                break;
            }
            from = self.changed(from - TICK)?;
        }
        for _ in 0..CHANGES_MAX {
            if !same(until) {
                break;
            }
            until = self.changes(until)?;
        }
        Some(Shift { person: person.to_owned(), from, until, by })
    }

    /// The shifts that lie within these bounds, cut to them, in order; where nobody is on call there is none.
    pub fn shifts(&self, from: Timestamp, until: Timestamp) -> Vec<Shift> {
        let mut shifts: Vec<Shift> = Vec::new();
        self.pieces(from, until, |piece, holder| {
            let Some((person, by)) = holder else { return };
            match shifts.last_mut().filter(|last| last.by == by && last.until == piece.from) {
                Some(last) => last.until = piece.until,
                None => {
                    let (from, until) = (piece.from, piece.until);
                    shifts.push(Shift { person: person.to_owned(), from, until, by });
                }
            }
        });
        shifts
    }

    /// The stretches of time within these bounds in which nobody is on call, in order.
    pub fn gaps(&self, from: Timestamp, until: Timestamp) -> Vec<Stretch> {
        let mut gaps: Vec<Stretch> = Vec::new();
        self.pieces(from, until, |piece, holder| {
            if holder.is_some() {
                return;
            }
            match gaps.last_mut().filter(|gap| gap.until == piece.from) {
                Some(gap) => gap.until = piece.until,
                None => gaps.push(piece),
            }
        });
        gaps
    }

    /// Who would have it next, were this person not there: of the same turns, the first that `may`. Whoever somebody
    /// stands in for has said that they are away, and is never the next.
    pub fn instead_of(&self, person: &str, at: Timestamp, may: impl Fn(&str) -> bool) -> Option<&'a str> {
        let turn = self.without_overrides().holder(at);
        let layer = match turn {
            Some((_, By::Turn(layer, _))) if layer > 0 => self.rotation.layers.get(layer - 1),
            _ => None,
        };
        let people = &layer.unwrap_or(&self.rotation.turns).people;
        let place = |who: &str| people.iter().position(|one| one == who);
        let whose = turn.map(|(whose, _)| whose);
        let after = place(person).or_else(|| place(whose?)).map_or(0, |at| at + 1);
        let around = people[after..].iter().chain(&people[..after]);
        let mut others = around.map(String::as_str).filter(|one| *one != person && Some(*one) != whose);
        others.find(|one| !self.is_stood_in_for(one, at) && may(one))
    }

    /// Whether somebody took it over since from whoever took it over.
    fn is_stood_in_for(&self, person: &str, at: Timestamp) -> bool {
        let mut others = self.overrides.iter().rev().filter(|(_, _, during)| during.contains(at)).skip(1);
        others.any(|(_, one, _)| *one == person)
    }

    /// The bounds cut where the answer may change, each piece with its answer.
    fn pieces(
        &self,
        from: Timestamp,
        until: Timestamp,
        mut each: impl FnMut(Stretch, Option<(&'a str, By)>),
    ) {
        let mut at = from;
        while at < until {
            let next = self.changes(at).unwrap_or(until).min(until);
            each(Stretch { from: at, until: next }, self.holder(at));
            at = next;
        }
    }

    fn holder(&self, at: Timestamp) -> Option<(&'a str, By)> {
        if let Some((by, person, _)) = self.overrides.iter().rev().find(|(_, _, during)| during.contains(at))
        {
            return Some((person, *by));
        }
        let by_turns = |layer: usize| {
            let (person, turn) = self.layers.get(layer)?.as_ref()?.holder(at)?;
            Some((person, By::Turn(layer, turn)))
        };
        let mut over = (1..self.layers.len()).rev();
        over.find_map(by_turns)
            .or_else(|| self.calendar.and_then(|calendar| calendar.holder(at)))
            .or_else(|| by_turns(0))
    }

    /// When the answer may change next.
    fn changes(&self, after: Timestamp) -> Option<Timestamp> {
        let layers = self.layers.iter().flatten().filter_map(|turns| turns.changes(after));
        layers.chain(self.bounds().filter(|bound| *bound > after)).min()
    }

    /// When the answer may have changed last.
    fn changed(&self, until: Timestamp) -> Option<Timestamp> {
        let layers = self.layers.iter().flatten().filter_map(|turns| turns.changed(until));
        layers.chain(self.bounds().filter(|bound| *bound <= until)).max()
    }

    fn bounds(&self) -> impl Iterator<Item = Timestamp> + '_ {
        let shifts =
            self.calendar.iter().flat_map(|calendar| calendar.shifts.iter().map(|shift| shift.during));
        let overrides = self.overrides.iter().map(|(_, _, during)| *during);
        overrides.chain(shifts).flat_map(|during| [during.from, during.until])
    }
}

fn file_overrides(rotation: &Rotation) -> impl Iterator<Item = (By, &str, Stretch)> {
    rotation.overrides.iter().enumerate().filter_map(|(index, one)| {
        let during = Stretch { from: one.from.timestamp()?, until: one.until.timestamp()? };
        Some((By::File(index), one.person.as_str(), during))
    })
}

#[cfg(test)]
mod tests;
