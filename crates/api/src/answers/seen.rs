//! What was proven lately by which signature, so that nobody else can send the same again.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use andon_intake::answer::slack::SIGNED_WITHIN;
use andon_vocabulary::{Name, Timestamp};

/// A person who mistypes a code has this many tries in `TRIES_WITHIN`.
const TRIES_MAX: usize = 5;
const TRIES_WITHIN: Duration = Duration::from_secs(600);

#[derive(Default)]
pub(super) struct Seen {
    signatures: Mutex<BTreeMap<String, Timestamp>>,
    tries: Mutex<BTreeMap<Name, Vec<Timestamp>>>,
}

impl Seen {
    /// False: it was seen before. What is older than a signature may be is refused for that, and forgotten here.
    pub fn is_new(&self, signature: &str, now: Timestamp) -> bool {
        let mut seen = self.signatures.lock().unwrap_or_else(PoisonError::into_inner);
        // A time may be as far ahead as it may be behind.
        seen.retain(|_, at| now.since(*at) <= SIGNED_WITHIN * 2);
        seen.insert(signature.to_owned(), now).is_none()
    }

    /// It could not be answered, so it may come again.
    pub fn forget(&self, signature: &str) {
        self.signatures.lock().unwrap_or_else(PoisonError::into_inner).remove(signature);
    }

    /// Whether this person may try another code.
    pub fn may_try(&self, person: &Name, now: Timestamp) -> bool {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        tries.retain(|_, times| {
            times.retain(|at| now.since(*at) <= TRIES_WITHIN);
            !times.is_empty()
        });
        tries.get(person).is_none_or(|times| times.len() < TRIES_MAX)
    }

    /// The code was wrong.
    pub fn tried(&self, person: Name, now: Timestamp) {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner).entry(person).or_default().push(now);
    }
}
