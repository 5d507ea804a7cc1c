//! Reading the index of a block. Symbols and the table stay in memory; series and lists are read when asked for, and
//! their CRC is checked each time.

use std::fs::File;
use std::os::unix::fs::FileExt;

use andon_timeseries::{Extent, Matcher};
use andon_vocabulary::{Labels, Timestamp};

use super::Unreadable;
use super::column::Column;
use super::index_write::{CRC_BYTES, FOOTER_BYTES, GROUP, MAGIC};
use super::symbols::Symbols;
use crate::codec::{Bytes, Short};

/// Lists that lie beside one another are read together up to this.
const READ_BYTES_MAX: u64 = 1 << 20;

#[derive(Debug)]
pub struct Index {
    file: File,
    epoch: i64,
    symbols: Symbols,
    series: u32,
    /// Where each group begins, and where the last one ends.
    groups: Vec<u64>,
    names: Vec<Name>,
}

/// One label name, and where the lists of its values lie.
#[derive(Debug)]
struct Name {
    symbol: u32,
    values: Vec<Value>,
}

#[derive(Clone, Copy, Debug)]
struct Value {
    symbol: u32,
    /// Of the list; 0 where one series only has this value.
    length: u32,
    /// Where the list begins, or the number of that series. A block may have a million of these, and they stay in
    /// memory: hence no enum, which would be half as long again.
    at: u64,
}

impl Value {
    fn one(&self) -> Option<u32> {
        // Checked when it was read.
        (self.length == 0).then_some(self.at as u32)
    }

    /// Where the next list begins.
    fn end(&self) -> u64 {
        self.at + u64::from(self.length) + CRC_BYTES as u64
    }
}

/// A series, and where its samples lie.
#[derive(Clone, Debug)]
pub struct Entry {
    pub labels: Labels,
    pub chunks: Vec<Place>,
}

/// Where a chunk lies in the file of chunks.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub column: Column,
    pub extent: Extent,
    pub at: u64,
    pub length: u32,
}

impl Place {
    /// Where the next chunk begins.
    pub fn end(&self) -> u64 {
        self.at.saturating_add(u64::from(self.length) + CRC_BYTES as u64)
    }
}

impl Index {
    /// `epoch` as it was when the index was written.
    pub fn open(file: File, epoch: i64) -> Result<Index, Unreadable> {
        let length = file.metadata()?.len();
        let footer_at =
            length.checked_sub(FOOTER_BYTES as u64).ok_or(Unreadable::Damaged("the index is cut"))?;
        let mut footer = [0; FOOTER_BYTES];
        file.read_exact_at(&mut footer, footer_at)?;
        let (numbers, rest) = footer.split_at(4 * 8);
        if rest[CRC_BYTES..] != MAGIC[..] || crc32c::crc32c(numbers).to_le_bytes() != rest[..CRC_BYTES] {
            return Err(Unreadable::Damaged("the index does not end as one"));
        }
        let mut numbers = Bytes(numbers);
        let [symbols_at, symbols_bytes, table_at, table_bytes] =
            [(); 4].map(|()| numbers.u64().expect("the footer has four numbers"));
        let fits = |at: u64, bytes: u64| at.checked_add(bytes).is_some_and(|end| end < footer_at);
        if !fits(symbols_at, symbols_bytes) || !fits(table_at, table_bytes) {
            return Err(Unreadable::Damaged("the index speaks of places beyond its end"));
        }
        let symbols = part(&file, symbols_at, symbols_bytes)?;
        let symbols = Symbols::read(&mut Bytes(&symbols))?;
        let table = part(&file, table_at, table_bytes)?;
        let mut index = Index { file, epoch, symbols, series: 0, groups: Vec::new(), names: Vec::new() };
        index.read_table(&mut Bytes(&table))?;
        Ok(index)
    }

    fn read_table(&mut self, bytes: &mut Bytes<'_>) -> Result<(), Short> {
        self.series = u32::try_from(bytes.varint()?).map_err(|_| Short)?;
        let groups = (self.series as usize).div_ceil(GROUP);
        if groups > bytes.0.len() {
            return Err(Short);
        }
        let mut at = MAGIC.len() as u64;
        for _ in 0..=groups {
            at = at.checked_add(bytes.varint()?).ok_or(Short)?;
            self.groups.push(at);
        }
        for _ in 0..bytes.count()? {
            let symbol = self.symbol(bytes)?;
            let count = bytes.count()?;
            let mut values = Vec::with_capacity(count);
            let mut next = 0_u32;
            for _ in 0..count {
                let step = u32::try_from(bytes.varint()?).map_err(|_| Short)?;
                let value = next.checked_add(step).ok_or(Short)?;
                self.symbols.get(value).ok_or(Short)?;
                let place = bytes.varint()?;
                if place & 1 == 1 {
                    let series = self.series_number(place >> 1)?;
                    values.push(Value { symbol: value, length: 0, at: u64::from(series) });
                } else {
                    let length = u32::try_from(place >> 1).ok().filter(|length| *length > 0).ok_or(Short)?;
                    values.push(Value { symbol: value, length, at });
                    at = at.checked_add(u64::from(length) + CRC_BYTES as u64).ok_or(Short)?;
                }
                next = value.checked_add(1).ok_or(Short)?;
            }
            self.names.push(Name { symbol, values });
        }
        if bytes.is_empty() { Ok(()) } else { Err(Short) }
    }

