//! Rows of native histograms.
//!
//! The histograms of one series hardly ever change their layout, and each bucket's count grows by little. So a row
//! says what differs from the row before it: nothing of the layout, as a rule, and for each count one short number.

use std::ops::Range;
use std::sync::Arc;

use andon_vocabulary::Timestamp;

use super::BadChunk;
use super::bytes::{Reader, write_signed, write_unsigned};
use super::times::Times;
use crate::{Buckets, Histogram, HistogramSample, Layout, Reset};

/// The flags of a row: the lowest two bits hold its [`Reset`].
const RESET_BITS: u8 = 0b11;
/// The layout, zero threshold and buckets follow; else they are those of the row before.
const NEW_SHAPE: u8 = 0b100;
const CUSTOM: u8 = 0b1000;

/// Floats are exact integers up to here.
const EXACT: f64 = 9_007_199_254_740_992.0;

pub fn write(bytes: &mut Vec<u8>, samples: &[HistogramSample]) {
    let mut before: Option<&Histogram> = None;
    for sample in samples {
        let histogram = &*sample.histogram;
        let same = before.filter(|before| same_shape(before, histogram));
        let custom = matches!(histogram.layout, Layout::Custom(_));
        bytes.push(
            reset_code(histogram.reset)
                | if same.is_none() { NEW_SHAPE } else { 0 }
                | if custom { CUSTOM } else { 0 },
        );
        if same.is_none() {
            write_shape(bytes, histogram);
        }
        let previous = same.into_iter().flat_map(counts);
        for (count, previous) in counts(histogram).zip(previous.chain(std::iter::repeat(0.0))) {
            write_number(bytes, count, previous);
        }
        before = Some(histogram);
    }
}

const EMPTY: Histogram = Histogram {
    reset: Reset::Unknown,
    layout: Layout::Exponential(0),
    zero_threshold: 0.0,
    zero_count: 0.0,
    count: 0.0,
    sum: 0.0,
    positive: Buckets(Vec::new()),
    negative: Buckets(Vec::new()),
};

/// Everything that is a number of the row, in the order it is written.
fn counts(histogram: &Histogram) -> impl Iterator<Item = f64> + '_ {
    let buckets = histogram.positive.0.iter().chain(&histogram.negative.0);
    [histogram.zero_count, histogram.count, histogram.sum].into_iter().chain(buckets.map(|(_, count)| *count))
}

fn same_shape(a: &Histogram, b: &Histogram) -> bool {
    let bits = |bounds: &[f64]| bounds.iter().map(|bound| bound.to_bits()).collect::<Vec<_>>();
    let layouts = match (&a.layout, &b.layout) {
        (Layout::Exponential(a), Layout::Exponential(b)) => a == b,
        (Layout::Custom(a), Layout::Custom(b)) => Arc::ptr_eq(a, b) || bits(a) == bits(b),
        _ => false,
    };
    let indexes = |a: &Buckets, b: &Buckets| {
        a.0.len() == b.0.len() && a.0.iter().zip(&b.0).all(|((a, _), (b, _))| a == b)
    };
    layouts
        && a.zero_threshold.to_bits() == b.zero_threshold.to_bits()
        && indexes(&a.positive, &b.positive)
        && indexes(&a.negative, &b.negative)
}

fn reset_code(reset: Reset) -> u8 {
    match reset {
        Reset::Unknown => 0,
        Reset::Reset => 1,
        Reset::NotReset => 2,
        Reset::Gauge => 3,
    }
}

fn write_shape(bytes: &mut Vec<u8>, histogram: &Histogram) {
    match &histogram.layout {
        Layout::Exponential(schema) => bytes.push(*schema as u8),
        Layout::Custom(bounds) => {
            write_unsigned(bytes, bounds.len() as u64);
            for bound in &**bounds {
                write_number(bytes, *bound, 0.0);
            }
        }
    }
    write_number(bytes, histogram.zero_threshold, 0.0);
    for buckets in [&histogram.positive, &histogram.negative] {
        write_unsigned(bytes, buckets.0.len() as u64);
        let mut next = 0_i64;
        for (index, _) in &buckets.0 {
            write_signed(bytes, i64::from(*index) - next);
            next = i64::from(*index) + 1;
        }
    }
}

