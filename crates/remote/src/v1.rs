//! Requests of version 1.0: `prometheus.WriteRequest`, where each series carries its labels as texts.

use andon_protobuf::{Fields, Value};
use andon_timeseries::{Exemplar, MetricKind};
use andon_vocabulary::Timestamp;

use crate::read::{Left, sample};
use crate::series::{Names, label_pairs};
use crate::{Item, Limits, Malformed, Metadata, Room, Series};

pub(crate) fn read(
    body: &[u8],
    limits: &Limits,
    left: &mut Left,
    room: &mut Room,
    take: &mut dyn FnMut(Item<'_>),
) -> Result<(), Malformed> {
    for field in Fields::of(body) {
        match field? {
            (1, value) => series(value.bytes()?, limits, left, room, take)?,
            (3, value) => take(Item::Metadata(metadata(value)?)),
            _ => {}
        }
    }
    Ok(())
}

fn series(
    message: &[u8],
    limits: &Limits,
    left: &mut Left,
    room: &mut Room,
    take: &mut dyn FnMut(Item<'_>),
) -> Result<(), Malformed> {
    room.clear();
    let mut fields = Fields::of(message);
    // Every sender writes the labels first. Where they end, the key ends.
    let mut key_bytes = 0;
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
