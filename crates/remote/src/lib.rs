//! Remote write as values: requests of version 1.0 and 2.0 read and written, and what their headers mean.
//!
//! Contract: [`Head::by`] says from the headers how a body is packed, [`Head::unpack`] opens it within [`Limits`], and
//! [`read`] gives its series one by one from memory that is used again, so that a series which is known by its key costs
//! no allocation; [`read_to`] spares whoever knows the order of the last request even the look at its labels. Any bytes give series and then an end or one [`Malformed`].
//! Never: HTTP itself, a store, a clock, a decision about which samples are welcome.

#![forbid(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod answer;
mod batch;
mod headers;
mod histogram;
mod pack;
mod read;
mod series;
mod v1;
mod v2;

use std::fmt;

use andon_protobuf::Broken;

pub use answer::{Answer, Trouble};
pub use batch::{Batch, Sent};
pub use headers::{Head, Packing, Unsupported, Version, Written};
pub use pack::packed;
pub use read::{Item, Room, Take, read, read_to};
pub use series::{Metadata, Series};

/// How much one request may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Unpacked.
    pub bytes_max: usize,
    /// Of one series, its name included.
    pub labels_max: usize,
    /// Different texts of a request of version 2.0.
    pub symbols_max: usize,
    /// Samples, histograms and exemplars together.
    pub samples_max: usize,
    /// Of all histograms together.
    pub buckets_max: usize,
}

impl Default for Limits {
    /// Prometheus takes 32 MiB unpacked, and sends 2,000 samples at a time.
    fn default() -> Self {
        Limits {
            bytes_max: 32 << 20,
            labels_max: 128,
            symbols_max: 1 << 20,
            samples_max: 2_000_000,
            buckets_max: 4_000_000,
        }
    }
}

/// Why a request cannot be read. It will not get better by being sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

impl From<Broken> for Malformed {
    fn from(broken: Broken) -> Malformed {
        Malformed(format!("the request is no message of remote write: {broken}"))
    }
}
