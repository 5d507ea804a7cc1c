//! A column of integers: times, decimal mantissas, or the bits of floats.
//!
//! Four forms, from the cheapest: a straight line; a straight line with few bends; numbers of so many [`bits`] each; or
//! whatever [pco](super::packed) makes of them. Before the last two, what is common to all is taken out: a unit, a
//! slope, the least number. A scrape's times are a line, or a line with some milliseconds of noise; a gauge that hardly
//! ever moves is a line with bends; a counter is noise around its rate.
//!
//! All arithmetic wraps at 64 bits, in writing as in reading, so that any integers come back.

use std::ops::Range;

use super::bits::{self, Bits};
use super::bytes::{Reader, write_signed, write_unsigned};
use super::line::{Line, Unit};
use super::{BadChunk, Packing, packed};

const LINE: u8 = 0;
const BENDS: u8 = 1;
/// Above it, [`packed::narrowest`].
const PACKED: u8 = 2;
/// Above it, whether deltas were taken.
const BITS: u8 = 3;
const FORM: u8 = 0b11;
const MORE_SHIFT: u32 = 2;
/// The slope is a fine one.
const FINE: u8 = 0b1_0000;

/// A bend takes about three bytes; beyond one in this many numbers, pco is smaller.
const NUMBERS_PER_BEND: usize = 16;
/// But so few always pay: pco's own head takes as much.
const BENDS_MIN: usize = 4;
/// So many bits the head of pco's format takes about.
const PACKED_HEAD: u64 = 400;

pub fn write(bytes: &mut Vec<u8>, numbers: &[i64], packing: Packing) {
    let step = usual_step(numbers);
    let bends = steps(numbers).filter(|other| *other != step).count();
    if bends == 0 {
        bytes.push(LINE);
        write_signed(bytes, numbers[0]);
        write_signed(bytes, step);
    } else if bends <= BENDS_MIN.max(numbers.len() / NUMBERS_PER_BEND) {
        bytes.push(BENDS);
        write_signed(bytes, numbers[0]);
        write_signed(bytes, step);
        write_bends(bytes, numbers, step, bends);
    } else {
        write_noise(bytes, numbers, packing);
    }
}

/// From each number to the next.
fn steps(numbers: &[i64]) -> impl Iterator<Item = i64> {
    numbers.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]))
}

/// The step that more than half of them are, if there is one (Boyer and Moore's vote).
fn usual_step(numbers: &[i64]) -> i64 {
    let (mut usual, mut votes) = (0, 0_usize);
    for step in steps(numbers) {
        if votes == 0 {
            usual = step;
        }
        votes = if step == usual { votes + 1 } else { votes - 1 };
    }
    usual
}

fn write_bends(bytes: &mut Vec<u8>, numbers: &[i64], usual: i64, bends: usize) {
    write_unsigned(bytes, bends as u64);
    let mut straight = 0;
    for step in steps(numbers) {
        let bend = step.wrapping_sub(usual);
        if bend == 0 {
            straight += 1;
        } else {
            write_unsigned(bytes, straight);
            write_signed(bytes, bend);
            straight = 0;
        }
    }
}

/// What can be packed: numbers around a line, or their deltas.
struct Noise {
    order: usize,
    line: Line,
    least: i64,
    /// Counted from the least.
    apart: Vec<u64>,
    width: u32,
}

impl Noise {
    fn new(order: usize, line: Line, numbers: Vec<i64>) -> Noise {
        let least = numbers.iter().copied().min().unwrap_or_default();
        // Unsigned from here on: the difference to the least number always fits.
        let apart: Vec<u64> = numbers.into_iter().map(|number| number.wrapping_sub(least) as u64).collect();
        let width = bits::width(apart.iter().copied().max().unwrap_or_default());
        Noise { order, line, least, apart, width }
    }

    fn around(line: Line, units: &[i64]) -> Noise {
        let apart = units.iter().enumerate().map(|(at, number)| number.wrapping_sub(line.at(at)));
        Noise::new(0, line, apart.collect())
    }

