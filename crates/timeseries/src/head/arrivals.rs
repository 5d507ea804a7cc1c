//! For which times samples are still coming.

use andon_vocabulary::Timestamp;

/// Fewer than one in this many are stragglers, for whom nobody waits.
const MANY: u64 = 16;

/// What came since it was last asked about.
#[derive(Debug, Default)]
pub struct Arrivals {
    until: Timestamp,
    all: u64,
    /// Of the time up to `until`.
    old: u64,
}

impl Arrivals {
    pub fn count(&mut self, at: Timestamp) {
        self.all += 1;
        self.old += u64::from(at <= self.until);
    }

    /// Whether hardly anything came for the time up to `end` since the last question. Of a time that was not the last
    /// question's, too, nothing is known yet.
    pub fn are_past(&mut self, end: Timestamp) -> bool {
        let Arrivals { until, all, old } = std::mem::replace(self, Arrivals { until: end, all: 0, old: 0 });
        until == end && old * MANY <= all
    }
}
