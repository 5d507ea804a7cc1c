//! What the log remembers: series and their numbers, samples, and what else the head holds.
//!
//! A number means a series only from one [`Record::Start`] to the next: each process counts anew.
//!
//! Samples take a control byte each, which says what can be left out: bit 0 = the series is the one after the last
//! sample's, bit 1 = the time is the last sample's, bits 2–4 = how the value is written. Most scrapes are written in
//! order of series at one time, so that a constant takes one byte and a counter about five.

use std::sync::Arc;

use andon_timeseries::{Chunk, Extent, HistogramSample, STALE, Sample};
use andon_vocabulary::{Labels, Timestamp};

use super::frame;
use crate::codec::{Bytes, Short, put_f64, put_histogram, put_labels, put_signed, put_varint, zigzag};

const START: u8 = 1;
const SERIES: u8 = 2;
const SAMPLES: u8 = 3;
const HISTOGRAMS: u8 = 4;
const CHUNK: u8 = 5;
const END: u8 = 6;
const EXTRA: u8 = 7;

const NEXT_SERIES: u8 = 1;
const SAME_TIME: u8 = 2;
const ZERO: u8 = 0;
const WHOLE: u8 = 1;
const RAW: u8 = 2;
const STALE_MARKER: u8 = 3;
/// … and the kinds after it: hundredths, thousandths.
const TENTHS: u8 = 4;
const SCALES: [f64; 3] = [10.0, 100.0, 1000.0];
/// Beyond it a varint is no shorter than the raw value.
const MANTISSA_MAX: f64 = (1_u64 << 47) as f64;

/// A record is closed when it has this many bytes: small enough that a damaged one costs little.
const BODY_BYTES: usize = 64 << 10;

/// One record, read.
#[derive(Debug)]
pub enum Record<'a> {
    /// A process began: numbers of series mean nothing that they meant before.
    Start,
    Series {
        id: u64,
        labels: Labels,
    },
    Samples(Samples<'a>),
    Histogram {
        id: u64,
        sample: HistogramSample,
    },
    /// Of a checkpoint: what a series held.
    Chunk {
        id: u64,
        chunk: Chunk,
    },
    /// Of a checkpoint: it is whole.
    End,
    /// What is told beside the samples, as JSON.
    Extra(Extra),
}

/// Rare things, which may grow fields.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extra {
    /// The value as its bits: JSON has no infinities.
    Exemplar {
        series: u64,
        at: i64,
        labels: Labels,
        bits: u64,
    },
    Metadata {
        metric: String,
        kind: String,
        help: String,
        unit: String,
    },
}

/// Gathers what one write has to log, ready framed.
#[derive(Debug, Default)]
pub struct Encoder {
    /// Whole frames.
    frames: Vec<u8>,
    /// The open record of samples.
    body: Vec<u8>,
    /// The series and time of the last sample in it.
    last: (u64, i64),
}

impl Encoder {
    pub fn start(&mut self) {
        frame::put(&mut self.frames, |into| into.push(START));
    }

    pub fn series(&mut self, id: u64, labels: &Labels) {
        frame::put(&mut self.frames, |into| {
            into.push(SERIES);
            put_varint(into, id);
            put_labels(into, labels);
        });
    }

    pub fn sample(&mut self, id: u64, sample: Sample) {
        if self.body.is_empty() {
            self.body.push(SAMPLES);
            self.last = (0, 0);
        }
        let at = sample.at.as_ms();
        let (kind, mantissa) = shape(sample.value);
        let is_next = id == self.last.0.wrapping_add(1);
        let is_at_once = at == self.last.1;
        let control = if is_next { NEXT_SERIES } else { 0 } | if is_at_once { SAME_TIME } else { 0 };
        self.body.push(control | kind << 2);
        if !is_next {
            put_signed(&mut self.body, id.wrapping_sub(self.last.0) as i64);
        }
        if !is_at_once {
            put_signed(&mut self.body, at.wrapping_sub(self.last.1));
        }
        match kind {
            ZERO | STALE_MARKER => {}
            RAW => put_f64(&mut self.body, sample.value),
            _ => put_mantissa(&mut self.body, mantissa),
        }
        self.last = (id, at);
        if self.body.len() >= BODY_BYTES {
            self.close();
        }
    }

