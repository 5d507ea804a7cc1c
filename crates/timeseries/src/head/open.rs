//! A chunk that still grows: some hundred samples of one series in few bytes.
//!
//! In the spirit of Facebook's Gorilla, but in whole bytes: scrapes are evenly spaced and values change in few bits.
//! After the first sample each takes one control byte, then the change of the interval if there is one (zigzag
//! varint), then those bytes of `value XOR previous` that are not zero at either end. A constant gauge takes one
//! byte a sample, a counter three to five.
//!
//! The control byte: bit 7 = an interval change follows; bits 4–6 = zero bytes cut off at the low end;
//! bits 0–3 = how many bytes of the XOR follow.

use andon_vocabulary::Timestamp;

use crate::Sample;

/// How many samples a chunk is sealed at.
const LEN: u16 = 250;
/// What `bytes` grows by: series are many, and doubling would waste half.
const GROWTH: usize = 64;

const INTERVAL_CHANGED: u8 = 0x80;

/// A place to begin reading at is kept for every so many samples.
const MARK_EVERY: u16 = 32;

#[derive(Debug)]
pub struct Open {
    first: Sample,
    last: Sample,
    interval: i64,
    count: u16,
    /// Sealed when it has so many.
    full: u16,
    bytes: Vec<u8>,
    /// The last two places to begin reading at, the newer one last: most questions are about the last minutes.
    marks: Option<Box<[Mark; 2]>>,
}

/// A sample from which the ones after it can be read.
#[derive(Clone, Copy, Debug)]
struct Mark {
    sample: Sample,
    interval: i64,
    /// How many samples there are up to and with this one.
    count: u16,
    /// Where the next one begins.
    offset: usize,
}

impl Open {
    pub fn new(first: Sample) -> Open {
        Open { first, last: first, interval: 0, count: 1, full: LEN, bytes: Vec::new(), marks: None }
    }

    /// The first chunk of a series ends sooner or later than others, so that series that begin together are not all
    /// sealed in one moment. Which is given by any number that differs between series.
    pub fn first_of_series(first: Sample, phase: u64) -> Open {
        let full = LEN / 2 + (phase % u64::from(LEN)) as u16;
        Open { full, ..Open::new(first) }
    }

    pub fn first_at(&self) -> Timestamp {
        self.first.at
    }

    pub fn last(&self) -> Sample {
        self.last
    }

    pub fn len(&self) -> usize {
        usize::from(self.count)
    }

    /// Some bits of everything that [`push`](Open::push) looks at, and of where it writes.
    pub fn glance(&self) -> u64 {
        let bits = self.last.at.as_ms() ^ self.interval ^ i64::from(self.full);
        bits as u64 ^ u64::from(self.bytes.last().copied().unwrap_or_default())
    }

    pub fn is_full(&self) -> bool {
        self.count >= self.full
    }

    /// Bytes on the heap.
    pub fn size(&self) -> usize {
        self.bytes.capacity() + if self.marks.is_some() { size_of::<[Mark; 2]>() } else { 0 }
    }

    /// The caller has checked that this sample is later than the last one.
    pub fn push(&mut self, sample: Sample) {
        assert!(
            sample.at > self.last.at && !self.is_full(),
            "chunks grow in order of time and up to their size"
        );
        // Wrapping: a scraped time may be anything, and the reader wraps the same way.
        let interval = sample.at.as_ms().wrapping_sub(self.last.at.as_ms());
        let change = interval.wrapping_sub(self.interval);
        let xor = sample.value.to_bits() ^ self.last.value.to_bits();
        let (cut, kept) = if xor == 0 {
            (0, 0)
        } else {
            let cut = xor.trailing_zeros() / 8;
            (cut as u8, 8 - cut as u8 - (xor.leading_zeros() / 8) as u8)
        };
        // A control byte, a varint, a value.
        if self.bytes.capacity() - self.bytes.len() < 1 + 10 + 8 {
            self.bytes.reserve_exact(GROWTH);
        }
        self.bytes.push(if change == 0 { 0 } else { INTERVAL_CHANGED } | cut << 4 | kept);
        if change != 0 {
            write_varint(&mut self.bytes, (change << 1 ^ change >> 63) as u64);
        }
        // All eight, and those that are not needed off again: a copy of a fixed size needs no call.
        let end = self.bytes.len() + usize::from(kept);
        self.bytes.extend_from_slice(&(xor >> (u32::from(cut) * 8)).to_le_bytes());
        self.bytes.truncate(end);
        self.interval = interval;
        self.last = sample;
        self.count += 1;
        if self.count.is_multiple_of(MARK_EVERY) {
            let new = Mark { sample, interval, count: self.count, offset: self.bytes.len() };
            let older = self.marks.as_ref().map_or(self.start(), |marks| marks[1]);
            match &mut self.marks {
                Some(marks) => **marks = [older, new],
                None => self.marks = Some(Box::new([older, new])),
            }
        }
    }

    fn start(&self) -> Mark {
        Mark { sample: self.first, interval: 0, count: 1, offset: 0 }
    }

    pub fn samples(&self) -> Vec<Sample> {
        let mut samples = Vec::new();
        read(self.start(), usize::from(self.count), &self.bytes, &mut samples);
        samples
    }

    /// The same without some of its samples; `None` if nothing is left.
    pub fn filtered(&self, stays: impl Fn(Timestamp) -> bool) -> Option<Open> {
        let mut left = self.samples().into_iter().filter(|sample| stays(sample.at));
        let mut open = Open { full: self.full, ..Open::new(left.next()?) };
        left.for_each(|sample| open.push(sample));
        Some(open)
    }

