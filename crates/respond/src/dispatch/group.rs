//! A group: the alerts that a route tells its receiver of together, and when the next time to do so is.

use std::time::Duration;

use andon_definitions::alertmanager::Route;
use andon_vocabulary::{GroupId, IntentId, Name, Timestamp};

use super::log::Told;

/// Its number in the state. Never written down: a group's name there is its [`GroupId`].
pub(super) type GroupNo = u64;

/// How long a group waits for what became of an attempt before it decides anew.
const TRAVELS_MAX: Duration = Duration::from_secs(30);

#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub(super) no: GroupNo,
    pub id: GroupId,
    pub receiver: Name,
    /// The first time to tell of it.
    pub(super) first: Timestamp,
    pub flushed_at: Option<Timestamp>,
    /// When something first changed that it has not looked at since.
    pub(super) changed_at: Option<Timestamp>,
    /// Its route tells nothing before.
    pub held_until: Option<Timestamp>,
    /// One for each integration of the receiver that was ever told or owed anything.
    pub lines: Vec<Line>,
    /// Under which it stands among the timers.
    pub(super) due: Option<Timestamp>,
}

/// How it stands with one integration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    pub told: Option<Told>,
    pub owed: Option<IntentId>,
    /// Why it could not be told, where it still is not.
    pub error: Option<String>,
}

impl Group {
    /// When it is looked at next; none: nothing of it will be news.
    pub fn due(&self) -> Option<Timestamp> {
        self.due
    }

    pub fn line(&self, integration: u32) -> Option<&Line> {
        self.lines.get(usize::try_from(integration).ok()?)
    }

    pub(super) fn line_mut(&mut self, integration: u32) -> &mut Line {
        let at = usize::try_from(integration).expect("a receiver has few integrations");
        if self.lines.len() <= at {
            self.lines.resize_with(at + 1, Line::default);
        }
        &mut self.lines[at]
    }

    pub(super) fn changes(&mut self, at: Timestamp) {
        self.changed_at.get_or_insert(at);
    }

    /// When to look at it next. `attempts`: since when, or from when on, what it owes travels.
    pub(super) fn next(&self, route: &Route, attempts: &[Timestamp]) -> Option<Timestamp> {
        let due = match (self.flushed_at, self.changed_at) {
            (None, _) => self.first,
            (Some(flushed), Some(changed)) => tick(flushed, *route.group_interval, changed),
            (Some(flushed), None) => self.repeats(flushed, route)?,
        };
        let due = self.held_until.map_or(due, |until| until.max(due));
        // What travels may arrive: the outcome comes first, and what follows is decided by it.
        let travels = attempts.iter().filter(|began| **began <= due && due < **began + TRAVELS_MAX);
        Some(travels.map(|began| *began + TRAVELS_MAX).max().map_or(due, |after| after.max(due)))
    }

    /// When a receiver that hears nothing new is told again. What was looked at after that time had nothing to repeat.
    fn repeats(&self, flushed: Timestamp, route: &Route) -> Option<Timestamp> {
        let told = self.lines.iter().filter_map(|line| line.told.as_ref());
        let fires = told.filter(|told| !told.firing.is_empty());
        let over =
            fires.map(|told| told.at + *route.repeat_interval).filter(|over| *over >= flushed).min()?;
        Some(tick(flushed, *route.group_interval, over + Duration::from_millis(1)))
    }
}

/// The first of the times a whole number of intervals after `flushed` that is not before `at`.
fn tick(flushed: Timestamp, interval: Duration, at: Timestamp) -> Timestamp {
    let interval = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX).max(1);
    let passed = u64::try_from(at.since(flushed).as_millis()).unwrap_or(u64::MAX);
    let times = passed.div_ceil(interval).max(1);
    flushed + Duration::from_millis(interval.saturating_mul(times))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_keeps_its_rhythm() {
        let s = |s: i64| Timestamp::from_ms(s * 1000);
        let minute = Duration::from_secs(60);
        for (at, next) in [(100, 160), (101, 160), (160, 160), (161, 220), (90, 160)] {
            assert_eq!(tick(s(100), minute, s(at)), s(next), "{at}");
        }
    }
}
