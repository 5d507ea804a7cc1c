//! From a body, all at once or as it arrives, to samples that are ready to be written.

use andon_exposition::{Entry, Families, Parser};
use andon_vocabulary::Timestamp;

use super::{Batch, Broken, Intake, words};
use crate::scrape::described::Descriptions;

/// A body that is being read.
#[derive(Debug)]
pub struct Reading<'a> {
    intake: &'a mut Intake,
    now: Timestamp,
    batch: Batch,
    described: Descriptions,
    /// Once it is, nothing more is read.
    broken: Result<(), String>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(intake: &'a mut Intake, now: Timestamp, batch: Batch) -> Reading<'a> {
        Reading { intake, now, batch, described: Descriptions::new(), broken: Ok(()) }
    }

    /// Reads on, to the end of what the parser has.
    pub fn text(&mut self, entries: &mut Parser<'_>) {
        while self.broken.is_ok() {
            self.intake.plain(entries, self.now, &mut self.batch);
            let Some(entry) = entries.next() else { return };
            self.broken = entry.map_err(words).and_then(|entry| self.entry(&entry));
        }
    }

    pub(super) fn families(&mut self, families: &Families) {
        self.broken = families.entries().try_for_each(|entry| self.entry(&entry));
    }

    fn entry(&mut self, entry: &Entry<'_>) -> Result<(), String> {
        self.intake.entry(entry, self.now, &mut self.batch, &mut self.described)
    }

    /// All samples or none.
    pub fn end(self) -> Result<Batch, Broken> {
        let Reading { intake, batch, described, broken, .. } = self;
        let read = broken.and_then(|()| match intake.settings.job.limits.samples {
            Some(limit) if batch.is_over => Err(format!(
                "sample_limit: more than {limit} samples; expose fewer series, or raise the limit"
            )),
            _ => Ok(()),
        });
        read.map_err(|why| Broken { why, counts: batch.counts })?;
        if *intake.described != described {
            intake.described = intake.settings.described.one(described);
            intake.is_described = false;
        }
        Ok(batch)
    }
}
