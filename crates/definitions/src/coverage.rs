//! Whether somebody is on call at every instant of the year ahead, wherever an escalation counts on it.

use std::collections::BTreeSet;
use std::time::Duration;

use andon_vocabulary::Timestamp;

use crate::catalog::Catalog;
use crate::diagnostic::Diagnostic;
use crate::oncall::zone;
use crate::reference::Whom;
use crate::source::Findings;
use crate::team::{Escalation, Rotation};

const YEAR: Duration = Duration::from_secs(366 * 86_400);
/// A time, in the zone of the rotation.
const SHOWN: &str = "%a %Y-%m-%d %H:%M";

/// A warning for each rotation that an escalation pages and that has nobody for a part of the year from `now` on.
pub fn check_coverage(catalog: &Catalog, now: Timestamp) -> Vec<Diagnostic> {
    let mut findings = Findings { sources: catalog.book.sources.clone(), found: Vec::new() };
    for (team, rotation) in paged(catalog) {
        let Some(turns) = catalog.teams.get(team).and_then(|team| team.oncall.get(rotation)) else {
            continue;
        };
        let gaps = turns.gaps(now, now + YEAR);
        let Some((from, until)) = gaps.first() else { continue };
        let total: Duration = gaps.iter().map(|(from, until)| until.since(*from)).sum();
        let more = match gaps.len() {
            1 => String::new(),
            gaps => format!(", nor in {} more stretches", gaps - 1),
        };
        let message = format!(
            "nobody is on call in `{rotation}` from {} to {}{more}: {}% of the year ahead",
            shown(turns, *from),
            shown(turns, *until),
            (total.as_secs_f64() / YEAR.as_secs_f64() * 100.0).ceil(),
        );
        let Some(entry) = catalog.book.definitions.get(&format!("Team/{team}")) else { continue };
        findings
            .warning("coverage-gap", entry.spot(&format!("/spec/oncall/{rotation}/people")), message)
            .hint("lay other turns over it by `layers`, or give its people `hours` that meet");
    }
    findings.finish()
}

/// The rotations that some escalation pages, with the team that has each.
fn paged(catalog: &Catalog) -> BTreeSet<(&str, &str)> {
    let mut all = BTreeSet::new();
    for (name, team) in &catalog.teams {
        for step in &team.escalation {
            let Escalation::Page(step) = step else { continue };
            all.extend(step.page.iter().filter_map(|whom| match whom {
                Whom::OnCall { team, rotation } => Some((team.as_deref().unwrap_or(name), rotation.as_str())),
                Whom::Person(_) => None,
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