    fn bits(&self) -> u64 {
        self.apart.len() as u64 * u64::from(self.width)
    }

    /// About how many bits pco takes: those of each number around the median.
    fn cost(&self) -> u64 {
        let mut numbers = self.apart.clone();
        let middle = numbers.len() / 2;
        let median = *numbers.select_nth_unstable(middle).1;
        numbers
            .iter()
            .map(|number| match number.abs_diff(median) {
                0 => 0,
                apart => u64::from(bits::width(apart)) + 1,
            })
            .sum()
    }
}

fn write_noise(bytes: &mut Vec<u8>, numbers: &[i64], packing: Packing) {
    let (unit, units) = Unit::of(numbers);
    let around = Noise::around(Line::along(&units), &units);
    let deltas = Noise::new(1, Line::FLAT, steps(&units).collect());
    let narrow = if around.bits() <= deltas.bits() { &around } else { &deltas };
    let mut head = Vec::new();
    match packing {
        Packing::Quick if narrow.bits() <= narrow.cost() * 5 / 4 + PACKED_HEAD => {
            write_bits(bytes, unit, narrow);
        }
        Packing::Quick | Packing::Small => {
            write_packed(&mut head, unit, &units, &around, &deltas);
            let size = bits::size(narrow.apart.len(), narrow.width);
            // What is read faster may be a little larger.
            if size <= head.len() + head.len() / 64 {
                write_bits(bytes, unit, narrow);
            } else {
                bytes.append(&mut head);
            }
        }
    }
}

fn write_head(bytes: &mut Vec<u8>, form: u8, unit: Unit, line: Line, least: i64) {
    bytes.push(form | if line.fine { FINE } else { 0 });
    write_signed(bytes, unit.first);
    write_unsigned(bytes, unit.divisor());
    write_signed(bytes, line.slope);
    write_signed(bytes, least);
}

fn write_bits(bytes: &mut Vec<u8>, unit: Unit, noise: &Noise) {
    write_head(bytes, BITS | (noise.order as u8) << MORE_SHIFT, unit, noise.line, noise.least);
    bytes.push(noise.width as u8);
    bits::write(bytes, noise.apart.iter().copied(), noise.width);
}

/// With the deltas that leave the fewest bits; pco takes them by itself.
fn write_packed(bytes: &mut Vec<u8>, unit: Unit, units: &[i64], around: &Noise, deltas: &Noise) {
    let apart: Vec<i64> = deltas.apart.iter().map(|number| *number as i64).collect();
    let twice = Noise::new(2, Line::FLAT, steps(&apart).collect());
    let costs = [around, deltas, &twice].map(Noise::cost);
    let order = (0..costs.len()).min_by_key(|order| costs[*order]).unwrap_or_default();
    let flat;
    let noise = if order == 0 {
        around
    } else {
        flat = Noise::around(Line::FLAT, units);
        &flat
    };
    let narrowest = packed::narrowest(u64::MAX >> (u64::BITS - noise.width.max(1)));
    write_head(bytes, PACKED | narrowest << MORE_SHIFT, unit, noise.line, noise.least);
    packed::write(bytes, &noise.apart, narrowest, order);
}

