//! A column of integers: times, decimal mantissas, or the bits of floats.
//!
//! Three forms, from the cheapest: a straight line; a straight line with few bends; or whatever
//! [pco](https://github.com/pcodec/pcodec) makes of it, after the slope, the least number and the common divisor have
//! been taken out so that the narrowest type will do. A scrape's times are a line, or a line with some milliseconds of
//! noise; a gauge that hardly ever moves is a line with bends; bytes in pages of 4096 lose twelve bits each.
//!
//! All arithmetic wraps at 64 bits, in writing as in reading, so that any integers come back.

use pco::data_types::Number;
use pco::wrapped::{FileCompressor, FileDecompressor};
use pco::{ChunkConfig, DeltaSpec, ModeSpec};

use super::BadChunk;
use super::bytes::{Reader, write_signed, write_unsigned};

const LINE: u8 = 0;
const BENDS: u8 = 1;
/// And with the width's bits: how many bytes a packed number has, as a power of two.
const PACKED: u8 = 2;
const FORM_BITS: u32 = 2;

/// The header of pco's own format, which a chunk does not repeat. Format bytes of chunks stand for it.
const PCO_FORMAT: [u8; 2] = [4, 1];
/// pco begins with two nibbles: how numbers were split (0: not at all) and which deltas were taken (0: none,
/// 1: consecutive). Others are never written, and some of them let bytes claim a lot of memory.
const PCO_DELTAS_MAX: u8 = 1;

/// A bend takes about three bytes; beyond one in this many numbers, pco is smaller.
const NUMBERS_PER_BEND: usize = 16;
/// But so few always pay: pco's own head takes as much.
const BENDS_MIN: usize = 4;

pub fn write(bytes: &mut Vec<u8>, numbers: &[i64]) {
    let slope = usual_step(numbers);
    let bends = numbers.windows(2).filter(|pair| pair[1].wrapping_sub(pair[0]) != slope).count();
    if bends == 0 {
        bytes.push(LINE);
        write_signed(bytes, numbers[0]);
        write_signed(bytes, slope);
    } else if bends <= BENDS_MIN.max(numbers.len() / NUMBERS_PER_BEND) {
        bytes.push(BENDS);
        write_signed(bytes, numbers[0]);
        write_signed(bytes, slope);
        write_bends(bytes, numbers, slope, bends);
    } else {
        write_packed(bytes, numbers, slope);
    }
}

/// The median of the steps from one number to the next.
fn usual_step(numbers: &[i64]) -> i64 {
    let mut steps: Vec<i64> = numbers.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
    if steps.is_empty() {
        return 0;
    }
    let middle = steps.len() / 2;
    *steps.select_nth_unstable(middle).1
}

fn write_bends(bytes: &mut Vec<u8>, numbers: &[i64], slope: i64, bends: usize) {
    write_unsigned(bytes, bends as u64);
    let mut straight = 0;
    for pair in numbers.windows(2) {
        let bend = pair[1].wrapping_sub(pair[0]).wrapping_sub(slope);
        if bend == 0 {
            straight += 1;
        } else {
            write_unsigned(bytes, straight);
            write_signed(bytes, bend);
            straight = 0;
        }
    }
}

