//! What each event makes of the alerts, their groups, and what is owed.

use std::sync::Arc;

use andon_definitions::Catalog;
use andon_definitions::alertmanager::Route;
use andon_vocabulary::{
    AlertFired, AlertId, Event, GroupFlushed, GroupId, InstanceEvent, IntentId, MonitorEvent,
    NotificationNext, NotificationOwed, RespondEvent, SuppressedBy, Timestamp,
};

use super::alert::Routed;
use super::group::GroupNo;
use super::{Dispatch, Group, Line, Member, Standing, Told};

impl Dispatch {
    pub(crate) fn apply(&mut self, event: &Event, at: Timestamp, catalog: &Catalog) {
        match event {
            Event::Monitor(event) => self.monitored(event, at, catalog),
            Event::Respond(event) => self.responded(event, at, catalog),
            Event::Instance(InstanceEvent::CatalogChanged { .. }) => self.rerouted(at, catalog),
            _ => {}
        }
    }

    fn monitored(&mut self, event: &MonitorEvent, at: Timestamp, catalog: &Catalog) {
        match event {
            MonitorEvent::AlertFired(fired) => self.fired(fired, at, catalog),
            MonitorEvent::AlertChanged { alert, annotations, received } => {
                self.with(*alert, |routed| {
                    routed.member = Arc::new(routed.member.changed(annotations, received));
                });
            }
            MonitorEvent::AlertLost { alert, .. } => self.with(*alert, |routed| routed.is_lost = true),
            MonitorEvent::AlertFound { alert, .. } => self.with(*alert, |routed| routed.is_lost = false),
            MonitorEvent::AlertResolved { alert, .. } => {
                self.ended(*alert, at, catalog);
                self.lifted(SuppressedBy::Alert(*alert), at, catalog);
                self.lifted(SuppressedBy::Cause(*alert), at, catalog);
            }
            MonitorEvent::AlertsSuppressed { by, alerts } => alerts.iter().for_each(|alert| {
                self.with(*alert, |routed| {
                    if !routed.suppressed.contains(by) {
                        routed.suppressed.push(*by);
                    }
                });
            }),
            MonitorEvent::AlertsReleased { by, alerts } => {
                alerts.iter().for_each(|alert| self.released(*alert, *by, at, catalog));
            }
            MonitorEvent::SilenceEnded { silence, .. } => {
                self.lifted(SuppressedBy::Silence(*silence), at, catalog);
            }
            _ => {}
        }
    }

    fn fired(&mut self, fired: &AlertFired, at: Timestamp, catalog: &Catalog) {
        let id = fired.alert;
        self.no_longer_ended(id);
        let routed = Routed {
            member: Arc::new(Member::fired(fired, at)),
            suppressed: fired.suppressed.clone(),
            // Most are in one.
            groups: Vec::with_capacity(1),
            is_lost: false,
        };
        self.alerts.insert(id, Arc::new(routed));
        let Some(alertmanager) = &catalog.alertmanager else { return };
        for (place, route) in alertmanager.route.matching_at(&fired.labels) {
            self.joins(id, &place, route, at);
        }
        self.changed(id, at, catalog);
    }

    /// The alert comes into the group that this route makes of it.
    pub(super) fn joins(&mut self, id: AlertId, place: &[u32], route: &Route, at: Timestamp) {
        let member = &self.alerts[&id].member;
        let group = GroupId { route: place.into(), labels: route.group_labels(&member.labels) };
        // One that began long ago has waited long enough.
        let waits_until = member.starts_at + *route.group_wait;
        let no = self.numbers.get(&group).copied().unwrap_or_else(|| self.open(group, route, at));
        if waits_until < at {
            self.with_group(no, |group| group.first = group.first.min(at));
        }
        self.members.insert((no, id), Standing::Stays);
        self.with(id, |routed| routed.groups.push(no));
    }

    fn open(&mut self, id: GroupId, route: &Route, at: Timestamp) -> GroupNo {
        self.last += 1;
        let group = Group {
            no: self.last,
            id: id.clone(),
            receiver: route.receiver.as_str().into(),
            first: at + *route.group_wait,
            flushed_at: None,
            changed_at: None,
            held_until: None,
            lines: Vec::new(),
            due: None,
        };
        self.numbers.insert(id, self.last);
        self.groups.insert(self.last, Arc::new(group));
        self.last
    }

    fn ended(&mut self, id: AlertId, at: Timestamp, catalog: &Catalog) {
        let Some(routed) = self.alerts.get(&id).cloned() else { return };
        if routed.groups.is_empty() {
            self.alerts.remove(&id);
            return;
        }
        for by in &routed.suppressed {
            self.ended.entry(*by).or_default().insert(id);
        }
        self.with(id, |routed| Arc::make_mut(&mut routed.member).ended_at = Some(at));
        self.changed(id, at, catalog);
    }

