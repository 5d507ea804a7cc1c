//! What a target exposes, row by row: the Prometheus text format 0.0.4, OpenMetrics 1.0, and protobuf.
//!
//! Contract: any bytes give rows and then an end or one [`ParseError`] that names its place; nothing panics, and
//! nothing grows beyond [`Limits`]. A row of text borrows the body and leaves its labels unread: [`SeriesCache`] knows
//! most of them from the scrape before by their bytes, and [`Row::labels`] reads and checks those it does not know. A
//! body that goes on like the last one need not even be searched for the ends of its series: [`Parser::plain`]. It may come
//! in portions: [`Progress`].
//! [`Families`] unfolds protobuf to the same rows.
//! Never: HTTP, a clock, relabelling, a decision about what to do with a broken scrape.

#![forbid(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod cache;
mod families;
mod metadata;
mod number;
mod parser;
mod protocol;
mod row;
mod series;

use std::borrow::Cow;
use std::fmt;

pub use andon_timeseries::MetricKind;
pub use cache::{SeriesCache, Spot};
pub use families::{Families, Histograms};
pub use parser::{Parser, Plain, Progress, parse};
pub use protocol::{Chosen, Encoding, Escaping, Protocol, accept};
pub use row::{Exemplar, HistogramRow, Row};

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
    /// Of one native histogram.
    pub buckets_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { line_bytes_max: 64 * 1024, labels_max: 64, samples_max: 100_000, buckets_max: 10_000 }
    }
}

/// What one line says, or one message.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry<'a> {
    Sample(Row<'a>),
    /// A native one; only protobuf has them.
    Histogram(HistogramRow<'a>),
    Help {
        metric: Cow<'a, str>,
        text: Cow<'a, str>,
    },
    Type {
        metric: Cow<'a, str>,
        kind: MetricKind,
    },
    Unit {
        metric: Cow<'a, str>,
        unit: &'a str,
    },
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    pub place: Place,
    pub message: String,
}

/// A place in a body, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Line(usize),
    /// The family of metrics, in protobuf.
    Family(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(number) => write!(f, "line {number}"),
            Place::Family(number) => write!(f, "family {number}"),
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for ParseError {}
