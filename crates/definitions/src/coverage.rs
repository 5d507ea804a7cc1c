//! Whether somebody is on call at every instant of the year ahead, wherever an escalation counts on it.

use std::collections::BTreeSet;
use std::time::Duration;

use andon_vocabulary::{Stretch, Timestamp};

use crate::catalog::Catalog;
use crate::diagnostic::Diagnostic;
use crate::oncall::{Act, Schedule, policy, zone};
use crate::reference::Whom;
use crate::source::Findings;
use crate::team::{Escalation, Rotation, Team};

const YEAR: Duration = Duration::from_secs(366 * 86_400);
/// A time, in the zone of the rotation.
const SHOWN: &str = "%a %Y-%m-%d %H:%M";

/// After a clock has changed others follow within this time: hours in two zones drift apart only then.
const DRIFT: Duration = Duration::from_secs(35 * 86_400);

/// A warning for each rotation that an escalation pages and that has nobody for a part of the year from `now` on, and
/// for each escalation that a single person is all of.
pub fn check_coverage(catalog: &Catalog, now: Timestamp) -> Vec<Diagnostic> {
    let mut findings = Findings { sources: catalog.book.sources.clone(), found: Vec::new() };
    for (team, rotation) in paged(catalog) {
        let Some(turns) = catalog.teams.get(team).and_then(|team| team.oncall.get(rotation)) else {
            continue;
        };
        let gaps = Schedule::of_files(turns).gaps(now, now + YEAR);
        let Some(first) = gaps.first() else { continue };
        let total: Duration = gaps.iter().map(|gap| gap.until.since(gap.from)).sum();
        let more = match gaps.len() {
            1 => String::new(),
            gaps => format!(", nor in {} more stretches", gaps - 1),
        };
        let message = format!(
            "nobody is on call in `{rotation}` from {} to {}{more}: {}% of the year ahead",
            shown(turns, first.from),
            shown(turns, first.until),
            (total.as_secs_f64() / YEAR.as_secs_f64() * 100.0).ceil(),
        );
        let Some(entry) = catalog.book.definitions.get(&format!("Team/{team}")) else { continue };
        let spot = entry.spot(&format!("/spec/oncall/{rotation}/people"));
        if after_clocks_change(turns, &gaps, now) {
            findings
                .warning("clock-change-gap", spot, format!("{message}, and only where clocks have changed"))
                .hint("clocks of other zones change on other days: let `hours` overlap by an hour, or keep them in one zone");
        } else {
            findings
                .warning("coverage-gap", spot, message)
                .hint("lay other turns over it by `layers`, or give its people `hours` that meet");
        }
    }
    single_people(catalog, &mut findings);
    findings.finish()
}

/// Whether each gap follows a change of a clock that the rotation goes by, and the rest of the year has none.
fn after_clocks_change(rotation: &Rotation, gaps: &[Stretch], now: Timestamp) -> bool {
    let layers = || [&rotation.turns].into_iter().chain(&rotation.layers);
    let hours = layers().flat_map(|turns| turns.hours.iter().map(|hours| &*hours.timezone));
    let handovers = layers().filter_map(|turns| turns.handover.as_ref().map(|it| &*it.timezone));
    let zones: BTreeSet<&str> = hours.chain(handovers).collect();
    let until = (now + YEAR).to_jiff();
    let changes: Vec<Timestamp> = zones
        .into_iter()
        .filter_map(zone)
        .flat_map(|zone| {
            let all = zone.following((now - DRIFT).to_jiff()).map(|change| change.timestamp());
            all.take_while(|at| *at < until).map(Timestamp::from_jiff).collect::<Vec<_>>()
        })
        .collect();
    let day = Duration::from_secs(86_400);
    let follows = |gap: &Stretch| {
        changes.iter().any(|change| gap.until + day > *change && gap.until <= *change + DRIFT)
    };
    let lasting = gaps.iter().any(|gap| gap.until.since(gap.from) > day);
    !changes.is_empty() && !lasting && gaps.iter().all(follows)
}

/// A team whose alerts are one person's alone, though it has others: nobody answers when they cannot. A team of one
/// knows what it is.
fn single_people(catalog: &Catalog, findings: &mut Findings) {
    for (name, team) in &catalog.teams {
        let owns = catalog.services.values().any(|service| service.owner.name() == name)
            || catalog.instance.default_team.as_ref().is_some_and(|default| default.name() == name);
        let people = reached(catalog, team);
        let Some(entry) = catalog.book.definitions.get(&format!("Team/{name}")) else { continue };
        let has_others = team.people.len() > 1;
        if let (true, [only]) = (owns && has_others, &people.iter().collect::<Vec<_>>()[..]) {
            let message = format!("every step of the escalation pages `{only}`, and nobody else");
            findings.warning("single-person", entry.spot("/spec/escalation"), message).hint(
                "add a step that pages somebody else: who sleeps through one page may sleep through the next",
            );
        }
    }
}

/// Everybody whom a team's policy can page.
fn reached<'a>(catalog: &'a Catalog, team: &'a Team) -> BTreeSet<&'a str> {
    let mut people = BTreeSet::new();
    for step in policy(team, catalog) {
        let Act::Page(page) = step.act else { continue };
        for whom in page.page.all() {
            match whom {
                Whom::Person(person) => drop(people.insert(person.as_str())),
                Whom::OnCall { team, rotation } => {
                    let team = team.as_ref().and_then(|name| catalog.teams.get(name)).unwrap_or(step.team);
                    let Some(rotation) = team.oncall.get(rotation) else { continue };
                    let turns = [&rotation.turns].into_iter().chain(&rotation.layers);
                    people.extend(turns.flat_map(|turns| turns.people.iter().map(String::as_str)));
                }
                // Beside others in one step: whom it pages is that team's.
                Whom::Team(other) => {
                    let other = catalog.teams.get(other).into_iter();
                    people.extend(other.flat_map(|team| team.people.keys().map(String::as_str)));
                }
            }
        }
    }
    people
}

/// The rotations that some escalation pages, with the team that has each.
fn paged(catalog: &Catalog) -> BTreeSet<(&str, &str)> {
    let mut all = BTreeSet::new();
    for (name, team) in &catalog.teams {
        for step in &team.escalation {
            let Escalation::Page(step) = step else { continue };
            all.extend(step.page.all().iter().filter_map(|whom| match whom {
                Whom::OnCall { team, rotation } => Some((team.as_deref().unwrap_or(name), rotation.as_str())),
                // Another team's steps are that team's own.
                Whom::Person(_) | Whom::Team(_) => None,
            }));
        }
    }
    all
}

fn shown(rotation: &Rotation, at: Timestamp) -> String {
    let hours = rotation.turns.hours.first().map(|hours| &hours.timezone);
    let name = hours.or_else(|| rotation.turns.handover.as_ref().map(|handover| &handover.timezone));
    let zone = name.and_then(|name| zone(name)).unwrap_or(jiff::tz::TimeZone::UTC);
    let local = zone.to_datetime(at.to_jiff()).strftime(SHOWN).to_string();
    match name {
        Some(name) => format!("{local} ({})", &**name),
        None => format!("{local} (UTC)"),
    }
}