    fn no_longer_ended(&mut self, id: AlertId) {
        let Some(routed) = self.alerts.get(&id) else { return };
        for by in &routed.suppressed {
            if let Some(ended) = self.ended.get_mut(by) {
                ended.remove(&id);
                if ended.is_empty() {
                    self.ended.remove(by);
                }
            }
        }
    }

    /// A person closed the incident of alerts that nobody could see any more: they are not waited for.
    pub(crate) fn given_up(&mut self, alerts: &[AlertId], at: Timestamp, catalog: &Catalog) {
        for id in alerts {
            if self.alerts.get(id).is_some_and(|routed| routed.is_lost && routed.member.ended_at.is_none()) {
                self.ended(*id, at, catalog);
            }
        }
    }

    /// What suppressed alerts is over; those that fire are named by an event of their own.
    fn lifted(&mut self, by: SuppressedBy, at: Timestamp, catalog: &Catalog) {
        for id in self.ended.remove(&by).unwrap_or_default() {
            self.released(id, by, at, catalog);
        }
    }

    fn released(&mut self, id: AlertId, by: SuppressedBy, at: Timestamp, catalog: &Catalog) {
        self.with(id, |routed| routed.suppressed.retain(|other| *other != by));
        if self.alerts.get(&id).is_some_and(|routed| routed.suppressed.is_empty()) {
            self.changed(id, at, catalog);
        }
    }

    fn responded(&mut self, event: &RespondEvent, at: Timestamp, catalog: &Catalog) {
        match event {
            RespondEvent::GroupsFlushed { groups } => {
                groups.iter().for_each(|flushed| self.flushed(flushed, at, catalog));
            }
            RespondEvent::NotificationHeld { group, until, .. } => self.held(group, *until, catalog),
            RespondEvent::NotificationOwed(owed) => self.owes(owed, at),
            // What would have been told counts as told: the next decision is the one that would have followed.
            RespondEvent::NotificationSent { intent, .. }
            | RespondEvent::NotificationWithheld { intent, .. } => self.sent(*intent, at, catalog),
            RespondEvent::NotificationFailed { intent, error, next, .. } => {
                self.failed(*intent, error, next, at, catalog);
            }
            RespondEvent::NotificationDropped { intent, .. } => {
                let Some(owing) = self.outbox.take(*intent) else { return };
                self.with_group(owing.no, |group| {
                    let line = group.line_mut(owing.notify.integration);
                    line.owed = line.owed.filter(|owed| owed != intent);
                });
                self.reschedule(owing.no, catalog);
            }
            _ => {}
        }
    }

    fn flushed(&mut self, flushed: &GroupFlushed, at: Timestamp, catalog: &Catalog) {
        let Some(no) = self.numbers.get(&flushed.group).copied() else { return };
        self.with_group(no, |group| {
            group.flushed_at = Some(at);
            group.changed_at = None;
            group.held_until = None;
            for cleared in &flushed.cleared {
                group.line_mut(*cleared).told = None;
            }
        });
        self.mark(no, Standing::Leaves);
        self.settle(no);
        self.reschedule(no, catalog);
    }

    /// Of what nobody was told and nobody will be, nothing is kept until the hours are over.
    fn held(&mut self, group: &GroupId, until: Timestamp, catalog: &Catalog) {
        let Some(no) = self.numbers.get(group).copied() else { return };
        self.with_group(no, |group| group.held_until = Some(until));
        let group = self.groups[&no].clone();
        if group.lines.iter().all(|line| line.owed.is_none()) {
            let knows = |id: &AlertId| {
                let told = group.lines.iter().filter_map(|line| line.told.as_ref());
                told.into_iter().any(|told| told.firing.binary_search(id).is_ok())
            };
            let ended = self.routed(no).filter(|(_, routed)| routed.member.ended_at.is_some());
            let ended: Vec<AlertId> = ended.map(|(_, routed)| routed.member.alert).collect();
            ended.iter().filter(|id| !knows(id)).for_each(|id| self.leaves(no, *id));
            self.vanishes_if_empty(no);
        }
        self.reschedule(no, catalog);
    }

    fn owes(&mut self, owed: &NotificationOwed, at: Timestamp) {
        let Some(no) = self.numbers.get(&owed.group).copied() else { return };
        let members =
            |ids: &[AlertId]| ids.iter().filter_map(|id| Some(self.alerts.get(id)?.member.clone())).collect();
        let (firing, resolved) = (members(&owed.firing), members(&owed.resolved));
        self.outbox.put(owed, no, firing, resolved, at);
        self.with_group(no, |group| group.line_mut(owed.integration).owed = Some(owed.intent));
    }

