//! A column of values, bit for bit.
//!
//! Most of what is measured was written as a decimal: 0.25, 1733.4, 12 bytes. Such values are integers times a power of
//! ten, and integers pack far better than the bits of floats. What is no such decimal (NaN, the staleness
//! marker, -0, infinities, a stray 1/3) is kept beside them as an exception; where too many are, the column holds the
//! bits of all values.

use std::ops::Range;

use andon_vocabulary::Timestamp;

use super::bytes::{Reader, write_unsigned};
use super::times::Times;
use super::{BadChunk, Packing, column};
use crate::Sample;

/// With more digits behind the point, a mantissa is no shorter than the float's own.
const DIGITS_MAX: usize = 15;
/// The head byte of a column of bits; below it stands a number of digits.
const RAW: u8 = 0x1f;
/// Set in the head byte where exceptions follow.
const EXCEPTIONS: u8 = 0x80;
/// More exceptions than one in this many values, and they are no exceptions.
const VALUES_PER_EXCEPTION: usize = 16;

/// All of them exact as floats, so that dividing by them rounds once, as reading a decimal does.
const POWERS: [f64; DIGITS_MAX + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

pub fn write(bytes: &mut Vec<u8>, samples: &[Sample], packing: Packing) {
    match Decimals::of(samples) {
        Some(decimals) => {
            let flag = if decimals.exceptions.is_empty() { 0 } else { EXCEPTIONS };
            bytes.push(decimals.digits as u8 | flag);
            if flag != 0 {
                write_exceptions(bytes, &decimals.exceptions);
            }
            column::write(bytes, &decimals.mantissas, packing);
        }
        None => {
            bytes.push(RAW);
            let ordered: Vec<i64> = samples.iter().map(|sample| order(sample.value)).collect();
            column::write(bytes, &ordered, packing);
        }
    }
}

struct Decimals {
    digits: usize,
    mantissas: Vec<i64>,
    /// Place and bits.
    exceptions: Vec<(usize, u64)>,
}

impl Decimals {
    fn of(samples: &[Sample]) -> Option<Decimals> {
        // A lone value may be an exception: a series of one marker is still no reason for bits.
        let allowed = samples.len() / VALUES_PER_EXCEPTION + 1;
        let (mut digits, mut odd) = (0, 0);
        for sample in samples {
            if mantissa(sample.value, digits).is_some() {
                continue;
            }
            match (digits + 1..=DIGITS_MAX).find(|more| mantissa(sample.value, *more).is_some()) {
                Some(more) => digits = more,
                None => odd += 1,
            }
            if odd > allowed {
                return None;
            }
        }
        let mut decimals =
            Decimals { digits, mantissas: Vec::with_capacity(samples.len()), exceptions: Vec::new() };
        let mut last = 0;
        for (at, sample) in samples.iter().enumerate() {
            match mantissa(sample.value, digits) {
                Some(mantissa) => last = mantissa,
                None => decimals.exceptions.push((at, sample.value.to_bits())),
            }
            // Under an exception stands the mantissa before it, which costs least.
            decimals.mantissas.push(last);
        }
        (decimals.exceptions.len() <= allowed).then_some(decimals)
    }
}

/// The integer that gives exactly this value when divided by ten to the `digits`.
fn mantissa(value: f64, digits: usize) -> Option<i64> {
    let mantissa = (value * POWERS[digits]).round_ties_even() as i64;
    ((mantissa as f64 / POWERS[digits]).to_bits() == value.to_bits()).then_some(mantissa)
}

/// The bits as an integer whose order is that of the values; a negative value is the negated integer of the positive
/// one, so that what the bits have in common (a value that was a single float) is common to both.
fn order(value: f64) -> i64 {
    let magnitude = value.abs().to_bits() as i64;
    match (value.is_sign_negative(), magnitude) {
        (false, magnitude) => magnitude,
        (true, 0) => MINUS_ZERO,
        (true, magnitude) => -magnitude,
    }
}

/// The only integer that is no magnitude's and no negated one's.
const MINUS_ZERO: i64 = i64::MIN;

fn value(ordered: i64) -> f64 {
    let bits = ordered.unsigned_abs();
    f64::from_bits(if ordered < 0 { bits | 1 << 63 } else { bits })
}

fn write_exceptions(bytes: &mut Vec<u8>, exceptions: &[(usize, u64)]) {
    write_unsigned(bytes, exceptions.len() as u64);
    let mut next = 0;
    for (at, bits) in exceptions {
        write_unsigned(bytes, (at - next) as u64);
        bytes.extend_from_slice(&bits.to_le_bytes());
        next = at + 1;
    }
}

/// The samples at these places. Only when the last one is read, the reader stands behind them.
pub fn read(
    reader: &mut Reader<'_>,
    times: &Times,
    places: Range<usize>,
    into: &mut Vec<Sample>,
) -> Result<(), BadChunk> {
    let head = reader.byte()?;
    let exceptions = if head & EXCEPTIONS == 0 { Vec::new() } else { read_exceptions(reader, times.len())? };
    let column = column::read(reader, times.len(), places.clone())?;
    let before = into.len();
    let pairs = places.clone().map(|place| times.at(place)).zip(&column);
    match head & !EXCEPTIONS {
        RAW => into.extend(pairs.map(|(at, number)| sample(at, value(*number)))),
        0 => into.extend(pairs.map(|(at, number)| sample(at, *number as f64))),
        digits => {
            let power = POWERS
                .get(usize::from(digits))
                .ok_or(BadChunk { why: "more decimal digits than a value has" })?;
            into.extend(pairs.map(|(at, number)| sample(at, *number as f64 / power)));
        }
    }
    for (at, bits) in exceptions.into_iter().filter(|(at, _)| places.contains(at)) {
        into[before + at - places.start].value = f64::from_bits(bits);
    }
    Ok(())
}

fn sample(at: i64, value: f64) -> Sample {
    Sample { at: Timestamp::from_ms(at), value }
}

fn read_exceptions(reader: &mut Reader<'_>, len: usize) -> Result<Vec<(usize, u64)>, BadChunk> {
    let mut exceptions = Vec::new();
    let mut next = 0_usize;
    for _ in 0..reader.count()? {
        let gap = usize::try_from(reader.unsigned()?).unwrap_or(usize::MAX);
        let at = next.saturating_add(gap);
        if at >= len {
            return Err(BadChunk { why: "an exception beyond the end" });
        }
        exceptions.push((at, reader.eight()?));
        next = at + 1;
    }
    Ok(exceptions)
}
