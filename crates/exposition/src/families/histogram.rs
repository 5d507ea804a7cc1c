//! A histogram's message: classic buckets, native ones, or both.

use std::sync::Arc;

use andon_protobuf::{Fields, Value};
use andon_timeseries::{Buckets, Histogram, Layout, Reset, Span};
use andon_vocabulary::Timestamp;

use super::metric::{exemplar, said};
use super::time;
use crate::number::NAN;
use crate::{Exemplar, MetricKind};

/// What the message says.
#[derive(Debug, Default)]
pub struct Read {
    pub count: f64,
    pub sum: f64,
    pub classic: Vec<Classic>,
    pub created: Option<Timestamp>,
    is_float: bool,
    schema: i64,
    zero_threshold: f64,
    zero_count: f64,
    positive: Side,
    negative: Side,
    exemplars: Vec<Exemplar>,
}

/// A cumulative bucket.
#[derive(Debug)]
pub struct Classic {
    pub upper: f64,
    pub count: f64,
    pub exemplar: Option<Exemplar>,
}

#[derive(Debug, Default)]
struct Side {
    spans: Vec<Span>,
    deltas: Vec<i64>,
    counts: Vec<f64>,
}

pub fn read(fields: Fields<'_>, buckets_max: usize) -> Result<Read, String> {
    let mut read = Read::default();
    let (mut count, mut float_count, mut zero_count, mut float_zero_count) = (0, 0.0, 0, 0.0);
    for field in fields {
        let (number, value) = field.map_err(said)?;
        let done = match number {
            1 => value.uint().map(|value| count = value),
            2 => value.double().map(|value| read.sum = if value.is_nan() { NAN } else { value }),
            3 => {
                read.classic.push(bucket(value)?);
                Ok(())
            }
            4 => value.double().map(|value| float_count = value),
            5 => value.sint().map(|value| read.schema = value),
            6 => value.double().map(|value| read.zero_threshold = value),
            7 => value.uint().map(|value| zero_count = value),
            8 => value.double().map(|value| float_zero_count = value),
            9 => read.negative.span(value),
            10 => value.sints(&mut |delta| read.negative.deltas.push(delta)),
            11 => value.doubles(&mut |count| read.negative.counts.push(count)),
            12 => read.positive.span(value),
            13 => value.sints(&mut |delta| read.positive.deltas.push(delta)),
            14 => value.doubles(&mut |count| read.positive.counts.push(count)),
            15 => time(value).map(|created| read.created = Some(created)),
            16 => {
                read.exemplars.push(exemplar(value)?);
                Ok(())
            }
            _ => Ok(()),
        };
        done.map_err(said)?;
        if read.len() > buckets_max {
            return Err(format!("a histogram has more than {buckets_max} buckets"));
        }
    }
    // A float is meant where there is one.
    read.is_float = float_count > 0.0 || float_zero_count > 0.0;
    read.count = if float_count > 0.0 { float_count } else { count as f64 };
    read.zero_count = if read.is_float { float_zero_count } else { zero_count as f64 };
    Ok(read)
}

impl Read {
    /// A library marks one without observations by a span of no length.
    pub fn is_native(&self) -> bool {
        !self.positive.spans.is_empty()
            || !self.negative.spans.is_empty()
            || self.zero_threshold > 0.0
            || self.zero_count > 0.0
    }

    pub fn native(&self, kind: MetricKind) -> Result<Arc<Histogram>, String> {
        let built = i32::try_from(self.schema)
            .map_err(|_| format!("a histogram has schema {}", self.schema))
            .and_then(|schema| Layout::exponential(schema).map_err(|bad| bad.to_string()))?;
        let buckets = |side: &Side| {
            let read = if self.is_float {
                Buckets::from_counts(&side.spans, &side.counts)
            } else {
                Buckets::from_deltas(&side.spans, &side.deltas)
            };
            read.map_err(|bad| bad.to_string())
        };
        let histogram = Histogram {
            reset: if kind == MetricKind::GaugeHistogram { Reset::Gauge } else { Reset::Unknown },
            layout: built,
            zero_threshold: self.zero_threshold,
            zero_count: self.zero_count,
            count: self.count,
            sum: self.sum,
            positive: buckets(&self.positive)?,
            negative: buckets(&self.negative)?,
        };
        histogram.check().map_err(|bad| bad.to_string())?;
        if !self.is_float {
            histogram.check_count().map_err(|bad| bad.to_string())?;
        }
        Ok(Arc::new(histogram))
    }

    /// Its own exemplars, or those of its classic buckets.
    pub fn native_exemplars(&self) -> impl Iterator<Item = &Exemplar> {
        let classic = if self.exemplars.is_empty() { &self.classic[..] } else { &[] };
        self.exemplars.iter().chain(classic.iter().filter_map(|bucket| bucket.exemplar.as_ref()))
    }

    fn len(&self) -> usize {
        self.classic.len() + self.exemplars.len() + self.positive.len() + self.negative.len()
    }
}

impl Side {
    fn span(&mut self, value: Value<'_>) -> Result<(), andon_protobuf::Broken> {
        let (mut offset, mut length) = (0, 0);
        for field in value.message()? {
            match field? {
                (1, value) => offset = value.sint()?,
                (2, value) => length = value.uint()?,
                _ => {}
            }
        }
        match (i32::try_from(offset), u32::try_from(length)) {
            (Ok(offset), Ok(length)) => self.spans.push(Span { offset, length }),
            _ => return Err(andon_protobuf::Broken("a span of a histogram reaches beyond 32 bits")),
        }
        Ok(())
    }

    fn len(&self) -> usize {
        self.spans.len() + self.deltas.len() + self.counts.len()
    }
}

fn bucket(value: Value<'_>) -> Result<Classic, String> {
    let (mut count, mut float_count, mut upper, mut found) = (0, 0.0, 0.0, None);
    for field in value.message().map_err(said)? {
        let (number, value) = field.map_err(said)?;
        match number {
            1 => count = value.uint().map_err(said)?,
            2 => upper = value.double().map_err(said)?,
            3 => found = Some(exemplar(value)?),
            4 => float_count = value.double().map_err(said)?,
            _ => {}
        }
    }
    let count = if float_count > 0.0 { float_count } else { count as f64 };
    Ok(Classic { upper, count, exemplar: found })
}
