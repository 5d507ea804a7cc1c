//! When the samples of a chunk were taken. Those of a scrape that keeps its interval follow from the chunk's extent and
//! take no room; others are a [`column`], counted from the first.

use std::ops::Range;

use andon_vocabulary::Timestamp;

use super::bytes::Reader;
use super::{BadChunk, Chunk, Extent, Packing, column};

/// In milliseconds, in order.
#[derive(Debug)]
pub enum Times {
    /// `step` apart. Times may lie further apart than a signed number reaches.
    Steady {
        from: i64,
        step: u64,
        len: usize,
    },
    Each(Vec<i64>),
}

impl Times {
    /// One to [`Chunk::LEN_MAX`], each later than the one before it.
    pub fn of(times: impl ExactSizeIterator<Item = Timestamp>) -> Times {
        let len = times.len();
        assert!((1..=Chunk::LEN_MAX).contains(&len), "a chunk holds one to {} samples", Chunk::LEN_MAX);
        let all: Vec<i64> = times.map(Timestamp::as_ms).collect();
        assert!(all.is_sorted_by(|a, b| a < b), "a chunk's samples are in order of time");
        let step = |pair: &[i64]| pair[1].wrapping_sub(pair[0]) as u64;
        let first = all.windows(2).next().map_or(0, step);
        if all.windows(2).all(|pair| step(pair) == first) {
            Times::Steady { from: all[0], step: first, len }
        } else {
            Times::Each(all)
        }
    }

    pub fn extent(&self) -> Extent {
        let at = |place| Timestamp::from_ms(self.at(place));
        Extent { from: at(0), to: at(self.len() - 1), len: self.len() as u32 }
    }

    /// Of steady ones there is nothing to write.
    pub fn write(&self, bytes: &mut Vec<u8>, packing: Packing) {
        if let Times::Each(all) = self {
            let since: Vec<i64> = all.iter().map(|at| at.wrapping_sub(all[0])).collect();
            column::write(bytes, &since, packing);
        }
    }

    pub fn steady(extent: Extent) -> Result<Times, BadChunk> {
        let (from, to, len) = (extent.from.as_ms(), extent.to.as_ms(), len(extent)?);
        let whole = to.wrapping_sub(from) as u64;
        let steps = (len - 1) as u64;
        let step = whole.checked_div(steps).unwrap_or_default();
        if to < from || step * steps != whole || (step == 0) != (len == 1) {
            return Err(BadChunk { why: "steady times that do not fit its extent" });
        }
        Ok(Times::Steady { from, step, len })
    }

    pub fn read(reader: &mut Reader<'_>, extent: Extent) -> Result<Times, BadChunk> {
        let len = len(extent)?;
        let mut times = column::read(reader, len, 0..len)?;
        let from = extent.from.as_ms();
        for time in &mut times {
            *time = time.wrapping_add(from);
        }
        if times[0] != from || times[len - 1] != extent.to.as_ms() {
            return Err(BadChunk { why: "times outside its extent" });
        }
        if !times.is_sorted_by(|a, b| a < b) {
            return Err(BadChunk { why: "times out of order" });
        }
        Ok(Times::Each(times))
    }

    pub fn len(&self) -> usize {
        match self {
            Times::Steady { len, .. } => *len,
            Times::Each(all) => all.len(),
        }
    }

    pub fn at(&self, place: usize) -> i64 {
        match self {
            Times::Steady { from, step, .. } => from.wrapping_add(step.wrapping_mul(place as u64) as i64),
            Times::Each(all) => all[place],
        }
    }

    /// The places of those later than `after` and not later than `to`.
    pub fn within(&self, after: Timestamp, to: Timestamp) -> Range<usize> {
        let end = self.not_later(to);
        self.not_later(after).min(end)..end
    }

    fn not_later(&self, than: Timestamp) -> usize {
        let than = than.as_ms();
        match self {
            Times::Each(all) => all.partition_point(|at| *at <= than),
            Times::Steady { from, .. } if than < *from => 0,
            Times::Steady { from, step, len } => {
                let steps = (than.wrapping_sub(*from) as u64).checked_div(*step);
                steps.map_or(*len, |steps| usize::try_from(steps).unwrap_or(*len).saturating_add(1).min(*len))
            }
        }
    }
}

fn len(extent: Extent) -> Result<usize, BadChunk> {
    let len = extent.len as usize;
    if (1..=Chunk::LEN_MAX).contains(&len) {
        Ok(len)
    } else {
        Err(BadChunk { why: "impossible number of samples" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_both_forms() {
        for all in [&[10, 20, 30, 40][..], &[10, 20, 30, 41], &[10], &[i64::MIN, -1, i64::MAX - 1]] {
            let times = Times::of(all.iter().map(|at| Timestamp::from_ms(*at)));
            let extent = times.extent();
            for after in [i64::MIN, 9, 10, 19, 20, 40, 41, 42, i64::MAX] {
                for to in [i64::MIN, 9, 10, 29, 30, 40, 41, i64::MAX] {
                    let within = times.within(Timestamp::from_ms(after), Timestamp::from_ms(to));
                    let wanted: Vec<i64> =
                        all.iter().copied().filter(|at| *at > after && *at <= to).collect();
                    assert_eq!(all[within], wanted, "{all:?} after {after} to {to}");
                }
            }
            if matches!(times, Times::Steady { .. }) {
                let read = Times::steady(extent).unwrap();
                assert!((0..all.len()).all(|place| read.at(place) == all[place]));
            }
        }
        let bad = Extent { from: Timestamp::from_ms(0), to: Timestamp::from_ms(7), len: 3 };
        assert!(Times::steady(bad).is_err());
    }
}
