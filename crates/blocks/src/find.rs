//! Answering a question from blocks and head together, one series at a time.

use std::ops::ControlFlow;
use std::sync::Arc;

use andon_timeseries::{Each, Found, Purpose, SelectError, Stretch, Taken, Wanted};
use andon_vocabulary::{Labels, Timestamp};

use crate::block::{Block, Column, Place, Resolution, Unreadable};
use crate::cover;
use crate::merged::Merged;
use crate::ordered::Gathered;
use crate::parallel::{Room, each_of};
use crate::past::Past;
use crate::thin;
use crate::tombstones::{Deleted, Tombstones};

/// What fits, in all places.
pub struct Answer<'a> {
    past: &'a Past,
    parts: Vec<Part>,
    head: Taken,
    /// Of each series the numbers of the blocks' parts and the numbers in them; `None` if only the head has any.
    merged: Option<Merged>,
    samples: usize,
}

/// Stands for the head among the numbers of the parts: what is in blocks already comes first.
const HEAD: u32 = u32::MAX;

/// What one block has of it.
struct Part {
    block: Arc<Block>,
    /// The block answers for these only.
    stretches: Vec<cover::Stretch>,
    purpose: Purpose,
    deleted: Vec<Deleted>,
    labels: Vec<Labels>,
    places: Vec<Place>,
    ends: Vec<u32>,
}

impl<'a> Answer<'a> {
    /// `head` is what the head has of it. A block that turns out to be damaged is put into quarantine, and the rest
    /// answers.
    pub fn find(
        past: &'a Past,
        tombstones: &Tombstones,
        head: Taken,
        wanted: &Wanted<'_>,
    ) -> Result<Answer<'a>, SelectError> {
        let mut parts = loop {
            match parts(past, tombstones, wanted) {
                Ok(parts) => break parts,
                Err((block, error)) => give_up(past, &block, error)?,
            }
        };
        let samples = parts.iter().flat_map(|part| &part.places).map(|place| place.extent.len as usize).sum();
        let merged = (!parts.is_empty()).then(|| {
            let own = parts.iter_mut().zip(0..);
            let merged = own.fold(Merged::default(), |merged, (part, number)| {
                merged.with(number, std::mem::take(&mut part.labels))
            });
            merged.with(HEAD, head.series().to_vec())
        });
        Ok(Answer { past, parts, head, merged, samples })
    }

    fn gather(&self, at: usize, room: &mut Room) -> Result<(), SelectError> {
        let Some(merged) = &self.merged else {
            let Gathered { samples, histograms } = &mut room.gathered;
            return self.head.read_one(at, samples, histograms);
        };
        room.gathered.clear();
        for &(part, number) in merged.spots(at) {
            if part == HEAD {
                let Room { gathered, head, .. } = room;
                self.head.read_one(number as usize, &mut head.samples, &mut head.histograms)?;
                gathered.samples.extend_from_slice(&head.samples);
                gathered.histograms.append(&mut head.histograms);
                continue;
            }
            let part = &self.parts[part as usize];
            let read = part.read(number as usize, &merged.labels()[at], room);
            read.or_else(|error| {
                give_up(self.past, &part.block, error)?;
                Err(SelectError(format!(
                    "block {} is damaged and in quarantine now: ask again to be answered without it",
                    part.block.manifest.number
                )))
            })?;
        }
        room.gathered.order();
        Ok(())
    }
}

impl Found for Answer<'_> {
    fn series(&self) -> &[Labels] {
        self.merged.as_ref().map_or(self.head.series(), Merged::labels)
    }

    fn into_series(self: Box<Self>) -> Vec<Labels> {
        match self.merged {
            Some(merged) => merged.into_labels(),
            None => Box::new(self.head).into_series(),
        }
    }

    fn read(&self, each: &Each<'_>) -> Result<(), SelectError> {
        // A sealed chunk of the head is some hundred samples.
        let samples = self.samples + self.head.series().len() * 250;
        each_of(self.series().len(), samples, |at, room| {
            self.gather(at, room)?;
            let Gathered { samples, histograms } = &room.gathered;
            let stretch = Stretch { samples, histograms };
            Ok(if stretch.is_empty() { ControlFlow::Continue(()) } else { each(at, stretch) })
        })
    }
}

