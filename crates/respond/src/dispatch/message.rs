//! What a notification says, put together when it leaves: it may be of thousands of alerts.

use std::sync::Arc;

use andon_definitions::alertmanager::{Route, order};
use andon_definitions::{Catalog, Notification, NotifiedAlert, Reason};
use andon_vocabulary::{GroupId, IntentId, NotificationReason};

use super::alert::Member;
use super::{Dispatch, flush};

impl Dispatch {
    /// What is owed under this intent, and the name that receivers know its group by. None: it is owed no longer.
    pub fn message(&self, intent: IntentId, catalog: &Catalog) -> Option<(Notification, String)> {
        let owing = self.outbox.get(intent)?;
        let group = self.groups.get(&owing.no)?;
        let at = usize::try_from(owing.notify.integration).ok()?;
        let send_resolved = flush::integrations(catalog, &group.receiver).get(at)?.send_resolved;
        let resolved = owing.resolved.iter().filter(|_| send_resolved);
        let mut members: Vec<&Member> = owing.firing.iter().chain(resolved).map(|member| &**member).collect();
        members.sort_by(|a, b| order::of_alerts(&a.labels, &b.labels));
        let alerts = members.into_iter().map(|member| Arc::new(said(member))).collect();
        let (labels, url) = (&group.id.labels, &catalog.outside.url);
        let notification = Notification::new(&group.receiver, labels, reason(owing.reason), url, alerts);
        Some((notification, key(&group.id, &catalog.alertmanager.as_ref()?.route)?))
    }
}

fn said(member: &Member) -> NotifiedAlert {
    NotifiedAlert {
        ended_at: member.ended_at,
        generator_url: member.generator.to_string(),
        ..NotifiedAlert::new(&member.labels, &member.annotations, member.starts_at)
    }
}

fn reason(reason: NotificationReason) -> Reason {
    match reason {
        NotificationReason::First => Reason::First,
        NotificationReason::NewAlerts => Reason::NewAlerts,
        NotificationReason::SomeResolved => Reason::SomeResolved,
        NotificationReason::AllResolved => Reason::AllResolved,
        NotificationReason::Repeated => Reason::Repeated,
    }
}

/// As Alertmanager names groups, so that what it told a receiver of and what Andon does are one thing there: the
/// matchers from the first route down, and the group's labels.
pub(super) fn key(group: &GroupId, root: &Route) -> Option<String> {
    let mut text = matchers(root);
    let mut route = root;
    for place in group.route.iter() {
        route = route.at(std::slice::from_ref(place))?;
        text = text + "/" + &matchers(route);
    }
    let labels: Vec<String> = group.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    Some(format!("{text}:{{{}}}", labels.join(", ")))
}

fn matchers(route: &Route) -> String {
    let matchers: Vec<String> = route.matchers.iter().map(ToString::to_string).collect();
    format!("{{{}}}", matchers.join(","))
}