    /// Everything later than `from`, and perhaps some before it, with its bytes copied to the end of `bytes`: those of
    /// many series in one list.
    pub fn tail(&self, from: Timestamp, bytes: &mut Vec<u8>) -> Tail {
        let marks = self.marks.iter().flat_map(|marks| marks.iter().rev());
        let start = marks.copied().find(|mark| mark.sample.at <= from).unwrap_or(self.start());
        let begins = bytes.len();
        bytes.extend_from_slice(&self.bytes[start.offset..]);
        Tail { start, count: self.count, begins }
    }
}

/// The end of an open chunk as it was.
#[derive(Debug)]
pub struct Tail {
    start: Mark,
    count: u16,
    /// Where its bytes begin among those of many.
    begins: usize,
}

impl Tail {
    /// The same where so many bytes have been put before all others.
    pub fn moved(self, by: usize) -> Tail {
        Tail { begins: self.begins + by, ..self }
    }

    pub fn read(&self, bytes: &[u8], into: &mut Vec<Sample>) {
        read(self.start, usize::from(self.count), &bytes[self.begins..], into);
    }
}

/// Adds the marked sample and those after it, whose bytes these are, up to a count of all.
fn read(start: Mark, count: usize, mut bytes: &[u8], into: &mut Vec<Sample>) {
    let left = count - usize::from(start.count);
    into.reserve(left + 1);
    into.push(start.sample);
    let (mut at, mut bits) = (start.sample.at.as_ms(), start.sample.value.to_bits());
    let mut interval = start.interval;
    for _ in 0..left {
        let (control, rest) = bytes.split_first().expect("a sample was written for each counted one");
        bytes = rest;
        if control & INTERVAL_CHANGED != 0 {
            let zigzag = read_varint(&mut bytes);
            let change = (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64);
            interval = interval.wrapping_add(change);
        }
        let kept = usize::from(control & 0x0f);
        if kept != 0 {
            bits ^= take_low(&mut bytes, kept) << (u32::from(control >> 4 & 0x07) * 8);
        }
        at = at.wrapping_add(interval);
        into.push(Sample { at: Timestamp::from_ms(at), value: f64::from_bits(bits) });
    }
}

/// The next `kept` bytes as a number, 1 to 8 of them. Eight are read at once where there are as many, since a copy of
/// a few bytes at a time takes most of the time of a query.
fn take_low(bytes: &mut &[u8], kept: usize) -> u64 {
    let low = match bytes.first_chunk::<8>() {
        Some(eight) => u64::from_le_bytes(*eight) & (u64::MAX >> (64 - kept * 8)),
        None => bytes[..kept].iter().rev().fold(0, |low, byte| low << 8 | u64::from(*byte)),
    };
    *bytes = &bytes[kept..];
    low
}

fn write_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn read_varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    let mut shift = 0;
    loop {
        let (byte, rest) = bytes.split_first().expect("a varint ends within its chunk");
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return value;
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::STALE;

    fn round_trip(samples: &[(i64, f64)]) -> usize {
        let samples: Vec<Sample> =
            samples.iter().map(|&(ms, value)| Sample { at: Timestamp::from_ms(ms), value }).collect();
        let mut chunk = Open::new(samples[0]);
        for sample in &samples[1..] {
            chunk.push(*sample);
        }
        assert_eq!(chunk.samples(), samples);
        for at in &samples {
            let (mut bytes, mut tail) = (vec![0xff], Vec::new());
            let copied = chunk.tail(at.at, &mut bytes);
            copied.read(&bytes, &mut tail);
            assert!(tail.len() <= samples.len() && samples.ends_with(&tail));
            assert!(tail.len() == samples.len() || tail[0].at <= at.at);
        }
        chunk.bytes.len()
    }

    #[test]
    fn every_bit_comes_back() {
        round_trip(&[(5, 1.5)]);
        round_trip(&[(i64::MIN, 1.0), (-1, 2.0), (i64::MAX, 3.0)]);
        round_trip(&[
            (-7, 0.1),
            (0, f64::NAN),
            (1, STALE),
            (9_000_000_000_000, f64::INFINITY),
            (i64::MAX / 2, -0.0),
        ]);
        round_trip(&[(0, f64::from_bits(1)), (1, f64::from_bits(u64::MAX)), (3, f64::from_bits(1 << 63))]);
    }

    #[test]
    fn anything_comes_back() {
        arbtest::arbtest(|u| {
            let mut at = u.arbitrary::<i32>()?.into();
            let mut samples = vec![(at, f64::from_bits(u.arbitrary()?))];
            for _ in 0..u.int_in_range(0..=150)? {
                at += i64::from(u.int_in_range(1..=u32::MAX)?);
                samples.push((at, f64::from_bits(u.arbitrary()?)));
            }
            round_trip(&samples);
            Ok(())
        });
    }

    #[test]
    fn steady_series_are_small() {
        let constant: Vec<_> = (0..120).map(|i| (i * 1000, 1.0)).collect();
        assert_eq!(round_trip(&constant), 121);
        let counter: Vec<_> = (0..120).map(|i| (i * 1000 + i % 3, (10_000 + 37 * i) as f64)).collect();
        assert!(round_trip(&counter) < 120 * 6, "{}", round_trip(&counter));
    }
}
