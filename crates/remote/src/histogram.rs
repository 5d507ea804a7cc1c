//! Native histograms, which both versions write in the same way.

use std::sync::Arc;

use andon_protobuf::{Fields, Message, Value};
use andon_timeseries::{
    BadHistogram, Buckets, Histogram, HistogramSample, Layout, Reset, STALE, Sample, Span,
};
use andon_vocabulary::Timestamp;

use crate::Malformed;

/// What a message of a histogram turned out to be.
pub(crate) enum Read {
    Histogram(HistogramSample),
    /// The marker that ends a series is a histogram whose sum is that NaN.
    Stale(Sample),
    Bad(BadHistogram),
}

/// One side of the zero bucket, as it is sent.
#[derive(Default)]
struct Side {
    spans: Vec<Span>,
    deltas: Vec<i64>,
    counts: Vec<f64>,
}

/// `buckets_left` is what the request may still bring.
pub(crate) fn read(fields: Fields<'_>, buckets_left: &mut usize) -> Result<Read, Malformed> {
    let (mut count, mut zero_count, mut sum, mut zero_threshold) = (0.0, 0.0, 0.0, 0.0);
    let (mut schema, mut at, mut reset) = (0, 0, Reset::Unknown);
    let mut is_float = false;
    let (mut negative, mut positive, mut bounds) = (Side::default(), Side::default(), Vec::new());
    for field in fields {
        let (number, value) = field?;
        match number {
            1 => count = value.uint()? as f64,
            2 => {
                count = value.double()?;
                is_float = true;
            }
            3 => sum = value.double()?,
            4 => schema = value.sint()?,
            5 => zero_threshold = value.double()?,
            6 => zero_count = value.uint()? as f64,
            7 => zero_count = value.double()?,
            8 => negative.spans.push(span(value, buckets_left)?),
            9 => value.sints(&mut |delta| negative.deltas.push(delta))?,
            10 => value.doubles(&mut |count| negative.counts.push(count))?,
            11 => positive.spans.push(span(value, buckets_left)?),
            12 => value.sints(&mut |delta| positive.deltas.push(delta))?,
            13 => value.doubles(&mut |count| positive.counts.push(count))?,
            14 => reset = hint(value.int()?),
            15 => at = value.int()?,
            16 => value.doubles(&mut |bound| bounds.push(bound))?,
            _ => {}
        }
    }
    let given = [&negative, &positive].map(|side| side.deltas.len() + side.counts.len());
    let given = given.iter().sum::<usize>() + bounds.len();
    *buckets_left = buckets_left.checked_sub(given).ok_or_else(too_many)?;

    let at = Timestamp::from_ms(at);
    if f64::to_bits(sum) == STALE.to_bits() {
        return Ok(Read::Stale(Sample { at, value: STALE }));
    }
    let layout = match i32::try_from(schema) {
        Ok(Layout::CUSTOM) => Ok(Layout::Custom(bounds.into())),
        Ok(schema) => Layout::exponential(schema),
        Err(_) => Err(BadHistogram::Schema(if schema < 0 { i32::MIN } else { i32::MAX })),
    };
    let built = layout.and_then(|layout| {
        let (positive, negative) = (positive.buckets(is_float)?, negative.buckets(is_float)?);
        let histogram =
            Histogram { reset, layout, zero_threshold, zero_count, count, sum, positive, negative };
        histogram.check()?;
        if !is_float {
            histogram.check_count()?;
        }
        Ok(histogram)
    });
    Ok(match built {
        Ok(histogram) => Read::Histogram(HistogramSample { at, histogram: Arc::new(histogram) }),
        Err(bad) => Read::Bad(bad),
    })
}

impl Side {
    fn buckets(&self, is_float: bool) -> Result<Buckets, BadHistogram> {
        if is_float {
            Buckets::from_counts(&self.spans, &self.counts)
        } else {
            Buckets::from_deltas(&self.spans, &self.deltas)
        }
    }
}

fn span(value: Value<'_>, buckets_left: &mut usize) -> Result<Span, Malformed> {
    let (mut offset, mut length) = (0, 0);
    for field in value.message()? {
        match field? {
            (1, value) => offset = value.sint()?,
            (2, value) => length = value.uint()?,
            _ => {}
        }
    }
    // An empty span takes memory too.
    *buckets_left = buckets_left.checked_sub(1).ok_or_else(too_many)?;
    match (i32::try_from(offset), u32::try_from(length)) {
        (Ok(offset), Ok(length)) => Ok(Span { offset, length }),
        _ => Err(Malformed("a span of a histogram reaches beyond 32 bits".to_owned())),
    }
}

fn too_many() -> Malformed {
    Malformed("the histograms of the request have too many buckets; send fewer at once".to_owned())
}

fn hint(number: i64) -> Reset {
    match number {
        1 => Reset::Reset,
        2 => Reset::NotReset,
        3 => Reset::Gauge,
        _ => Reset::Unknown,
    }
}

/// Writes a histogram as floats, which loses nothing.
pub(crate) fn write(message: &mut Message, sample: &HistogramSample) {
    let histogram = &*sample.histogram;
    message.double(2, histogram.count);
    message.double(3, histogram.sum);
    let bounds: &[f64] = match &histogram.layout {
        Layout::Exponential(schema) => {
            message.sint(4, i64::from(*schema));
            &[]
        }
        Layout::Custom(bounds) => {
            message.sint(4, i64::from(Layout::CUSTOM));
            bounds
        }
    };
    message.double(5, histogram.zero_threshold);
    message.double(7, histogram.zero_count);
    for (spans, counts, buckets) in [(8, 10, &histogram.negative), (11, 13, &histogram.positive)] {
        for span in buckets.spans() {
            message.message(spans, |inner| {
                inner.sint(1, i64::from(span.offset));
                inner.uint(2, u64::from(span.length));
            });
        }
        if !buckets.is_empty() {
            message.doubles(counts, buckets.0.iter().map(|(_, count)| *count));
        }
    }
    let hint = match histogram.reset {
        Reset::Unknown => 0,
        Reset::Reset => 1,
        Reset::NotReset => 2,
        Reset::Gauge => 3,
    };
    message.int(14, hint);
    message.int(15, sample.at.as_ms());
    if !bounds.is_empty() {
        message.doubles(16, bounds.iter().copied());
    }
}
