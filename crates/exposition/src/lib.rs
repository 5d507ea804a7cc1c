//! What a target exposes, row by row: the Prometheus text format 0.0.4 and OpenMetrics 1.0.
//!
//! Contract: any bytes give rows and then an end or one [`ParseError`] that names the line; nothing panics, and
//! nothing grows beyond [`Limits`]. A row borrows the body and leaves its labels unread: [`SeriesCache`] knows most of
//! them from the scrape before by their bytes, and [`Row::labels`] reads and checks those it does not know.
//! Never: HTTP, a clock, relabelling, a decision about what to do with a broken scrape.

#![forbid(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod cache;
mod metadata;
mod number;
mod parser;
mod protocol;
mod row;
mod series;

use std::borrow::Cow;
use std::fmt;

pub use cache::SeriesCache;
pub use metadata::MetricKind;
pub use parser::{Parser, parse};
pub use protocol::{Chosen, Encoding, Escaping, Protocol, accept};
pub use row::{Exemplar, Row};

/// The two formats of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text 0.0.4 and 1.0.0: times in milliseconds, no end mark.
    Prometheus,
    /// OpenMetrics 1.0: times in seconds, exemplars, ends with `# EOF`.
    OpenMetrics,
}

/// How much is taken from one body before it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub line_bytes_max: usize,
    /// Of one series, its name included.
    pub labels_max: usize,
    pub samples_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { line_bytes_max: 64 * 1024, labels_max: 64, samples_max: 100_000 }
    }
}

/// What one line says.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry<'a> {
    Sample(Row<'a>),
    Help { metric: Cow<'a, str>, text: Cow<'a, str> },
    Type { metric: Cow<'a, str>, kind: MetricKind },
    Unit { metric: Cow<'a, str>, unit: &'a str },
}

/// What is wrong and in which line, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    pub line: usize,
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ParseError {}
