//! Memory that answers are read into, for one scrape after another.
//!
//! A target that is scraped every few seconds should not hold a megabyte in between, and a megabyte that comes fresh from
//! the operating system each time costs more than reading it.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// Scrapes that end at the same time and leave their memory to the next.
const KEPT: usize = 4;
/// What is larger goes back to the system.
const BYTES_MAX: usize = 4 << 20;

static KEPT_BUFFERS: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// Empty when it is taken; given back when it is dropped.
#[derive(Debug)]
pub struct Buffer(Vec<u8>);

impl Buffer {
    pub fn taken() -> Buffer {
        Buffer(KEPT_BUFFERS.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default())
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.0);
        bytes.clear();
        let mut kept = KEPT_BUFFERS.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT && bytes.capacity() <= BYTES_MAX {
            kept.push(bytes);
        }
    }
}

impl Deref for Buffer {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}