    fn series_number(&self, number: u64) -> Result<u32, Short> {
        u32::try_from(number).ok().filter(|number| *number < self.series).ok_or(Short)
    }

    fn symbol(&self, bytes: &mut Bytes<'_>) -> Result<u32, Short> {
        let number = u32::try_from(bytes.varint()?).map_err(|_| Short)?;
        self.symbols.get(number).map(|_| number).ok_or(Short)
    }

    pub fn series(&self) -> u32 {
        self.series
    }

    /// Every name and value, in order, each once.
    pub fn symbols(&self) -> impl Iterator<Item = &str> {
        (0..self.symbols.len()).map(|number| self.symbols.known(number))
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| self.symbols.known(name.symbol))
    }

    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.name(name).map_or(&[][..], |name| &name.values);
        values.iter().map(|value| self.symbols.known(value.symbol))
    }

    fn name(&self, name: &str) -> Option<&Name> {
        let at = self.names.binary_search_by(|known| self.symbols.known(known.symbol).cmp(name)).ok()?;
        Some(&self.names[at])
    }

    /// The numbers of the series that fulfil all conditions, ascending.
    pub fn find(&self, matchers: &[Matcher]) -> Result<Vec<u32>, Unreadable> {
        let mut found: Option<Vec<u32>> = None;
        for matcher in matchers {
            // A label that is not there counts as "": either only those with a fitting value remain, or those with
            // one that does not fit go.
            let needs_label = !matcher.matches_value("");
            let values = self.name(matcher.name()).map_or(&[][..], |name| &name.values);
            let fits =
                |value: &&Value| matcher.matches_value(self.symbols.known(value.symbol)) == needs_label;
            let listed = self.listed(values.iter().filter(fits))?;
            let before = found.take();
            found = Some(match (before, needs_label) {
                (None, true) => listed,
                (None, false) => without((0..self.series).collect(), &listed),
                (Some(before), true) => both(before, &listed),
                (Some(before), false) => without(before, &listed),
            });
        }
        Ok(found.unwrap_or_else(|| (0..self.series).collect()))
    }

    /// The series in any of these lists, ascending, each once.
    fn listed<'a>(&self, values: impl Iterator<Item = &'a Value>) -> Result<Vec<u32>, Unreadable> {
        let (mut listed, mut lists) = (Vec::new(), Vec::new());
        let mut parts = 0;
        for value in values {
            parts += 1;
            match value.one() {
                Some(series) => listed.push(series),
                None => lists.push(*value),
            }
        }
        let mut rest = &lists[..];
        while let [first, ..] = rest {
            let apart =
                |pair: &[Value]| pair[1].at != pair[0].end() || pair[1].end() - first.at > READ_BYTES_MAX;
            let together = rest.windows(2).position(apart).map_or(rest.len(), |at| at + 1);
            self.read_lists(&rest[..together], &mut listed)?;
            rest = &rest[together..];
        }
        if parts > 1 {
            listed.sort_unstable();
            listed.dedup();
        }
        Ok(listed)
    }

    /// Of lists that lie one after the other.
    fn read_lists(&self, lists: &[Value], listed: &mut Vec<u32>) -> Result<(), Unreadable> {
        let (Some(first), Some(last)) = (lists.first(), lists.last()) else { return Ok(()) };
        let mut bytes = vec![0; usize::try_from(last.end() - first.at).map_err(|_| Short)?];
        self.file.read_exact_at(&mut bytes, first.at)?;
        let mut bytes = Bytes(&bytes);
        for list in lists {
            let mut runs = Bytes(checked(bytes.take(list.length as usize + CRC_BYTES)?)?);
            let mut next = 0_u64;
            while !runs.is_empty() {
                let gap = runs.varint()?;
                let begins = self.series_number(next.checked_add(gap >> 1).ok_or(Short)?)?;
                let length = if gap & 1 == 1 { runs.varint()?.max(1) } else { 1 };
                let last = self.series_number(u64::from(begins).checked_add(length - 1).ok_or(Short)?)?;
                listed.extend(begins..=last);
                next = u64::from(last) + 1;
            }
        }
        Ok(())
    }

    /// The series with these numbers, which ascend, in their order.
    pub fn entries(&self, numbers: &[u32], mut each: impl FnMut(Entry)) -> Result<(), Unreadable> {
        let mut rest = numbers;
        while let Some(first) = rest.first() {
            let group = *first as usize / GROUP;
            let here = rest.partition_point(|number| *number as usize / GROUP == group);
            self.group(group, &rest[..here], &mut each)?;
            rest = &rest[here..];
        }
        Ok(())
    }

    fn group(&self, group: usize, wanted: &[u32], each: &mut impl FnMut(Entry)) -> Result<(), Unreadable> {
        let (begins, ends) = (self.groups[group], self.groups[group + 1]);
        let length = (ends - begins).checked_sub(CRC_BYTES as u64).ok_or(Short)?;
        let bytes = part(&self.file, begins, length)?;
        let mut bytes = Bytes(&bytes);
        let mut at = bytes.varint()?;
        let mut ids: Vec<(u32, u32)> = Vec::new();
        let mut extents: Vec<(Column, Extent)> = Vec::new();
        let first = group * GROUP;
        let mut wanted = wanted.iter().peekable();
        for number in first..(first + GROUP).min(self.series as usize) {
            self.read_labels(&mut bytes, &mut ids)?;
            let chunks = bytes.varint()?;
            if chunks & 1 == 0 {
                self.read_extents(&mut bytes, chunks >> 1, &mut extents)?;
            } else if chunks >> 1 != extents.len() as u64 {
                return Err(Short.into());
            }
            let is_wanted = wanted.next_if(|next| **next as usize == number).is_some();
            let mut places = Vec::with_capacity(if is_wanted { extents.len() } else { 0 });
            for &(column, extent) in &extents {
                let length = u32::try_from(bytes.varint()?).map_err(|_| Short)?;
                let place = Place { column, extent, at, length };
                at = at.checked_add(u64::from(length) + CRC_BYTES as u64).ok_or(Short)?;
                if is_wanted {
                    places.push(place);
                }
            }
            if is_wanted {
                let pairs =
                    ids.iter().map(|(name, value)| (self.symbols.known(*name), self.symbols.known(*value)));
                each(Entry { labels: Labels::new(pairs), chunks: places });
            }
            if wanted.peek().is_none() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// From those of the series before to those of the next one.
    fn read_labels(&self, bytes: &mut Bytes<'_>, ids: &mut Vec<(u32, u32)>) -> Result<(), Short> {
        let head = bytes.varint()?;
        let shared = usize::try_from(head >> 1).map_err(|_| Short)?;
        if shared > ids.len() {
            return Err(Short);
        }
        if head & 1 == 1 {
            for (_, value) in &mut ids[shared..] {
                *value = self.symbol(bytes)?;
            }
            return Ok(());
        }
        ids.truncate(shared);
        for _ in 0..bytes.count()? {
            ids.push((self.symbol(bytes)?, self.symbol(bytes)?));
        }
        Ok(())
    }

    fn read_extents(
        &self,
        bytes: &mut Bytes<'_>,
        count: u64,
        extents: &mut Vec<(Column, Extent)>,
    ) -> Result<(), Short> {
        extents.clear();
        let mut before = self.epoch;
        for _ in 0..count {
            let from = before.wrapping_add(bytes.signed()?);
            let to = from.wrapping_add(bytes.varint()? as i64);
            let shape = bytes.varint()?;
            let column = Column::from_number(shape & 7).ok_or(Short)?;
            let len = u32::try_from(shape >> 3).map_err(|_| Short)?;
            let extent = Extent { from: Timestamp::from_ms(from), to: Timestamp::from_ms(to), len };
            extents.push((column, extent));
            before = to;
        }
        Ok(())
    }
}

fn part(file: &File, at: u64, length: u64) -> Result<Vec<u8>, Unreadable> {
    let length = usize::try_from(length).map_err(|_| Short)?;
    let mut bytes = vec![0; length + CRC_BYTES];
    file.read_exact_at(&mut bytes, at)?;
    let length = checked(&bytes)?.len();
    bytes.truncate(length);
    Ok(bytes)
}

/// The bytes before their CRC.
pub fn checked(bytes: &[u8]) -> Result<&[u8], Unreadable> {
    let (bytes, crc) = bytes.split_last_chunk::<CRC_BYTES>().ok_or(Short)?;
    if crc32c::crc32c(bytes) == u32::from_le_bytes(*crc) {
        Ok(bytes)
    } else {
        Err(Unreadable::Damaged("a checksum does not fit"))
    }
}

fn both(mut a: Vec<u32>, b: &[u32]) -> Vec<u32> {
    let mut b = b.iter().peekable();
    a.retain(|number| {
        while b.next_if(|other| *other < number).is_some() {}
        b.peek() == Some(&number)
    });
    a
}

fn without(mut a: Vec<u32>, b: &[u32]) -> Vec<u32> {
    let mut b = b.iter().peekable();
    a.retain(|number| {
        while b.next_if(|other| *other < number).is_some() {}
        b.peek() != Some(&number)
    });
    a
}
