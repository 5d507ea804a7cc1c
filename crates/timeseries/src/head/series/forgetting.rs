//! What leaves a series again: more than it may hold, what is in a block, what somebody deletes.

use andon_vocabulary::Timestamp;

use super::{Remembered, SOUND};
use crate::Chunk;
use crate::head::open::Open;

impl Remembered {
    /// The oldest chunks, until it holds no more samples than it may. Says how many bytes went, below zero.
    pub(super) fn forget_beyond(&mut self, samples_max: usize) -> isize {
        let mut freed = 0;
        while self.samples as usize > samples_max && !self.sealed.is_empty() {
            let oldest = self.sealed.remove(0);
            self.samples -= oldest.len() as u32;
            freed -= oldest.size() as isize;
        }
        if freed != 0 {
            self.recount();
        }
        freed
    }

    /// Forgets chunks that lie wholly before this time, and late samples before it. What was kept aside for the next
    /// block is late from now on.
    pub fn forget_before(&mut self, oldest: Timestamp) {
        self.sealed.retain(|chunk| chunk.to() >= oldest);
        self.sealed.shrink_to_fit();
        if self.open.as_ref().is_some_and(|open| open.last().at < oldest) {
            self.open = None;
        }
        if let Some(rare) = &mut self.rare {
            if rare.histograms.last().is_some_and(|last| last.at < oldest) {
                rare.histograms = Vec::new();
            }
            rare.late.retain(|at| at >= oldest);
            let next = std::mem::take(&mut rare.next);
            rare.late.absorb(next);
            let histograms = self.sealed.iter().any(Chunk::is_histograms);
            // Without it, the open chunk is known to hold the newest sample.
            if !histograms && rare.histograms.is_empty() && rare.late.is_empty() {
                self.rare = None;
            }
        }
        self.recount();
    }

    fn recount(&mut self) {
        let sealed: usize = self.sealed.iter().map(Chunk::len).sum();
        let open = self.open.as_ref().map_or(0, Open::len);
        let rare = self.rare.as_ref();
        let rare = rare.map_or(0, |rare| rare.histograms.len() + rare.late.len() + rare.next.len());
        self.samples = (sealed + open + rare) as u32;
        let sealed = self.sealed.iter().map(Chunk::to).max();
        let open = self.open.as_ref().map(|open| open.last().at);
        let rare = self.rare.as_ref();
        let histogram = rare.and_then(|rare| rare.histograms.last()).map(|sample| sample.at);
        let late = rare.and_then(|rare| rare.late.newest().max(rare.next.newest()));
        self.newest = sealed.max(open).max(histogram).max(late).unwrap_or_default();
    }

    /// Forgets the samples of these times, both included. What is older than the floor is in a block and hidden here,
    /// and goes with them.
    pub fn delete(&mut self, from: Timestamp, to: Timestamp, floor: Timestamp) {
        let outside = |at: Timestamp| at < from || at > to;
        let stays = |at: Timestamp| outside(at) && at >= floor;
        let touched = |first: Timestamp, last: Timestamp| first <= to && last >= from;
        let mut sealed = Vec::with_capacity(self.sealed.len());
        for chunk in self.sealed.drain(..) {
            if !touched(chunk.from(), chunk.to()) {
                sealed.push(chunk);
                continue;
            }
            let (mut samples, mut histograms) = (Vec::new(), Vec::new());
            chunk.read(&mut samples, &mut histograms).expect(SOUND);
            samples.retain(|sample| stays(sample.at));
            histograms.retain(|sample| stays(sample.at));
            if !samples.is_empty() {
                sealed.push(Chunk::seal(&samples));
            }
            if !histograms.is_empty() {
                sealed.push(Chunk::seal_histograms(&histograms));
            }
        }
        self.sealed = sealed;
        if let Some(open) = self.open.take_if(|open| touched(open.first_at(), open.last().at)) {
            self.open = open.filtered(stays);
        }
        if let Some(rare) = &mut self.rare {
            rare.histograms.retain(|sample| stays(sample.at));
            rare.late.retain(outside);
            rare.next.retain(outside);
        }
        self.recount();
    }
}
