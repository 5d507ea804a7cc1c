//! Who is on call: a function of the team's definition and a time, with zones from the bundled database.
//!
//! A rotation is turns, with other turns laid over them during their hours, and exceptions over all of them. Each is
//! asked who it says at a time, and when that may change next; what a person sees is one sequence of shifts.

mod calendar;
mod turns;

use std::time::Duration;

use andon_vocabulary::Timestamp;
use jiff::civil::Time;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::team::{Override, Rotation, Team};

/// One person's time on call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shift {
    pub person: String,
    pub from: Timestamp,
    pub until: Timestamp,
}

/// A time is a whole millisecond.
const TICK: Duration = Duration::from_millis(1);
/// A shift that goes on beyond so many changes of what it is made of is cut there.
const CHANGES_MAX: usize = 1000;

/// Who is on call in a team's rotation, since when and until when; nobody outside of its hours.
pub fn on_call(team: &Team, rotation: &str, at: Timestamp) -> Option<Shift> {
    team.oncall.get(rotation)?.shift(at)
}

/// A zone of the bundled database; the machine's own is never asked.
pub fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

fn time_of_day(text: &str) -> Option<Time> {
    Time::strptime("%H:%M", text).ok()
}

/// What puts somebody on call; two shifts of the same person with different ones are two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    Override(usize),
    /// A layer, 0 for the rotation's own turns, and the number of the turn.
    Turn(usize, i64),
}

impl Rotation {
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
        Some(Shift { person: person.to_owned(), from, until })
    }

    /// The stretches of time within these bounds in which nobody is on call, in order.
    pub fn gaps(&self, from: Timestamp, until: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let mut gaps: Vec<(Timestamp, Timestamp)> = Vec::new();
        let mut at = from;
        while at < until {
            let next = self.changes(at).unwrap_or(until).min(until);
            if self.holder(at).is_none() {
                match gaps.last_mut().filter(|gap| gap.1 == at) {
                    Some(gap) => gap.1 = next,
                    None => gaps.push((at, next)),
                }
            }
            at = next;
        }
        gaps
    }

    fn holder(&self, at: Timestamp) -> Option<(&str, By)> {
        let overrides = self.overrides.iter().enumerate().rev();
        let mut standing_in = overrides.filter(|(_, one)| one.contains(at));
        if let Some((index, one)) = standing_in.next() {
            return Some((&one.person, By::Override(index)));
        }
        let layers = self.layers.iter().enumerate().rev().map(|(index, turns)| (index + 1, turns));
        let mut layers = layers.chain([(0, &self.turns)]);
        layers.find_map(|(layer, turns)| {
            let (person, turn) = turns.holder(at)?;
            Some((person, By::Turn(layer, turn)))
        })
    }

    /// When the answer may change next.
    fn changes(&self, after: Timestamp) -> Option<Timestamp> {
        let overrides = self.overrides.iter().flat_map(Override::bounds).filter(|bound| *bound > after);
        let layers = [&self.turns].into_iter().chain(&self.layers);
        overrides.chain(layers.filter_map(|turns| turns.changes(after))).min()
    }

    /// When the answer may have changed last.
    fn changed(&self, until: Timestamp) -> Option<Timestamp> {
        let overrides = self.overrides.iter().flat_map(Override::bounds).filter(|bound| *bound <= until);
        let layers = [&self.turns].into_iter().chain(&self.layers);
        overrides.chain(layers.filter_map(|turns| turns.changed(until))).max()
    }
}

impl Override {
    fn bounds(&self) -> Vec<Timestamp> {
        [&self.from, &self.until].into_iter().filter_map(|bound| bound.0.parse().ok()).collect()
    }

    fn contains(&self, at: Timestamp) -> bool {
        matches!(self.bounds()[..], [from, until] if from <= at && at < until)
    }
}

#[cfg(test)]
mod tests;
