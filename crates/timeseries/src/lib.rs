//! Samples in memory: what a series is, how one is selected, and a bounded store of the recent past.
//!
//! Contract: [`Select::find`] names each matching series once, ordered by labels, and reads their samples of the
//! left-open interval `(from, to]`, each in order of time. Whoever reads samples reads them through that trait, so that
//! a live store, a rehearsed world and a later one on disk are interchangeable.
//! Never: a clock, a file, a query language, an opinion about staleness beyond naming the marker.

#![forbid(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod chunk;
mod exemplar;
mod head;
mod histogram;
mod index;
mod matcher;
mod metadata;
pub mod re2;
mod sample;
mod select;

pub use andon_vocabulary::MatchOp;
pub use chunk::{BadChunk, Chunk, Extent};
pub use exemplar::Exemplar;
pub use head::{
    AppendError, Cardinality, Counted, Head, Limits, RestoreError, SeriesRef, Stats, Taken, Tenants,
};
pub use histogram::{
    BadClassic, BadHistogram, Bucket, Buckets, Classic, Histogram, HistogramSample, Layout, Mismatch, Reset,
    Skew, Span,
};
pub use matcher::{BadRegex, Matcher, Matchers};
pub use metadata::{Metadata, MetricKind};
pub use sample::{STALE, Sample, is_stale};
pub use select::{Each, Found, Held, Purpose, Select, SelectError, Series, Since, Stretch, Wanted};
