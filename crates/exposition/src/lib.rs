//! What a target exposes, line by line: the Prometheus text format 0.0.4 and OpenMetrics 1.0.
//!
//! Contract: any bytes give rows and then an end or one [`ParseError`] that names the line; nothing panics, and
//! nothing grows beyond [`Limits`]. A row borrows the body: labels are built only when asked for, so that a scraper
//! that knows `series` already need not build them again.
//! Never: HTTP, a clock, relabelling, a decision about what to do with a broken scrape.

#![forbid(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod metadata;
mod number;
mod parser;
mod series;

use std::fmt;

use andon_vocabulary::{Labels, Timestamp};

pub use metadata::MetricKind;
pub use parser::{Parser, parse};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text 0.0.4: times in milliseconds, no end mark.
    Prometheus,
    /// OpenMetrics 1.0: times in seconds, exemplars, ends with `# EOF`.
    OpenMetrics,
}

impl Format {
    /// What to send as `Accept`.
    pub const ACCEPT: &str = "application/openmetrics-text;version=1.0.0;charset=utf-8;escaping=allow-utf-8;q=0.6,\
        text/plain;version=0.0.4;charset=utf-8;q=0.5,*/*;q=0.1";

    /// By the content type of an answer; anything that is not OpenMetrics is read as plain text.
    pub fn of(content_type: &str) -> Format {
        let media = content_type.split(';').next().unwrap_or_default().trim();
        if media.eq_ignore_ascii_case("application/openmetrics-text") {
            Format::OpenMetrics
        } else {
            Format::Prometheus
        }
    }
}

/// How much is taken from one body before it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub line_bytes_max: usize,
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
    Help { metric: String, text: String },
    Type { metric: String, kind: MetricKind },
    Unit { metric: String, unit: String },
}

/// One sample. The value is compared by its bits, as a NaN is a value here.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The series as it stands in the body, checked: a key for whoever wants to look labels up instead of building
    /// them. The same series may be written in several ways.
    pub series: &'a str,
    pub value: f64,
    /// When the target says it was sampled; most leave that to the scraper.
    pub at: Option<Timestamp>,
}

impl Row<'_> {
    /// The labels with the metric's name among them.
    pub fn labels(&self) -> Labels {
        series::labels(self.series)
    }
}

impl PartialEq for Row<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.series, self.value.to_bits(), self.at) == (other.series, other.value.to_bits(), other.at)
    }
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
