//! A text that is read while it arrives: what was just received is still near, and a megabyte need not be held.

use andon_exposition::{Format, Progress};

use crate::scrape::body::LIMITS;
use crate::scrape::intake::Reading;

/// A body of text of which more may come.
#[derive(Debug)]
pub struct Portions {
    so_far: Progress,
    /// A line that is not whole yet.
    begun: Vec<u8>,
}

impl Portions {
    pub fn new(format: Format) -> Portions {
        Portions { so_far: Progress::new(format, LIMITS), begun: Vec::new() }
    }

    /// Reads what has become whole.
    pub fn add(&mut self, portion: &[u8], reading: &mut Reading<'_>) {
        let (lines, rest) = portion.split_at(whole(portion));
        if lines.is_empty() || self.begun.is_empty() {
            self.read(lines, reading);
        } else {
            let first = lines.iter().position(|byte| *byte == b'\n').map_or(lines.len(), |end| end + 1);
            self.begun.extend_from_slice(&lines[..first]);
            self.read_begun(reading);
            self.read(&lines[first..], reading);
        }
        self.begun.extend_from_slice(rest);
        // Whoever reads it says that it is too long.
        if self.begun.len() > LIMITS.line_bytes_max {
            self.read_begun(reading);
        }
    }

    /// Nothing more comes.
    pub fn end(self, reading: &mut Reading<'_>) {
        reading.text(&mut self.so_far.rest(&self.begun));
    }

    fn read_begun(&mut self, reading: &mut Reading<'_>) {
        let mut begun = std::mem::take(&mut self.begun);
        self.read(&begun, reading);
        begun.clear();
        self.begun = begun;
    }

    fn read(&mut self, lines: &[u8], reading: &mut Reading<'_>) {
        let mut entries = self.so_far.clone().lines(lines);
        reading.text(&mut entries);
        self.so_far = entries.progress();
    }
}

/// How many bytes are whole lines.
fn whole(text: &[u8]) -> usize {
    text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1)
}

#[cfg(test)]
mod tests;
