//! Finding and reading many series on two threads, when there is enough to do.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use andon_timeseries::{Head, SelectError, Taken, Wanted};

use crate::ordered::Gathered;
use crate::thin::Thinned;

/// What one thread reads into, again and again.
#[derive(Debug, Default)]
pub struct Room {
    pub gathered: Gathered,
    pub head: Gathered,
    pub thinned: Thinned,
    pub buffer: Vec<u8>,
}

/// Series taken by a thread at a time.
const PORTION: usize = 64;
/// Below it a second thread costs more than it saves.
const SAMPLES_WORTH_A_THREAD: usize = 200_000;

/// As many series are taken from a head by one thread: what takes long is waiting for memory, and two wait half as long.
const SERIES_WORTH_A_THREAD: usize = 2_000;

/// What the head has of it.
pub fn take(head: &Head, wanted: &Wanted<'_>) -> Taken {
    let series = head.matching(wanted.matchers);
    let take = |series| head.take_of(series, wanted.from, wanted.to);
    if series.len() < SERIES_WORTH_A_THREAD {
        return take(&series);
    }
    let (first, second) = series.split_at(series.len() / 2);
    std::thread::scope(|scope| {
        let second = scope.spawn(|| take(second));
        let mut taken = take(first);
        taken.append(second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        taken
    })
}

/// Calls `read` for every number below `count`, until one breaks or fails. There are about `samples` to decode.
pub fn each_of(
    count: usize,
    samples: usize,
    read: impl Fn(usize, &mut Room) -> Result<ControlFlow<()>, SelectError> + Sync,
) -> Result<(), SelectError> {
    let (next, ended, failed) = (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new(None));
    let work = || {
        let mut room = Room::default();
        while !ended.load(Ordering::Relaxed) {
            let start = next.fetch_add(PORTION, Ordering::Relaxed);
            if start >= count {
                return;
            }
            for at in start..(start + PORTION).min(count) {
                match read(at, &mut room) {
                    Ok(ControlFlow::Continue(())) => continue,
                    Ok(ControlFlow::Break(())) => {}
                    Err(error) => *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error),
                }
                ended.store(true, Ordering::Relaxed);
                return;
            }
        }
    };
    if samples > SAMPLES_WORTH_A_THREAD && count > PORTION {
        std::thread::scope(|scope| {
            scope.spawn(work);
            work();
        });
    } else {
        work();
    }
    failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}
