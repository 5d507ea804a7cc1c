//! Numbers as [pco](https://github.com/pcodec/pcodec) packs them: where a few values are far more usual than others, no
//! fixed number of bits comes near it.

use pco::data_types::Number;
use pco::wrapped::{FileCompressor, FileDecompressor};
use pco::{ChunkConfig, DeltaSpec, ModeSpec};

use super::BadChunk;
use super::bytes::Reader;

/// The header of pco's own format, which a chunk does not repeat. Format bytes of chunks stand for it.
const PCO_FORMAT: [u8; 2] = [4, 1];
/// pco begins with two nibbles: how numbers were split (0: not at all) and which deltas were taken (0: none,
/// 1: consecutive). Others are never written, and some of them let bytes claim a lot of memory.
const PCO_DELTAS_MAX: u8 = 1;
/// pco unpacks so many at a time.
const BATCH: usize = 256;

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
        .with_enable_8_bit(true);
    let why = "pco packs any integers into memory";
    let mut packed = FileCompressor::default().chunk_compressor(numbers, &config).expect(why);
    packed.write_meta(&mut *bytes).expect(why);
    packed.write_page(0, &mut *bytes).expect(why);
}

/// The first `end` of `len` numbers. Only when all of them are read, the reader stands behind them.
pub fn read(reader: &mut Reader<'_>, narrowest: u8, len: usize, end: usize) -> Result<Vec<u64>, BadChunk> {
    match narrowest {
        0 => unpack::<u8>(reader, len, end, u64::from),
        1 => unpack::<u16>(reader, len, end, u64::from),
        2 => unpack::<u32>(reader, len, end, u64::from),
        _ => unpack::<u64>(reader, len, end, |number| number),
    }
}

fn unpack<T: Number + Default + Copy>(
    reader: &mut Reader<'_>,
    len: usize,
    end: usize,
    widen: impl Fn(T) -> u64,
) -> Result<Vec<u64>, BadChunk> {
    const BAD: BadChunk = BadChunk { why: "a packed column cannot be read" };
    match reader.0.first() {
        Some(first) if first & 0x0f == 0 && first >> 4 <= PCO_DELTAS_MAX => {}
        _ => return Err(BAD),
    }
    let read = end.next_multiple_of(BATCH).min(len);
    let (file, _) = FileDecompressor::new(&PCO_FORMAT[..]).map_err(|_| BAD)?;
    let (mut chunk, rest) = file.chunk_decompressor::<T, _>(reader.0).map_err(|_| BAD)?;
    let mut page = chunk.page_decompressor(rest, len).map_err(|_| BAD)?;
    let mut packed = vec![T::default(); read];
    let progress = page.read(&mut packed).map_err(|_| BAD)?;
    if progress.n_processed != read || progress.finished != (read == len) {
        return Err(BAD);
    }
    if progress.finished {
        reader.0 = page.into_src();
    }
    packed.truncate(end);
    Ok(packed.into_iter().map(widen).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_stand_for_this_format_of_pco() {
        assert_eq!(FileCompressor::default().write_header(Vec::new()).unwrap(), PCO_FORMAT);
    }

    #[test]
    fn reading_stops_where_nobody_wants_more() {
        let numbers: Vec<u64> = (0..1000).map(|i| i * i % 97).collect();
        for order in 0..=2 {
            let mut bytes = Vec::new();
            write(&mut bytes, &numbers, 0, order);
            for end in [1, 255, 256, 257, 999, 1000] {
                assert_eq!(read(&mut Reader::new(&bytes), 0, 1000, end).unwrap(), numbers[..end]);
            }
        }
    }
}
