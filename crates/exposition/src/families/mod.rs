//! Protobuf: delimited messages of `io.prometheus.client.MetricFamily`, unfolded to the rows that text would have.
//!
//! The labels of a metric stand once in its message, but a histogram has a row for each of its buckets. Each row gets
//! the text of its series, so that everything behind this crate works as it does for text, its cache above all.

mod histogram;
mod metric;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use andon_protobuf::{Fields, Value, delimited};
use andon_timeseries::Histogram;
use andon_vocabulary::Timestamp;

use crate::metadata::is_suffix;
use crate::row::Beside;
use crate::{Entry, Exemplar, HistogramRow, Limits, MetricKind, ParseError, Place, Row};

/// Text may be this many times as long as the message it comes from, and no longer than `TEXT_BYTES_MAX`.
const TEXT_GROWTH_MAX: usize = 64;
const TEXT_BYTES_MAX: usize = 256 << 20;

/// What is taken of a histogram that has native buckets, and perhaps classic ones too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Histograms {
    /// Native buckets are ignored.
    #[default]
    Classic,
    /// Native buckets where there are some, classic ones elsewhere.
    Native,
    /// Whatever it has (`always_scrape_classic_histograms`).
    Both,
}

/// The entries of a body in protobuf.
#[derive(Debug, Default)]
pub struct Families {
    /// The text of all series, names, helps and units.
    text: String,
    exemplars: Vec<Exemplar>,
    pieces: Vec<(Place, Piece)>,
}

/// An entry whose texts are ranges of `Families::text`.
#[derive(Debug)]
enum Piece {
    Help { metric: Range<usize>, text: Range<usize> },
    Type { metric: Range<usize>, kind: MetricKind },
    Unit { metric: Range<usize>, unit: Range<usize> },
    Sample { series: Range<usize>, value: f64, times: Times, exemplar: Option<usize> },
    Histogram { series: Range<usize>, histogram: Arc<Histogram>, times: Times, exemplars: Range<usize> },
}

#[derive(Clone, Copy, Debug, Default)]
struct Times {
    at: Option<Timestamp>,
    created: Option<Timestamp>,
}

/// What stands at the head of a family.
#[derive(Debug)]
struct Family<'a> {
    name: &'a str,
    kind: MetricKind,
}

impl Families {
    /// Reads a body whole. The first error ends it: of a broken scrape nothing should be believed.
    pub fn read(body: &[u8], histograms: Histograms, limits: &Limits) -> Result<Families, ParseError> {
        let text_max = body.len().saturating_mul(TEXT_GROWTH_MAX).min(TEXT_BYTES_MAX);
        let mut reading = Reading {
            families: Families::default(),
            histograms,
            limits,
            text_max,
            samples: 0,
            place: Place::Family(0),
        };
        let mut rest = body;
        let mut number = 0;
        while let Some(message) = delimited(&mut rest) {
            number += 1;
            reading.place = Place::Family(number);
            let read =
                message.map_err(|broken| broken.to_string()).and_then(|message| reading.family(message));
            read.map_err(|message| ParseError { place: reading.place, message })?;
        }
        Ok(reading.families)
    }

    /// The entries, in the order of the body.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.pieces.iter().map(|(place, piece)| self.entry(*place, piece))
    }

    fn entry<'a>(&'a self, place: Place, piece: &'a Piece) -> Entry<'a> {
        let text = |range: &Range<usize>| &self.text[range.clone()];
        let name = |range: &Range<usize>| Cow::Borrowed(&self.text[range.clone()]);
        match piece {
            Piece::Help { metric, text: help } => Entry::Help { metric: name(metric), text: name(help) },
            Piece::Type { metric, kind } => Entry::Type { metric: name(metric), kind: *kind },
            Piece::Unit { metric, unit } => Entry::Unit { metric: name(metric), unit: text(unit) },
            Piece::Sample { series, value, times, exemplar } => Entry::Sample(Row {
                series: text(series).as_bytes(),
                value: *value,
                at: times.at,
                created: times.created,
                place,
                // Bounds are spelled as they should be already.
                kind: None,
                beside: exemplar.map_or(Beside::Nothing, |at| Beside::Read(&self.exemplars[at])),
            }),
            Piece::Histogram { series, histogram, times, exemplars } => Entry::Histogram(HistogramRow {
                series: text(series).as_bytes(),
                histogram,
                at: times.at,
                created: times.created,
                exemplars: &self.exemplars[exemplars.clone()],
                place,
            }),
        }
    }

    fn keep(&mut self, text: &str) -> Range<usize> {
        let begin = self.text.len();
        self.text.push_str(text);
        begin..self.text.len()
    }
}

