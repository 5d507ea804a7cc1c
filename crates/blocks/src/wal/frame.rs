//! A record on disk: its length, the CRC32C of what follows, and the bytes.
//!
//! What cannot be trusted is passed over: reading goes on at the next place where a whole record verifies.

use std::ops::Range;

/// Before the bytes of each record: four of length, four of CRC, little-endian.
pub const HEAD_BYTES: usize = 8;
/// A longer record is not believed.
pub const FRAME_MAX: usize = 64 << 20;

/// Puts one record after what is there already; `fill` writes its bytes.
pub fn put(into: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = into.len();
    into.extend_from_slice(&[0; HEAD_BYTES]);
    fill(into);
    let body = &into[start + HEAD_BYTES..];
    assert!(!body.is_empty() && body.len() <= FRAME_MAX, "a record has bytes, and not too many");
    let (length, crc) = (body.len() as u32, crc32c::crc32c(body));
    into[start..start + 4].copy_from_slice(&length.to_le_bytes());
    into[start + 4..start + HEAD_BYTES].copy_from_slice(&crc.to_le_bytes());
}

/// What the bytes of a segment hold, in order.
#[derive(Debug)]
pub enum Part<'a> {
    Record(&'a [u8]),
    /// No record verifies in here, but one does after it.
    Damage(Range<usize>),
    /// Nothing verifies from here to the end.
    Tail(usize),
}

/// Reads the records of one segment.
#[derive(Debug)]
pub struct Frames<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Frames<'a> {
    /// `at` is where the first record begins.
    pub fn new(bytes: &'a [u8], at: usize) -> Frames<'a> {
        Frames { bytes, at: at.min(bytes.len()) }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        if self.at == self.bytes.len() {
            return None;
        }
        if let Some(body) = whole(self.bytes, self.at) {
            self.at += HEAD_BYTES + body.len();
            return Some(Part::Record(body));
        }
        let bad = self.at;
        let next = (bad + 1..self.bytes.len()).find(|at| whole(self.bytes, *at).is_some());
        self.at = next.unwrap_or(self.bytes.len());
        Some(next.map_or(Part::Tail(bad), |next| Part::Damage(bad..next)))
    }
}

fn whole(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let (length, rest) = bytes[at..].split_first_chunk::<4>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    if length == 0 || length > FRAME_MAX {
        return None;
    }
    let body = rest.get(..length)?;
    (crc32c::crc32c(body) == u32::from_le_bytes(*crc)).then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut ends) = (Vec::new(), vec![0]);
        for body in [&b"first"[..], b"second one", b"third"] {
            put(&mut bytes, |into| into.extend_from_slice(body));
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    #[test]
    fn a_cut_leaves_what_is_whole() {
        let (bytes, ends) = three();
        for cut in 0..=bytes.len() {
            let parts: Vec<Part> = Frames::new(&bytes[..cut], 0).collect();
            let whole = parts.iter().filter(|part| matches!(part, Part::Record(_))).count();
            assert_eq!(whole, ends.iter().filter(|end| **end <= cut).count() - 1);
            let last_end = ends.iter().rev().find(|end| **end <= cut).expect("0 is one");
            let tail = parts.iter().find_map(|part| if let Part::Tail(at) = part { Some(*at) } else { None });
            assert_eq!(tail, (*last_end < cut).then_some(*last_end));
        }
    }

    #[test]
    fn a_flipped_bit_costs_one_record() {
        let (bytes, _) = three();
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let whole: Vec<&[u8]> = Frames::new(&bytes, 0)
                .filter_map(|part| if let Part::Record(body) = part { Some(body) } else { None })
                .collect();
            assert_eq!(whole.len(), 2, "bit {bit}");
            assert!(whole.iter().all(|body| [&b"first"[..], b"second one", b"third"].contains(body)));
        }
    }
}
