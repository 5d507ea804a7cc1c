//! What an evaluation has used, and when it has to stop.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{EvalError, Options};

/// Shared by all threads that read series.
pub(crate) struct Meter<'a> {
    max: usize,
    /// Samples that are in memory now: what a part of the query gave and its parent has not used up yet.
    held: AtomicUsize,
    /// Samples that were looked at altogether, each as often as a window covered it.
    looked_at: AtomicUsize,
    is_cancelled: &'a (dyn Fn() -> bool + Sync),
    /// Why reading was ended, if it was.
    stopped: OnceLock<EvalError>,
}

impl<'a> Meter<'a> {
    pub fn new(options: &Options<'a>) -> Meter<'a> {
        Meter {
            max: options.samples_max,
            held: AtomicUsize::new(0),
            looked_at: AtomicUsize::new(0),
            is_cancelled: options.is_cancelled,
            stopped: OnceLock::new(),
        }
    }

    pub fn check(&self) -> Result<(), EvalError> {
        if (self.is_cancelled)() { Err(EvalError::Cancelled) } else { Ok(()) }
    }

    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    pub fn hold(&self, samples: usize) -> Result<(), EvalError> {
        self.would_fit(self.held.fetch_add(samples, Ordering::Relaxed).saturating_add(samples))
    }

    /// Everything but this much has been used up.
    pub fn release_to(&self, held: usize) {
        self.held.store(held, Ordering::Relaxed);
    }

    pub fn would_fit(&self, samples: usize) -> Result<(), EvalError> {
        if samples > self.max { Err(EvalError::TooManySamples { max: self.max }) } else { Ok(()) }
    }

    pub fn look_at(&self, samples: usize) {
        self.looked_at.fetch_add(samples, Ordering::Relaxed);
    }

    pub fn looked_at(&self) -> usize {
        self.looked_at.load(Ordering::Relaxed)
    }

    /// For whoever reads series on another thread: notes the error, and says whether to go on.
    pub fn goes_on(&self, result: Result<(), EvalError>) -> bool {
        match result {
            Ok(()) => self.stopped.get().is_none(),
            Err(error) => {
                // A thread that comes second has nothing to add.
                let _ = self.stopped.set(error);
                false
            }
        }
    }

    /// Why reading was ended.
    pub fn stopped(&self) -> Result<(), EvalError> {
        self.stopped.get().map_or(Ok(()), |error| Err(error.clone()))
    }
}