fn write_packed(bytes: &mut Vec<u8>, numbers: &[i64], slope: i64) {
    let (order, slope) = deltas(numbers, slope);
    let (mut least, mut rest) = (i64::MAX, Vec::with_capacity(numbers.len()));
    let mut line = 0_i64;
    for number in numbers {
        let number = number.wrapping_sub(line);
        least = least.min(number);
        rest.push(number);
        line = line.wrapping_add(slope);
    }
    // Unsigned from here on: the difference to the least number always fits.
    let rest: Vec<u64> = rest.into_iter().map(|number| number.wrapping_sub(least) as u64).collect();
    let divisor = common_divisor(&rest);
    let rest: Vec<u64> =
        if divisor == 1 { rest } else { rest.into_iter().map(|number| number / divisor).collect() };
    let width = match rest.iter().max() {
        Some(0..=0xff) => 0,
        Some(0..=0xffff) => 1,
        Some(0..=0xffff_ffff) => 2,
        _ => 3,
    };
    bytes.push(PACKED | width << FORM_BITS);
    write_signed(bytes, least);
    write_signed(bytes, slope);
    write_unsigned(bytes, divisor);
    match width {
        0 => pack::<u8>(bytes, &rest.iter().map(|n| *n as u8).collect::<Vec<_>>(), order),
        1 => pack::<u16>(bytes, &rest.iter().map(|n| *n as u16).collect::<Vec<_>>(), order),
        2 => pack::<u32>(bytes, &rest.iter().map(|n| *n as u32).collect::<Vec<_>>(), order),
        _ => pack::<u64>(bytes, &rest, order),
    }
}

/// Which deltas leave the fewest bits, and which slope to take out before them: that of noise around a line (order 0),
/// or none.
fn deltas(numbers: &[i64], slope: i64) -> (usize, i64) {
    let mut current = numbers.to_vec();
    let mut line = 0_i64;
    let flattened: Vec<i64> = numbers
        .iter()
        .map(|number| {
            let flat = number.wrapping_sub(line);
            line = line.wrapping_add(slope);
            flat
        })
        .collect();
    let mut best = (cost(flattened), 0, slope);
    for order in 0..=2 {
        let cost = cost(current.clone());
        if cost < best.0 {
            best = (cost, order, 0);
        }
        current = current.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
        if current.is_empty() {
            break;
        }
    }
    (best.1, best.2)
}

/// About how many bits these numbers take around their median.
fn cost(mut numbers: Vec<i64>) -> u64 {
    let middle = numbers.len() / 2;
    let median = *numbers.select_nth_unstable(middle).1;
    let bits = |number: &i64| match number.wrapping_sub(median).unsigned_abs() {
        0 => 0,
        apart => u64::from(u64::BITS - apart.leading_zeros()) + 1,
    };
    numbers.iter().map(bits).sum()
}

/// At least 1. Of ordinary numbers a few steps find 1 and the rest is skipped.
fn common_divisor(numbers: &[u64]) -> u64 {
    let mut divisor = 0_u64;
    for number in numbers {
        let (mut a, mut b) = (divisor, *number);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        divisor = a;
        if divisor == 1 {
            break;
        }
    }
    divisor.max(1)
}

fn pack<T: Number>(bytes: &mut Vec<u8>, numbers: &[T], order: usize) {
    let delta = if order == 0 { DeltaSpec::NoOp } else { DeltaSpec::TryConsecutive(order) };
    let config = ChunkConfig::default()
        .with_mode_spec(ModeSpec::Classic)
        .with_delta_spec(delta)
        .with_enable_8_bit(true);
    let why = "pco packs any integers into memory";
    let mut packed = FileCompressor::default().chunk_compressor(numbers, &config).expect(why);
    packed.write_meta(&mut *bytes).expect(why);
    packed.write_page(0, &mut *bytes).expect(why);
}

pub fn read(reader: &mut Reader<'_>, len: usize) -> Result<Vec<i64>, BadChunk> {
    let form = reader.byte()?;
    let first = reader.signed()?;
    let slope = reader.signed()?;
    match form {
        LINE => {
            let mut numbers = vec![0; len];
            draw(&mut numbers, first, slope);
            Ok(numbers)
        }
        BENDS => read_bends(reader, len, first, slope),
        _ => {
            let divisor = reader.unsigned()?;
            let line = Line { first, slope, divisor };
            match form ^ PACKED {
                0b0000 => unpack::<u8>(reader, len, line, u64::from),
                0b0100 => unpack::<u16>(reader, len, line, u64::from),
                0b1000 => unpack::<u32>(reader, len, line, u64::from),
                0b1100 => unpack::<u64>(reader, len, line, |number| number),
                _ => Err(BadChunk { why: "unknown form of a column" }),
            }
        }
    }
}

