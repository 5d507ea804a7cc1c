//! The store: a head in memory, the log that protects it, and the blocks of the past, answering as one.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use andon_timeseries::{Found, Head, Select, SelectError, Taken, Wanted};
use andon_vocabulary::{METRIC_NAME, Timestamp};

use crate::appender::{Appender, Counted, Front};
use crate::find::Answer;
use crate::parallel::take;
use crate::past::{Past, Quarantined};
use crate::restore::{Restored, restore};
use crate::settings::Settings;
use crate::tombstones::Tombstones;
use crate::upkeep::Done;
use crate::wal::Log;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{} is used by another process: end it, or give this one another data directory", .0.display())]
    InUse(PathBuf),
    #[error("the metrics in {} cannot be opened: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
}

/// Written by many, one after the other; read by any number at once.
#[derive(Debug)]
pub struct Store {
    pub(crate) settings: Settings,
    pub(crate) front: RwLock<Front>,
    /// None: what the head forgets is gone.
    pub(crate) disk: Option<Disk>,
    /// Whoever cuts, compacts or deletes holds it.
    pub(crate) upkeep: Mutex<Done>,
    /// What was done when it was last free.
    pub(crate) done: Mutex<Done>,
}

#[derive(Debug)]
pub(crate) struct Disk {
    pub dir: PathBuf,
    pub log: Log,
    pub past: Past,
    pub tombstones: Tombstones,
    /// Held as long as the store is open.
    lock: Mutex<Option<File>>,
}

pub(crate) const LOG: &str = "log";
pub(crate) const BLOCKS: &str = "blocks";
const QUARANTINE: &str = "quarantine";
const LOCK: &str = "lock";

impl Disk {
    pub fn log_dir(&self) -> PathBuf {
        self.dir.join(LOG)
    }
}

impl Store {
    /// Only in memory: forgotten when the process ends, and when it is older than the head's window.
    pub fn in_memory(settings: Settings) -> Store {
        let head = Head::new(settings.limits.clone());
        let front = RwLock::new(Front::new(head));
        Store { settings, front, disk: None, upkeep: Mutex::default(), done: Mutex::default() }
    }

