//! Writing the log: whoever appends leaves bytes here, and one thread writes and syncs them for all.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::files;

/// A new segment begins when the last one has grown beyond this.
const SEGMENT_BYTES: u64 = 16 << 20;
/// What may wait to be written while the disk is slow. Beyond it samples are refused.
const PENDING_BYTES_MAX: usize = 64 << 20;
/// The room that is kept for the next batch.
const BUFFER_BYTES: usize = 1 << 20;
/// How soon a disk that refused is tried again.
const RETRY: Duration = Duration::from_millis(500);

/// When what was written is also made durable. What a crash of the process alone can lose is the same for all three:
/// what was not yet handed to the operating system, some milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fsync {
    /// Before it is acknowledged.
    Always,
    /// This long after it was written at the latest: what a power cut can lose.
    Every(Duration),
    /// When the operating system likes.
    Never,
}

/// How far the log has come when something has been appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position(u64);

#[derive(Debug, Default)]
struct State {
    pending: Vec<u8>,
    /// All in bytes since the start.
    appended: u64,
    written: u64,
    durable: u64,
    /// A new segment begins at this position.
    rotate_at: Option<u64>,
    segment: u64,
    /// Bytes in all segments since the last checkpoint.
    bytes: u64,
    trouble: Option<String>,
    stops: bool,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// There is something to write.
    work: Condvar,
    /// Something was written, or could not be.
    done: Condvar,
}

