//! Writing the index of a block: the series in order of their labels, and which series carry which label.
//!
//! The file, each part followed by its CRC32C:
//! - groups of [`GROUP`] series: labels as numbers of symbols, without those it shares with the series before it, and
//!   where its chunks lie; the series of one target have chunks of the same times, which are told once
//! - for every label of every name the numbers of the series that carry it, as runs; one that only one series carries
//!   has its number in the table instead
//! - the symbols: every name and value once, in order, each without what it shares with the one before it
//! - the table: where the groups and the lists lie
//! - the footer of [`FOOTER_BYTES`] bytes: where symbols and table lie

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::sync::Arc;

use andon_timeseries::Chunk;
use andon_vocabulary::Labels;

use super::column::Column;
use crate::codec::{put_signed, put_text, put_varint};

pub const MAGIC: &[u8; 8] = b"ANDONIX2";
/// Series that are read together.
pub const GROUP: usize = 32;
/// Four numbers of eight bytes, a CRC and the magic again.
pub const FOOTER_BYTES: usize = 4 * 8 + 4 + 8;
pub const CRC_BYTES: usize = 4;

/// Writes series after series.
#[derive(Debug)]
pub struct IndexWriter<W> {
    out: W,
    at: u64,
    symbols: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
    series: u32,
    last: Vec<(u32, u32)>,
    /// What the chunks of the series before hold, told like those of the next one.
    last_chunks: Vec<u8>,
    /// The times of the next chunk are told from here.
    epoch: i64,
    group: Vec<u8>,
    /// Where each group begins.
    groups: Vec<u64>,
    lists: BTreeMap<(u32, u32), List>,
}

/// The series with one label, as runs of numbers.
#[derive(Debug, Default)]
struct List {
    runs: Vec<u8>,
    /// The run that still grows: how many numbers were left out before it, and how long it is.
    gap: u32,
    length: u32,
    /// The number that would make it longer.
    next: u32,
}

impl List {
    fn push(&mut self, series: u32) {
        if self.length > 0 && series == self.next {
            self.length += 1;
        } else {
            self.end_run();
            self.gap = series - self.next;
            self.length = 1;
        }
        self.next = series + 1;
    }

    /// The gap, doubled; one more where a length follows.
    fn end_run(&mut self) {
        let gap = u64::from(self.gap) << 1;
        match self.length {
            0 => {}
            1 => put_varint(&mut self.runs, gap),
            more => {
                put_varint(&mut self.runs, gap | 1);
                put_varint(&mut self.runs, u64::from(more));
            }
        }
    }

    /// The only series there is.
    fn one(&self) -> Option<u32> {
        (self.runs.is_empty() && self.length == 1).then_some(self.gap)
    }
}

impl<W: Write> IndexWriter<W> {
    /// The symbols are all names and values that will come, in order, each once; `epoch` is a time near the chunks'.
    pub fn new(mut out: W, symbols: Vec<Arc<str>>, epoch: i64) -> io::Result<IndexWriter<W>> {
        assert!(symbols.is_sorted_by(|a, b| a < b), "symbols come in order, each once");
        let numbers = symbols.iter().zip(0..).map(|(symbol, number)| (symbol.clone(), number)).collect();
        out.write_all(MAGIC)?;
        Ok(IndexWriter {
            out,
            at: MAGIC.len() as u64,
            symbols,
            numbers,
            series: 0,
            last: Vec::new(),
            last_chunks: Vec::new(),
            epoch,
            group: Vec::new(),
            groups: Vec::new(),
            lists: BTreeMap::new(),
        })
    }

    /// Series come in order of their labels; `offset` is where the first of the chunks begins in the file of chunks,
    /// and each lies right after the one before it.
    pub fn series(&mut self, labels: &Labels, offset: u64, chunks: &[(Column, Chunk)]) -> io::Result<()> {
        if (self.series as usize).is_multiple_of(GROUP) {
            self.close_group()?;
            self.groups.push(self.at);
            put_varint(&mut self.group, offset);
        }
        let number = |text: &str| self.numbers.get(text).copied().expect("every name and value is a symbol");
        let ids: Vec<(u32, u32)> = labels.iter().map(|(name, value)| (number(name), number(value))).collect();
        let shared = ids.iter().zip(&self.last).take_while(|(a, b)| a == b).count();
        let new = &ids[shared..];
        // The series of one metric differ in values only.
        let same_names = ids.len() == self.last.len() && ids.iter().zip(&self.last).all(|(a, b)| a.0 == b.0);
        let group = &mut self.group;
        put_varint(group, (shared as u64) << 1 | u64::from(same_names));
        if !same_names {
            put_varint(group, new.len() as u64);
        }
        for (name, value) in new {
            if !same_names {
                put_varint(group, u64::from(*name));
            }
            put_varint(group, u64::from(*value));
        }
        let told = self.told(chunks);
        let same_chunks = told == self.last_chunks;
        let group = &mut self.group;
        put_varint(group, (chunks.len() as u64) << 1 | u64::from(same_chunks));
        if !same_chunks {
            group.extend_from_slice(&told);
            self.last_chunks = told;
        }
        for (_, chunk) in chunks {
            put_varint(group, chunk.bytes().len() as u64);
        }
        for id in &ids {
            self.lists.entry(*id).or_default().push(self.series);
        }
        self.last = ids;
        self.series += 1;
        Ok(())
    }