/// A body while it is read.
struct Reading<'l> {
    families: Families,
    histograms: Histograms,
    limits: &'l Limits,
    text_max: usize,
    samples: usize,
    place: Place,
}

impl Reading<'_> {
    fn family(&mut self, message: &[u8]) -> Result<(), String> {
        let (mut name, mut help, mut unit, mut number) = ("", "", "", 0);
        let broken = |error: andon_protobuf::Broken| error.to_string();
        for field in Fields::of(message) {
            match field.map_err(broken)? {
                (1, value) => name = value.text().map_err(broken)?,
                (2, value) => help = value.text().map_err(broken)?,
                (3, value) => number = value.int().map_err(broken)?,
                (5, value) => unit = value.text().map_err(broken)?,
                _ => {}
            }
        }
        if name.is_empty() {
            return Err("the family has no name".to_owned());
        }
        let kind = kind(number).ok_or_else(|| format!("{name} has the type {number}, which is not known"))?;
        let family = Family { name, kind };
        self.describe(&family, help, unit)?;
        for field in Fields::of(message) {
            if let (4, metric) = field.map_err(broken)? {
                self.metric(&family, metric)?;
            }
        }
        Ok(())
    }

    fn describe(&mut self, family: &Family<'_>, help: &str, unit: &str) -> Result<(), String> {
        self.room_for(family.name.len() + help.len() + unit.len())?;
        let metric = self.families.keep(family.name);
        if !help.is_empty() {
            let text = self.families.keep(help);
            self.add(Piece::Help { metric: metric.clone(), text });
        }
        self.add(Piece::Type { metric: metric.clone(), kind: family.kind });
        if !unit.is_empty() {
            let stem = match family.kind {
                MetricKind::Counter => family.name.strip_suffix("_total").unwrap_or(family.name),
                _ => family.name,
            };
            if !is_suffix(unit, stem) {
                return Err(format!(
                    "the unit {unit:?} is not the end of the metric's name {:?}",
                    family.name
                ));
            }
            let unit = self.families.keep(unit);
            self.add(Piece::Unit { metric, unit });
        }
        Ok(())
    }

    fn add(&mut self, piece: Piece) {
        self.families.pieces.push((self.place, piece));
    }

    fn one_sample_more(&mut self) -> Result<(), String> {
        self.samples += 1;
        if self.samples > self.limits.samples_max {
            let max = self.limits.samples_max;
            return Err(format!("more than {max} samples; scrape less, or raise the limit"));
        }
        Ok(())
    }

    fn room_for(&self, bytes: usize) -> Result<(), String> {
        if self.families.text.len() + bytes > self.text_max {
            return Err(
                "the labels are repeated by too many buckets; expose shorter ones or fewer".to_owned()
            );
        }
        Ok(())
    }
}

fn kind(number: i64) -> Option<MetricKind> {
    Some(match number {
        0 => MetricKind::Counter,
        1 => MetricKind::Gauge,
        2 => MetricKind::Summary,
        3 => MetricKind::Unknown,
        4 => MetricKind::Histogram,
        5 => MetricKind::GaugeHistogram,
        _ => return None,
    })
}

/// `google.protobuf.Timestamp`, to the millisecond.
fn time(value: Value<'_>) -> Result<Timestamp, andon_protobuf::Broken> {
    let (mut seconds, mut nanos) = (0_i64, 0);
    for field in value.message()? {
        match field? {
            (1, value) => seconds = value.int()?,
            (2, value) => nanos = value.int()?,
            _ => {}
        }
    }
    Ok(Timestamp::from_ms(seconds.saturating_mul(1000).saturating_add(nanos / 1_000_000)))
}

#[cfg(test)]
mod tests;