/// An integer as its difference to the previous integer, shifted by one; any other float as 1 and its bits.
fn write_number(bytes: &mut Vec<u8>, number: f64, previous: f64) {
    match integer(number) {
        Some(integer) => {
            let change = integer - self::integer(previous).unwrap_or(0);
            write_unsigned(bytes, ((change << 1 ^ change >> 63) as u64) << 1);
        }
        None => {
            bytes.push(1);
            bytes.extend_from_slice(&number.to_bits().to_le_bytes());
        }
    }
}

/// Whole, exact and not -0. Differences of two such fit 55 bits.
fn integer(number: f64) -> Option<i64> {
    let integer = number as i64;
    (number.abs() <= EXACT && (integer as f64).to_bits() == number.to_bits()).then_some(integer)
}

/// The histograms at these places; each is told by its difference to the one before it, so that all before them are
/// unpacked too.
pub fn read(
    reader: &mut Reader<'_>,
    times: &Times,
    places: Range<usize>,
    into: &mut Vec<HistogramSample>,
) -> Result<(), BadChunk> {
    let start = into.len();
    for place in 0..places.end {
        let flags = reader.byte()?;
        let mut histogram = match into[start..].last() {
            _ if flags & NEW_SHAPE != 0 => read_shape(reader, flags & CUSTOM != 0)?,
            Some(before) => Histogram::clone(&before.histogram),
            None => return Err(BadChunk { why: "the first histogram has no shape" }),
        };
        histogram.reset = match flags & RESET_BITS {
            0 => Reset::Unknown,
            1 => Reset::Reset,
            2 => Reset::NotReset,
            _ => Reset::Gauge,
        };
        let Histogram { zero_count, count, sum, positive, negative, .. } = &mut histogram;
        for number in [zero_count, count, sum] {
            *number = read_number(reader, *number)?;
        }
        for (_, number) in positive.0.iter_mut().chain(&mut negative.0) {
            *number = read_number(reader, *number)?;
        }
        let at = Timestamp::from_ms(times.at(place));
        into.push(HistogramSample { at, histogram: Arc::new(histogram) });
    }
    into.drain(start..start + places.start);
    Ok(())
}

fn read_shape(reader: &mut Reader<'_>, custom: bool) -> Result<Histogram, BadChunk> {
    let layout = if custom {
        let bounds = reader.count()?;
        let bounds: Result<Arc<[f64]>, BadChunk> = (0..bounds).map(|_| read_number(reader, 0.0)).collect();
        Layout::Custom(bounds?)
    } else {
        Layout::Exponential(reader.byte()? as i8)
    };
    let zero_threshold = read_number(reader, 0.0)?;
    let positive = read_indexes(reader)?;
    let negative = read_indexes(reader)?;
    Ok(Histogram { layout, zero_threshold, positive, negative, ..EMPTY })
}

fn read_indexes(reader: &mut Reader<'_>) -> Result<Buckets, BadChunk> {
    let count = reader.count()?;
    let mut buckets = Vec::with_capacity(count);
    let mut next = 0_i64;
    for _ in 0..count {
        let index = next.wrapping_add(reader.signed()?);
        let narrow =
            i32::try_from(index).map_err(|_| BadChunk { why: "a bucket's index is out of range" })?;
        if buckets.last().is_some_and(|(last, _)| *last >= narrow) {
            return Err(BadChunk { why: "buckets out of order" });
        }
        buckets.push((narrow, 0.0));
        next = index + 1;
    }
    Ok(Buckets(buckets))
}

fn read_number(reader: &mut Reader<'_>, previous: f64) -> Result<f64, BadChunk> {
    let code = reader.unsigned()?;
    if code & 1 == 1 {
        return Ok(f64::from_bits(reader.eight()?));
    }
    let zigzag = code >> 1;
    let change = (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64);
    Ok(integer(previous).unwrap_or(0).wrapping_add(change) as f64)
}