    pub fn histogram(&mut self, id: u64, sample: &HistogramSample) {
        self.close();
        frame::put(&mut self.frames, |into| {
            into.push(HISTOGRAMS);
            put_varint(into, id);
            put_signed(into, sample.at.as_ms());
            put_histogram(into, &sample.histogram);
        });
    }

    pub fn chunk(&mut self, id: u64, chunk: &Chunk) {
        self.close();
        frame::put(&mut self.frames, |into| {
            into.push(CHUNK);
            put_varint(into, id);
            let Extent { from, to, len } = chunk.extent();
            put_signed(into, from.as_ms());
            put_signed(into, to.as_ms());
            put_varint(into, u64::from(len));
            into.extend_from_slice(chunk.bytes());
        });
    }

    pub fn extra(&mut self, extra: &Extra) {
        self.close();
        frame::put(&mut self.frames, |into| {
            into.push(EXTRA);
            serde_json::to_writer(into, extra).expect("texts and numbers are JSON");
        });
    }

    pub fn end(&mut self) {
        self.close();
        frame::put(&mut self.frames, |into| into.push(END));
    }

    fn close(&mut self) {
        if !self.body.is_empty() {
            let Encoder { frames, body, .. } = self;
            frame::put(frames, |into| into.extend_from_slice(body));
            body.clear();
        }
    }

    /// Hands the frames over and begins anew, with the room kept.
    pub fn drain(&mut self, take: impl FnOnce(&[u8])) {
        self.close();
        if !self.frames.is_empty() {
            take(&self.frames);
        }
        self.frames.clear();
        self.frames.shrink_to(4 * BODY_BYTES);
    }
}

/// As `put_signed`, for numbers whose varint takes at most eight bytes, as [`MANTISSA_MAX`] sees to: put together in a
/// register and written at once.
fn put_mantissa(into: &mut Vec<u8>, mantissa: i64) {
    let mut value = zigzag(mantissa);
    let (mut word, mut bits) = (0, 0);
    while value >= 0x80 {
        word |= (value & 0x7f | 0x80) << bits;
        value >>= 7;
        bits += 8;
    }
    word |= value << bits;
    let end = into.len() + bits / 8 + 1;
    into.extend_from_slice(&word.to_le_bytes());
    into.truncate(end);
}

/// How a value is written shortest without losing a bit.
fn shape(value: f64) -> (u8, i64) {
    // To the nearest whole number, or one beside it: it is only taken if it gives back every bit.
    let exact = |scaled: f64, scale: f64| {
        let whole = (scaled + 0.5_f64.copysign(scaled)) as i64;
        let same = scaled.abs() < MANTISSA_MAX && (whole as f64 / scale).to_bits() == value.to_bits();
        same.then_some(whole)
    };
    // Most values are whole. Through a whole number -0 would become 0, whose bits are others.
    let whole = value as i64;
    if (whole as f64).to_bits() == value.to_bits() && value.abs() < MANTISSA_MAX {
        return (if whole == 0 { ZERO } else { WHOLE }, whole);
    }
    if value.to_bits() == STALE.to_bits() {
        return (STALE_MARKER, 0);
    }
    for (nth, scale) in SCALES.iter().enumerate() {
        if let Some(mantissa) = exact(value * scale, *scale) {
            return (TENTHS + nth as u8, mantissa);
        }
    }
    (RAW, 0)
}

impl<'a> Record<'a> {
    pub fn read(body: &'a [u8]) -> Result<Record<'a>, Short> {
        let mut bytes = Bytes(body);
        let time = |bytes: &mut Bytes| bytes.signed().map(Timestamp::from_ms);
        let record = match bytes.byte()? {
            START => Record::Start,
            SERIES => Record::Series { id: bytes.varint()?, labels: bytes.labels()? },
            SAMPLES => return Ok(Record::Samples(Samples { bytes, last: (0, 0) })),
            HISTOGRAMS => {
                let (id, at) = (bytes.varint()?, time(&mut bytes)?);
                let sample = HistogramSample { at, histogram: Arc::new(bytes.histogram()?) };
                Record::Histogram { id, sample }
            }
            CHUNK => {
                let (id, from, to) = (bytes.varint()?, time(&mut bytes)?, time(&mut bytes)?);
                let len = u32::try_from(bytes.varint()?).map_err(|_| Short)?;
                let chunk = Chunk::from_parts(Extent { from, to, len }, bytes.take(bytes.0.len())?);
                Record::Chunk { id, chunk }
            }
            END => Record::End,
            EXTRA => {
                let json = bytes.take(bytes.0.len())?;
                Record::Extra(serde_json::from_slice(json).map_err(|_| Short)?)
            }
            _ => return Err(Short),
        };
        if bytes.is_empty() { Ok(record) } else { Err(Short) }
    }
}

/// The samples of one record.
#[derive(Debug)]
pub struct Samples<'a> {
    bytes: Bytes<'a>,
    last: (u64, i64),
}

