//! From an alert to the receivers of an `alertmanager.yml`: the nodes of the tree that were looked at, the group that
//! it is in, and what the receiver was told of that group.

use andon_definitions::alertmanager::{Alertmanager, Looked, LookedVerdict, Route};
use andon_respond::dispatch::Group;
use andon_vocabulary::{AlertId, Event, Labels, NotificationOwed, RespondEvent, SuppressedBy};

use super::delivery;
use super::past::Past;
use super::step::{Sign, Stage, Step};

/// Of the nodes that do not match, so many are told of at each node.
const OTHERS_MAX: usize = 5;
/// Of what a receiver was told of a group, the last so many.
const TOLD_MAX: usize = 10;

/// None where no file has routes.
pub(super) fn step(
    past: &Past<'_>,
    id: AlertId,
    labels: &Labels,
    suppressed: &[SuppressedBy],
    fires: bool,
) -> Option<Step> {
    let alertmanager = past.catalog().alertmanager.as_deref()?;
    let walk = Walk { past, alertmanager, id, labels, suppressed, fires };
    let looked = alertmanager.route.search_steps(labels);
    Some(walk.node(&looked, &mut Vec::new()))
}

struct Walk<'a> {
    past: &'a Past<'a>,
    alertmanager: &'a Alertmanager,
    id: AlertId,
    labels: &'a Labels,
    suppressed: &'a [SuppressedBy],
    fires: bool,
}