/// The log, open for writing. Dropping it writes and syncs what is left.
#[derive(Debug)]
pub struct Log {
    shared: Arc<Shared>,
    fsync: Fsync,
    /// None once it is closed.
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Log {
    /// Begins the segment with this number.
    pub fn open(dir: &Path, number: u64, fsync: Fsync) -> io::Result<Log> {
        let file = files::create(&files::segment(dir, number))?;
        let state = State { segment: number, ..State::default() };
        let shared =
            Arc::new(Shared { state: Mutex::new(state), work: Condvar::new(), done: Condvar::new() });
        let at = files::MAGIC.len() as u64;
        let mut writer =
            Writer { dir: dir.to_owned(), number, file, at, fsync, unsynced: None, distrusted: false };
        let theirs = shared.clone();
        let thread = std::thread::Builder::new().name("metrics-log".to_owned());
        let writer = thread.spawn(move || writer.run(&theirs))?;
        Ok(Log { shared, fsync, writer: Mutex::new(Some(writer)) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whole frames. They are in the file soon, and durable as the policy says.
    pub fn append(&self, frames: &[u8]) {
        let mut state = self.state();
        state.pending.extend_from_slice(frames);
        state.appended += frames.len() as u64;
        state.bytes += frames.len() as u64;
        self.shared.work.notify_one();
    }

    /// Why nothing more should be appended now: the disk refuses, or does not keep up.
    pub fn trouble(&self) -> Option<String> {
        let state = self.state();
        let slow = || "the disk does not keep up with the samples".to_owned();
        state.trouble.clone().or_else(|| (state.pending.len() > PENDING_BYTES_MAX).then(slow))
    }

    /// Returns when everything up to here is as safe as the policy promises: in the file, or durable too.
    pub fn wait(&self, position: Position) -> Result<(), String> {
        let mut state = self.state();
        loop {
            let reached = if self.fsync == Fsync::Always { state.durable } else { state.written };
            if reached >= position.0 {
                return Ok(());
            }
            if let Some(trouble) = &state.trouble {
                return Err(trouble.clone());
            }
            state = self.shared.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// How far it has come.
    pub fn position(&self) -> Position {
        Position(self.state().appended)
    }

    /// What is appended from now on goes into a new segment, whose number this is. Whoever calls it keeps others from
    /// appending meanwhile.
    pub fn rotate(&self) -> Result<u64, String> {
        let mut state = self.state();
        let (at, from) = (state.appended, state.segment);
        state.rotate_at = Some(at);
        self.shared.work.notify_one();
        loop {
            if state.rotate_at.is_none() {
                state.bytes = 0;
                return Ok(state.segment);
            }
            if let Some(trouble) = &state.trouble {
                return Err(format!("segment {from} of the log cannot be closed: {trouble}"));
            }
            state = self.shared.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Writes and syncs what is left; nothing is taken afterwards.
    pub fn close(&self) {
        let Some(writer) = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        self.state().stops = true;
        self.shared.work.notify_one();
        if writer.join().is_err() {
            tracing::error!("the log's thread broke down");
        }
        self.state().trouble = Some("the store is closed".to_owned());
    }

    /// Bytes since the last checkpoint.
    pub fn bytes(&self) -> u64 {
        self.state().bytes
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.close();
    }
}

/// What the thread holds.
#[derive(Debug)]
struct Writer {
    dir: PathBuf,
    number: u64,
    file: File,
    /// Everything before it was written whole.
    at: u64,
    fsync: Fsync,
    /// Since when something has been written and not synced.
    unsynced: Option<Instant>,
    /// The last sync failed.
    distrusted: bool,
}

impl Writer {
    fn run(&mut self, shared: &Shared) {
        let mut batch = Vec::new();
        loop {
            let Some((rotates, stops)) = self.next(shared, &mut batch) else { continue };
            let waiting = batch.len();
            let result = self.turn(&mut batch, rotates, stops);
            let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.written += (waiting - batch.len()) as u64;
            match result {
                Ok(synced) => {
                    if let Some(trouble) = state.trouble.take() {
                        tracing::info!(%trouble, "the log of samples is written again");
                    }
                    if synced {
                        state.durable = state.written;
                    }
                    if rotates {
                        state.rotate_at = None;
                    }
                    state.segment = self.number;
                }
                Err(error) => {
                    if state.trouble.is_none() {
                        tracing::error!(
                            %error, directory = %self.dir.display(),
                            "the log of samples cannot be written: new samples are refused until it can"
                        );
                    }
                    state.trouble = Some(error.to_string());
                    if self.distrusted {
                        // What a failed sync leaves on the disk is anybody's guess: a checkpoint writes it anew.
                        state.bytes = u64::MAX / 2;
                    }
                    if !stops {
                        drop(shared.work.wait_timeout(state, RETRY).unwrap_or_else(PoisonError::into_inner));
                        shared.done.notify_all();
                        continue;
                    }
                }
            }
            shared.done.notify_all();
            if stops && (state.pending.is_empty() || state.trouble.is_some()) {
                return;
            }
        }
    }

    /// Waits for work and takes it. A batch that could not be written is still there and goes first.
    fn next(&self, shared: &Shared, batch: &mut Vec<u8>) -> Option<(bool, bool)> {
        let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !batch.is_empty() {
            let rotates = state.rotate_at == Some(state.written + batch.len() as u64);
            return Some((rotates, state.stops));
        }
        if state.pending.is_empty() && state.rotate_at.is_none() && !state.stops {
            let rest = match (self.fsync, self.unsynced) {
                (Fsync::Every(every), Some(since)) => every.saturating_sub(since.elapsed()),
                _ => Duration::from_secs(3600),
            };
            if !rest.is_zero() {
                let waited = shared.work.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner);
                state = waited.0;
                if waited.1.timed_out() && self.unsynced.is_none() {
                    return None;
                }
            }
        }
        let before_rotation = state.rotate_at.map(|at| (at - state.written) as usize);
        match before_rotation {
            Some(bytes) if bytes < state.pending.len() => {
                let after = state.pending.split_off(bytes);
                *batch = std::mem::replace(&mut state.pending, after);
            }
            _ => std::mem::swap(batch, &mut state.pending),
        }
        Some((before_rotation.is_some(), state.stops))
    }

    /// Whether everything written is durable now.
    fn turn(&mut self, batch: &mut Vec<u8>, rotates: bool, stops: bool) -> io::Result<bool> {
        if !batch.is_empty() {
            self.write(batch)?;
            batch.clear();
            batch.shrink_to(BUFFER_BYTES);
        }
        let due = match self.fsync {
            Fsync::Always => true,
            Fsync::Every(every) => self.unsynced.is_some_and(|since| since.elapsed() >= every),
            Fsync::Never => false,
        };
        let rotates = rotates || self.at >= SEGMENT_BYTES;
        let syncs = self.unsynced.is_some() && (due || rotates || stops);
        if syncs {
            self.distrusted = true;
            self.file.sync_data()?;
            self.distrusted = false;
            self.unsynced = None;
        }
        if rotates {
            self.file = files::create(&files::segment(&self.dir, self.number + 1))?;
            self.number += 1;
            self.at = files::MAGIC.len() as u64;
        }
        Ok(self.unsynced.is_none())
    }

    /// All of it or, as far as anybody who reads can see, nothing.
    fn write(&mut self, batch: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(batch);
        if let Err(error) = written {
            self.file.set_len(self.at)?;
            self.file.seek(SeekFrom::Start(self.at))?;
            return Err(error);
        }
        self.at += batch.len() as u64;
        self.unsynced.get_or_insert_with(Instant::now);
        Ok(())
    }
}

/// Removes what a checkpoint has made superfluous.
pub fn forget(dir: &Path) -> io::Result<()> {
    files::list(dir)?.superfluous.iter().try_for_each(fs::remove_file)
}
