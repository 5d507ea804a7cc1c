//! How a head hands its samples to a disk, and takes them back after a restart.
//!
//! [`Head::start_block`] fixes what belongs to the next block, [`Head::take_for_block`] hands it out series by series, and
//! [`Head::truncate`] forgets it once it is safe. In between the head goes on taking samples, and questions see each
//! sample once. For a quick start, [`Head::take_these`] gives everything as chunks and [`Head::restore`] takes them back.

use std::time::Duration;

use andon_vocabulary::{Labels, Timestamp};

use super::series::Change;
use super::{AppendError, BEFORE_ALL, Head, RestoreError, SeriesRef, Taken};
use crate::Chunk;

impl Head {
    /// Whether the time up to `end` is at rest: since the last time that this was asked of it, hardly any of the samples
    /// that came were so old. Somebody who catches up after hours is let pass before a block is cut, or all that he sends
    /// would be late.
    pub fn is_at_rest(&mut self, end: Timestamp) -> bool {
        self.arrivals.are_past(end)
    }

    /// What is older than `end` and here now makes up the next block. Samples that still come for that stretch of time
    /// are seen by questions, but stay for the block after it.
    pub fn start_block(&mut self, end: Timestamp) {
        self.closing = Some(end.max(self.floor));
    }

    /// Every series with its handle, in no useful order: sorting is for whoever holds no lock.
    pub fn all(&self) -> Vec<(SeriesRef, Labels)> {
        self.series.iter().map(|(id, series)| (SeriesRef(id), series.labels.clone())).collect()
    }

    /// What these series add to the block that was started, in the order of the handles; those with nothing are left
    /// out.
    pub fn take_for_block(&self, series: &[SeriesRef]) -> Taken {
        let end = self.closing.unwrap_or(self.floor);
        self.gathered(series, BEFORE_ALL, end - Duration::from_millis(1), false)
    }

    /// Everything that these series have, in the order of the handles; those with nothing are left out.
    pub fn take_these(&self, series: &[SeriesRef]) -> Taken {
        self.gathered(series, BEFORE_ALL, Timestamp::from_ms(i64::MAX), true)
    }

    /// Of a head that has nothing yet: what is older than `floor` is in blocks already.
    pub fn begin_at(&mut self, floor: Timestamp) {
        self.floor = self.floor.max(floor);
    }

    /// Takes over what [`Taken::chunks`] gave before a restart, without unpacking it where it continues the series.
    pub fn restore(&mut self, series: SeriesRef, chunk: Chunk) -> Result<(), RestoreError> {
        let gate = self.gate();
        let (from, to) = (chunk.from(), chunk.to());
        let remembered = self.series.get_mut(series.0).ok_or(AppendError::Gone)?;
        let change = remembered.restore(chunk, &gate)?;
        self.account(change, from);
        self.account(Change::default(), to);
        Ok(())
    }

    /// The block that was started is safe: forgets what is in it, and series that have nothing left. Samples before
    /// `end` are late from now on.
    pub fn truncate(&mut self, end: Timestamp) {
        self.closing = None;
        self.floor = self.floor.max(end);
        self.forget_before(end);
    }

    /// In-order samples before this are in blocks.
    pub fn floor(&self) -> Timestamp {
        self.floor
    }

    /// The time of the first in-order sample that is in no block; of any, if it is not later than `enough`. It asks
    /// every series until one is found.
    pub fn begins(&self, enough: Timestamp) -> Option<Timestamp> {
        let mut first: Option<Timestamp> = None;
        for (_, series) in self.series.iter() {
            let Some(at) = series.first_since(self.floor) else { continue };
            first = Some(first.map_or(at, |first| first.min(at)));
            if at <= enough {
                break;
            }
        }
        first
    }

    /// The last moment whose in-order samples are in blocks.
    pub(super) fn block_end(&self) -> Timestamp {
        Timestamp::from_ms(self.floor.as_ms().saturating_sub(1))
    }
}
