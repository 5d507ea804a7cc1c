//! Bytes on disk: varints, texts, times and whole histograms, written and read back.
//!
//! What is read may be anything, so every reading step says [`Short`] instead of going beyond its bytes.

use std::sync::Arc;

use andon_timeseries::{Buckets, Histogram, Layout, Reset};
use andon_vocabulary::Labels;

/// The bytes end too soon, or say what cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short;

pub fn put_varint(into: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

/// Small either way round: 0, -1, 1, -2 …
pub fn put_signed(into: &mut Vec<u8>, value: i64) {
    put_varint(into, zigzag(value));
}

pub fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

pub fn put_text(into: &mut Vec<u8>, text: &str) {
    put_varint(into, text.len() as u64);
    into.extend_from_slice(text.as_bytes());
}

pub fn put_f64(into: &mut Vec<u8>, value: f64) {
    into.extend_from_slice(&value.to_bits().to_le_bytes());
}

pub fn put_labels(into: &mut Vec<u8>, labels: &Labels) {
    put_varint(into, labels.len() as u64);
    for (name, value) in labels.iter() {
        put_text(into, name);
        put_text(into, value);
    }
}

/// Counts are whole numbers nearly always: those take a varint.
fn put_count(into: &mut Vec<u8>, count: f64) {
    let whole = count as u64;
    if count.to_bits() == (whole as f64).to_bits() && whole < 1 << 52 {
        put_varint(into, whole << 1);
    } else {
        put_varint(into, 1);
        put_f64(into, count);
    }
}

fn put_buckets(into: &mut Vec<u8>, buckets: &Buckets) {
    put_varint(into, buckets.0.len() as u64);
    let mut before = 0;
    for &(index, count) in &buckets.0 {
        put_signed(into, i64::from(index) - before);
        put_count(into, count);
        before = i64::from(index);
    }
}

pub fn put_histogram(into: &mut Vec<u8>, histogram: &Histogram) {
    into.push(match histogram.reset {
        Reset::Unknown => 0,
        Reset::Reset => 1,
        Reset::NotReset => 2,
        Reset::Gauge => 3,
    });
    match &histogram.layout {
        Layout::Exponential(schema) => {
            into.push(0);
            into.push(*schema as u8);
        }
        Layout::Custom(bounds) => {
            into.push(1);
            put_varint(into, bounds.len() as u64);
            bounds.iter().for_each(|bound| put_f64(into, *bound));
        }
    }
    put_f64(into, histogram.zero_threshold);
    put_count(into, histogram.zero_count);
    put_count(into, histogram.count);
    put_f64(into, histogram.sum);
    put_buckets(into, &histogram.positive);
    put_buckets(into, &histogram.negative);
}

/// Takes values off the front of some bytes.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self) -> Result<u8, Short> {
        let (first, rest) = self.0.split_first().ok_or(Short)?;
        self.0 = rest;
        Ok(*first)
    }

    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Short> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Short)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Short> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(Short)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub fn u64(&mut self) -> Result<u64, Short> {
        self.array().map(u64::from_le_bytes)
    }

    pub fn f64(&mut self) -> Result<f64, Short> {
        self.u64().map(f64::from_bits)
    }

    pub fn varint(&mut self) -> Result<u64, Short> {
        let mut value = 0;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                return Err(Short);
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Short)
    }

    pub fn signed(&mut self) -> Result<i64, Short> {
        let zigzag = self.varint()?;
        Ok((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    /// A varint that counts things which follow and take a byte each at least.
    pub fn count(&mut self) -> Result<usize, Short> {
        let count = usize::try_from(self.varint()?).map_err(|_| Short)?;
        if count > self.0.len() { Err(Short) } else { Ok(count) }
    }

    pub fn text(&mut self) -> Result<&'a str, Short> {
        let length = self.count()?;
        std::str::from_utf8(self.take(length)?).map_err(|_| Short)
    }

    pub fn labels(&mut self) -> Result<Labels, Short> {
        let count = self.count()?;
        let mut pairs = Vec::with_capacity(count.min(64));
        for _ in 0..count {
            pairs.push((self.text()?, self.text()?));
        }
        Ok(Labels::new(pairs))
    }

    fn observed(&mut self) -> Result<f64, Short> {
        let whole = self.varint()?;
        if whole & 1 == 0 { Ok((whole >> 1) as f64) } else { self.f64() }
    }

    fn buckets(&mut self) -> Result<Buckets, Short> {
        let count = self.count()?;
        let mut buckets = Vec::with_capacity(count.min(1024));
        let mut before = 0_i64;
        for _ in 0..count {
            before = before.checked_add(self.signed()?).ok_or(Short)?;
            buckets.push((i32::try_from(before).map_err(|_| Short)?, self.observed()?));
        }
        let ascends = buckets.is_sorted_by(|a, b| a.0 < b.0);
        if ascends { Ok(Buckets(buckets)) } else { Err(Short) }
    }

    pub fn histogram(&mut self) -> Result<Histogram, Short> {
        let reset = match self.byte()? {
            0 => Reset::Unknown,
            1 => Reset::Reset,
            2 => Reset::NotReset,
            3 => Reset::Gauge,
            _ => return Err(Short),
        };
        let layout = match self.byte()? {
            0 => Layout::Exponential(self.byte()? as i8),
            1 => {
                let count = self.count()?;
                let bounds = (0..count).map(|_| self.f64()).collect::<Result<Arc<[f64]>, Short>>()?;
                Layout::Custom(bounds)
            }
            _ => return Err(Short),
        };
        Ok(Histogram {
            reset,
            layout,
            zero_threshold: self.f64()?,
            zero_count: self.observed()?,
            count: self.observed()?,
            sum: self.f64()?,
            positive: self.buckets()?,
            negative: self.buckets()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        arbtest::arbtest(|u| {
            let (whole, signed): (u64, i64) = (u.arbitrary()?, u.arbitrary()?);
            let mut bytes = Vec::new();
            put_varint(&mut bytes, whole);
            put_signed(&mut bytes, signed);
            let mut read = Bytes(&bytes);
            assert_eq!((read.varint(), read.signed()), (Ok(whole), Ok(signed)));
            assert!(read.is_empty());
            Ok(())
        });
    }

    #[test]
    fn anything_is_read_without_a_panic() {
        arbtest::arbtest(|u| {
            let bytes: Vec<u8> = u.arbitrary()?;
            let _ = Bytes(&bytes).histogram();
            let _ = Bytes(&bytes).labels();
            Ok(())
        });
    }
}
