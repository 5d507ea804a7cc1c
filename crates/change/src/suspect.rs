//! Which changes an incident is suspected to come from: those of its service, and of what that depends on, within an
//! hour before it began.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use andon_definitions::{Catalog, Context};
use andon_vocabulary::{ChangeEvent, Event, IncidentId, RespondEvent, SuspectReason, Timestamp, What};

use crate::state::Incident;
use crate::{Change, Phase, State};

const LOOK_BACK: Duration = Duration::from_secs(60 * 60);
/// The most recent ones; a longer list helps nobody.
const SUSPECTS_MAX: usize = 5;

impl State {
    pub(crate) fn suspects(&self, event: &Event, cx: &Context) -> Vec<ChangeEvent> {
        let Some((incident, begun)) = self.beginning(event, cx.now) else {
            return Vec::new();
        };
        let Some(known) = self.incidents.get(&incident) else {
            return Vec::new();
        };
        let services = with_dependencies(&known.service, cx.catalog);
        let mut changes: Vec<_> = self
            .changes
            .iter()
            .filter(|&(id, change)| {
                services.contains(change.what.service().as_ref())
                    && change.at <= begun
                    && begun.since(change.at) <= LOOK_BACK
                    && !known.suspected.contains(id)
                    && could_disturb(change, known)
            })
            .collect();
        changes.sort_by_key(|(id, change)| std::cmp::Reverse((change.at, **id)));
        changes
            .into_iter()
            .take(SUSPECTS_MAX)
            .map(|(id, change)| ChangeEvent::ChangeSuspected {
                incident,
                change: *id,
                what: change.what.clone(),
                at: change.at,
                why: why(change, known, begun.since(change.at)),
            })
            .collect()
    }

    /// The incident that an event begins, and since when its condition holds: what changed later did not cause it.
    fn beginning(&self, event: &Event, now: Timestamp) -> Option<(IncidentId, Timestamp)> {
        let Event::Respond(event) = event else {
            return None;
        };
        match event {
            // One that an alert opens is joined by that alert at once.
            RespondEvent::IncidentOpened { incident, declared_by: Some(_), .. } => Some((*incident, now)),
            RespondEvent::AlertJoined { incident, alert, .. }
                if self.incidents.get(incident).is_some_and(|known| known.first == Some(*alert)) =>
            {
                Some((*incident, self.alerts.get(alert).copied().unwrap_or(now)))
            }
            RespondEvent::IncidentReopened { incident, alert } => {
                Some((*incident, self.alerts.get(alert).copied().unwrap_or(now)))
            }
            _ => None,
        }
    }
}

/// A roll-back after the incident had opened answered it, a fault switched off ended something, and what certainly
/// did not happen did nothing.
fn could_disturb(change: &Change, incident: &Incident) -> bool {
    match (&change.what, &change.phase) {
        (_, Phase::Failed { .. }) => false,
        (What::RollBack { .. }, _) => change.at < incident.opened,
        (What::Fault { on, .. }, _) => *on,
        (What::Deploy { .. }, _) => true,
    }
}

fn why(change: &Change, incident: &Incident, before: Duration) -> SuspectReason {
    let service = change.what.service();
    if *service == incident.service {
        SuspectReason::SameService { before }
    } else {
        SuspectReason::Dependency { service: service.clone(), before }
    }
}

/// The service and, through every step, what it depends on. Definitions have no cycle, but nothing rests on that.
fn with_dependencies<'a>(service: &'a str, catalog: &'a Catalog) -> BTreeSet<&'a str> {
    let depends_on: BTreeMap<&str, _> =
        catalog.services.iter().map(|(name, service)| (name.as_str(), &service.depends_on)).collect();
    let mut found = BTreeSet::new();
    let mut open = vec![service];
    while let Some(service) = open.pop() {
        if found.insert(service) {
            open.extend(depends_on.get(service).into_iter().flat_map(|list| list.iter().map(|on| on.name())));
        }
    }
    found
}
