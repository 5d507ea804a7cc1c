//! What is known of duty beyond the files: who stands in for whom, who offers to swap, whom pages woke, what
//! calendars elsewhere say, and whose turn a step that goes round has reached.
//!
//! It is kept by whoever folds the journal; here it is only asked.

use std::sync::LazyLock;

use andon_vocabulary::{
    CalendarShift, IncidentId, Name, OverrideId, ShiftOverride, Stretch, SwapId, SwapOffer, Timestamp,
};
use imbl::{OrdMap, OrdSet, Vector};

use super::night::is_night;
use super::{By, Schedule, Shift};
use crate::catalog::Catalog;
use crate::team::Team;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Duty {
    /// In the order in which they were agreed on.
    pub overrides: OrdMap<OverrideId, ShiftOverride>,
    /// Of those, what is of rotations that the definitions no longer have.
    pub lost: OrdSet<OverrideId>,
    /// Of those, the halves of a swap.
    pub swapped: OrdMap<OverrideId, SwapId>,
    /// Those that were neither accepted nor declined.
    pub offers: OrdMap<SwapId, SwapOffer>,
    /// Of the last weeks, oldest first.
    pub pages: Vector<Paged>,
    /// By team and rotation.
    pub calendars: OrdMap<(Name, Name), CalendarKept>,
    /// How often a step that goes round was taken, by team and step of its escalation.
    pub rounds: OrdMap<(Name, u32), u64>,
    pub last_override: u64,
    pub last_swap: u64,
}

/// A page that a provider took, or would have been given but for shadow mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paged {
    pub person: Name,
    pub at: Timestamp,
    pub incident: Option<IncidentId>,
    /// Nobody was woken by it. In shadow mode it counts all the same.
    pub withheld: bool,
}

/// What a calendar said when it was last read well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarKept {
    pub read_at: Timestamp,
    pub known: Stretch,
    pub shifts: Vector<CalendarShift>,
    /// Since when it cannot be read, and why.
    pub failing: Option<(Timestamp, String)>,
}

/// Who is paged for a rotation now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnDuty {
    pub person: Name,
    /// In whose place, if whose turn it is rests.
    pub rests: Option<Rest>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest {
    pub person: Name,
    pub until: Timestamp,
}

impl Duty {
    /// Nothing but what the files say.
    pub fn of_files() -> &'static Duty {
        static NOTHING: LazyLock<Duty> = LazyLock::new(Duty::default);
        &NOTHING
    }

    /// A rotation with all that lies over it. Whoever has left the team since has no part in it.
    pub fn schedule<'a>(&'a self, team: &'a Team, rotation: &str) -> Option<Schedule<'a>> {
        let known = |person: &str| team.people.contains_key(person);
        let taken = self
            .overrides
            .values()
            .filter(|one| *one.team == *team.name && *one.rotation == *rotation && known(&one.person));
        let turns = team.oncall.get(rotation)?;
        let calendar = turns.ical.as_ref().and_then(|_| self.calendar(&team.name, rotation));
        Some(Schedule::new(turns, calendar, taken))
    }

    pub fn calendar(&self, team: &str, rotation: &str) -> Option<&CalendarKept> {
        self.calendars.get(&(Name::from(team), Name::from(rotation)))
    }

    /// The other half of the swap that an override is one of, if it is.
    pub fn other_half(&self, taken: OverrideId) -> Option<&ShiftOverride> {
        let swap = self.swapped.get(&taken)?;
        let mut halves = self.swapped.iter().filter(|(id, other)| **id != taken && *other == swap);
        halves.find_map(|(id, _)| self.overrides.get(id))
    }

    /// Who is on call in a team's rotation, since when and until when; nobody outside of its hours.
    pub fn shift(&self, team: &Team, rotation: &str, at: Timestamp) -> Option<Shift> {
        self.schedule(team, rotation)?.shift(at)
    }

    /// Who is paged for `incident`: whose turn it is, or the next person where they rest after a page at night.
    /// Rest ends no incident: whoever has one is paged of it again. Where all rest, nobody does.
    pub fn on_duty(
        &self,
        team: &Team,
        rotation: &str,
        at: Timestamp,
        incident: Option<IncidentId>,
    ) -> Option<OnDuty> {
        let schedule = self.schedule(team, rotation)?;
        let person = schedule.person(at)?;
        let rest = self.rest(team, rotation, person, at, incident);
        let next = rest.as_ref().and_then(|_| {
            schedule.instead_of(person, at, |one| self.rest(team, rotation, one, at, incident).is_none())
        });
        Some(match next {
            Some(next) => OnDuty { person: next.into(), rests: rest },
            None => OnDuty { person: person.into(), rests: None },
        })
    }

    /// Until when somebody rests from this rotation, because of a page at night for something else.
    pub fn rest(
        &self,
        team: &Team,
        rotation: &str,
        person: &str,
        at: Timestamp,
        incident: Option<IncidentId>,
    ) -> Option<Rest> {
        let span = team.oncall.get(rotation)?.rest_after_night_page?;
        let timezone = &team.people.get(person)?.timezone;
        let lately = self.pages.iter().rev().take_while(|page| page.at + *span > at);
        let mut woken = lately.filter(|page| {
            *page.person == *person
                && page.at <= at
                && (incident.is_none() || page.incident != incident)
                && is_night(timezone, page.at)
        });
        woken.next().map(|page| Rest { person: person.into(), until: page.at + *span })
    }

    /// Every rotation that reads a calendar elsewhere, of which nothing is known or which cannot be read now.
    pub fn calendars_failing<'a>(
        &'a self,
        catalog: &'a Catalog,
    ) -> impl Iterator<Item = (&'a Team, &'a str, Option<&'a CalendarKept>)> {
        let reading = catalog.teams.values().flat_map(|team| {
            team.oncall
                .iter()
                .filter(|(_, turns)| turns.ical.is_some())
                .map(move |(name, _)| (team, name.as_str()))
        });
        reading.filter_map(|(team, rotation)| {
            let kept = self.calendar(&team.name, rotation);
            kept.is_none_or(|kept| kept.failing.is_some()).then_some((team, rotation, kept))
        })
    }
}

impl CalendarKept {
    /// The last that begins among those that hold: calendars put a substitute's event after the whole week's.
    pub(super) fn holder(&self, at: Timestamp) -> Option<(&str, By)> {
        let mut holding = self.shifts.iter().enumerate().rev().filter(|(_, shift)| shift.during.contains(at));
        holding.next().map(|(index, shift)| (&*shift.person, By::Calendar(index)))
    }
}
