//! Numbers as [pco](https://github.com/pcodec/pcodec) packs them: where a few values are far more usual than others, no
//! fixed number of bits comes near it.
//!
//! In pages of [`PAGE`] numbers that share one description, so that a question about an hour need not unpack a day:
//! the lengths of all pages but the last, pco's description, the pages.

use std::ops::Range;

use pco::data_types::Number;
use pco::wrapped::{FileCompressor, FileDecompressor};
use pco::{ChunkConfig, DeltaSpec, ModeSpec, PagingSpec};

use super::BadChunk;
use super::bytes::{Reader, write_unsigned};

/// The header of pco's own format, which a chunk does not repeat. Format bytes of chunks stand for it.
const PCO_FORMAT: [u8; 2] = [4, 1];
/// pco begins with two nibbles: how numbers were split (0: not at all) and which deltas were taken (0: none,
/// 1: consecutive). Others are never written, and some of them let bytes claim a lot of memory.
const PCO_DELTAS_MAX: u8 = 1;
/// pco unpacks so many at a time.
const BATCH: usize = 256;
/// A page takes some ten bytes beside its numbers.
const PAGE: usize = 4 * BATCH;

/// Which unsigned type is the narrowest that will do: how many bytes it has, as a power of two. Below 4.
pub fn narrowest(largest: u64) -> u8 {
    match largest {
        0..=0xff => 0,
        0x100..=0xffff => 1,
        0x1_0000..=0xffff_ffff => 2,
        _ => 3,
    }
}

/// `order`: how many times deltas are taken.
pub fn write(bytes: &mut Vec<u8>, numbers: &[u64], narrowest: u8, order: usize) {
    match narrowest {
        0 => pack::<u8>(bytes, &numbers.iter().map(|n| *n as u8).collect::<Vec<_>>(), order),
        1 => pack::<u16>(bytes, &numbers.iter().map(|n| *n as u16).collect::<Vec<_>>(), order),
        2 => pack::<u32>(bytes, &numbers.iter().map(|n| *n as u32).collect::<Vec<_>>(), order),
        _ => pack::<u64>(bytes, numbers, order),
    }
}

fn pack<T: Number>(bytes: &mut Vec<u8>, numbers: &[T], order: usize) {
    let delta = if order == 0 { DeltaSpec::NoOp } else { DeltaSpec::TryConsecutive(order) };
    let config = ChunkConfig::default()
        .with_mode_spec(ModeSpec::Classic)
        .with_delta_spec(delta)
        .with_paging_spec(PagingSpec::Exact(numbers.chunks(PAGE).map(<[T]>::len).collect()))
        .with_enable_8_bit(true);
    let why = "pco packs any integers into memory";
    let mut packed = FileCompressor::default().chunk_compressor(numbers, &config).expect(why);
    let (mut pages, mut before) = (Vec::new(), 0);
    for page in 0..numbers.len().div_ceil(PAGE) {
        if page > 0 {
            write_unsigned(bytes, (pages.len() - before) as u64);
        }
        before = pages.len();
        packed.write_page(page, &mut pages).expect(why);
    }
    packed.write_meta(&mut *bytes).expect(why);
    bytes.append(&mut pages);
}

/// Those of the `len` numbers that stand at these places. Only when the last one is read, the reader stands behind them.
pub fn read(
    reader: &mut Reader<'_>,
    narrowest: u8,
    len: usize,
    places: Range<usize>,
) -> Result<Vec<u64>, BadChunk> {
    match narrowest {
        0 => unpack::<u8>(reader, len, places, u64::from),
        1 => unpack::<u16>(reader, len, places, u64::from),
        2 => unpack::<u32>(reader, len, places, u64::from),
        _ => unpack::<u64>(reader, len, places, |number| number),
    }
}

fn unpack<T: Number + Default + Copy>(
    reader: &mut Reader<'_>,
    len: usize,
    places: Range<usize>,
    widen: impl Fn(T) -> u64,
) -> Result<Vec<u64>, BadChunk> {
    const BAD: BadChunk = BadChunk { why: "a packed column cannot be read" };
    // Where each page begins behind the description.
    let mut begins = vec![0];
    for page in 1..len.div_ceil(PAGE) {
        begins.push(reader.count()? + begins[page - 1]);
    }
    match reader.0.first() {
        Some(first) if first & 0x0f == 0 && first >> 4 <= PCO_DELTAS_MAX => {}
        _ => return Err(BAD),
    }
    let (file, _) = FileDecompressor::new(&PCO_FORMAT[..]).map_err(|_| BAD)?;
    let (mut chunk, pages) = file.chunk_decompressor::<T, _>(reader.0).map_err(|_| BAD)?;
    let mut numbers = Vec::with_capacity(places.len());
    let mut unpacked = [T::default(); PAGE];
    for (page, begins) in begins.iter().enumerate() {
        let first = page * PAGE;
        let held = PAGE.min(len - first);
        let wanted = places.start.max(first)..places.end.min(first + held);
        if wanted.is_empty() {
            continue;
        }
        let (skip, end) = (wanted.start - first, wanted.end - first);
        let unpacked = &mut unpacked[..end.next_multiple_of(BATCH).min(held)];
        let bytes = pages.get(*begins..).ok_or(BAD)?;
        let mut page = chunk.page_decompressor(bytes, held).map_err(|_| BAD)?;
        let progress = page.read(unpacked).map_err(|_| BAD)?;
        if progress.n_processed != unpacked.len() || progress.finished != (unpacked.len() == held) {
            return Err(BAD);
        }
        numbers.extend(unpacked[skip..end].iter().map(|number| widen(*number)));
        if first + end == len {
            reader.0 = page.into_src();
        }
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_stand_for_this_format_of_pco() {
        assert_eq!(FileCompressor::default().write_header(Vec::new()).unwrap(), PCO_FORMAT);
    }

    #[test]
    fn only_what_is_wanted_is_read() {
        for len in [1000, 1024, 1025, 3000, 3] {
            let numbers: Vec<u64> = (0..len as u64).map(|i| i * i % 97).collect();
            for order in 0..=2 {
                let mut bytes = Vec::new();
                write(&mut bytes, &numbers, 0, order);
                for places in [0..1, 0..len, 1..2, len / 2..len / 2 + 1, len - 1..len, len / 3..len - 1] {
                    let mut reader = Reader::new(&bytes);
                    let ends = places.end == len;
                    assert_eq!(read(&mut reader, 0, len, places.clone()).unwrap(), numbers[places]);
                    assert_eq!(reader.end().is_ok(), ends);
                }
            }
        }
    }
}