    /// Opens what is in the directory, or begins there. What cannot be read is put into quarantine and named; the rest
    /// is served.
    pub fn open(dir: &Path, settings: Settings) -> Result<Store, OpenError> {
        let told = |error| OpenError::Io { path: dir.to_owned(), error };
        let log_dir = dir.join(LOG);
        fs::create_dir_all(&log_dir).map_err(told)?;
        let lock = File::create(dir.join(LOCK)).map_err(told)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(dir.to_owned())),
            Err(TryLockError::Error(error)) => return Err(told(error)),
        }
        let past = Past::open(&dir.join(BLOCKS), &dir.join(QUARANTINE)).map_err(told)?;
        let tombstones = Tombstones::open(dir).map_err(told)?;
        past.number_from(tombstones.next_block());
        let mut head = Head::new(settings.limits.clone());
        if let Some(reaches) = past.reaches() {
            head.begin_at(reaches + TICK);
        }
        let restored = restore(&log_dir, &mut head).map_err(told)?;
        restored.tell(&past);
        let log = Log::open(&log_dir, restored.log.next, settings.fsync).map_err(told)?;
        let mut front = Front::new(head);
        front.logging.begin_segment();
        front.logging.encoder.drain(|frames| log.append(frames));
        let disk = Disk { dir: dir.to_owned(), log, past, tombstones, lock: Mutex::new(Some(lock)) };
        Ok(Store {
            settings,
            front: RwLock::new(front),
            disk: Some(disk),
            upkeep: Mutex::default(),
            done: Mutex::default(),
        })
    }

    pub(crate) fn lock(&self) -> RwLockWriteGuard<'_, Front> {
        self.front.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that `fill` appends is seen at once or not at all. It is on its way to the disk when this returns;
    /// [`Store::sync`] waits for it.
    pub fn write<T>(&self, fill: impl FnOnce(&mut Appender<'_>) -> T) -> T {
        let refuses = self.disk.as_ref().is_some_and(|disk| disk.log.trouble().is_some());
        let mut front = self.lock();
        let Front { head, logging, counted } = &mut *front;
        let mut appender = match &self.disk {
            Some(_) => Appender::to_disk(head, logging, refuses),
            None => Appender::from(head),
        };
        let filled = fill(&mut appender);
        let Counted { appended, refused } = appender.counted();
        counted.appended += appended;
        counted.refused += refused;
        if let Some(disk) = &self.disk {
            logging.encoder.drain(|frames| disk.log.append(frames));
        }
        filled
    }

    /// Returns when what has been written so far is as safe as the fsync policy promises: with `always` it is durable,
    /// else it survives the end of this process. The error says why the disk does not take it.
    pub fn sync(&self) -> Result<(), String> {
        self.disk.as_ref().map_or(Ok(()), |disk| disk.log.wait(disk.log.position()))
    }

    /// Makes everything durable and lets another process open the directory. What is there is still served; nothing
    /// more is taken.
    pub fn close(&self) {
        if let Some(disk) = &self.disk {
            // Whoever is at work on the blocks ends it first.
            let _upkeep = self.upkeep();
            let mut lock = disk.lock.lock().unwrap_or_else(PoisonError::into_inner);
            disk.log.close();
            *lock = None;
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        let lock = self.disk.as_ref().map(|disk| disk.lock.lock().unwrap_or_else(PoisonError::into_inner));
        lock.is_some_and(|lock| lock.is_none())
    }

    /// The store as it is now: writers wait until it is given back.
    pub fn reading(&self) -> Reading<'_> {
        Reading { front: self.front.read().unwrap_or_else(PoisonError::into_inner), store: self }
    }

    /// `taken` is what the head has of it; taken first, so that what is cut meanwhile is in both rather than in none.
    fn answer<'a>(&'a self, taken: Taken, wanted: Wanted<'_>) -> Result<Box<dyn Found + 'a>, SelectError> {
        Ok(match &self.disk {
            Some(disk) => Box::new(Answer::find(&disk.past, &disk.tombstones, taken, &wanted)?),
            None => Box::new(taken),
        })
    }

    /// What was put aside since it could not be read.
    pub fn quarantined(&self) -> Vec<Quarantined> {
        self.disk.as_ref().map(|disk| disk.past.quarantined()).unwrap_or_default()
    }

    /// The time up to which samples were there when the store was last closed, and from which on: what is on the disk
    /// counts as seen.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let head = self.reading().head().stats().span;
        let blocks = self.disk.iter().flat_map(|disk| disk.past.all());
        let spans = blocks.map(|block| (block.manifest.from, block.manifest.to));
        spans.chain(head).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    pub fn metric_names(&self) -> BTreeSet<String> {
        self.label_values(METRIC_NAME)
    }

    pub fn label_names(&self) -> BTreeSet<String> {
        let mut names = self.reading().head().label_names();
        for block in self.disk.iter().flat_map(|disk| disk.past.all()) {
            names.extend(block.index.names().map(str::to_owned));
        }
        names
    }

    pub fn label_values(&self, name: &str) -> BTreeSet<String> {
        let mut values = self.reading().head().label_values(name);
        for block in self.disk.iter().flat_map(|disk| disk.past.all()) {
            values.extend(block.index.values(name).map(str::to_owned));
        }
        values
    }
}

/// The resolution of time: a block ends one of these before the head's floor.
pub(crate) const TICK: Duration = Duration::from_millis(1);

impl Select for Store {
    fn find<'a>(&'a self, wanted: Wanted<'_>) -> Result<Box<dyn Found + 'a>, SelectError> {
        // The head is locked only while it hands out what is sealed and copies what is open.
        let taken = take(self.reading().head(), &wanted);
        self.answer(taken, wanted)
    }
}

/// Sees the store at one moment.
#[derive(Debug)]
pub struct Reading<'a> {
    store: &'a Store,
    front: RwLockReadGuard<'a, Front>,
}

impl Reading<'_> {
    /// Only the recent past: what is in memory.
    pub fn head(&self) -> &Head {
        &self.front.head
    }
}

impl Select for Reading<'_> {
    fn find<'a>(&'a self, wanted: Wanted<'_>) -> Result<Box<dyn Found + 'a>, SelectError> {
        self.store.answer(take(self.head(), &wanted), wanted)
    }
}

impl Restored {
    /// Says what a person should know of it, and keeps what was damaged.
    fn tell(&self, past: &Past) {
        for damage in &self.log.damages {
            tracing::error!(%damage, "a part of the log of samples cannot be read and is left out");
            // The log's own files go with the next checkpoint.
            let name = damage.path.file_name().expect("files of the log have a name");
            let kept = past.quarantine_dir().join(name);
            if !kept.exists()
                && let Err(error) = fs::hard_link(&damage.path, &kept)
            {
                tracing::error!(file = %damage.path.display(), %error, "it cannot be kept in quarantine");
            }
            past.note(Quarantined { path: kept, why: damage.to_string() });
        }
        if self.nameless > 0 {
            tracing::error!(
                samples = self.nameless,
                "samples of the log belong to series whose names were in a part that cannot be read"
            );
        }
        tracing::info!(
            samples = self.samples,
            refused = self.refused,
            bytes = self.log.bytes,
            "the log of samples was read back"
        );
    }
}

#[cfg(test)]
mod tests;