/// Those of the `len` numbers that stand at these places. Only when the last one is read, the reader stands behind them.
pub fn read(reader: &mut Reader<'_>, len: usize, places: Range<usize>) -> Result<Vec<i64>, BadChunk> {
    let form = reader.byte()?;
    let first = reader.signed()?;
    match form & FORM {
        LINE | BENDS if form > FORM => Err(BadChunk { why: "unknown form of a column" }),
        LINE => {
            let slope = reader.signed()?;
            let mut numbers = vec![0; places.len()];
            draw(&mut numbers, first.wrapping_add(slope.wrapping_mul(places.start as i64)), slope);
            Ok(numbers)
        }
        BENDS => {
            let slope = reader.signed()?;
            let mut numbers = read_bends(reader, len, first, slope)?;
            numbers.truncate(places.end);
            numbers.drain(..places.start);
            Ok(numbers)
        }
        _ => read_noise(reader, form, first, len, places),
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

fn read_noise(
    reader: &mut Reader<'_>,
    form: u8,
    first: i64,
    len: usize,
    places: Range<usize>,
) -> Result<Vec<i64>, BadChunk> {
    let unit = Unit::from_parts(first, reader.unsigned()?)?;
    let line = Line { slope: reader.signed()?, fine: form & FINE != 0 };
    let least = reader.signed()?;
    let number =
        |place: usize, apart: u64| unit.number(least.wrapping_add(line.at(place)).wrapping_add(apart as i64));
    let more = (form & !FINE) >> MORE_SHIFT;
    match (form & FORM, more) {
        (PACKED, 0..=3) => {
            let apart = packed::read(reader, more, len, places.clone())?;
            Ok(places.zip(apart).map(|(place, apart)| number(place, apart)).collect())
        }
        (BITS, 0) => {
            let bits = read_bits(reader, len)?;
            Ok(places.map(|place| number(place, bits.get(place))).collect())
        }
        (BITS, 1) => {
            let bits = read_bits(reader, len - 1)?;
            let step = |place| least.wrapping_add(bits.get(place) as i64);
            let mut units = (0..places.start).fold(0_i64, |units, place| units.wrapping_add(step(place)));
            let numbers = places.map(|place| {
                let number = unit.number(units);
                units = units.wrapping_add(step(place));
                number
            });
            Ok(numbers.collect())
        }
        _ => Err(BadChunk { why: "unknown form of a column" }),
    }
}

fn read_bits<'a>(reader: &mut Reader<'a>, len: usize) -> Result<Bits<'a>, BadChunk> {
    let width = u32::from(reader.byte()?);
    let bits = Bits::new(reader.0, width)?;
    reader.skip(bits::size(len, width))?;
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(numbers: &[i64]) -> usize {
        let sizes = [Packing::Quick, Packing::Small].map(|packing| {
            let mut bytes = Vec::new();
            write(&mut bytes, numbers, packing);
            let mut reader = Reader::new(&bytes);
            assert_eq!(read(&mut reader, numbers.len(), 0..numbers.len()).unwrap(), numbers);
            assert!(reader.end().is_ok());
            for places in [0..1, numbers.len() / 3..numbers.len() / 2, numbers.len() - 1..numbers.len()] {
                let some = read(&mut Reader::new(&bytes), numbers.len(), places.clone());
                assert_eq!(some.unwrap(), numbers[places]);
            }
            bytes.len()
        });
        assert!(sizes[1] <= sizes[0], "{sizes:?}");
        sizes[1]
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
        let counter: Vec<i64> = (0..1000).map(|i| i * 400 + i * i * 7 % 61).collect();
        assert!(size(&counter) < 780, "{}", size(&counter));
        let skewed: Vec<i64> =
            (0..1000).map(|i| if i % 7 == 0 { i * i * i % 70_001 } else { i % 3 }).collect();
        assert!(size(&skewed) < 900, "{}", size(&skewed));
        size(&[i64::MIN, i64::MAX, 0, -1, i64::MAX, i64::MIN]);
        size(&[i64::MIN, i64::MAX, 0, -1, i64::MAX, i64::MIN, 7, 9, 1 << 62]);
    }

    #[test]
    fn any_integers_come_back() {
        arbtest::arbtest(|u| {
            let wide = u.int_in_range(0..=63)?;
            let slope = u.arbitrary::<i64>()? >> u.int_in_range(0..=63)?;
            let mut numbers = Vec::new();
            for i in 0..u.int_in_range(1..=600)? {
                numbers.push((u.arbitrary::<i64>()? >> wide).wrapping_add(slope.wrapping_mul(i)));
            }
            size(&numbers);
            Ok(())
        });
    }
}