impl Samples<'_> {
    fn sample(&mut self) -> Result<(u64, Sample), Short> {
        let control = self.bytes.byte()?;
        let step = if control & NEXT_SERIES != 0 { 1 } else { self.bytes.signed()? };
        let id = self.last.0.wrapping_add(step as u64);
        let later = if control & SAME_TIME != 0 { 0 } else { self.bytes.signed()? };
        let at = self.last.1.wrapping_add(later);
        let value = match control >> 2 {
            ZERO => 0.0,
            STALE_MARKER => STALE,
            WHOLE => self.bytes.signed()? as f64,
            RAW => self.bytes.f64()?,
            decimal => {
                let scale = SCALES.get(usize::from(decimal - TENTHS)).ok_or(Short)?;
                self.bytes.signed()? as f64 / scale
            }
        };
        self.last = (id, at);
        Ok((id, Sample { at: Timestamp::from_ms(at), value }))
    }
}

impl Iterator for Samples<'_> {
    type Item = Result<(u64, Sample), Short>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.bytes.is_empty() {
            return None;
        }
        let read = self.sample();
        if read.is_err() {
            self.bytes = Bytes(&[]);
        }
        Some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wal::frame::{Frames, Part};

    fn round_trip(samples: &[(u64, i64, f64)]) -> usize {
        let mut encoder = Encoder::default();
        for &(id, at, value) in samples {
            encoder.sample(id, Sample { at: Timestamp::from_ms(at), value });
        }
        let mut frames = Vec::new();
        encoder.drain(|bytes| frames.extend_from_slice(bytes));
        let mut read = Vec::new();
        for part in Frames::new(&frames, 0) {
            let Part::Record(body) = part else { panic!("{part:?}") };
            let Ok(Record::Samples(samples)) = Record::read(body) else { panic!("not samples") };
            read.extend(samples.map(|sample| {
                let (id, sample) = sample.expect("it was written");
                (id, sample.at.as_ms(), sample.value.to_bits())
            }));
        }
        let written: Vec<_> = samples.iter().map(|(id, at, value)| (*id, *at, value.to_bits())).collect();
        assert_eq!(read, written);
        frames.len()
    }

    #[test]
    fn every_bit_comes_back() {
        let odd =
            [0.0, -0.0, f64::NAN, STALE, f64::INFINITY, 0.1, 12.34, -0.001, 1e300, f64::MIN_POSITIVE, 2e15];
        let samples: Vec<_> =
            odd.iter().enumerate().map(|(n, value)| (n as u64, i64::MIN + 7, *value)).collect();
        round_trip(&samples);
        round_trip(&[(u64::MAX, i64::MAX, 1.0), (0, i64::MIN, 1e15), (5, 0, -1e16)]);
        arbtest::arbtest(|u| {
            let mut samples = Vec::new();
            for _ in 0..u.int_in_range(0..=40)? {
                samples.push((u.arbitrary()?, u.arbitrary()?, f64::from_bits(u.arbitrary()?)));
            }
            round_trip(&samples);
            Ok(())
        });
    }

    #[test]
    fn a_scrape_is_small() {
        let scrape: Vec<_> = (0..1000).map(|n| (n, 1_700_000_000_000, (n * 1000) as f64)).collect();
        assert!(round_trip(&scrape) < 4200, "{}", round_trip(&scrape));
        let constant: Vec<_> = (0..1000).map(|n| (n, 1_700_000_000_000, 0.0)).collect();
        assert!(round_trip(&constant) < 1030, "{}", round_trip(&constant));
    }

    #[test]
    fn anything_is_read_without_a_panic() {
        arbtest::arbtest(|u| {
            let bytes: Vec<u8> = u.arbitrary()?;
            if let Ok(Record::Samples(samples)) = Record::read(&bytes) {
                samples.for_each(drop);
            }
            Ok(())
        });
    }
}
