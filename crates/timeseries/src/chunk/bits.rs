//! Numbers in so many bits each, one after the other: any of them is found without those before it.

use super::BadChunk;

/// How many bits the largest of these takes.
pub fn width(largest: u64) -> u32 {
    u64::BITS - largest.leading_zeros()
}

pub fn size(len: usize, width: u32) -> usize {
    (len * width as usize).div_ceil(8)
}

pub fn write(bytes: &mut Vec<u8>, numbers: impl Iterator<Item = u64>, width: u32) {
    let (mut held, mut filled) = (0_u128, 0);
    for number in numbers {
        held |= u128::from(number) << filled;
        filled += width;
        if filled >= u64::BITS {
            bytes.extend_from_slice(&(held as u64).to_le_bytes());
            held >>= u64::BITS;
            filled -= u64::BITS;
        }
    }
    bytes.extend_from_slice(&held.to_le_bytes()[..filled.div_ceil(8) as usize]);
}

/// Numbers that were written, in bytes that may go on behind them.
#[derive(Clone, Copy, Debug)]
pub struct Bits<'a> {
    bytes: &'a [u8],
    width: u32,
    mask: u64,
}

impl<'a> Bits<'a> {
    pub fn new(bytes: &'a [u8], width: u32) -> Result<Bits<'a>, BadChunk> {
        let mask = match width {
            0 => 0,
            1..=64 => u64::MAX >> (u64::BITS - width),
            _ => return Err(BadChunk { why: "a number of more than 64 bits" }),
        };
        Ok(Bits { bytes, width, mask })
    }

    /// What was never written reads as 0.
    pub fn get(self, place: usize) -> u64 {
        let bit = place * self.width as usize;
        let (byte, shift) = (bit / 8, bit % 8);
        // Seven of eight bits may belong to the number before.
        if self.width <= 57
            && let Some(eight) = self.bytes.get(byte..).and_then(<[u8]>::first_chunk::<8>)
        {
            return u64::from_le_bytes(*eight) >> shift & self.mask;
        }
        let mut sixteen = [0; 16];
        let rest = self.bytes.get(byte..).unwrap_or_default();
        let there = rest.len().min(sixteen.len());
        sixteen[..there].copy_from_slice(&rest[..there]);
        (u128::from_le_bytes(sixteen) >> shift) as u64 & self.mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_width_come_back() {
        for bits in 0..=64 {
            let most = if bits == 0 { 0 } else { u64::MAX >> (64 - bits) };
            let numbers: Vec<u64> =
                (0..100).map(|i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) & most).collect();
            let mut bytes = vec![];
            write(&mut bytes, numbers.iter().copied(), bits);
            assert_eq!((bytes.len(), width(most)), (size(100, bits), bits));
            let read = Bits::new(&bytes, bits).unwrap();
            assert!(numbers.iter().enumerate().all(|(at, number)| read.get(at) == *number), "{bits}");
        }
        assert!(Bits::new(&[], 65).is_err());
    }
}
