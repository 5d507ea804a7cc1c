//! How much a head takes, and the words for what it refuses.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use andon_vocabulary::Timestamp;

use crate::BadChunk;

/// How much a head remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `gc` forgets what is older than this.
    pub window: Duration,
    /// A series beyond this many is refused.
    pub series_max: usize,
    /// Of one target, as whoever fills the head names it.
    pub series_per_target_max: usize,
    /// Of each value of one label.
    pub tenants: Option<Tenants>,
    /// A series with more samples than this forgets its oldest ones: the newest matter most.
    pub samples_per_series_max: usize,
    /// How much older than its series' newest sample a sample may be.
    pub late_max: Duration,
    /// How much later than [`Head::tell_time`](crate::Head::tell_time) a sample may be.
    pub ahead_max: Duration,
    pub exemplars_max: usize,
    /// Metrics that are described.
    pub metadata_max: usize,
    /// For the hash of labels. A random one keeps whoever writes labels from making them collide.
    pub seed: u64,
}

/// A label whose values share out the series among those who use one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenants {
    pub label: Arc<str>,
    pub series_max: usize,
}

impl Default for Limits {
    /// An hour of one-second scrapes, with room to spare; nothing late.
    fn default() -> Self {
        Limits {
            window: Duration::from_secs(3600),
            series_max: 50_000,
            series_per_target_max: usize::MAX,
            tenants: None,
            samples_per_series_max: 7_200,
            late_max: Duration::ZERO,
            ahead_max: Duration::from_secs(600),
            exemplars_max: 10_000,
            metadata_max: 20_000,
            seed: 0,
        }
    }
}

/// Why a sample was not taken. The samples already there are unharmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendError {
    /// The series already has a later sample, and this one is later than late ones may be.
    OutOfOrder { last: Timestamp },
    /// The series already has another value at this very time.
    Duplicate { at: Timestamp },
    /// So old that its time has left the head.
    TooOld { oldest: Timestamp },
    /// From a clock that is wrong.
    TooFarAhead { latest: Timestamp },
    /// As many late samples as one series can keep.
    LateLimit { max: usize },
    /// There are as many series as the limits allow.
    SeriesLimit { max: usize },
    /// As many of this target.
    TargetLimit { max: usize },
    /// As many with this value of the label that tells tenants apart.
    TenantLimit { max: usize },
    /// An exemplar's labels are longer than OpenMetrics allows.
    ExemplarTooLong { chars_max: usize },
    /// As many metrics are described as the limits allow.
    MetadataLimit { max: usize },
    /// The series behind this handle has been forgotten.
    Gone,
    /// What is taken could not be kept: the disk is full, or broken, or does not keep up.
    Disk,
}

/// Why a chunk from a disk was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreError {
    Damaged(BadChunk),
    Refused(AppendError),
}

impl From<BadChunk> for RestoreError {
    fn from(error: BadChunk) -> RestoreError {
        RestoreError::Damaged(error)
    }
}

impl From<AppendError> for RestoreError {
    fn from(error: AppendError) -> RestoreError {
        RestoreError::Refused(error)
    }
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RestoreError::Damaged(error) => error.fmt(f),
            RestoreError::Refused(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RestoreError {}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AppendError::OutOfOrder { last } => {
                write!(f, "sample is out of order: the series already reaches {last}")
            }
            AppendError::Duplicate { at } => {
                write!(f, "the series already has another value at {at}")
            }
            AppendError::TooOld { oldest } => {
                write!(f, "sample is too old: nothing before {oldest} is taken any more")
            }
            AppendError::TooFarAhead { latest } => {
                write!(
                    f,
                    "sample is from the future: nothing after {latest} is taken; check the sender's clock"
                )
            }
            AppendError::LateLimit { max } => {
                write!(f, "the series already keeps {max} samples that came late; send them in order of time")
            }
            AppendError::SeriesLimit { max } => {
                write!(
                    f,
                    "limit of {max} series reached; scrape fewer targets or drop labels with many values"
                )
            }
            AppendError::TargetLimit { max } => {
                write!(f, "limit of {max} series of one target reached; drop labels with many values")
            }
            AppendError::TenantLimit { max } => {
                write!(f, "limit of {max} series of one tenant reached; drop labels with many values")
            }
            AppendError::ExemplarTooLong { chars_max } => {
                write!(f, "an exemplar's labels may have {chars_max} characters together")
            }
            AppendError::MetadataLimit { max } => {
                write!(f, "{max} metrics are described already; no more descriptions are kept")
            }
            AppendError::Disk => f.write_str(
                "the disk takes no samples at the moment; make room on it or mend it, and they are taken again",
            ),
            AppendError::Gone => f.write_str("the series was forgotten after a silence; look it up again"),
        }
    }
}

impl std::error::Error for AppendError {}
