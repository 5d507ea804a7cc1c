//! Teams: whether a page reaches somebody.

use std::collections::BTreeSet;

use andon_vocabulary::Timestamp;

use super::Check;
use crate::catalog::Catalog;
use crate::reference::Whom;
use crate::scalar::Period;
use crate::suggest;
use crate::team::{Escalation, Rotation, Targets, Team, Turns};

impl Check<'_> {
    pub(super) fn teams(&mut self) {
        for (name, team) in &self.catalog.teams {
            let definition = format!("Team/{name}");
            self.contacts(&definition, team);
            for (rotation, turns) in &team.oncall {
                self.rotation(&definition, team, &format!("/spec/oncall/{rotation}"), turns);
            }
            self.escalation(&definition, name, team);
        }
    }

    fn rotation(&mut self, definition: &str, team: &Team, pointer: &str, rotation: &Rotation) {
        self.turns(definition, team, pointer, &rotation.turns);
        for (at, turns) in rotation.layers.iter().enumerate() {
            let pointer = format!("{pointer}/layers/{at}");
            self.turns(definition, team, &pointer, turns);
            if turns.hours.is_empty() {
                let message = "this layer has no hours, so what it is laid over is never asked".to_owned();
                self.error(definition, &pointer, "conflict", message)
                    .hint("add `hours`, or leave out the others");
            }
        }
        for (called, person) in rotation.ical.iter().flat_map(|calendar| &calendar.names) {
            self.must_be_of_team(definition, team, &format!("{pointer}/ical/names/{called}"), person);
        }
        for (at, one) in rotation.overrides.iter().enumerate() {
            let pointer = format!("{pointer}/overrides/{at}");
            self.must_be_of_team(definition, team, &format!("{pointer}/person"), &one.person);
            let bounds = (one.from.parse::<Timestamp>(), one.until.parse::<Timestamp>());
            if matches!(bounds, (Ok(from), Ok(until)) if until <= from) {
                let message = format!("it ends at {}, and begins after that", &*one.until);
                self.error(definition, &format!("{pointer}/until"), "out-of-order", message);
            }
        }
    }

    fn turns(&mut self, definition: &str, team: &Team, pointer: &str, turns: &Turns) {
        for (at, person) in turns.people.iter().enumerate() {
            self.must_be_of_team(definition, team, &format!("{pointer}/people/{at}"), person);
        }
        let by_weekday = turns.handover.as_ref().is_some_and(|handover| handover.day.is_some());
        if by_weekday && !turns.every.as_secs().is_multiple_of(7 * 86_400) {
            let message = format!("turns of {} do not always begin on the same day of the week", turns.every);
            self.error(definition, &format!("{pointer}/handover/day"), "conflict", message)
                .hint("leave `day` out, or take turns of whole weeks");
        }
    }

    fn must_be_of_team(&mut self, definition: &str, team: &Team, pointer: &str, person: &str) {
        if !team.people.contains_key(person) {
            let hint = suggest::hint(person, team.people.keys().map(String::as_str));
            let message = format!("`{person}` is not among the team's people");
            self.error(definition, pointer, "unknown-reference", message).hint = hint;
        }
    }

    fn escalation(&mut self, definition: &str, name: &str, team: &Team) {
        let is_needed = self.catalog.services.values().any(|service| service.owner.name() == name)
            || self.catalog.instance.default_team.as_ref().is_some_and(|team| team.name() == name);
        let pages = |step: &Escalation| matches!(step, Escalation::Page(_));
        if is_needed && !team.escalation.iter().any(pages) {
            let message = format!("the alerts of team `{name}` reach nobody: its escalation pages no one");
            self.error(definition, "/metadata/name", "reaches-nobody", message)
                .hint("add `escalation: [ { page: 'oncall:ROTATION' } ]`");
        }
        let mut earlier = Period::ZERO;
        for (at, step) in team.escalation.iter().enumerate() {
            let pointer = format!("/spec/escalation/{at}");
            if step.after() < earlier || (at > 0 && step.after() == Period::ZERO) {
                let message = format!("this step comes after {earlier}, not at {}", step.after());
                self.error(definition, &format!("{pointer}/after"), "out-of-order", message)
                    .hint("`after` counts from the first page, so it grows from step to step");
            }
            earlier = earlier.max(step.after());
            match step {
                Escalation::Page(page) => {
                    for whom in page.page.all() {
                        self.must_be_somebody(definition, &format!("{pointer}/page"), name, whom);
                    }
                    self.other_teams(definition, &format!("{pointer}/page"), name, &page.page);
                    if page.page.all().is_empty() {
                        let message = "this step pages nobody".to_owned();
                        self.error(definition, &format!("{pointer}/page"), "reaches-nobody", message);
                    }
                }
                Escalation::Repeat(_) if at == 0 => {
                    let message = "there is nothing to repeat yet".to_owned();
                    self.error(definition, &pointer, "out-of-order", message)
                        .hint("begin with a step that pages");
                }
                Escalation::Repeat(_) if at + 1 < team.escalation.len() => {
                    let message = "`repeat` ends an escalation".to_owned();
                    self.error(definition, &pointer, "out-of-order", message).hint("move it to the end");
                }
                Escalation::Repeat(_) => {}
            }
        }
    }

    /// Another team's own steps follow where it stands alone; a circle of them would have no end.
    fn other_teams(&mut self, definition: &str, pointer: &str, name: &str, targets: &Targets) {
        let others = targets.all().iter().filter_map(|whom| match whom {
            Whom::Team(other) => Some(other.as_str()),
            _ => None,
        });
        for other in others {
            if matches!(targets, Targets::RoundRobin(_)) {
                let message = format!("`team:{other}` is no person that could take a turn");
                self.error(definition, pointer, "conflict", message)
                    .hint("name people or rotations, or give the team a step of its own");
            }
            if leads_to(self.catalog, other, name, &mut BTreeSet::new()) {
                let message = format!("the escalation of `{other}` pages `{name}` again");
                self.error(definition, pointer, "circle", message)
                    .hint("let one of them page people or rotations");
            }
        }
    }
}

/// Whether a team's escalation pages another team, itself or by way of others.
fn leads_to<'a>(catalog: &'a Catalog, from: &'a str, to: &str, seen: &mut BTreeSet<&'a str>) -> bool {
    if from == to {
        return true;
    }
    let Some(team) = catalog.teams.get(from).filter(|_| seen.insert(from)) else { return false };
    let pages = team.escalation.iter().filter_map(|step| match step {
        Escalation::Page(page) => Some(page.page.all()),
        Escalation::Repeat(_) => None,
    });
    let mut others = pages.flatten().filter_map(|whom| match whom {
        Whom::Team(other) => Some(other.as_str()),
        _ => None,
    });
    others.any(|other| leads_to(catalog, other, to, seen))
}
