//! Requests of version 1.0: `prometheus.WriteRequest`, where each series carries its labels as texts.

use andon_protobuf::{Fields, Value};
use andon_timeseries::{Exemplar, MetricKind, Sample};
use andon_vocabulary::Timestamp;

use crate::read::{Left, sample};
use crate::series::{Names, label_pairs};
use crate::{Item, Limits, Malformed, Metadata, Room, Series, Take};

pub(crate) fn read(
    body: &[u8],
    limits: &Limits,
    left: &mut Left,
    room: &mut Room,
    take: &mut impl Take,
) -> Result<(), Malformed> {
    for field in Fields::of(body) {
        match field? {
            (1, value) => {
                let message = value.bytes()?;
                if !expected(message, left, take) {
                    series(message, limits, left, room, &mut |item| take.item(item))?;
                }
            }
            (3, value) => take.item(Item::Metadata(metadata(value)?)),
            _ => {}
        }
    }
    Ok(())
}

/// Whether it was the series that was expected, with one sample.
#[inline]
fn expected(message: &[u8], left: &mut Left, take: &mut impl Take) -> bool {
    let Some((key, rest)) = take.next_key_bytes().and_then(|bytes| message.split_at_checked(bytes)) else {
        return false;
    };
    let Some(sample) = one_sample(rest) else { return false };
    if left.samples == 0 || !take.next(key, sample) {
        return false;
    }
    left.samples -= 1;
    true
}

/// Field 2 of a `TimeSeries` and nothing else, as every sender writes it: a value, which is left out where it is 0, and
/// then a time.
#[inline]
fn one_sample(bytes: &[u8]) -> Option<Sample> {
    let [0x12, length, sample @ ..] = bytes else { return None };
    let (value, time) = match sample {
        [0x09, rest @ ..] => {
            rest.split_first_chunk().map(|(bits, rest)| (f64::from_le_bytes(*bits), rest))?
        }
        _ => (0.0, sample),
    };
    let [0x10, time @ ..] = time else { return None };
    // A longer one is of a time before 1970.
    let (last, most) = time.split_last().filter(|(_, most)| most.len() < 9)?;
    if usize::from(*length) != sample.len() || *last >= 0x80 || most.iter().any(|byte| *byte < 0x80) {
        return None;
    }
    let high = u64::from(*last) << (7 * most.len());
    let low = most.iter().rev().fold(0, |low, byte| low << 7 | u64::from(byte & 0x7f));
    Some(Sample { at: Timestamp::from_ms((high | low).cast_signed()), value })
}

fn series(
    message: &[u8],
    limits: &Limits,
    left: &mut Left,
    room: &mut Room,
    take: &mut dyn FnMut(Item<'_>),
) -> Result<(), Malformed> {
    room.clear();
    // Every sender writes the labels first. Where they end, the key ends.
    let mut key_bytes = short_labels(message);
    let mut fields = Fields::of(&message[key_bytes..]);
    let mut has_key = true;
    while let Some(field) = fields.next() {
        match field? {
            (1, _) if has_key && room.is_empty() => key_bytes = message.len() - fields.rest().len(),
            (1, _) => has_key = false,
            (2, value) => {
                left.one()?;
                room.samples.push(sample(value.message()?)?);
            }
            (3, value) => {
                left.one()?;
                room.exemplars.push(exemplar(value)?);
            }
            (4, value) => left.histogram(value, room)?,
            _ => has_key = false,
        }
    }
    take(Item::Series(Series {
        key: has_key.then_some(&message[..key_bytes]),
        samples: &room.samples,
        histograms: &room.histograms,
        refused: &room.refused,
        exemplars: &room.exemplars,
        metadata: None,
        created: None,
        names: Names::Pairs(message),
        labels_max: limits.labels_max,
    }));
    Ok(())
}

/// How many bytes the labels take that a message begins with, as long as they are short. Their insides are not looked
/// at: of a series that is known by its key, nobody reads them.
fn short_labels(message: &[u8]) -> usize {
    let mut rest = message;
    // The key of field 1, a length of one byte, and what it is the length of.
    while let [0x0a, length @ 0..0x80, after @ ..] = rest
        && let Some(after) = after.get(usize::from(*length)..)
    {
        rest = after;
    }
    message.len() - rest.len()
}

impl Room {
    fn is_empty(&self) -> bool {
        self.samples.is_empty()
            && self.histograms.is_empty()
            && self.refused.is_empty()
            && self.exemplars.is_empty()
    }
}

fn exemplar(value: Value<'_>) -> Result<Exemplar, Malformed> {
    let message = value.bytes()?;
    let mut pairs = Vec::new();
    label_pairs(message, &mut pairs)?;
    let (mut value, mut at) = (0.0, 0);
    for field in Fields::of(message) {
        match field? {
            (2, found) => value = found.double()?,
            (3, found) => at = found.int()?,
            _ => {}
        }
    }
    Ok(Exemplar { at: Timestamp::from_ms(at), value, labels: pairs.into_iter().collect() })
}

fn metadata(value: Value<'_>) -> Result<Metadata<'_>, Malformed> {
    let mut found = Metadata { metric: "", kind: kind(0), help: "", unit: "" };
    for field in value.message()? {
        match field? {
            (1, value) => found.kind = kind(value.int()?),
            (2, value) => found.metric = value.text()?,
            (4, value) => found.help = value.text()?,
            (5, value) => found.unit = value.text()?,
            _ => {}
        }
    }
    Ok(found)
}

/// Both versions number the kinds alike.
pub(crate) fn kind(number: i64) -> MetricKind {
    match number {
        1 => MetricKind::Counter,
        2 => MetricKind::Gauge,
        3 => MetricKind::Histogram,
        4 => MetricKind::GaugeHistogram,
        5 => MetricKind::Summary,
        6 => MetricKind::Info,
        7 => MetricKind::StateSet,
        _ => MetricKind::Unknown,
    }
}
