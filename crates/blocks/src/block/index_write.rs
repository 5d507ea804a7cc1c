//! Writing the index of a block: the series in order of their labels, and which series carry which label.
//!
//! The file, each part followed by its CRC32C:
//! - groups of [`GROUP`] series: labels as numbers of symbols, without those it shares with the series before it, and
//!   where its chunks lie
//! - for every label of every name the numbers of the series that carry it
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

pub const MAGIC: &[u8; 8] = b"ANDONIX1";
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
    /// The times of the next chunk are told from here.
    epoch: i64,
    group: Vec<u8>,
    /// Where each group begins.
    groups: Vec<u64>,
    lists: BTreeMap<(u32, u32), List>,
}

/// The series with one label: the steps from each to the next.
#[derive(Debug, Default)]
struct List {
    next: u32,
    steps: Vec<u8>,
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
        let group = &mut self.group;
        put_varint(group, shared as u64);
        put_varint(group, (ids.len() - shared) as u64);
        for (name, value) in &ids[shared..] {
            put_varint(group, u64::from(*name));
            put_varint(group, u64::from(*value));
        }
        put_varint(group, chunks.len() as u64);
        let mut before = self.epoch;
        for (column, chunk) in chunks {
            let extent = chunk.extent();
            put_signed(group, extent.from.as_ms().wrapping_sub(before));
            put_varint(group, extent.to.as_ms().wrapping_sub(extent.from.as_ms()) as u64);
            put_varint(group, u64::from(extent.len) << 3 | u64::from(column.number()));
            put_varint(group, chunk.bytes().len() as u64);
            before = extent.to.as_ms();
        }
        for id in &ids {
            let list = self.lists.entry(*id).or_default();
            put_varint(&mut list.steps, u64::from(self.series - list.next));
            list.next = self.series + 1;
        }
        self.last = ids;
        self.series += 1;
        Ok(())
    }

    fn close_group(&mut self) -> io::Result<()> {
        if !self.group.is_empty() {
            let group = std::mem::take(&mut self.group);
            self.part(&group)?;
        }
        self.last.clear();
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
            for (value, list) in values {
                put_varint(&mut table, u64::from(value - next));
                put_varint(&mut table, list.steps.len() as u64);
                self.part(&list.steps)?;
                next = value + 1;
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