impl Walk<'_> {
    fn node(&self, looked: &Looked<'_>, place: &mut Vec<u32>) -> Step {
        let route = looked.route;
        let named = if place.is_empty() { "the first route".to_owned() } else { matchers(route) };
        let below = |walk: &Self, place: &mut Vec<u32>| {
            let mut steps = Vec::new();
            let mut others = 0;
            for (at, looked) in (0..).zip(&looked.below) {
                if matches!(looked.verdict, LookedVerdict::Fails(_)) {
                    others += 1;
                    if others > OTHERS_MAX {
                        continue;
                    }
                }
                place.push(at);
                steps.push(walk.node(looked, place));
                place.pop();
            }
            if others > OTHERS_MAX {
                let text = format!("{} more routes do not match", others - OTHERS_MAX);
                steps.push(Step::said(Stage::Route, text));
            }
            steps
        };
        let goes_on = if route.goes_on { "; `continue`: the next is looked at too" } else { "" };
        let step = match looked.verdict {
            LookedVerdict::Fails(failing) => {
                let has = match self.labels.get(failing.name()) {
                    Some(value) => format!("it has {}={value:?}", failing.name()),
                    None => format!("it has no {}", failing.name()),
                };
                Step::stopped(Stage::Route, format!("not {named}: {has}"))
            }
            LookedVerdict::LeadsOn => {
                let below = below(self, place);
                let leads = |sign: Sign| below.iter().any(|step| step.sign == sign);
                let sign = match () {
                    () if leads(Sign::Led) => Sign::Led,
                    () if leads(Sign::Waits) => Sign::Waits,
                    () => Sign::Stopped,
                };
                Step::new(Stage::Route, sign, format!("{named} leads on{goes_on}")).with(below)
            }
            LookedVerdict::EndsHere => {
                let told = self.told(route, place);
                let sign = sign(&told);
                let text = format!("{named} leads to receiver {}{goes_on}", route.receiver);
                Step::new(Stage::Route, sign, text).with(below(self, place)).with(told)
            }
        };
        step.by(Some(&route.origin))
    }

    /// How the receiver of a route stands with this alert.
    fn told(&self, route: &Route, place: &[u32]) -> Vec<Step> {
        let mut steps = Vec::new();
        let receiver = self.alertmanager.receivers.get(&route.receiver);
        if receiver.is_none_or(|receiver| receiver.integrations.is_empty()) {
            let text = format!("{} has nothing to send through: nobody hears of it", route.receiver);
            steps.push(Step::stopped(Stage::Group, text).by(receiver.map(|receiver| &receiver.origin)));
            return steps;
        }
        let labels = route.group_labels(self.labels);
        let dispatch = &self.past.state.respond.dispatch;
        let group = dispatch.groups_of(self.id).find(|group| *group.id.route == *place);
        if let Some(group) = group {
            let (all, quiet) = dispatch
                .members(group)
                .fold((0, 0), |(all, quiet), (_, by)| (all + 1, quiet + usize::from(!by.is_empty())));
            let quiet = if quiet > 0 { format!("; {quiet} suppressed") } else { String::new() };
            let others = match all - 1 {
                0 => "alone".to_owned(),
                1 => "with another alert".to_owned(),
                others => format!("with {others} other alerts"),
            };
            let text = format!("grouped as {labels}, {others}{quiet}");
            steps.push(Step::said(Stage::Group, text).by(Some(&route.origin)));
        } else {
            steps.push(Step::said(Stage::Group, format!("grouped as {labels}")).by(Some(&route.origin)));
        }
        steps.extend(self.notifications(place, &labels));
        if !self.suppressed.is_empty() {
            let text = format!("{} is told nothing of it while it is suppressed", route.receiver);
            steps.push(Step::stopped(Stage::Group, text));
        } else if let Some(group) = group {
            steps.extend(self.next(route, group));
        } else if self.fires {
            let text = format!("{} is not told of it: it is in none of its groups", route.receiver);
            steps.push(Step::stopped(Stage::Group, text));
        }
        steps
    }

    /// What was decided to tell of this alert, and when its hours forbade it.
    fn notifications(&self, place: &[u32], labels: &Labels) -> Vec<Step> {
        let is_it = |owed: &NotificationOwed| {
            *owed.group.route == *place
                && owed.group.labels == *labels
                && (owed.firing.contains(&self.id) || owed.resolved.contains(&self.id))
        };
        let mut steps: Vec<Step> = Vec::new();
        for fact in self.past.facts() {
            match fact.event {
                Event::Respond(RespondEvent::NotificationOwed(owed)) if is_it(owed) => {
                    steps.push(delivery::notification(self.past, &fact, owed));
                }
                Event::Respond(RespondEvent::NotificationHeld { group, .. })
                    if *group.route == *place && group.labels == *labels =>
                {
                    steps.push(Step::quoting(Stage::Group, Sign::Stopped, &fact));
                }
                _ => {}
            }
        }
        let skipped = steps.len().saturating_sub(TOLD_MAX);
        steps.drain(..skipped);
        steps
    }

    /// What comes next, and why not now.
    fn next(&self, route: &Route, group: &Group) -> Option<Step> {
        let told = group.lines.iter().filter_map(|line| line.told.as_ref());
        let knows = told.filter(|told| told.firing.contains(&self.id)).map(|told| told.at).max();
        let owes = group.lines.iter().any(|line| line.owed.is_some());
        if owes {
            return None;
        }
        let receiver = &route.receiver;
        let step = match (knows, group.flushed_at, group.held_until, group.due()) {
            (_, _, Some(until), _) => {
                Step::stopped(Stage::Group, format!("{receiver} is told nothing at these hours"))
                    .at(until)
                    .by(Some(&route.origin))
            }
            (None, None, _, Some(due)) => {
                let text = format!("{receiver} is told first after the group_wait of {}", route.group_wait);
                Step::waits(Stage::Group, text).at(due)
            }
            (None, Some(_), _, Some(due)) => {
                let text = format!(
                    "{receiver} is told of what is new every group_interval of {}",
                    route.group_interval
                );
                Step::waits(Stage::Group, text).at(due)
            }
            (Some(told), _, _, due) => {
                let again = match due {
                    Some(due) => format!("the group is looked at again at {}", due.second()),
                    None => "nothing of it is due".to_owned(),
                };
                let text = format!(
                    "{receiver} knows since {}, and is told again after the repeat_interval of {}: {again}",
                    told.second(),
                    route.repeat_interval
                );
                Step::said(Stage::Group, text)
            }
            (None, _, None, None) => return None,
        };
        Some(step.by(Some(&route.origin)))
    }
}

fn matchers(route: &Route) -> String {
    let matchers: Vec<String> = route.matchers.iter().map(ToString::to_string).collect();
    format!("the route {{{}}}", matchers.join(", "))
}

/// A route led to somebody where a notification was taken; else what its last step says.
fn sign(told: &[Step]) -> Sign {
    let of = |stage: Stage, sign: Sign| told.iter().any(|step| step.stage == stage && step.sign == sign);
    match () {
        () if of(Stage::Notification, Sign::Led) => Sign::Led,
        () if told.iter().any(|step| step.sign == Sign::Waits) => Sign::Waits,
        () if told.iter().any(|step| step.sign == Sign::Stopped) => Sign::Stopped,
        () => Sign::Said,
    }
}
