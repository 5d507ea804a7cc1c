//! Varints and their reader, for bytes that may lie.

use super::BadChunk;

const ENDS_EARLY: BadChunk = BadChunk { why: "ends early" };

pub fn write_unsigned(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Zigzag: small negative numbers are as short as small positive ones.
pub fn write_signed(bytes: &mut Vec<u8>, value: i64) {
    write_unsigned(bytes, (value << 1 ^ value >> 63) as u64);
}

pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader(bytes)
    }

    pub fn byte(&mut self) -> Result<u8, BadChunk> {
        let (first, rest) = self.0.split_first().ok_or(ENDS_EARLY)?;
        self.0 = rest;
        Ok(*first)
    }

    pub fn eight(&mut self) -> Result<u64, BadChunk> {
        let (eight, rest) = self.0.split_first_chunk::<8>().ok_or(ENDS_EARLY)?;
        self.0 = rest;
        Ok(u64::from_le_bytes(*eight))
    }

    pub fn skip(&mut self, count: usize) -> Result<(), BadChunk> {
        self.0 = self.0.get(count..).ok_or(ENDS_EARLY)?;
        Ok(())
    }

    pub fn unsigned(&mut self) -> Result<u64, BadChunk> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(BadChunk { why: "a number is too long" })
    }

    pub fn signed(&mut self) -> Result<i64, BadChunk> {
        let zigzag = self.unsigned()?;
        Ok((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    /// A count of things that take at least one byte each.
    pub fn count(&mut self) -> Result<usize, BadChunk> {
        let count = self.unsigned()?;
        usize::try_from(count).ok().filter(|count| *count <= self.0.len()).ok_or(ENDS_EARLY)
    }

    pub fn end(&self) -> Result<(), BadChunk> {
        if self.0.is_empty() { Ok(()) } else { Err(BadChunk { why: "bytes are left over" }) }
    }
}
