//! Samples of one series from several places, put in order: each time once, what was stored first counts.

use andon_timeseries::{Chunk, HistogramSample, Sample};
use andon_vocabulary::Timestamp;

use crate::block::Column;

/// A sealed chunk of samples has at most this many: what a query of an hour decodes for nothing stays small.
const CHUNK_SAMPLES: usize = 2_000;
/// Histograms are larger.
const CHUNK_HISTOGRAMS: usize = 500;

/// The samples of one series; the room is used again for the next.
#[derive(Debug, Default)]
pub struct Gathered {
    pub samples: Vec<Sample>,
    pub histograms: Vec<HistogramSample>,
}

impl Gathered {
    pub fn clear(&mut self) {
        self.samples.clear();
        self.histograms.clear();
    }

    /// Keeps of what has been added since `before` only these times.
    pub fn keep(&mut self, before: (usize, usize), keeps: impl Fn(Timestamp) -> bool) {
        keep(&mut self.samples, before.0, |sample| keeps(sample.at));
        keep(&mut self.histograms, before.1, |sample| keeps(sample.at));
    }

    /// Whether what has been added since `before`, in order of time, lies in `(from, to]`.
    pub fn lies_within(&self, before: (usize, usize), from: Timestamp, to: Timestamp) -> bool {
        let (samples, histograms) = (&self.samples[before.0..], &self.histograms[before.1..]);
        let ends = [samples.first(), samples.last()].into_iter().flatten().map(|sample| sample.at);
        let others = [histograms.first(), histograms.last()].into_iter().flatten().map(|sample| sample.at);
        ends.chain(others).all(|at| at > from && at <= to)
    }

    pub fn len(&self) -> (usize, usize) {
        (self.samples.len(), self.histograms.len())
    }

    /// Puts what was added in the order of its places into order of time.
    pub fn order(&mut self) {
        order(&mut self.samples, |sample| sample.at);
        order(&mut self.histograms, |sample| sample.at);
        if !self.samples.is_empty() && !self.histograms.is_empty() {
            // A time is in one of the two only.
            let times: Vec<Timestamp> = self.histograms.iter().map(|sample| sample.at).collect();
            self.samples.retain(|sample| times.binary_search(&sample.at).is_err());
        }
    }

    /// Packed, in order of time.
    pub fn seal(&self, pack: Pack) -> Vec<(Column, Chunk)> {
        let mut chunks = seal(&self.samples, Column::Samples, pack);
        let parts = even_parts(&self.histograms, CHUNK_HISTOGRAMS);
        chunks.extend(parts.map(|part| (Column::Samples, Chunk::seal_histograms(part))));
        chunks.sort_by_key(|(_, chunk)| chunk.from());
        chunks
    }
}

/// How samples are packed: [`Chunk::seal`] or [`Chunk::seal_small`].
pub type Pack = fn(&[Sample]) -> Chunk;

/// Samples packed, in order of time.
pub fn seal(samples: &[Sample], column: Column, pack: Pack) -> Vec<(Column, Chunk)> {
    even_parts(samples, CHUNK_SAMPLES).map(|part| (column, pack(part))).collect()
}

/// As few parts as there can be with so many in each, all about as long.
fn even_parts<T>(all: &[T], max: usize) -> impl Iterator<Item = &[T]> {
    let parts = all.len().div_ceil(max).max(1);
    all.chunks(all.len().div_ceil(parts).max(1))
}

/// Keeps of what has been added since `before` only these.
pub fn keep<T>(list: &mut Vec<T>, before: usize, keeps: impl Fn(&T) -> bool) {
    let mut at = 0;
    list.retain(|item| {
        at += 1;
        at <= before || keeps(item)
    });
}

fn order<T>(list: &mut Vec<T>, at: impl Fn(&T) -> Timestamp) {
    if !list.is_sorted_by(|a, b| at(a) < at(b)) {
        // Stable: of two samples of one time the one from the earlier place comes first and stays.
        list.sort_by_key(&at);
        list.dedup_by_key(|item| at(item));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stored_first_counts() {
        let at = |ms, value| Sample { at: Timestamp::from_ms(ms), value };
        let mut gathered = Gathered::default();
        gathered.samples.extend([at(1, 1.0), at(5, 1.0), at(2, 2.0), at(5, 2.0), at(9, 2.0)]);
        gathered.keep((2, 0), |at| at < Timestamp::from_ms(8));
        gathered.order();
        assert_eq!(gathered.samples, [at(1, 1.0), at(2, 2.0), at(5, 1.0)]);
    }

    #[test]
    fn parts_are_even() {
        let all: Vec<u32> = (0..4_001).collect();
        let parts: Vec<usize> = even_parts(&all, 2_000).map(<[u32]>::len).collect();
        assert_eq!(parts, [1_334, 1_334, 1_333]);
        assert_eq!(even_parts(&all[..0], 2_000).count(), 0);
    }
}
