//! How on call is shared: time, pages, nights and weekends of each person; and what would even it out.
//!
//! A proposal is only shown, with its working. Nobody's shift ever moves by itself.

use std::time::Duration;

use andon_definitions::oncall::{Duty, is_night, is_weekend};
use andon_definitions::{Catalog, Schedule, Team};
use andon_vocabulary::{Stretch, Timestamp};

/// What was paged within this time says how the load is.
pub const WINDOW: Duration = Duration::from_secs(28 * 86_400);
/// Shifts that could be swapped are looked for so far ahead.
const AHEAD: Duration = Duration::from_secs(56 * 86_400);
/// A load below this is no load, however it is shared.
const WEIGHT_LEAST: u32 = 6;

/// One rotation's load, the heaviest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    pub team: String,
    pub rotation: String,
    pub people: Vec<Borne>,
    pub proposal: Option<Proposal>,
}

/// What one person bore of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Borne {
    pub person: String,
    pub shifts: u32,
    pub on_call: Duration,
    pub pages: u32,
    pub at_night: u32,
    pub at_weekends: u32,
}

/// Who could take what of whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub by: String,
    pub to: String,
    pub gives: Stretch,
    pub takes: Option<Stretch>,
    /// The working, in words.
    pub why: String,
}

impl Borne {
    /// A page counts once, one at a weekend twice, one at night three times.
    pub fn weight(&self) -> u32 {
        self.pages + self.at_weekends + 2 * self.at_night
    }
}

/// The load of every rotation in the time up to `now`.
pub fn loads(duty: &Duty, catalog: &Catalog, now: Timestamp) -> Vec<Load> {
    let rotations = catalog.teams.values().flat_map(|team| team.oncall.keys().map(move |name| (team, name)));
    rotations.filter_map(|(team, rotation)| load(duty, team, rotation, now)).collect()
}

pub fn load(duty: &Duty, team: &Team, rotation: &str, now: Timestamp) -> Option<Load> {
    let schedule = duty.schedule(team, rotation)?;
    let mut people = vec![];
    for person in everybody(team, rotation) {
        people.push(Borne {
            person: person.to_owned(),
            shifts: 0,
            on_call: Duration::ZERO,
            pages: 0,
            at_night: 0,
            at_weekends: 0,
        });
    }
    for shift in schedule.shifts(now - WINDOW, now) {
        if let Some(borne) = people.iter_mut().find(|one| one.person == shift.person) {
            borne.shifts += 1;
            borne.on_call += shift.until.since(shift.from);
        }
    }
    for page in duty.pages.iter().rev().take_while(|page| page.at + WINDOW > now) {
        // Who was paged while another had the rotation was paged by another step.
        if schedule.person(page.at) != Some(&*page.person) {
            continue;
        }
        let Some(zone) = team.people.get(&*page.person).map(|person| &person.timezone) else { continue };
        if let Some(borne) = people.iter_mut().find(|one| *one.person == *page.person) {
            borne.pages += 1;
            borne.at_night += u32::from(is_night(zone, page.at));
            borne.at_weekends += u32::from(is_weekend(zone, page.at));
        }
    }
    people.sort_by(|a, b| b.weight().cmp(&a.weight()).then_with(|| a.person.cmp(&b.person)));
    let proposal = proposal(&schedule, &people, now);
    Some(Load { team: team.name.clone(), rotation: rotation.to_owned(), people, proposal })
}

/// Everybody whom the rotation names, once each.
fn everybody<'a>(team: &'a Team, rotation: &str) -> Vec<&'a str> {
    let rotation = team.oncall.get(rotation);
    let turns = rotation.into_iter().flat_map(|it| [&it.turns].into_iter().chain(&it.layers));
    let mut people: Vec<&str> = turns.flat_map(|turns| turns.people.iter().map(String::as_str)).collect();
    people.sort_unstable();
    people.dedup();
    people
}

/// Where one bears at least twice what the others do in the mean: their next shift for a later one of whoever bears
/// the least.
fn proposal(schedule: &Schedule, people: &[Borne], now: Timestamp) -> Option<Proposal> {
    let (heaviest, others) = people.split_first()?;
    let lightest = others.last()?;
    let rest: u32 = others.iter().map(Borne::weight).sum();
    let count = u32::try_from(others.len()).ok()?;
    if heaviest.weight() < WEIGHT_LEAST || heaviest.weight() * count < 2 * rest {
        return None;
    }
    let shifts: Vec<_> =
        schedule.shifts(now, now + AHEAD).into_iter().filter(|shift| shift.from > now).collect();
    let gives = shifts.iter().find(|shift| shift.person == heaviest.person)?;
    let takes = shifts.iter().find(|shift| shift.person == lightest.person && shift.from >= gives.until);
    let during = |shift: &andon_definitions::Shift| Stretch { from: shift.from, until: shift.until };
    let why = format!(
        "in four weeks {} had {} and {} had {}; a page counts 1, at a weekend 2, at night 3: {} against {}, and {:.1} \
         in the mean of the others",
        heaviest.person,
        words(heaviest),
        lightest.person,
        words(lightest),
        heaviest.weight(),
        lightest.weight(),
        f64::from(rest) / f64::from(count),
    );
    Some(Proposal {
        by: heaviest.person.clone(),
        to: lightest.person.clone(),
        gives: during(gives),
        takes: takes.map(during),
        why,
    })
}

fn words(borne: &Borne) -> String {
    let pages = if borne.pages == 1 { "1 page".to_owned() } else { format!("{} pages", borne.pages) };
    format!("{pages}, {} at night and {} at weekends", borne.at_night, borne.at_weekends)
}
