//! A checkpoint: what the head holds, so that the log before it can go.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use andon_timeseries::{Found, SeriesRef};
use andon_vocabulary::Timestamp;

use crate::appender::{described, told};
use crate::store::{Disk, Store};
use crate::wal::{self, Encoder, UNFINISHED};

const PORTION: usize = 256;

/// Begins a new segment of the log, writes what the head holds, and removes the log before that. The size of it.
pub fn checkpoint(store: &Store, disk: &Disk) -> io::Result<u64> {
    let dir = disk.log_dir();
    let number = {
        let mut front = store.lock();
        let number = disk.log.rotate().map_err(io::Error::other)?;
        front.logging.begin_segment();
        front.logging.encoder.drain(|frames| disk.log.append(frames));
        number
    };
    let bytes = write(store, &wal::checkpoint(&dir, number))?;
    wal::forget(&dir)?;
    Ok(bytes)
}

/// What comes in while it is being written may be in it or not: it is in the log's new segment.
pub fn write(store: &Store, path: &Path) -> io::Result<u64> {
    let unfinished = path.with_extension(UNFINISHED);
    let _ = fs::remove_file(&unfinished);
    let mut out = BufWriter::new(wal::create(&unfinished)?);
    let written = fill(store, &mut out).and_then(|()| {
        out.flush()?;
        out.get_ref().sync_all()?;
        fs::rename(&unfinished, path)?;
        wal::sync_parent(path)?;
        Ok(out.get_ref().metadata()?.len())
    });
    // Room is what a full disk needs most.
    written.inspect_err(|_| {
        let _ = fs::remove_file(&unfinished);
    })
}

fn fill(store: &Store, out: &mut BufWriter<File>) -> io::Result<()> {
    let mut encoder = Encoder::default();
    encoder.start();
    let mut put = |encoder: &mut Encoder| {
        let mut written = Ok(());
        encoder.drain(|frames| written = out.write_all(frames));
        written
    };
    let (series, exemplars) = {
        let reading = store.reading();
        let head = reading.head();
        for (metric, metadata) in head.all_metadata() {
            encoder.extra(&described(metric, metadata));
        }
        let ever = (Timestamp::from_ms(i64::MIN), Timestamp::from_ms(i64::MAX));
        (head.all(), head.exemplars(&[], ever.0, ever.1))
    };
    put(&mut encoder)?;
    let mut number = 0;
    for portion in series.chunks(PORTION) {
        let refs: Vec<SeriesRef> = portion.iter().map(|(series, _)| *series).collect();
        let taken = store.reading().head().take_these(&refs);
        for (at, labels) in taken.series().iter().enumerate() {
            encoder.series(number, labels);
            for chunk in taken.chunks(at) {
                encoder.chunk(number, &chunk);
            }
            number += 1;
        }
        put(&mut encoder)?;
    }
    for (labels, exemplars) in exemplars {
        encoder.series(number, &labels);
        for exemplar in exemplars {
            encoder.extra(&told(number, exemplar));
        }
        number += 1;
    }
    encoder.end();
    put(&mut encoder)
}
