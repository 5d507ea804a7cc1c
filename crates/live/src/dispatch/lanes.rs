//! What waits to travel to people: each channel has a lane of its own, so that one which hangs holds up no other, and
//! what is no longer owed when its turn comes does not leave.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use andon_vocabulary::Name;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Key;

/// As many notices travel through one channel at once.
pub(super) const AT_ONCE: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Lanes {
    channels: BTreeMap<Name, Arc<Semaphore>>,
    waiting: Waiting,
}

#[derive(Clone, Debug, Default)]
struct Waiting(Arc<Mutex<BTreeSet<Key>>>);

/// A place in a lane.
#[derive(Debug)]
pub(super) struct Place {
    key: Key,
    lane: Arc<Semaphore>,
    waiting: Waiting,
}

impl Lanes {
    pub fn queue(&mut self, channel: &Name, key: Key) -> Place {
        self.waiting.all().insert(key);
        let lane = self.channels.entry(channel.clone()).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE)));
        Place { key, lane: Arc::clone(lane), waiting: self.waiting.clone() }
    }

    /// Those that wait and are not `owed` any more: they will not leave.
    pub fn withdraw(&self, owed: &BTreeSet<Key>) -> Vec<Key> {
        let mut waiting = self.waiting.all();
        let gone: Vec<Key> = waiting.difference(owed).copied().collect();
        waiting.retain(|key| owed.contains(key));
        gone
    }
}

impl Place {
    /// Waits for the turn; None: it must not leave. Until what is given back is dropped it travels.
    pub async fn turn(self) -> Option<OwnedSemaphorePermit> {
        let travels = self.lane.acquire_owned().await.ok()?;
        self.waiting.all().remove(&self.key).then_some(travels)
    }
}

impl Waiting {
    fn all(&self) -> MutexGuard<'_, BTreeSet<Key>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
