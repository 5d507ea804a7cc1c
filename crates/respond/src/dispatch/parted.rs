//! Groups whose route left the definitions, with what was told of them: a file that was away for a while, or taken back,
//! tells nobody again what they know. Alertmanager's log of notifications does the same.

use std::sync::Arc;
use std::time::Duration;

use andon_vocabulary::Timestamp;
use imbl::OrdMap;

use super::Group;
use super::group::GroupNo;

/// Alertmanager's `repeat_interval`, where none is written: after it they would be told again anyway.
const KEPT: Duration = Duration::from_secs(4 * 3600);
/// Of very many, the newest.
const MOST: usize = 10_000;

/// Each with when its route left.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Parted(OrdMap<GroupNo, (Timestamp, Arc<Group>)>);

impl Parted {
    pub fn part(&mut self, group: &Arc<Group>, now: Timestamp) {
        if group.lines.iter().all(|line| line.told.is_none()) {
            return;
        }
        let mut group = Group::clone(group);
        group.lines.iter_mut().for_each(|line| line.owed = None);
        self.0.insert(group.no, (now, Arc::new(group)));
        let over = self.0.len().saturating_sub(MOST);
        let oldest: Vec<GroupNo> = self.0.keys().take(over).copied().collect();
        oldest.iter().for_each(|no| self.remove(*no));
    }

    pub fn forget(&mut self, now: Timestamp) {
        let over = self.0.iter().filter(|(_, (since, _))| *since + KEPT <= now);
        let over: Vec<GroupNo> = over.map(|(no, _)| *no).collect();
        over.iter().for_each(|no| drop(self.0.remove(no)));
    }

    pub fn all(&self) -> impl Iterator<Item = &Arc<Group>> {
        self.0.values().map(|(_, group)| group)
    }

    pub fn remove(&mut self, no: GroupNo) {
        self.0.remove(&no);
    }
}
