//! What a store says of itself, for its own metrics and for pages.

use std::collections::BTreeMap;

use andon_timeseries::Stats;

use crate::Counted;
use crate::block::Resolution;
use crate::past::Quarantined;
use crate::store::Store;
use crate::upkeep::Done;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    pub head: Stats,
    /// Since the start.
    pub counted: Counted,
    pub done: Done,
    /// Of the log, since its last checkpoint.
    pub log_bytes: u64,
    /// How many blocks there are of each resolution, and how many bytes they take.
    pub blocks: BTreeMap<Resolution, (usize, u64)>,
    pub quarantined: Vec<Quarantined>,
    /// Why the disk takes no samples at the moment.
    pub trouble: Option<String>,
}

impl Store {
    pub fn status(&self) -> Status {
        let mut status = {
            let front = self.lock();
            Status { head: front.head.stats(), counted: front.counted, ..Status::default() }
        };
        status.done = self.done_so_far();
        if let Some(disk) = &self.disk {
            status.log_bytes = disk.log.bytes();
            status.quarantined = disk.past.quarantined();
            status.trouble = disk.log.trouble();
            for block in disk.past.all() {
                let (count, bytes) = status.blocks.entry(block.manifest.resolution).or_default();
                *count += 1;
                *bytes += block.manifest.bytes();
            }
        }
        status
    }
}