fn draw(numbers: &mut [i64], first: i64, slope: i64) -> i64 {
    let mut next = first;
    for number in numbers {
        *number = next;
        next = next.wrapping_add(slope);
    }
    next
}

fn read_bends(reader: &mut Reader<'_>, len: usize, first: i64, slope: i64) -> Result<Vec<i64>, BadChunk> {
    let mut numbers = vec![0; len];
    let (mut at, mut next) = (0, first);
    for _ in 0..reader.count()? {
        let straight = usize::try_from(reader.unsigned()?).unwrap_or(usize::MAX);
        // The number before the bend is drawn too.
        let end = straight.saturating_add(at).saturating_add(1);
        let line = numbers.get_mut(at..end).ok_or(BadChunk { why: "a bend beyond the end" })?;
        next = draw(line, next, slope).wrapping_add(reader.signed()?);
        at = end;
    }
    draw(&mut numbers[at..], next, slope);
    Ok(numbers)
}

/// What was taken out before packing.
struct Line {
    first: i64,
    slope: i64,
    divisor: u64,
}

fn unpack<T: Number + Default + Copy>(
    reader: &mut Reader<'_>,
    len: usize,
    line: Line,
    widen: impl Fn(T) -> u64,
) -> Result<Vec<i64>, BadChunk> {
    const BAD: BadChunk = BadChunk { why: "a packed column cannot be read" };
    match reader.0.first() {
        Some(first) if first & 0x0f == 0 && first >> 4 <= PCO_DELTAS_MAX => {}
        _ => return Err(BAD),
    }
    let (file, _) = FileDecompressor::new(&PCO_FORMAT[..]).map_err(|_| BAD)?;
    let (mut chunk, rest) = file.chunk_decompressor::<T, _>(reader.0).map_err(|_| BAD)?;
    let mut page = chunk.page_decompressor(rest, len).map_err(|_| BAD)?;
    let mut packed = vec![T::default(); len];
    let progress = page.read(&mut packed).map_err(|_| BAD)?;
    if !progress.finished || progress.n_processed != len {
        return Err(BAD);
    }
    reader.0 = page.into_src();
    let mut next = line.first;
    let number = |packed: T| {
        let number = next.wrapping_add(widen(packed).wrapping_mul(line.divisor) as i64);
        next = next.wrapping_add(line.slope);
        number
    };
    Ok(packed.into_iter().map(number).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_stand_for_this_format_of_pco() {
        assert_eq!(FileCompressor::default().write_header(Vec::new()).unwrap(), PCO_FORMAT);
    }

    fn size(numbers: &[i64]) -> usize {
        let mut bytes = Vec::new();
        write(&mut bytes, numbers);
        let mut reader = Reader::new(&bytes);
        assert_eq!(read(&mut reader, numbers.len()).unwrap(), numbers);
        assert!(reader.end().is_ok());
        bytes.len()
    }

    #[test]
    fn each_form_comes_back() {
        assert!(size(&[7]) <= 3 && size(&[7, 7, 7]) <= 3);
        let line: Vec<i64> = (0..1000).map(|i| i * 15_000).collect();
        assert!(size(&line) <= 8);
        let bent: Vec<i64> = (0..1000).map(|i| i * 15_000 + i / 300 * 60_000).collect();
        assert!(size(&bent) <= 24, "{}", size(&bent));
        let pages: Vec<i64> = (0..1000).map(|i| i * i % 97 * 4096).collect();
        assert!(size(&pages) < 1000, "{}", size(&pages));
        size(&[i64::MIN, i64::MAX, 0, -1, i64::MAX, i64::MIN]);
    }

    #[test]
    fn any_integers_come_back() {
        arbtest::arbtest(|u| {
            let wide = u.int_in_range(0..=63)?;
            let mut numbers = Vec::new();
            for _ in 0..u.int_in_range(1..=600)? {
                numbers.push(u.arbitrary::<i64>()? >> wide);
            }
            size(&numbers);
            Ok(())
        });
    }
}
