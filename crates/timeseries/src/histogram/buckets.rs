//! The populated buckets: built from the runs in which they are exposed, looked at with their bounds.

use super::{BadHistogram, Histogram, Layout};

/// Index and count of each populated bucket, ascending by index, each index once, no count zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Buckets(pub Vec<(i32, f64)>);

/// A run of neighbouring buckets; the offset counts from the end of the run before it, and that of the first from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub offset: i32,
    pub length: u32,
}

/// A bucket with its bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    pub lower: f64,
    pub upper: f64,
    pub lower_inclusive: bool,
    pub upper_inclusive: bool,
    pub count: f64,
}

impl Buckets {
    /// From counts in runs, as floats are exposed.
    pub fn from_counts(spans: &[Span], counts: &[f64]) -> Result<Buckets, BadHistogram> {
        Buckets::from_runs(spans, counts.len(), counts.iter().copied())
    }

    /// From runs of differences, each to the bucket before it, as integers are exposed.
    pub fn from_deltas(spans: &[Span], deltas: &[i64]) -> Result<Buckets, BadHistogram> {
        let mut count = 0_i64;
        let counts = deltas.iter().map(|delta| {
            count = count.saturating_add(*delta);
            count as f64
        });
        Buckets::from_runs(spans, deltas.len(), counts)
    }

    fn from_runs(
        spans: &[Span],
        given: usize,
        mut counts: impl Iterator<Item = f64>,
    ) -> Result<Buckets, BadHistogram> {
        let needed: u64 = spans.iter().map(|span| u64::from(span.length)).sum();
        if needed != given as u64 {
            return Err(BadHistogram::Runs { needed, given });
        }
        let (mut index, mut populated) = (0_i64, Vec::with_capacity(given));
        for (at, span) in spans.iter().enumerate() {
            if at > 0 && span.offset < 0 {
                return Err(BadHistogram::Overlap);
            }
            index += i64::from(span.offset);
            for count in counts.by_ref().take(span.length as usize) {
                let place = i32::try_from(index).map_err(|_| BadHistogram::Index)?;
                if count != 0.0 {
                    populated.push((place, count));
                }
                index += 1;
            }
        }
        Ok(Buckets(populated))
    }

    /// The runs of neighbours; the counts in their order are those of the buckets.
    pub fn spans(&self) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        let mut next = 0_i64;
        for (index, _) in &self.0 {
            let offset = i64::from(*index) - next;
            match spans.last_mut() {
                Some(last) if offset == 0 => last.length += 1,
                _ => {
                    // The widest gap is that from the lowest index to the highest, which only hostile input has.
                    let offset = i32::try_from(offset).unwrap_or(i32::MAX);
                    spans.push(Span { offset, length: 1 });
                }
            }
            next = i64::from(*index) + 1;
        }
        spans
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The buckets of a coarser schema: those that fall into one are counted together.
    pub(super) fn coarser(&self, from: i8, to: i8) -> Buckets {
        let shift = from - to;
        if shift == 0 {
            return self.clone();
        }
        let mut merged: Vec<(i32, f64)> = Vec::with_capacity(self.0.len());
        for (index, count) in &self.0 {
            // In i64, as the lowest index has no predecessor in i32.
            let target = ((i64::from(*index) - 1) >> shift) + 1;
            let target = i32::try_from(target).expect("shifted towards zero");
            match merged.last_mut() {
                Some((last, sum)) if *last == target => *sum += count,
                _ => merged.push((target, *count)),
            }
        }
        Buckets(merged)
    }

    /// Adds what the other holds, times `sign`, but for what lies within the zero bucket.
    pub(super) fn absorb(&mut self, other: &[(i32, f64)], sign: f64) {
        let mine = std::mem::take(&mut self.0);
        let mut merged = Vec::with_capacity(mine.len().max(other.len()));
        let (mut a, mut b) = (mine.iter().peekable(), other.iter().peekable());
        loop {
            let (index, count) = match (a.peek(), b.peek()) {
                (Some((i, x)), Some((j, y))) if i == j => {
                    let both = (*i, x + sign * y);
                    a.next();
                    b.next();
                    both
                }
                (Some((i, x)), other) if other.is_none_or(|(j, _)| i < j) => {
                    a.next();
                    (*i, *x)
                }
                (_, Some((j, y))) => {
                    b.next();
                    (*j, sign * y)
                }
                (_, None) => break,
            };
            if count != 0.0 {
                merged.push((index, count));
            }
        }
        self.0 = merged;
    }

    pub(super) fn scale(&mut self, by: impl Fn(f64) -> f64) {
        self.0.iter_mut().for_each(|(_, count)| *count = by(*count));
        self.0.retain(|(_, count)| *count != 0.0);
    }

    /// From the first bucket on that reaches beyond the zero bucket.
    pub(super) fn beyond(&self, threshold: f64, layout: &Layout) -> &[(i32, f64)] {
        let within = |(index, _): &(i32, f64)| layout.bound(i64::from(*index)) <= threshold;
        match layout {
            Layout::Exponential(_) => &self.0[self.0.partition_point(within)..],
            Layout::Custom(_) => &self.0,
        }
    }
}

impl Histogram {
    /// Every populated bucket from the lowest to the highest, the zero bucket among them; where a neighbour reaches
    /// into the zero bucket, it begins at its threshold.
    pub fn buckets(&self) -> impl DoubleEndedIterator<Item = Bucket> {
        let edge = self.zero_threshold;
        let negative = self.negatives().rev().map(move |mut bucket| {
            if bucket.upper < 0.0 && bucket.upper > -edge {
                bucket.upper = -edge;
            }
            bucket
        });
        let positive = self.positives().map(move |mut bucket| {
            if bucket.lower > 0.0 && bucket.lower < edge {
                bucket.lower = edge;
            }
            bucket
        });
        let zero = (self.zero_count > 0.0).then(|| self.zero_bucket());
        negative.chain(zero).chain(positive)
    }

    /// From the zero bucket upwards, with their own bounds.
    pub(super) fn positives(&self) -> impl DoubleEndedIterator<Item = Bucket> {
        self.positive.0.iter().map(|(index, count)| {
            let index = i64::from(*index);
            let (lower, upper) = (self.layout.bound(index - 1), self.layout.bound(index));
            let (lower_inclusive, upper_inclusive) = match self.layout {
                Layout::Exponential(_) => (lower < 0.0, upper > 0.0),
                Layout::Custom(_) => (index == 0, true),
            };
            Bucket { lower, upper, lower_inclusive, upper_inclusive, count: *count }
        })
    }

    /// From the zero bucket downwards, with their own bounds.
    pub(super) fn negatives(&self) -> impl DoubleEndedIterator<Item = Bucket> {
        self.negative.0.iter().map(|(index, count)| {
            let index = i64::from(*index);
            let (lower, upper) = (-self.layout.bound(index), -self.layout.bound(index - 1));
            Bucket { lower, upper, lower_inclusive: lower < 0.0, upper_inclusive: upper > 0.0, count: *count }
        })
    }

    pub(super) fn zero_bucket(&self) -> Bucket {
        Bucket {
            lower: -self.zero_threshold,
            upper: self.zero_threshold,
            lower_inclusive: true,
            upper_inclusive: true,
            count: self.zero_count,
        }
    }
}
