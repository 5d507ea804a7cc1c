//! A group's time has come: who needs to be told what of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use andon_definitions::alertmanager::{Alertmanager, Integration, Route};
use andon_definitions::{Catalog, Context};
use andon_vocabulary::{AlertId, Event, GroupFlushed, IntentId, NotificationOwed, RespondEvent, Timestamp};

use super::Dispatch;
use super::alert::Member;
use super::group::Group;
use super::log::{Need, News};
use super::outbox::Owing;

/// Looked at in one go: with more the loop would keep others waiting. The rest is due at once.
const GROUPS_MAX: usize = 512;
const ALERTS_MAX: usize = 50_000;
/// How far ahead the end of hours without notifications is looked for.
const LOOKS_AHEAD: Duration = Duration::from_secs(24 * 3600);

pub(super) fn integrations<'a>(catalog: &'a Catalog, receiver: &str) -> &'a [Integration] {
    let receivers = catalog.alertmanager.as_ref().map(|file| &file.receivers);
    receivers.and_then(|receivers| receivers.get(receiver)).map_or(&[], |receiver| &receiver.integrations)
}

pub(super) fn dropped(intent: IntentId, owing: &Owing, why: &str) -> Event {
    let (receiver, integration) = (owing.notify.receiver.clone(), owing.notify.integration);
    RespondEvent::NotificationDropped { intent, receiver, integration, why: why.to_owned() }.into()
}

impl Dispatch {
    pub(super) fn flush(&self, cx: &Context) -> Vec<Event> {
        let Some(alertmanager) = &cx.catalog.alertmanager else { return Vec::new() };
        let mut hours = Hours { alertmanager, now: cx.now, known: BTreeMap::new() };
        let (mut events, mut flushed) = (Vec::new(), Vec::new());
        let mut alerts = 0;
        let mut next_intent = cx.next_intent;
        for (_, no) in self.timers.iter().take_while(|(at, _)| *at <= cx.now).take(GROUPS_MAX) {
            let group = &self.groups[no];
            let Some(route) = alertmanager.route.at(&group.id.route) else { continue };
            if let Some((why, until)) = hours.held(&group.id.route, route) {
                let (group, receiver) = (group.id.clone(), group.receiver.clone());
                events.push(RespondEvent::NotificationHeld { group, receiver, why, until }.into());
                continue;
            }
            let news = self.news(group);
            alerts += news.firing.len() + news.resolved.len();
            flushed.push(self.tell(group, route, &news, &mut next_intent, &mut events, cx));
            if alerts > ALERTS_MAX {
                break;
            }
        }
        if !flushed.is_empty() {
            events.push(RespondEvent::GroupsFlushed { groups: flushed }.into());
        }
        events
    }

    /// What nothing stands before.
    fn news(&self, group: &Group) -> News {
        let mut news = News::default();
        for (_, routed) in self.routed(group.no).filter(|(_, routed)| routed.suppressed.is_empty()) {
            let list = match routed.member.ended_at {
                None => &mut news.firing,
                Some(_) => &mut news.resolved,
            };
            list.push(routed.member.alert);
        }
        news
    }

    /// One after the other, the integrations of the group's receiver.
    fn tell(
        &self,
        group: &Group,
        route: &Route,
        news: &News,
        next_intent: &mut u64,
        events: &mut Vec<Event>,
        cx: &Context,
    ) -> GroupFlushed {
        let mut cleared = Vec::new();
        for (integration, how) in (0..).zip(integrations(cx.catalog, &group.receiver)) {
            let line = group.line(integration);
            let told = line.and_then(|line| line.told.as_ref());
            let owed =
                line.and_then(|line| line.owed).and_then(|intent| Some((intent, self.outbox.get(intent)?)));
            let need = news.need(told, how.send_resolved, *route.repeat_interval, cx.now);
            if need == Need::Forget {
                cleared.push(integration);
            }
            match (need, owed) {
                (Need::Tell(_), Some((_, owing))) if says(owing, news) => continue,
                (Need::Tell(_), Some((intent, owing))) => {
                    events.push(dropped(intent, owing, "a newer one takes its place"));
                }
                (Need::Nothing | Need::Forget, Some((intent, owing))) => {
                    events.push(dropped(intent, owing, "nothing of it is left to tell"));
                }
                (_, None) => {}
            }
            let Need::Tell(reason) = need else { continue };
            let intent = IntentId(*next_intent);
            *next_intent += 1;
            let owed = NotificationOwed {
                intent,
                key: format!("{}/{intent}", cx.catalog.instance.name),
                group: group.id.clone(),
                receiver: group.receiver.clone(),
                integration,
                reason,
                firing: news.firing.clone(),
                resolved: news.resolved.clone(),
            };
            events.push(RespondEvent::NotificationOwed(Box::new(owed)).into());
        }
        GroupFlushed { group: group.id.clone(), cleared }
    }
}

/// Whether what is owed already is what there is to tell now.
fn says(owing: &Owing, news: &News) -> bool {
    let same = |members: &[Arc<Member>], ids: &[AlertId]| members.iter().map(|member| &member.alert).eq(ids);
    same(&owing.firing, &news.firing) && same(&owing.resolved, &news.resolved)
}

/// When routes tell nothing: looked up once for all of a route's groups.
struct Hours<'a> {
    alertmanager: &'a Alertmanager,
    now: Timestamp,
    known: BTreeMap<&'a [u32], Option<(String, Timestamp)>>,
}

impl<'a> Hours<'a> {
    /// Why nothing is told now, and until when at least.
    fn held(&mut self, place: &'a [u32], route: &Route) -> Option<(String, Timestamp)> {
        let known = self.known.entry(place).or_insert_with(|| {
            let why = self.alertmanager.held(route, self.now)?;
            Some((why, ends(self.alertmanager, route, self.now)))
        });
        known.clone()
    }
}

/// Hours begin and end with a minute.
fn ends(alertmanager: &Alertmanager, route: &Route, now: Timestamp) -> Timestamp {
    const MINUTE: i64 = 60_000;
    let limit = now + LOOKS_AHEAD;
    let first = Timestamp::from_ms((now.as_ms().div_euclid(MINUTE) + 1) * MINUTE);
    let mut minutes = std::iter::successors(Some(first), |at| Some(*at + Duration::from_secs(60)));
    let mut minutes = minutes.by_ref().take_while(|at| *at < limit);
    minutes.find(|at| alertmanager.held(route, *at).is_none()).unwrap_or(limit)
}