    fn sent(&mut self, intent: IntentId, at: Timestamp, catalog: &Catalog) {
        let Some(owing) = self.outbox.take(intent) else { return };
        let ids = |members: &[Arc<Member>]| members.iter().map(|member| member.alert).collect();
        let told = Told { at, firing: ids(&owing.firing), resolved: ids(&owing.resolved) };
        self.with_group(owing.no, |group| {
            *group.line_mut(owing.notify.integration) = Line { told: Some(told), owed: None, error: None };
        });
        self.settle(owing.no);
        self.reschedule(owing.no, catalog);
    }

    fn failed(
        &mut self,
        intent: IntentId,
        error: &str,
        next: &NotificationNext,
        at: Timestamp,
        catalog: &Catalog,
    ) {
        let Some(owing) = self.outbox.get(intent) else { return };
        let (no, integration) = (owing.no, owing.notify.integration);
        let gives_up = *next == NotificationNext::GiveUp;
        self.with_group(no, |group| {
            let line = group.line_mut(integration);
            line.error = Some(error.to_owned());
            if gives_up {
                line.owed = None;
                group.changes(at);
            }
        });
        match next {
            NotificationNext::Retry { at, attempt } => self.outbox.retry(intent, *at, *attempt, error),
            // Its group's next time is another chance, and what has ended is still to be told.
            NotificationNext::GiveUp => {
                self.outbox.take(intent);
                self.mark(no, Standing::Stays);
            }
        }
        self.reschedule(no, catalog);
    }

    /// Of the members that have ended.
    fn mark(&mut self, no: GroupNo, standing: Standing) {
        let ended = self.routed(no).filter(|(_, routed)| routed.member.ended_at.is_some());
        let ended: Vec<AlertId> = ended.map(|(_, routed)| routed.member.alert).collect();
        for id in ended {
            self.members.insert((no, id), standing);
        }
    }

    /// Once nobody is owed anything, what has ended leaves.
    fn settle(&mut self, no: GroupNo) {
        let Some(group) = self.groups.get(&no) else { return };
        if group.lines.iter().any(|line| line.owed.is_some()) {
            return;
        }
        let gone = self.routed(no).filter(|(standing, _)| *standing == Standing::Leaves);
        let gone: Vec<AlertId> = gone.map(|(_, routed)| routed.member.alert).collect();
        gone.iter().for_each(|id| self.leaves(no, *id));
        self.vanishes_if_empty(no);
    }

    fn leaves(&mut self, no: GroupNo, id: AlertId) {
        self.members.remove(&(no, id));
        self.with(id, |routed| routed.groups.retain(|other| *other != no));
        self.gone_if_groupless(id);
    }

    pub(super) fn gone_if_groupless(&mut self, id: AlertId) {
        let is_over = |routed: &Arc<Routed>| routed.groups.is_empty() && routed.member.ended_at.is_some();
        if self.alerts.get(&id).is_some_and(is_over) {
            self.no_longer_ended(id);
            self.alerts.remove(&id);
        }
    }

    pub(super) fn vanishes_if_empty(&mut self, no: GroupNo) {
        if self.routed(no).next().is_none()
            && let Some(group) = self.groups.remove(&no)
        {
            self.numbers.remove(&group.id);
            group.due.map(|due| self.timers.remove(&(due, no)));
        }
    }

    /// Something that its groups have not looked at.
    fn changed(&mut self, id: AlertId, at: Timestamp, catalog: &Catalog) {
        let Some(routed) = self.alerts.get(&id).cloned() else { return };
        for no in &routed.groups {
            self.with_group(*no, |group| group.changes(at));
            self.reschedule(*no, catalog);
        }
    }

    pub(super) fn reschedule(&mut self, no: GroupNo, catalog: &Catalog) {
        let Some(group) = self.groups.get(&no) else { return };
        let route = catalog.alertmanager.as_ref().and_then(|file| file.route.at(&group.id.route));
        let owed = group.lines.iter().filter_map(|line| self.outbox.get(line.owed?));
        let attempts: Vec<Timestamp> = owed.map(|owing| owing.attempt_at).collect();
        let (before, due) = (group.due, route.and_then(|route| group.next(route, &attempts)));
        if before != due {
            before.map(|before| self.timers.remove(&(before, no)));
            due.map(|due| self.timers.insert((due, no)));
            self.with_group(no, |group| group.due = due);
        }
    }

    pub(super) fn with(&mut self, id: AlertId, change: impl FnOnce(&mut Routed)) {
        if let Some(routed) = self.alerts.get_mut(&id) {
            change(Arc::make_mut(routed));
        }
    }

    pub(super) fn with_group(&mut self, no: GroupNo, change: impl FnOnce(&mut Group)) {
        if let Some(group) = self.groups.get_mut(&no) {
            change(Arc::make_mut(group));
        }
    }
}