    /// What these chunks hold.
    fn told(&self, chunks: &[(Column, Chunk)]) -> Vec<u8> {
        let mut told = Vec::new();
        let mut before = self.epoch;
        for (column, chunk) in chunks {
            let extent = chunk.extent();
            put_signed(&mut told, extent.from.as_ms().wrapping_sub(before));
            put_varint(&mut told, extent.to.as_ms().wrapping_sub(extent.from.as_ms()) as u64);
            put_varint(&mut told, u64::from(extent.len) << 3 | u64::from(column.number()));
            before = extent.to.as_ms();
        }
        told
    }

    fn close_group(&mut self) -> io::Result<()> {
        if !self.group.is_empty() {
            let group = std::mem::take(&mut self.group);
            self.part(&group)?;
        }
        self.last.clear();
        self.last_chunks.clear();
        Ok(())
    }

    /// Where it begins and how long it is, without its CRC.
    fn part(&mut self, bytes: &[u8]) -> io::Result<(u64, u64)> {
        let at = self.at;
        self.out.write_all(bytes)?;
        self.out.write_all(&crc32c::crc32c(bytes).to_le_bytes())?;
        self.at += (bytes.len() + CRC_BYTES) as u64;
        Ok((at, bytes.len() as u64))
    }

    /// The writer back, and how long the index is.
    pub fn finish(mut self) -> io::Result<(W, u64)> {
        self.close_group()?;
        let mut table = Vec::new();
        put_varint(&mut table, u64::from(self.series));
        let mut before = MAGIC.len() as u64;
        for group in self.groups.iter().chain([&self.at]) {
            put_varint(&mut table, group - before);
            before = *group;
        }
        let mut by_name: BTreeMap<u32, Vec<(u32, List)>> = BTreeMap::new();
        for ((name, value), list) in std::mem::take(&mut self.lists) {
            by_name.entry(name).or_default().push((value, list));
        }
        put_varint(&mut table, by_name.len() as u64);
        for (name, values) in by_name {
            put_varint(&mut table, u64::from(name));
            put_varint(&mut table, values.len() as u64);
            let mut next = 0;
            for (value, mut list) in values {
                put_varint(&mut table, u64::from(value - next));
                next = value + 1;
                if let Some(series) = list.one() {
                    put_varint(&mut table, u64::from(series) << 1 | 1);
                    continue;
                }
                list.end_run();
                put_varint(&mut table, (list.runs.len() as u64) << 1);
                self.part(&list.runs)?;
            }
        }
        let mut symbols = Vec::new();
        put_varint(&mut symbols, self.symbols.len() as u64);
        let mut last: &str = "";
        for symbol in &self.symbols {
            let shared = shared(last, symbol);
            put_varint(&mut symbols, shared as u64);
            put_text(&mut symbols, &symbol[shared..]);
            last = symbol;
        }
        let (symbols, table) = (self.part(&symbols)?, self.part(&table)?);
        let mut footer = Vec::with_capacity(FOOTER_BYTES);
        for number in [symbols.0, symbols.1, table.0, table.1] {
            footer.extend_from_slice(&number.to_le_bytes());
        }
        footer.extend_from_slice(&crc32c::crc32c(&footer).to_le_bytes());
        footer.extend_from_slice(MAGIC);
        self.out.write_all(&footer)?;
        self.out.flush()?;
        Ok((self.out, self.at + FOOTER_BYTES as u64))
    }
}

/// How many bytes both begin with, up to the end of a character.
fn shared(a: &str, b: &str) -> usize {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    (0..=same).rev().find(|at| b.is_char_boundary(*at)).unwrap_or(0)
}
