//! Nobody is paged twice in one moment for the same incident, but where one page goes on from another over the next
//! channel, or two steps that are due together say to use two of somebody's channels.

use std::collections::BTreeMap;
use std::time::Duration;

use andon_definitions::oncall::policy;
use andon_vocabulary::{Delivery, Event, IncidentId, Name, NoticeKind, PageReason, RespondEvent, Timestamp};

use super::course::{Happened, course};
use crate::play::Play;

/// A page, and when its step is due.
struct Paged {
    delivery: Delivery,
    why: PageReason,
    due: Option<(Duration, u32)>,
}

pub fn check(play: &Play) -> Vec<String> {
    let mut violations = Vec::new();
    let mut paged: BTreeMap<(IncidentId, Name), (Timestamp, Vec<Paged>)> = BTreeMap::new();
    for (now, happened) in course(play) {
        let Happened::Record(record) = happened else { continue };
        let mut taken = BTreeMap::new();
        for event in record.events {
            match event {
                Event::Respond(RespondEvent::Escalated { incident, team, step, round, .. }) => {
                    let team = play.state.catalog().teams.get(&*team);
                    let steps = team.map(|team| policy(team, play.state.catalog())).unwrap_or_default();
                    taken.insert(incident, steps.get(step as usize).map(|step| (step.after, round)));
                }
                Event::Respond(RespondEvent::NoticeOwed { delivery, why, .. })
                    if is_of_alerts(&delivery, &why) =>
                {
                    let Some(incident) = delivery.incident else { continue };
                    let at_once =
                        paged.entry((incident, delivery.person.clone())).or_insert((now, Vec::new()));
                    if at_once.0 != now {
                        *at_once = (now, Vec::new());
                    }
                    let page = Paged { delivery, why, due: taken.get(&incident).copied().flatten() };
                    if let Some(other) = at_once.1.iter().find(|other| !are_meant_both(other, &page)) {
                        violations.push(format!(
                            "{now}: {} is paged twice at once for {incident}, because {} and because {}",
                            page.delivery.person, other.why, page.why
                        ));
                    }
                    at_once.1.push(page);
                }
                _ => {}
            }
        }
    }
    violations
}

/// A page of what fires, and the first of it: what a runbook needs is another matter.
fn is_of_alerts(delivery: &Delivery, why: &PageReason) -> bool {
    delivery.kind == NoticeKind::Page
        && delivery.run.is_none()
        && !matches!(
            why,
            PageReason::ChannelFailed { .. } | PageReason::RunRefused | PageReason::ApprovalExpired
        )
}

/// Over two channels, at the same time of the same round.
fn are_meant_both(one: &Paged, other: &Paged) -> bool {
    let through = |page: &Paged| (page.delivery.channel.clone(), page.delivery.to.clone());
    through(one) != through(other) && one.due.is_some() && one.due == other.due
}
