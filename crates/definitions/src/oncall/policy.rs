//! A team's escalation as it is carried out: where a step pages another team, that team's own steps follow from then.

use std::time::Duration;

use crate::catalog::Catalog;
use crate::reference::Whom;
use crate::team::{Escalation, PageStep, Team};

/// More than any policy that people could follow.
const STEPS_MAX: usize = 200;

/// One step, with the team whose people it means.
#[derive(Clone, Copy, Debug)]
pub struct Planned<'a> {
    pub after: Duration,
    pub team: &'a Team,
    /// Which of that team's steps it is, as the file counts them.
    pub index: usize,
    pub act: Act<'a>,
}

#[derive(Clone, Copy, Debug)]
pub enum Act<'a> {
    Page(&'a PageStep),
    /// Begin again, this many times.
    Repeat(u32),
}

/// The steps in order of their times. A policy that pages no other team is its steps as they are written.
pub fn policy<'a>(team: &'a Team, catalog: &'a Catalog) -> Vec<Planned<'a>> {
    let mut steps = Vec::new();
    let mut repeat = None;
    for (index, step) in team.escalation.iter().enumerate() {
        match step {
            Escalation::Page(page) => {
                let (after, act) = (*page.after, Act::Page(page));
                place(&Planned { after, team, index, act }, catalog, &mut vec![&team.name], &mut steps);
            }
            Escalation::Repeat(again) => {
                repeat = Some(Planned { after: *again.after, team, index, act: Act::Repeat(again.repeat) });
            }
        }
    }
    // A stable sort: what is due at one time is taken in the order of the files.
    steps.sort_by_key(|step| step.after);
    let last = steps.last().map(|step| step.after).unwrap_or_default();
    // The other team's steps are taken before all begins again.
    steps.extend(repeat.map(|step| Planned { after: step.after.max(last), ..step }));
    steps
}

/// `asked`: the teams on the way here; one that comes again is a circle, which the loader refuses.
fn place<'a>(
    step: &Planned<'a>,
    catalog: &'a Catalog,
    asked: &mut Vec<&'a str>,
    steps: &mut Vec<Planned<'a>>,
) {
    let Act::Page(page) = step.act else { return };
    let other = match page.page.all() {
        [Whom::Team(name)] => catalog.teams.get(name),
        _ => None,
    };
    let Some(other) = other.filter(|other| !asked.contains(&other.name.as_str())) else {
        if steps.len() < STEPS_MAX {
            steps.push(*step);
        }
        return;
    };
    asked.push(&other.name);
    for (index, one) in other.escalation.iter().enumerate() {
        if let Escalation::Page(page) = one {
            let after = step.after + *page.after;
            place(&Planned { after, team: other, index, act: Act::Page(page) }, catalog, asked, steps);
        }
    }
    asked.pop();
}
