//! `journal.head`: what the journal's end was, kept outside the journal, so that a cut tail shows.
//!
//! After an unclean stop SQLite drops whatever follows the first unreadable frame of its write-ahead log and says
//! nothing. The chain of what is left is valid. So after every commit, and before it is acknowledged, the new head
//! (seq and hash) is also written here, into a small file of two slots used in turn, each with its own checksum: a
//! torn write spoils one slot and leaves the other. The rule for a reader is *at least*: the journal must hold the
//! witnessed record with the witnessed hash, and may go on beyond it. The head is written after the commit is
//! durable, never before, so no crash at any moment makes a false alarm.
//!
//! What it costs: one `pwrite` of 88 bytes per commit. A thread flushes it to the disk at most every 10 ms, beside
//! the loop. Measured for a commit of one record: 208 µs without any of this, 220 µs with it, 365 µs if each commit
//! waited for a flush.
//!
//! What it detects: any lost tail of acknowledged records after a clean stop, a crash or a `kill -9` (the page cache
//! outlives the process). What it cannot: records committed in the last 10 ms or so before the *machine* lost
//! power, if the same accident also spoiled them in the log; a journal and a `journal.head` that were both put back
//! to an earlier state together (then the place has changed, see `place`); and forgery.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::chain::{Hash, Head};
use crate::position::Seq;

/// Slots lie in different blocks of the disk, so that one torn sector cannot reach both.
const SLOT_BYTES: u64 = 4096;
const MAGIC: &[u8; 16] = b"andon head v1\0\0\0";
const FIELDS_BYTES: usize = 16 + 8 + 32;
const FLUSH_EVERY: Duration = Duration::from_millis(10);

/// The writer's end. Dropping it flushes.
#[derive(Debug)]
pub(crate) struct Witness {
    file: Arc<File>,
    next_slot: u64,
    flusher: Option<Flusher>,
}

#[derive(Debug)]
struct Flusher {
    wake: SyncSender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl Witness {
    /// Takes up the file at `path`, or puts a new one there, saying `head`.
    pub(crate) fn start(path: &Path, head: Head) -> io::Result<Witness> {
        if !path.exists() {
            create(path, head)?;
        }
        let file = File::options().read(true).write(true).open(path)?;
        let next_slot = newest(&file)?.map_or(0, |(slot, _)| 1 - slot);
        let file = Arc::new(file);
        let (wake, woken) = sync_channel(1);
        let flushed = Arc::clone(&file);
        let thread =
            thread::Builder::new().name("journal-head".to_owned()).spawn(move || flush(&flushed, &woken))?;
        let mut witness = Witness { file, next_slot, flusher: Some(Flusher { wake, thread }) };
        witness.record(head)?;
        Ok(witness)
    }

    /// Writes down a head that is durable in the journal. An error means: no longer trust this disk.
    pub(crate) fn record(&mut self, head: Head) -> io::Result<()> {
        self.file.write_all_at(&encode(head), self.next_slot * SLOT_BYTES)?;
        self.next_slot = 1 - self.next_slot;
        let Some(flusher) = &self.flusher else {
            return Err(io::Error::other("the flush of journal.head failed"));
        };
        // A full channel means that a flush is due anyway; a finished thread means that one failed.
        if flusher.thread.is_finished() {
            return self.stop();
        }
        let _ = flusher.wake.try_send(());
        Ok(())
    }

    /// For the test of what follows a disk that does not take the head.
    #[cfg(test)]
    pub(crate) fn replace_file(&mut self, file: Arc<File>) {
        self.file = file;
    }

    fn stop(&mut self) -> io::Result<()> {
        let Some(Flusher { wake, thread }) = self.flusher.take() else {
            return Ok(());
        };
        drop(wake);
        thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the thread that flushes journal.head panicked")))
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        // Nobody is left to tell: what was acknowledged is durable in the journal itself.
        let _ = self.stop();
    }
}

fn flush(file: &File, woken: &Receiver<()>) -> io::Result<()> {
    while woken.recv().is_ok() {
        file.sync_data()?;
        thread::sleep(FLUSH_EVERY);
    }
    file.sync_data()
}

/// In one rename, so that a crash leaves no file or a whole one.
fn create(path: &Path, head: Head) -> io::Result<()> {
    let fresh = path.with_extension("head.new");
    let file = File::create(&fresh)?;
    file.set_len(2 * SLOT_BYTES)?;
    file.write_all_at(&encode(head), 0)?;
    file.write_all_at(&encode(head), SLOT_BYTES)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
}

fn encode(head: Head) -> [u8; FIELDS_BYTES + 32] {
    let mut slot = [0; FIELDS_BYTES + 32];
    slot[..16].copy_from_slice(MAGIC);
    slot[16..24].copy_from_slice(&head.seq.0.to_be_bytes());
    slot[24..56].copy_from_slice(&head.hash.0);
    let checksum = Hash::of(&slot[..FIELDS_BYTES]);
    slot[FIELDS_BYTES..].copy_from_slice(&checksum.0);
    slot
}

fn decode(slot: &[u8; FIELDS_BYTES + 32]) -> Option<Head> {
    let seq = u64::from_be_bytes(slot[16..24].try_into().ok()?);
    let hash = slot[24..56].try_into().ok()?;
    let head = Head { seq: Seq(seq), hash: Hash(hash) };
    (encode(head) == *slot).then_some(head)
}

/// The readable slot with the highest seq, and which one it is.
pub(crate) fn newest(file: &File) -> io::Result<Option<(u64, Head)>> {
    let mut newest: Option<(u64, Head)> = None;
    for slot in [0, 1] {
        let mut bytes = [0; FIELDS_BYTES + 32];
        match file.read_exact_at(&mut bytes, slot * SLOT_BYTES) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => continue,
            Err(error) => return Err(error),
        }
        if let Some(head) = decode(&bytes)
            && newest.is_none_or(|(_, best)| head.seq >= best.seq)
        {
            newest = Some((slot, head));
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testimony::Testimony;

    fn head(bodies: u8) -> Head {
        (0..bodies).fold(Head::EMPTY, |head, body| head.link(&[body]))
    }

    #[test]
    fn the_newest_head_is_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.head");
        assert_eq!(Testimony::read(&path).unwrap(), Testimony::Absent);
        let mut witness = Witness::start(&path, Head::EMPTY).unwrap();
        for n in 1..6 {
            witness.record(head(n)).unwrap();
            // Before any flush or clean stop: this is what stands there after a `kill -9`.
            assert_eq!(Testimony::read(&path).unwrap(), Testimony::Head(head(n)));
        }
        drop(witness);
        let witness = Witness::start(&path, head(5)).unwrap();
        drop(witness);
        assert_eq!(Testimony::read(&path).unwrap(), Testimony::Head(head(5)));
    }

    #[test]
    fn one_spoilt_slot_leaves_the_other_and_two_are_not_taken_for_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.head");
        let mut witness = Witness::start(&path, head(1)).unwrap();
        witness.record(head(2)).unwrap();
        drop(witness);
        let file = File::options().write(true).open(&path).unwrap();
        let newest_slot = newest(&File::open(&path).unwrap()).unwrap().unwrap().0;
        file.write_all_at(b"x", newest_slot * SLOT_BYTES + 20).unwrap();
        assert_eq!(Testimony::read(&path).unwrap(), Testimony::Head(head(1)));
        file.set_len(7).unwrap();
        assert_eq!(Testimony::read(&path).unwrap(), Testimony::Garbled);
    }
}
