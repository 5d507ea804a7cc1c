//! Other definitions: every alert finds its groups in the new tree, and what was told stays told.
//!
//! A group goes on where the same place of the tree has the same receiver; where a route has moved, the group of the
//! same receiver with the same labels goes on there; where one left and is back, so does its group. Only what reaches a receiver that was never told of it is told
//! anew. Each is looked at once more at its next time: the receiver may have another integration now. An integration
//! is known by its place in the receiver's list.

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_definitions::Catalog;
use andon_vocabulary::{AlertId, GroupId, Labels, Name, Timestamp};
use imbl::OrdMap;

use super::group::{Group, GroupNo};
use super::{Dispatch, Standing};

impl Dispatch {
    pub(super) fn rerouted(&mut self, at: Timestamp, catalog: &Catalog) {
        let before = std::mem::take(&mut self.groups);
        self.parted.forget(at);
        let members = std::mem::take(&mut self.members);
        self.numbers = OrdMap::new();
        self.timers.clear();
        let ids: Vec<AlertId> = self.alerts.keys().copied().collect();
        ids.iter().for_each(|id| self.with(*id, |routed| routed.groups.clear()));
        if let Some(alertmanager) = &catalog.alertmanager {
            self.inherit(&before, catalog);
            for id in &ids {
                let labels = self.alerts[id].member.labels.clone();
                for (place, route) in alertmanager.route.matching_at(&labels) {
                    self.joins(*id, &place, route, at);
                }
            }
        }
        for (key, standing) in members.iter().filter(|(_, standing)| **standing == Standing::Leaves) {
            if self.members.contains_key(key) {
                self.members.insert(*key, *standing);
            }
        }
        for group in before.values().filter(|group| !self.groups.contains_key(&group.no)) {
            self.parted.part(group, at);
        }
        let groups: Vec<GroupNo> = self.groups.keys().copied().collect();
        for no in groups {
            self.with_group(no, |group| group.changes(at));
            self.vanishes_if_empty(no);
            self.reschedule(no, catalog);
        }
        ids.iter().for_each(|id| self.gone_if_groupless(*id));
    }

    /// The groups that the alerts will be in, as far as there were such before.
    fn inherit(&mut self, before: &OrdMap<GroupNo, Arc<Group>>, catalog: &Catalog) {
        let Some(alertmanager) = &catalog.alertmanager else { return };
        let mut wanted = BTreeMap::<GroupId, Name>::new();
        for routed in self.alerts.values() {
            let labels = &routed.member.labels;
            for (place, route) in alertmanager.route.matching_at(labels) {
                let id = GroupId { route: place.into(), labels: route.group_labels(labels) };
                wanted.entry(id).or_insert_with(|| route.receiver.as_str().into());
            }
        }
        let parted: Vec<Arc<Group>> = self.parted.all().cloned().collect();
        for group in before.values().chain(&parted) {
            if wanted.get(&group.id) == Some(&group.receiver) {
                wanted.remove(&group.id);
                self.inherits(group, group.id.clone());
            }
        }
        let mut moved = BTreeMap::<(Name, Labels), Vec<&Group>>::new();
        // What is there is taken before what has left.
        for group in parted.iter().chain(before.values()).filter(|group| !self.groups.contains_key(&group.no))
        {
            moved.entry((group.receiver.clone(), group.id.labels.clone())).or_default().push(group);
        }
        for (id, receiver) in wanted {
            if let Some(group) = moved.get_mut(&(receiver, id.labels.clone())).and_then(Vec::pop) {
                self.inherits(group, id);
            }
        }
    }

    fn inherits(&mut self, group: &Group, id: GroupId) {
        self.parted.remove(group.no);
        self.numbers.insert(id.clone(), group.no);
        let group = Group { id, due: None, held_until: None, ..group.clone() };
        self.groups.insert(group.no, Arc::new(group));
    }
}