/// A damaged block goes into quarantine; a disk that does not answer is no reason for that.
fn give_up(past: &Past, block: &Block, error: Unreadable) -> Result<(), SelectError> {
    match error {
        Unreadable::Damaged(why) => {
            past.quarantine(block, why);
            Ok(())
        }
        Unreadable::Io(error) => {
            Err(SelectError(format!("{} cannot be read: {error}", block.path().display())))
        }
    }
}

fn parts(
    past: &Past,
    tombstones: &Tombstones,
    wanted: &Wanted<'_>,
) -> Result<Vec<Part>, (Arc<Block>, Unreadable)> {
    let blocks = past.overlapping(wanted.from, wanted.to);
    let covered = |resolution: Resolution| {
        let of = blocks.iter().filter(|block| block.manifest.resolution == resolution);
        of.map(|block| (block.manifest.from, block.manifest.to)).collect()
    };
    let mut parts = Vec::new();
    for block in &blocks {
        let manifest = &block.manifest;
        let own = (manifest.from, manifest.to);
        let stretches = cover::answered((wanted.from, wanted.to), own, manifest.resolution, covered);
        if !stretches.is_empty() {
            let deleted = tombstones.concerning(manifest.number, wanted.from, wanted.to);
            let part = Part::find(block, stretches, deleted, wanted);
            parts.push(part.map_err(|error| (block.clone(), error))?);
        }
    }
    Ok(parts)
}

impl Part {
    fn find(
        block: &Arc<Block>,
        stretches: Vec<cover::Stretch>,
        deleted: Vec<Deleted>,
        wanted: &Wanted<'_>,
    ) -> Result<Part, Unreadable> {
        let step = block.manifest.resolution.step();
        let columns = match step {
            None => &[Column::Samples][..],
            Some(_) => thin::columns_for(wanted.purpose),
        };
        // What was thinned out is told at the end of its step.
        let reach = step.unwrap_or_default();
        let touches = |place: &Place| {
            let (first, last) = (place.extent.from, place.extent.to);
            stretches.iter().any(|(from, to)| last > *from && first <= *to + reach)
        };
        let is_asked = |place: &Place| place.column == Column::Samples || columns.contains(&place.column);
        let numbers = block.index.find(wanted.matchers)?;
        let (mut labels, mut places, mut ends) = (Vec::with_capacity(numbers.len()), Vec::new(), vec![0]);
        block.index.entries(&numbers, |entry| {
            let before = places.len();
            places.extend(entry.chunks.into_iter().filter(|place| is_asked(place) && touches(place)));
            if places.len() > before {
                labels.push(entry.labels);
                ends.push(places.len() as u32);
            }
        })?;
        let purpose = wanted.purpose;
        Ok(Part { block: block.clone(), stretches, purpose, deleted, labels, places, ends })
    }

    /// Adds what this block has of a series.
    fn read(&self, number: usize, labels: &Labels, room: &mut Room) -> Result<(), Unreadable> {
        let places = &self.places[self.ends[number] as usize..self.ends[number + 1] as usize];
        let Room { gathered, thinned, buffer, .. } = room;
        let before = gathered.len();
        thinned.clear();
        for run in places.chunk_by(|a, b| a.column == b.column && b.at == a.end()) {
            let Gathered { samples, histograms } = gathered;
            let into = thinned.column(run[0].column).unwrap_or(samples);
            match (&*self.stretches, self.block.manifest.resolution.step()) {
                ([within], None) => self.block.read_within(run, *within, buffer, into, histograms)?,
                _ => self.block.read(run, buffer, into, histograms)?,
            }
        }
        if let Some(step) = self.block.manifest.resolution.step() {
            thin::answer(thinned, self.purpose, step, &mut gathered.samples);
        }
        let fits = |deleted: &&Deleted| deleted.fits(labels);
        let deleted: Vec<&Deleted> = self.deleted.iter().filter(fits).collect();
        if let ([(from, to)], []) = (&*self.stretches, &*deleted)
            && gathered.lies_within(before, *from, *to)
        {
            return Ok(());
        }
        let within = |at: Timestamp| self.stretches.iter().any(|(from, to)| at > *from && at <= *to);
        gathered.keep(before, |at| within(at) && !deleted.iter().any(|deleted| deleted.hides(at)));
        Ok(())
    }
}
