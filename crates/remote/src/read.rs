//! A request, series by series.

use andon_protobuf::{Broken, Fields, Value};
use andon_timeseries::{BadHistogram, Exemplar, HistogramSample, Sample};
use andon_vocabulary::Timestamp;

use crate::{Limits, Malformed, Metadata, Series, Version, histogram, v1, v2};

/// What a request brings.
#[derive(Debug)]
pub enum Item<'r> {
    Series(Series<'r>),
    Metadata(Metadata<'r>),
}

/// Memory that is used again for each series, and for each request if it is kept.
#[derive(Debug, Default)]
pub struct Room {
    pub(crate) samples: Vec<Sample>,
    pub(crate) histograms: Vec<HistogramSample>,
    pub(crate) refused: Vec<BadHistogram>,
    pub(crate) exemplars: Vec<Exemplar>,
    pub(crate) numbers: Vec<u32>,
    pub(crate) key: Vec<u8>,
}

impl Room {
    pub(crate) fn clear(&mut self) {
        self.samples.clear();
        self.histograms.clear();
        self.refused.clear();
        self.exemplars.clear();
        self.numbers.clear();
        self.key.clear();
    }
}

/// Whoever takes in what a request brings.
pub trait Take {
    fn item(&mut self, item: Item<'_>);

    /// How many bytes the key of the series has that probably comes next: senders keep their order.
    fn next_key_bytes(&self) -> Option<usize> {
        None
    }

    /// If this is the key of the series that probably comes next, takes the one sample that a request brings of it, and
    /// says so. If not, it comes as an item. Nearly all series go this way, for which no [`Series`] need be put together.
    fn next(&mut self, _key: &[u8], _sample: Sample) -> bool {
        false
    }
}

struct Items<F>(F);

impl<F: FnMut(Item<'_>)> Take for Items<F> {
    fn item(&mut self, item: Item<'_>) {
        self.0(item);
    }
}

/// Gives `take` all that an unpacked request brings, in its order. After an error the rest cannot be read; what was
/// given before it is as good as ever.
pub fn read(
    version: Version,
    body: &[u8],
    limits: &Limits,
    room: &mut Room,
    take: &mut dyn FnMut(Item<'_>),
) -> Result<(), Malformed> {
    read_to(version, body, limits, room, &mut Items(take))
}

/// As [`read`], for somebody who knows most series already.
pub fn read_to(
    version: Version,
    body: &[u8],
    limits: &Limits,
    room: &mut Room,
    take: &mut impl Take,
) -> Result<(), Malformed> {
    let mut left = Left { samples: limits.samples_max, buckets: limits.buckets_max };
    match version {
        Version::V1 => v1::read(body, limits, &mut left, room, take),
        Version::V2 => v2::read(body, limits, &mut left, room, &mut |item| take.item(item)),
    }
}

/// What the request may still bring.
pub(crate) struct Left {
    pub samples: usize,
    pub buckets: usize,
}

impl Left {
    /// One sample, histogram or exemplar more.
    pub fn one(&mut self) -> Result<(), Malformed> {
        let too_many = || Malformed("the request has too many samples; send fewer at once".to_owned());
        self.samples = self.samples.checked_sub(1).ok_or_else(too_many)?;
        Ok(())
    }

    pub fn histogram(&mut self, value: Value<'_>, room: &mut Room) -> Result<(), Malformed> {
        self.one()?;
        match histogram::read(value.message()?, &mut self.buckets)? {
            histogram::Read::Histogram(sample) => room.histograms.push(sample),
            histogram::Read::Stale(sample) => room.samples.push(sample),
            histogram::Read::Bad(bad) => room.refused.push(bad),
        }
        Ok(())
    }
}

/// Both versions write a sample in the same way.
pub(crate) fn sample(fields: Fields<'_>) -> Result<Sample, Broken> {
    let (mut value, mut at) = (0.0, 0);
    for field in fields {
        match field? {
            (1, found) => value = found.double()?,
            (2, found) => at = found.int()?,
            _ => {}
        }
    }
    Ok(Sample { at: Timestamp::from_ms(at), value })
}

#[cfg(test)]
mod tests;
