//! Cutting blocks from the head: what is at rest goes to the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use andon_timeseries::{Chunk, SeriesRef};
use andon_vocabulary::{Labels, Timestamp};

use crate::block::{Block, BlockWriter, Resolution, Span, Unreadable};
use crate::ordered::{Gathered, Pack};
use crate::plan::window_end;
use crate::store::{Disk, Store, TICK};

/// Series taken from the head at a time: so long writers wait.
const PORTION: usize = 256;
/// Within hours the blocks are merged, and their samples packed anew.
const SOON_ANEW: Pack = Chunk::seal;

/// Everything up to `end` goes into blocks, one for each span of time: what came late belongs to an earlier one.
pub fn cut(store: &Store, disk: &Disk, end: Timestamp) -> io::Result<()> {
    store.lock().head.start_block(end + TICK);
    let mut series = store.reading().head().all();
    series.sort_unstable_by(|a, b| a.1.cmp(&b.1));
    let mut cutting = Cutting {
        disk,
        length: store.settings.block,
        end,
        symbols: symbols(&series),
        writers: BTreeMap::new(),
    };
    let mut gathered = Gathered::default();
    for portion in series.chunks(PORTION) {
        let refs: Vec<SeriesRef> = portion.iter().map(|(series, _)| *series).collect();
        let taken = store.reading().head().take_for_block(&refs);
        for (at, labels) in andon_timeseries::Found::series(&taken).iter().enumerate() {
            let read = taken.read_one(at, &mut gathered.samples, &mut gathered.histograms);
            read.map_err(io::Error::other)?;
            cutting.add(labels, &gathered)?;
        }
    }
    let blocks = cutting.finish()?;
    let mut front = store.lock();
    disk.past.replace(&[], blocks);
    front.head.truncate(end + TICK);
    Ok(())
}

fn symbols(series: &[(SeriesRef, Labels)]) -> Vec<Arc<str>> {
    let texts = series.iter().flat_map(|(_, labels)| labels.iter()).flat_map(|(name, value)| [name, value]);
    let distinct: BTreeSet<&str> = texts.collect();
    distinct.into_iter().map(Arc::from).collect()
}

/// The blocks that are being written, by the end of their span.
struct Cutting<'a> {
    disk: &'a Disk,
    length: std::time::Duration,
    end: Timestamp,
    symbols: Vec<Arc<str>>,
    writers: BTreeMap<Timestamp, BlockWriter>,
}

impl Cutting<'_> {
    fn add(&mut self, labels: &Labels, all: &Gathered) -> io::Result<()> {
        let window = |at: Timestamp| window_end(at, self.length);
        let times = all.samples.iter().map(|sample| sample.at).chain(all.histograms.iter().map(|s| s.at));
        let windows: BTreeSet<Timestamp> = times.map(window).collect();
        if let [one] = windows.iter().copied().collect::<Vec<_>>()[..] {
            return self.writer(one)?.series(labels, &all.seal(SOON_ANEW));
        }
        for end in windows {
            let mut part = Gathered::default();
            part.samples
                .extend(all.samples.iter().filter(|sample| window_end(sample.at, self.length) == end));
            let histograms = all.histograms.iter();
            part.histograms.extend(histograms.filter(|s| window_end(s.at, self.length) == end).cloned());
            self.writer(end)?.series(labels, &part.seal(SOON_ANEW))?;
        }
        Ok(())
    }

    fn writer(&mut self, end: Timestamp) -> io::Result<&mut BlockWriter> {
        use std::collections::btree_map::Entry;
        match self.writers.entry(end) {
            Entry::Occupied(there) => Ok(there.into_mut()),
            Entry::Vacant(place) => {
                let span = Span {
                    from: end - self.length,
                    // Of a span that is not over yet nothing more is claimed than there is.
                    to: end.min(self.end),
                    resolution: Resolution::Raw,
                    replaces: Vec::new(),
                };
                let number = self.disk.past.number();
                let dir = self.disk.past.dir();
                Ok(place.insert(BlockWriter::begin(dir, number, span, self.symbols.clone())?))
            }
        }
    }

    fn finish(self) -> io::Result<Vec<Arc<Block>>> {
        let finished = self.writers.into_values().map(|writer| {
            let path = writer.finish()?;
            Block::open(&path).map(Arc::new).map_err(|error| match error {
                Unreadable::Io(error) => error,
                Unreadable::Damaged(why) => io::Error::other(why),
            })
        });
        finished.collect()
    }
}
