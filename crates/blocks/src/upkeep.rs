//! What a store does beside taking and giving samples: blocks are cut from the head, merged, thinned out and forgotten.

use std::io;
use std::sync::{Arc, MutexGuard, PoisonError};

use andon_timeseries::Matcher;
use andon_vocabulary::Timestamp;

use crate::block::{Block, Manifest, Span};
use crate::compact::{CompactError, compact};
use crate::plan::{self, Job};
use crate::store::{Disk, Store, TICK};
use crate::{checkpoint, cut};

/// The log is read back at a start: no more of it than this, or than the last checkpoint was long.
const LOG_BYTES: u64 = 16 << 20;
/// A block is cut when this part of its span has passed since its end: most of what is late has come by then. Where
/// much is still coming, as late samples may, they are waited for.
const REST: u32 = 4;
/// So much is done in one go; the rest waits for the next.
const JOBS_AT_ONCE: usize = 4;

/// Since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    pub cuts: u64,
    pub compactions: u64,
    pub checkpoints: u64,
    /// Blocks that were too old or too many.
    pub forgotten: u64,
    pub failures: u64,
    checkpoint_bytes: u64,
}

impl Store {
    pub(crate) fn upkeep(&self) -> MutexGuard<'_, Done> {
        self.upkeep.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Unless the store is closed: the directory may be another process's by then.
    fn at_work(&self) -> io::Result<MutexGuard<'_, Done>> {
        let done = self.upkeep();
        if self.is_closed() { Err(io::Error::other("the store is closed")) } else { Ok(done) }
    }

    /// To be called every few seconds. What fails is said, counted and tried again the next time.
    pub fn keep(&self, now: Timestamp) {
        self.lock().head.tell_time(now);
        let Some(disk) = &self.disk else {
            self.lock().head.gc(now);
            return;
        };
        let mut done = self.upkeep();
        if self.is_closed() {
            return;
        }
        if let Err(error) = self.work(disk, &mut done, now) {
            done.failures += 1;
            tracing::error!(
                %error, directory = %disk.dir.display(),
                "the upkeep of the metrics failed; it is tried again"
            );
        }
        self.publish(&done);
    }

    fn work(&self, disk: &Disk, done: &mut Done, now: Timestamp) -> io::Result<()> {
        while let Some(end) = self.due(now) {
            cut::cut(self, disk, end)?;
            done.cuts += 1;
            self.checkpoint(disk, done)?;
        }
        if disk.log.bytes() > LOG_BYTES.max(done.checkpoint_bytes) {
            self.checkpoint(disk, done)?;
        }
        self.forget(disk, done, now);
        for _ in 0..JOBS_AT_ONCE {
            let Some(job) = next_job(self, disk)? else { break };
            self.compact(disk, done, &job)?;
        }
        Ok(())
    }

    fn checkpoint(&self, disk: &Disk, done: &mut Done) -> io::Result<()> {
        done.checkpoint_bytes = checkpoint::checkpoint(self, disk)?;
        done.checkpoints += 1;
        Ok(())
    }

    /// The end of the block to cut, if there is one at rest. Each cut raises the floor of the head to it, so that the
    /// next one is later.
    fn due(&self, now: Timestamp) -> Option<Timestamp> {
        let length = self.settings.block;
        let ends = |first: Timestamp| plan::window_end(first, length);
        let (end, last) = {
            let reading = self.reading();
            let (first, last) = reading.head().stats().span?;
            // One sample from a clock that is ahead cuts nothing short.
            let last = last.min(now + self.settings.limits.ahead_max);
            // What a block holds already may still be in a chunk of the head; what came late waits for the next block.
            let end = ends(first.max(reading.head().floor()));
            if last < end + length / REST {
                return None;
            }
            // Where nothing was written for a while there is nothing to cut.
            (reading.head().begins(end).map_or(end, |begins| end.max(ends(begins))), last)
        };
        let rested = end + length / REST;
        let waits = || {
            let mut front = self.lock();
            !front.head.is_at_rest(end) && last < rested + front.head.limits().late_max
        };
        (last >= rested && !waits()).then_some(end)
    }

    fn forget(&self, disk: &Disk, done: &mut Done, now: Timestamp) {
        let gone = plan::forgotten(&manifests(disk), &self.settings, now);
        if !gone.is_empty() {
            tracing::info!(blocks = ?gone, "blocks are forgotten: they are older than the retention, or too much");
            done.forgotten += gone.len() as u64;
            disk.past.replace(&gone, Vec::new());
        }
    }

    fn compact(&self, disk: &Disk, done: &mut Done, job: &Job) -> io::Result<()> {
        let sources: Vec<Arc<Block>> = disk
            .past
            .all()
            .into_iter()
            .filter(|block| job.sources.contains(&block.manifest.number))
            .collect();
        let number = disk.past.number();
        match compact(disk.past.dir(), number, &sources, job.span.clone(), &disk.tombstones) {
            Ok(new) => {
                disk.past.replace(&job.span.replaces, new.into_iter().collect());
                done.compactions += 1;
                Ok(())
            }
            Err(CompactError::Source(block, why)) => {
                disk.past.quarantine(&block, why);
                Ok(())
            }
            Err(CompactError::Io(error)) => Err(error),
        }
    }

    /// Forgets the samples of `[from, to]` of all series that fulfil the conditions, for good: it returns when no restart
    /// brings them back.
    pub fn delete(&self, matchers: &[Matcher], from: Timestamp, to: Timestamp) -> io::Result<()> {
        let Some(disk) = &self.disk else {
            self.lock().head.delete(matchers, from, to);
            return Ok(());
        };
        let mut done = self.at_work()?;
        disk.tombstones.add(matchers, from, to, disk.past.number())?;
        self.lock().head.delete(matchers, from, to);
        self.checkpoint(disk, &mut done)
    }

    /// Writes everything that is in the head into blocks: for a copy that others read, and for measuring.
    pub fn flush(&self) -> io::Result<()> {
        let Some(disk) = &self.disk else { return Ok(()) };
        let mut done = self.at_work()?;
        let span = self.reading().head().stats().span;
        if let Some((_, last)) = span {
            cut::cut(self, disk, last)?;
            done.cuts += 1;
        }
        self.checkpoint(disk, &mut done)
    }

    /// Does all that is to be done to the blocks, now.
    pub fn compact_all(&self) -> io::Result<()> {
        let Some(disk) = &self.disk else { return Ok(()) };
        let mut done = self.at_work()?;
        while let Some(job) = next_job(self, disk)? {
            self.compact(disk, &mut done, &job)?;
        }
        Ok(())
    }

    /// Writes everything into as few blocks as there can be, whether it is at rest or not. Nothing is thinned out or
    /// forgotten.
    pub(crate) fn merge_all(&self) -> io::Result<()> {
        self.flush()?;
        let Some(disk) = &self.disk else { return Ok(()) };
        let mut done = self.at_work()?;
        while let Some(job) = plan::next_to_fewest(&manifests(disk), &self.settings) {
            self.compact(disk, &mut done, &job)?;
        }
        Ok(())
    }

    /// What was done since the start, as of the last time that nothing was being done.
    pub fn done_so_far(&self) -> Done {
        *self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, done: &Done) {
        *self.done.lock().unwrap_or_else(PoisonError::into_inner) = *done;
    }
}

fn manifests(disk: &Disk) -> Vec<Manifest> {
    disk.past.all().iter().map(|block| block.manifest.clone()).collect()
}

/// Blocks with deleted samples are written anew first.
fn next_job(store: &Store, disk: &Disk) -> io::Result<Option<Job>> {
    if !disk.tombstones.is_empty() {
        for block in disk.past.all() {
            let Manifest { number, from, to, resolution, .. } = block.manifest;
            let concerned = disk.tombstones.concerning(number, from + TICK, to);
            let has_any = |deleted: &crate::tombstones::Deleted| {
                block.index.find(deleted.matchers()).is_ok_and(|found| !found.is_empty())
            };
            if concerned.iter().any(has_any) {
                let span = Span { from, to, resolution, replaces: vec![number] };
                return Ok(Some(Job { sources: vec![number], span }));
            }
        }
        disk.tombstones.clear()?;
    }
    Ok(plan::next(&manifests(disk), &store.settings))
}
